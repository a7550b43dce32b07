"""What a client asks to be shown and how it is to look: the service makes the page itself, and takes none on a word."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from salesdx.engine.diagnosis import Diagnosis
from salesdx.services.acts import RequestBody


@dataclass(frozen=True)
class Look(RequestBody):
    """How a page is made: its format, columns as text, whether facts bear their identifiers, colours of a terminal."""

    format: str = "text"
    width: int = 80
    ids: bool = False
    colour: bool = False


PLAIN = Look()


@dataclass(frozen=True)
class Questions(RequestBody):
    """What is asked of an explanation; each name as the methods of ``Explanation`` take it, or the label of a term."""

    why: tuple[str, ...] = ()
    why_not: tuple[str, ...] = ()
    what_if: Mapping[str, str | None] = field(default_factory=dict)
    """Facts that are taken for others, all at once: term -> value as a case file has it."""
    what_would_change: tuple[str, ...] = ()

    @property
    def many(self) -> int:
        """How many answers they take."""
        return len(self.why) + len(self.why_not) + bool(self.what_if) + len(self.what_would_change)


@dataclass(frozen=True)
class Drawing(RequestBody):
    """A drawing of why something is so, by its name; of the result, where it is empty."""

    drawn: str


@dataclass(frozen=True)
class AnsweredBy(RequestBody):
    """The terms that a respondent answered in one questionnaire."""

    respondent: str
    terms: tuple[str, ...]


@dataclass(frozen=True)
class Collecting(RequestBody):
    """What questionnaires change in a case; ``before`` is the case without them, as records hold it."""

    before: Mapping[str, Any]
    answered: tuple[AnsweredBy, ...]


Asked = Questions | Drawing | Collecting


@dataclass(frozen=True)
class ShownCases:
    """Diagnoses that are to be shown on one page: those from ``number`` on of so many."""

    diagnoses: tuple[Diagnosis, ...]
    look: Look
    number: int = 1
    of: int = 1


@dataclass(frozen=True)
class ShownAnswer:
    """An explanation that is to be shown."""

    diagnosis: Diagnosis
    asked: Asked
    look: Look


@dataclass(frozen=True)
class MadePages:
    """A page as it is shown, what is recorded of it for each case alone, and in words what was asked."""

    page: str
    alone: tuple[str, ...]
    asked: str = ""


def asked_from(told: Mapping[str, Any]) -> Asked:
    """What was asked, from its JSON."""
    if "drawn" in told:
        return Drawing(told["drawn"])
    if "before" in told:
        answered = (AnsweredBy(one["respondent"], tuple(one["terms"])) for one in told["answered"])
        return Collecting(told["before"], tuple(answered))
    why, why_not, what_would_change = (tuple(told[key]) for key in ("why", "why_not", "what_would_change"))
    return Questions(why, why_not, told["what_if"], what_would_change)


def look_told(look: Look) -> dict[str, Any]:
    """A look as records hold it: colours are no part of what was said."""
    told = asdict(look)
    del told["colour"]
    return told
