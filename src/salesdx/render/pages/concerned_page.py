"""What the person concerned sees by a link: hello, their letter, their own words, and where they say them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from salesdx.render.pages.case_words import Send
from salesdx.render.pages.shell import AppPage

if TYPE_CHECKING:
    from markupsafe import Markup


@dataclass(frozen=True)
class PersonHelloPage(AppPage):
    """What a link is for, before anything of the letter is shown. ``maker`` is whom to turn to."""

    template: ClassVar[str] = "person_hello.html"
    action: str
    maker: str
    until: str
    begun: bool


@dataclass(frozen=True)
class MyWords:
    """What the person said: when, line by line, and the facts that they contest with what they say."""

    when: str
    lines: tuple[str, ...]
    contested: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class LetterToMePage(AppPage):
    """The letter as it was recorded: ``article``, or ``lines`` where it was text."""

    template: ClassVar[str] = "person_letter.html"
    written: str
    article: Markup
    lines: tuple[str, ...]
    said: tuple[MyWords, ...]
    say: str
    maker: str
    until: str
    sessions: str
    """The address of what is recorded of sessions with them."""


@dataclass(frozen=True)
class ContestField:
    """A fact that stands in the letter, with a field for what is right."""

    name: str
    question: str
    told: str
    typed: str


@dataclass(frozen=True)
class MyWordsPage(AppPage):
    """Where the person says how they see it."""

    template: ClassVar[str] = "person_statement.html"
    send: Send
    text: str
    facts: tuple[ContestField, ...]
    longest: int
    longest_fact: int
