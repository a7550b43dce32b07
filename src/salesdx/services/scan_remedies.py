"""Which repairs of the company run for the units of a scan, and which of them are due, by the cases of the firm."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from salesdx.case.followed import Action
from salesdx.case.memory import WorkingMemory
from salesdx.followup.actions import Due, due, under_remedy

COMPANY = "company"


@dataclass(frozen=True, slots=True)
class UnitRemedy:
    """A repair of the company that somebody took on, for a unit or for the whole firm, and that is not decided."""

    title: str
    stages: tuple[str, ...]
    """The titles of the stages that it holds under remedy; none once its window is over."""
    state: str
    """As of `followup.actions.Due`."""
    window: tuple[date, date] | None
    respondent: str
    """Whose word its measure needs; empty where nothing says how it is judged."""
    case: str
    of_all: bool
    """Whether the case is about the firm as a whole."""


@dataclass(frozen=True, slots=True)
class UnitRemedies:
    """What runs for a unit: for a reader, and as the engine reads it, by stage."""

    shown: tuple[UnitRemedy, ...] = ()
    running: Mapping[str, tuple[Action, ...]] | None = None


def remedies_for(cases: Sequence[WorkingMemory], head: Mapping[str, str], today: date) -> UnitRemedies:
    """The repairs of the cases about a unit, by the head of its case, and of those about the firm as a whole."""
    own = [case for case in cases if dict(case.subject) == dict(head) or case.subject.get("kind") == COMPANY]
    running: dict[str, tuple[Action, ...]] = {}
    for case in own:
        for stage, actions in under_remedy(case.base, case, today).items():
            running[stage] = (*running.get(stage, ()), *actions)
    return UnitRemedies(tuple(one for case in own for one in _shown(case, today)), running or None)


def _shown(case: WorkingMemory, today: date) -> Iterator[UnitRemedy]:
    held = under_remedy(case.base, case, today)
    for row in due(case.base, case, today):
        made = case.base.interventions.get(row.action.intervention)
        if made is not None and not made.personnel:
            yield UnitRemedy(
                made.title,
                tuple(case.base.home[stage].title for stage, actions in held.items() if row.action in actions),
                row.state,
                row.outcome.window,
                _respondent(case, row),
                case.case,
                case.subject.get("kind") == COMPANY,
            )


def _respondent(case: WorkingMemory, row: Due) -> str:
    return case.base.respondents.get(row.respondent, row.respondent)
