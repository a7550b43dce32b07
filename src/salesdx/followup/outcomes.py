"""Whether an action worked: decided by its measure on the facts that are dated inside its window, never typed.

Three-valued, and with the ends of imprecise facts: it worked where the measure is surely met, and did not where it is
surely not; what nobody measured counts as nothing, never as a failure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from salesdx.base.judges import Judge
from salesdx.base.model import RuleBase
from salesdx.case.followed import ACCEPTED, Action, Event, Followed
from salesdx.case.memory import WorkingMemory
from salesdx.case.settling import Fact
from salesdx.followup.judging_time import ONE_DAY, JudgingTime, overlap, window_of
from salesdx.language.conditions import Value, names, truth, unknown_names
from salesdx.language.truth import FALSE, TRUE
from salesdx.text.english import listed

VOIDING_DAYS = 10
"""Days of absence inside a window after which its measure says nothing."""
ABSENCE = "absence"


class Became(StrEnum):
    """What became of an action."""

    WORKED = "worked"
    NOT_WORKED = "not_worked"
    TOO_EARLY = "too_early"
    NOT_MEASURED = "not_measured"


DECIDED = (Became.WORKED, Became.NOT_WORKED)
"""The results that rules can read; before one of them nothing is known."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an action, and by which facts."""

    action: str
    intervention: str
    result: Became
    reason: str = ""
    """Why it is too early or was not measured, in a reader's words; empty where it is decided."""
    window: tuple[date, date] | None = None
    """From when it can be judged, and until when; None where nobody can tell."""
    decided_by: tuple[tuple[str, Value | None], ...] = ()
    """The facts of the measure as they are inside the window, each behind its term; a value may be an interval."""
    voided_by: Event | None = None
    """The change after which the measure says nothing."""


def outcomes(base: RuleBase, case: WorkingMemory, today: date | None) -> Mapping[str, Outcome]:
    """Action -> its outcome, for each action that somebody took on. Without a day every window is over."""
    accepted = (action for action in case.followed.actions if action.state == ACCEPTED)
    return {action.id: outcome(base, case, action, today) for action in accepted}


def outcome(base: RuleBase, case: WorkingMemory, action: Action, today: date | None) -> Outcome:
    """The outcome of one action that somebody took on, on a day."""
    window = window_of(base, case, action)
    judge = base.interventions[action.intervention].judge if action.intervention in base.interventions else None
    found = Outcome(action.id, action.intervention, Became.NOT_MEASURED)
    if judge is None or window.until is None or window.after is None:
        return replace(found, reason=window.missing)
    found = replace(found, window=(window.after, window.until))
    day = window.until + ONE_DAY if today is None else today
    if event := voiding(case.followed.events, judge, window, day):
        return replace(found, reason=f"a change in its window, {event.date}: {event.change}", voided_by=event)
    if day < window.after:
        return replace(found, result=Became.TOO_EARLY, reason=f"it is judged from {window.after} on")
    return _by_hand(found, action, judge, day) if judge.holds is None else _by_facts(found, case, judge, window, day)


def _by_hand(found: Outcome, action: Action, judge: Judge, day: date) -> Outcome:
    """By the last dated yes or no of whoever is to say it, inside the window."""
    assert found.window is not None
    first, last = found.window
    said = [one for one in action.judged if one.by == judge.by and first <= one.date <= min(day, last)]
    if said:
        worked = max(said, key=lambda one: one.date).worked
        return replace(found, result=Became.WORKED if worked else Became.NOT_WORKED)
    if day <= last:
        return replace(found, result=Became.TOO_EARLY, reason=f"nobody has said yet whether it worked; until {last}")
    return replace(found, reason="nobody said in its window whether it worked")


def _by_facts(found: Outcome, case: WorkingMemory, judge: Judge, window: JudgingTime, day: date) -> Outcome:
    """By the condition of the judge, on the facts that are dated between the start and the day."""
    assert judge.holds is not None and window.start is not None and window.until is not None
    inside = told_within(case, window.start, min(day, window.until))
    known = truth(judge.holds, inside.values)
    found = replace(found, decided_by=tuple((name, inside.values.get(name)) for name in names(judge.holds)))
    if known is TRUE:
        return replace(found, result=Became.WORKED)
    if day <= window.until:
        return replace(found, result=Became.TOO_EARLY, reason=f"it can still work until {window.until}")
    if known is FALSE:
        return replace(found, result=Became.NOT_WORKED)
    missing = unknown_names(judge.holds, inside.values)
    return replace(found, reason=f"not known in its window: {listed([_why(inside, name) for name in missing])}")


def _why(case: WorkingMemory, name: str) -> str:
    """A fact that a measure needs, and why it decides nothing."""
    fact: Fact = case.fact(name)
    why = fact.unknown.value if fact.unknown else "not exactly enough"
    return f"{case.base.terms[name].called if name in case.base.terms else name} ({why})"


def told_within(case: WorkingMemory, first: date, last: date) -> WorkingMemory:
    """The case as only what is dated between two days tells it; the profile of the firm, and what the head states, are
    of every day."""
    always = {*case.fixed, *case.base.profile}
    said = {
        name: tuple(s for s in statements if name in always or (s.date is not None and first <= s.date <= last))
        for name, statements in case.statements.items()
    }
    said = {name: statements for name, statements in said.items() if statements}
    return replace(case, statements=said, period=None, today=None, followed=Followed(), recorded={})


def voiding(events: Iterable[Event], judge: Judge, window: JudgingTime, day: date) -> Event | None:
    """The first change up to a day after which the measure of an action says nothing; None where there is none.

    Absences count together, by their days inside the window.
    """
    assert window.start is not None and window.until is not None
    first, last = window.start, min(window.until, day)
    absent = 0
    for event in sorted(events, key=lambda each: each.date):
        if event.change not in judge.voided_by or event.date > last:
            continue
        if event.change != ABSENCE and event.date >= first:
            return event
        if event.change == ABSENCE:
            absent += overlap(event.date, event.days or 1, (first, last))
            if absent >= VOIDING_DAYS:
                return event
    return None
