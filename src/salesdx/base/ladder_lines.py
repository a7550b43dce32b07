"""How the ladder decides: its lines, the strengths of rules, and what a stage may rest on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from salesdx.language.conditions import Expr
from salesdx.text.source import Place


@dataclass(frozen=True, slots=True)
class Floor:
    """What a fact must be before a stage may rest on it; each kind is the weakest kind of evidence that will do."""

    kind: str
    own_kind: str = ""
    """For the terms of the stage itself; empty: as for the others."""
    asker_kind: str = ""
    """For what they say who asked for the review; empty: their word will not do."""
    dated: bool = False


@dataclass(frozen=True, slots=True)
class LadderLine:
    """One line of a decision list: the name that counts when its condition is the first true one."""

    name: str
    when: Expr
    says: str = ""
    """What reports add for the reader."""
    asks: bool = True
    """Whether the next questions are put; a verdict may say that none is."""
    place: Place = field(default=Place("", 1, 1, 1, 1), compare=False, repr=False)
    """Where what it says stands, or its name."""


@dataclass(frozen=True, slots=True)
class Strength:
    """A class of rules: when the ladder lets it recommend, and whether its rules must be examined."""

    name: str
    recommends_when: Expr | None = None
    examined: bool = False


@dataclass(frozen=True, slots=True)
class Ladder:
    """How stages are decided: the lines of modes and statuses, what follows from a status, and the verdict on all."""

    modes: tuple[LadderLine, ...]
    decisions: Mapping[str, tuple[LadderLine, ...]]
    strengths: Mapping[str, Strength]
    passed_when: Expr
    proved_when: Expr
    """A stage that is passed and not proved lets the ladder go on, and nothing be concluded about a person."""
    concluded_when: Expr
    held_when: Expr
    ask_when: tuple[Expr, ...]
    """The first of these that any stage fulfils gives the stages that are asked about."""
    exhausted_when: Expr
    pressure_when: Expr
    verdicts: tuple[LadderLine, ...] = ()
    """Empty where the ladder gives no verdict on the whole case."""
    subject_term: str = ""
    period_end_term: str = ""
    """The term that the last day of a case's period states."""
    asked_by: str = ""
    """The respondent who asks for reviews, where a case does not say it."""
    result_terms: Mapping[str, str] = field(default_factory=dict)
    """`goal` and `reached` -> the term of each; empty where the ladder names none."""
    currency_term: str = ""
    cycle_term: str = ""
    """The term with the days of a usual sale; empty: what is judged by cycles cannot be."""
    confirmed_by: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """`alone` and `together` -> the roles by whose word a session counts."""
    personnel_stage: str = ""
    success_mode: str = ""
    places: Mapping[str, Place] = field(default_factory=dict, compare=False, repr=False)
    """Where each key of the ladder stands."""
