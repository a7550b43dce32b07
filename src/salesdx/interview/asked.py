"""What an interview asks, why, and where it stands."""

from __future__ import annotations

from dataclasses import dataclass

from salesdx.base.model import Stage, Term
from salesdx.engine.diagnosis import Diagnosis
from salesdx.language.conditions import Value


@dataclass(frozen=True, slots=True)
class AnswerOutcome:
    """What some answers to a question would do: the status they settle (or None), and how many questions would stay."""

    samples: tuple[Value, ...]
    """One value for each kind of answer with this outcome."""
    settles: str | None
    questions_left: int


@dataclass(frozen=True, slots=True)
class Why:
    """The numbers that a question was chosen by."""

    purpose: str
    """`pinned`, `mode`, `status`, `file`, `examine`, `recommendation` or `preference`: what the answer is for."""
    stage: Stage | None
    open_rules: tuple[str, ...]
    """The rules that are still open where the question belongs."""
    decides: tuple[str, ...]
    """Those of them that read the term."""
    relevant: tuple[str, ...]
    """All questions that can still change the result here, this one among them."""
    expected_cost: float
    """Effort of the questions still expected here after one answer, this one's effort included."""
    outcomes: tuple[AnswerOutcome, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """The term that is asked, and why."""

    term: Term
    why: Why


@dataclass(frozen=True, slots=True)
class Parked:
    """A stage that no question can settle any more, and the unknown facts that block it."""

    stage: Stage
    blocking: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Survey:
    """Where an interview stands."""

    diagnosis: Diagnosis
    question: Question | None
    parked: tuple[Parked, ...]
    conditional: Stage | None
    """A stage that is confirmed, provided that the parked ones before it are not the cause. Never a conclusion."""
    to_come: tuple[str, ...]
    """The terms whose answers can still change something where the interview stands, of whoever answers here."""
    vague: tuple[str, ...]
    """Those of them that are known, and not exactly enough."""
