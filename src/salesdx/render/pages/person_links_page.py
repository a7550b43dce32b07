"""Links by which the person concerned reads a letter: those that were made, and a text that goes with a new one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from salesdx.render.pages.case_words import Send
from salesdx.render.pages.request_page import LinkText, NewLink, letter_text
from salesdx.render.pages.shell import AppPage


@dataclass(frozen=True)
class PersonLinkLine:
    """A link that was made: how it stands, and where it is taken back."""

    stands: tuple[str, ...]
    revoke: Send | None


@dataclass(frozen=True)
class PersonLinksPage(AppPage):
    """The links to a letter. ``new`` is one that was just made, which is shown this once."""

    template: ClassVar[str] = "person_links.html"
    make: Send
    links: tuple[PersonLinkLine, ...]
    new: NewLink | None
    days: int


def person_link_text(maker: str, address: str, until: str) -> LinkText:
    """The text that goes with a new link. It says nothing of what the letter says: paper and mails lie about."""
    return letter_text(
        "",
        "A letter for you",
        [
            "There is a letter for you. You can read it here, say how you see it, and say which facts are not right:",
            address,
            f"You need no account. The link is meant for you alone and good until {until}. Nothing has happened until "
            "you press the button there. You may ask somebody to help you.",
        ],
        maker,
    )
