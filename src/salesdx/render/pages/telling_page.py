"""What is written about a case: letters to the person concerned and to the manager, and how the person sees it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from salesdx.render.pages.case_words import Option, Send
from salesdx.render.pages.shell import AppPage


@dataclass(frozen=True)
class LettersPage(AppPage):
    """The letters of a case, each with its address, and to whom another one can be written about the newest diagnosis;
    ``barred`` says why none can."""

    template: ClassVar[str] = "letters.html"
    name: str
    letters: tuple[tuple[str, str], ...]
    readers: tuple[Option, ...]
    record: int
    barred: str
    send: Send


@dataclass(frozen=True)
class ContestLine:
    """A fact that is contested: the facts to choose from, and what the person says that it is, as it was typed."""

    number: int
    facts: tuple[Option, ...]
    value: str


@dataclass(frozen=True)
class StatementPage(AppPage):
    """How the person concerned sees a case, as somebody enters it for them."""

    template: ClassVar[str] = "statement.html"
    name: str
    statements: tuple[tuple[str, str], ...]
    facts: tuple[tuple[str, str], ...]
    contests: tuple[ContestLine, ...]
    longest: int
    send: Send
    text: str = ""
