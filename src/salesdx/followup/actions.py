"""What waits: which actions run, which are due, and which stages the company is repairing meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from salesdx.base.model import RuleBase
from salesdx.case.followed import ACCEPTED, Action
from salesdx.case.memory import WorkingMemory
from salesdx.followup.judging_time import window_of
from salesdx.followup.outcomes import DECIDED, Became, Outcome, outcome
from salesdx.language.conditions import names

BEFORE, IN, AFTER = "before window", "in window", "after window"


@dataclass(frozen=True, slots=True)
class Due:
    """An action that is not decided, with its window and whom it waits for."""

    action: Action
    state: str
    """BEFORE, IN or AFTER its window."""
    outcome: Outcome
    respondent: str
    """Who states the measure, or says yes or no; empty where nothing says how it is judged."""
    terms: tuple[str, ...]
    """The terms that its measure reads; none where it is judged by hand."""
    by_hand: str = ""
    """What the respondent says yes or no to."""


def state_now(base: RuleBase, case: WorkingMemory, action: Action, today: date | None) -> str:
    """Where an action stands: before its window it asks nothing, in it for its measure. Where nobody can tell the
    window it has not opened."""
    window = window_of(base, case, action)
    if window.after is None or window.until is None:
        return BEFORE
    if today is None or today > window.until:
        return AFTER
    return BEFORE if today < window.after else IN


def due(base: RuleBase, case: WorkingMemory, today: date | None) -> tuple[Due, ...]:
    """The actions that somebody took on and that are not decided, the first that closes first."""
    rows = (
        _row(base, case, action, outcome(base, case, action, today), today)
        for action in case.followed.actions
        if action.state == ACCEPTED
    )
    return tuple(
        sorted(
            (row for row in rows if row.outcome.result not in DECIDED),
            key=lambda row: (row.outcome.window or (date.max, date.max))[::-1],
        )
    )


def _row(base: RuleBase, case: WorkingMemory, action: Action, found: Outcome, today: date | None) -> Due:
    made = base.interventions.get(action.intervention)
    judge = made.judge if made else None
    if judge is None:
        return Due(action, state_now(base, case, action, today), found, "", ())
    read = names(judge.holds) if judge.holds is not None else ()
    return Due(action, state_now(base, case, action, today), found, judge.by, read, judge.by_hand)


def under_remedy(base: RuleBase, case: WorkingMemory, today: date | None) -> dict[str, tuple[Action, ...]]:
    """Stage -> the remedies of the company that run for it: neither worked yet nor over, or nobody can tell.

    A remedy belongs to the stages of the rules that recommended it, else to its own. What acts on a person is none.
    """
    found: dict[str, tuple[Action, ...]] = {}
    for action in case.followed.actions:
        made = base.interventions.get(action.intervention)
        if action.state != ACCEPTED or made is None or made.personnel or not _runs(base, case, action, today):
            continue
        for stage in _stages(base, action):
            found[stage] = (*found.get(stage, ()), action)
    return found


def _runs(base: RuleBase, case: WorkingMemory, action: Action, today: date | None) -> bool:
    until = window_of(base, case, action).until
    if until is None or today is None:
        return until is None
    return today <= until and outcome(base, case, action, today).result is not Became.WORKED


def _stages(base: RuleBase, action: Action) -> Iterator[str]:
    homes = dict.fromkeys(base.rule[id].home for id in action.rules if id in base.rule)
    yield from homes or (base.interventions[action.intervention].home,)
