"""Asking others: who could answer what, the links that were sent, and a text to send with a new one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar
from urllib.parse import quote

from salesdx.render.pages.case_words import Send, day_words
from salesdx.render.pages.shell import AppPage
from salesdx.text.english import many


@dataclass(frozen=True)
class LinkText:
    """A text to be sent: as it is, and as an address that opens a mail with it."""

    text: str
    mail: str


@dataclass(frozen=True)
class LinkLine:
    """A link that was sent: to whom, how it stands, how it is taken back, and how its receiver is reminded."""

    receiver: str
    stands: tuple[str, ...]
    revoke: Send | None
    remind: LinkText | None


@dataclass(frozen=True)
class AskedGroup:
    """A respondent with the questions that are open, where a new link is made (None: nothing is open), and the links
    that were sent."""

    id: str
    who: str
    called: str
    open: tuple[str, ...]
    first: bool
    """Whether this one was asked for, and stands before the others."""
    make: Send | None
    typed: str
    links: tuple[LinkLine, ...]

    @property
    def count(self) -> str:
        """How many questions are open, in words."""
        return many(len(self.open), "question")


@dataclass(frozen=True)
class NewLink:
    """A link that was just made, which is shown this once."""

    receiver: str
    who: str
    until: str
    letter: LinkText


@dataclass(frozen=True)
class RequestsPage(AppPage):
    """Who could answer what in a case, and what was sent to them."""

    template: ClassVar[str] = "requests.html"
    groups: tuple[AskedGroup, ...]
    new: NewLink | None
    most: int
    """Characters of the name of a receiver."""
    days: int
    """For how long a link is good."""


def sent_letter(receiver: str, asker: str, count: int, address: str, until: date) -> LinkText:
    """The text that goes with a new link. It says nothing of the case: a mail lies about."""
    return letter_text(
        receiver,
        f"{many(count, 'question')} for you",
        [
            f"I have {many(count, 'question')} for you. You need no account, and you can stop and come back:",
            address,
            f"The link is meant for you alone and good until {day_words(until)}.",
        ],
        asker,
    )


def reminding_letter(receiver: str, asker: str, sent: date, left: int, until: date) -> LinkText:
    """The text that reminds somebody of a link, which nobody has any more but they."""
    return letter_text(
        receiver,
        f"A reminder: {many(left, 'question')} for you",
        [
            f"On {day_words(sent)} I sent you a link to some questions. {many(left, 'answer')} of yours "
            f"{'is' if left == 1 else 'are'} still missing; the link is good until {day_words(until)}.",
            "If you cannot find it, tell me, and I send you a new one.",
        ],
        asker,
    )


def letter_text(receiver: str, subject: str, lines: Sequence[str], asker: str) -> LinkText:
    """A text with a greeting and a name below, to be sent."""
    text = "\n\n".join([f"Hello {receiver},".replace(" ,", ","), *lines, asker])
    to = quote(receiver, safe="@") if "@" in receiver else ""
    return LinkText(
        text, f"mailto:{to}?subject={quote(subject)}&body={quote(text.replace(chr(10), chr(13) + chr(10)))}"
    )
