"""What the record of actions and their sessions says of a case: statements that nobody makes from memory.

A session counts once it is confirmed by all who must, and while the person concerned does not contest it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from salesdx.base.model import SYSTEM, RuleBase, Term
from salesdx.base.records import BEGAN, GIVEN, HELD, JUDGED, LASTED, PLANNED, SessionRecord
from salesdx.case.followed import ACCEPTED, Action, Session
from salesdx.case.memory import WorkingMemory
from salesdx.case.statement import Statement, Unknown
from salesdx.followup.judging_time import window_of
from salesdx.followup.outcomes import DECIDED, outcome, told_within
from salesdx.language.conditions import Value, truth
from salesdx.language.truth import FALSE, TRUE

SOURCE = "the record of sessions"


@dataclass(frozen=True, slots=True)
class _Told:
    """What a record says: a value or that there is none, the rows behind it, and of which day it is."""

    value: Value | None
    rows: tuple[str, ...]
    date: date
    reason: str = ""


def record_statements(base: RuleBase, case: WorkingMemory, today: date | None) -> Mapping[str, Statement]:
    """Term -> what the record states of it, for the terms that it states and of which it has something to say.

    Each statement names the sessions and actions behind it in ``record``; it is of the day of the last of them, and of
    the strongest kind of evidence. Without a day nothing is still to come.
    """
    found: dict[str, Statement] = {}
    late = []
    for name, term in base.terms.items():
        if term.record is None:
            continue
        if term.record.states == JUDGED:
            late.append(term)
        elif told := _told(base, case, term.record, today):
            found[name] = _statement(base, term, told)
    told_first = {name: (said,) for name, said in found.items()}
    for term in late:
        assert term.record is not None
        if told := _judged(base, case, term.record, told_first, today):
            found[term.name] = _statement(base, term, told)
    return found


def confirmed(base: RuleBase, case: WorkingMemory, session: Session, today: date | None = None) -> bool:
    """Whether a session counts as held: enough roles say so, each by another known person, and nobody contests it.

    Where persons are known by their logins, a name that was only typed confirms nothing.
    """
    if not session.held or session.disputed:
        return False
    said = [(session.by, session.author, session.date), *((c.by, c.author, c.date) for c in session.confirmed)]
    people: dict[str, set[str]] = {}
    for role, author, day in said:
        if author and (today is None or day <= today):
            person = author if case.persons is None else case.persons.who_confirmed(session.id, role, author)
            people.setdefault(role, set()).update({person.casefold()} - {""})
    rules = base.ladder.confirmed_by
    if any(people.get(role) for role in rules.get("alone", ())):
        return True
    together = [people.get(role, set()) for role in rules.get("together", ())]
    return bool(together) and all(together) and len(set().union(*together)) >= len(together)


def _told(base: RuleBase, case: WorkingMemory, record: SessionRecord, today: date | None) -> _Told | None:
    """What a record says of the sessions of an action, or of all; None where it says nothing."""
    action = _last_action(case, record.of) if record.of else None
    if record.of and action is None:
        return None
    rows = [row for row in _rows(base, case, action, today) if not record.what or row.what == record.what]
    held = [row for row in rows if confirmed(base, case, row, today)]
    if record.states == GIVEN:
        return _given(rows, held, record)
    if not rows or (not held and record.states in (BEGAN, LASTED)):
        return None
    last = max(row.date for row in held or rows)
    ids = tuple(row.id for row in (rows if record.states == PLANNED else held))
    start = action.start if action is not None else None
    values: dict[str, Value | None] = {
        HELD: Decimal(len({row.date for row in held})),
        PLANNED: Decimal(len({row.date for row in rows})),
        BEGAN: start,
        LASTED: None if start is None else Decimal((last - start).days),
    }
    return _Told(values[record.states], ids, last, _contested(rows))


def _given(rows: list[Session], held: list[Session], record: SessionRecord) -> _Told | None:
    """That something was given: on as many days as are needed. One that is contested leaves it open."""
    if len({row.date for row in held}) >= record.least:
        return _Told(True, tuple(row.id for row in held), max(row.date for row in held))
    why = _contested(rows)
    return _Told(None, tuple(row.id for row in rows), max(row.date for row in rows), why) if why else None


def _contested(rows: list[Session]) -> str:
    return "; ".join(
        f"{row.date} is contested: {row.contested.reason}" for row in rows if row.disputed and row.contested
    )


def _judged(
    base: RuleBase,
    case: WorkingMemory,
    record: SessionRecord,
    told: Mapping[str, tuple[Statement, ...]],
    today: date | None,
) -> _Told | None:
    """What became of the last action once its outcome is decided: by the facts inside its window, and by what the
    record says besides."""
    action = _last_action(case, record.of)
    if action is None or action.start is None:
        return None
    found = outcome(base, case, action, today)
    if found.result not in DECIDED or found.window is None:
        return None
    day = found.window[1] if today is None else min(today, found.window[1])
    inside = told_within(case, action.start, day)
    values = replace(inside, recorded=told).values
    for when, value in record.choose:
        holds = truth(when, values)
        if holds is TRUE:
            return _Told(value, (action.id,), day)
        if holds is not FALSE:
            return None
    return None


def _last_action(case: WorkingMemory, intervention: str) -> Action | None:
    """The action by which somebody last took an intervention on: an earlier round does not count with a later one."""
    actions = (a for a in case.followed.actions if a.intervention == intervention and a.state == ACCEPTED and a.start)
    return max(actions, key=lambda action: action.start or date.min, default=None)


def _rows(base: RuleBase, case: WorkingMemory, action: Action | None, today: date | None) -> Iterator[Session]:
    """The sessions of an action inside its window, or of all actions; none that is still to come."""
    until = None if action is None else window_of(base, case, action).until
    for row in case.followed.sessions:
        if today is not None and row.date > today:
            continue
        if action is None or (row.action == action.id and (until is None or row.date <= until)):
            yield row


def _statement(base: RuleBase, term: Term, told: _Told) -> Statement:
    by = next((role for role in term.only if role != SYSTEM), term.respondent)
    return Statement(
        told.value,
        None if told.value is not None else Unknown.NOT_KNOWN,
        by=by,
        kind=base.evidence[0].name,
        source=SOURCE,
        date=told.date,
        note=told.reason,
        record=told.rows,
    )
