"""What waits over several cases: measures that are due, sessions to be confirmed; as a page, data and a calendar."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from salesdx.case.followed import Session
from salesdx.case.followed_writing import plain_entry
from salesdx.case.memory import WorkingMemory
from salesdx.followup.actions import AFTER, IN, Due, due
from salesdx.followup.sessions import confirmed
from salesdx.render.blocks import Block, Entries, Entry, EntryLine, Paragraph, Report, Section, Table
from salesdx.render.followed_words import outcome_data, title
from salesdx.render.trail.calendar import Reminder
from salesdx.render.wording import person
from salesdx.text.english import capital, listed, many

_ENDS = ("can be measured", "is measured today or not at all")
"""What the first and the last day of a window mean."""


@dataclass(frozen=True)
class CaseWaiting:
    """What waits in one case: actions to be measured, and sessions that are to be confirmed."""

    name: str
    """What the case is called."""
    where: str
    """Its file, or its address."""
    memory: WorkingMemory
    actions: tuple[Due, ...]
    sessions: tuple[Session, ...]


def waiting_of(name: str, where: str, memory: WorkingMemory, today: date) -> CaseWaiting:
    """What waits in a case on a day; sessions that were held and do not count yet, and are not contested."""
    base = memory.base
    open_ = (one for one in memory.followed.sessions if one.held and not one.disputed)
    sessions = tuple(one for one in open_ if not confirmed(base, memory, one, today))
    return CaseWaiting(name, where, memory, due(base, memory, today), sessions)


def waiting_words(found: CaseWaiting, me: str) -> str:
    """Which measures of a case are due, and how many sessions somebody can confirm; empty where nothing waits."""
    base = found.memory.base
    told = [title(base, row.action.intervention) for row in found.actions if row.state == IN]
    mine = [one for one in found.sessions if not _said_by(one, me)]
    parts = [f"to be measured now: {listed(told)}"] if told else []
    parts += [f"{many(len(mine), 'session')} to be confirmed"] if mine else []
    return capital("; ".join(parts)) if parts else ""


def _said_by(one: Session, me: str) -> bool:
    return me.casefold() in (name.casefold() for name in (one.author, *(each.author for each in one.confirmed)))


def due_report(found: Sequence[CaseWaiting], today: date) -> Report:
    """What waits, over several cases: the measures that are due first."""
    rows = [(case, row) for case in found for row in case.actions]
    sections = (
        Section("due", "To be measured now", tuple(_due([one for one in rows if one[1].state == IN]))),
        Section("over", "Not measured in time", tuple(_due([one for one in rows if one[1].state == AFTER]))),
        Section("sessions", "Sessions to be confirmed", tuple(_unconfirmed(found))),
        Section("later", "Too early", tuple(_due([one for one in rows if one[1].state not in (IN, AFTER)]))),
    )
    shown = tuple(section for section in sections if section.blocks)
    nothing = Section("due", "To be measured now", (Paragraph("Nothing waits."),))
    return Report("What waits", (("Day", today.isoformat()), ("Cases", str(len(found)))), shown or (nothing,), ())


def _due(rows: Sequence[tuple[CaseWaiting, Due]]) -> Iterator[Block]:
    if rows:
        yield Entries(tuple(_due_entry(case, row) for case, row in rows))


def _due_entry(case: CaseWaiting, row: Due) -> Entry:
    base, window = case.memory.base, row.outcome.window
    lines = [EntryLine("case", case.name), EntryLine("owner", row.action.owner)]
    if window is not None:
        lines.append(EntryLine("judged", f"from {window[0]} to {window[1]}"))
    if row.respondent:
        asked = row.by_hand or listed([base.terms[term].called for term in row.terms if term in base.terms])
        lines.append(EntryLine(f"ask {person(base, row.respondent)}", asked))
    if row.outcome.reason:
        lines.append(EntryLine("now", row.outcome.reason))
    return Entry(title(base, row.action.intervention), row.action.id, tuple(lines))


def _unconfirmed(found: Sequence[CaseWaiting]) -> Iterator[Block]:
    rows = tuple(
        (case.name, one.id, one.date.isoformat(), one.what, one.author) for case in found for one in case.sessions
    )
    if rows:
        yield Table(("case", "id", "day", "what", "said by"), rows)


def due_data(found: Sequence[CaseWaiting], today: date) -> dict[str, Any]:
    """The same for programs."""
    return {
        "today": today.isoformat(),
        "actions": [
            {
                "case": case.name,
                "where": case.where,
                "action": row.action.id,
                "intervention": row.action.intervention,
                "owner": row.action.owner,
                "state": row.state.replace(" ", "_"),
                "respondent": row.respondent,
                "terms": list(row.terms),
                "outcome": outcome_data(row.outcome),
            }
            for case in found
            for row in case.actions
        ],
        "sessions": [{"case": case.name, **plain_entry(one.parts())} for case in found for one in case.sessions],
    }


def due_reminders(found: Iterable[CaseWaiting]) -> Iterator[Reminder]:
    """A reminder for the day on which each measure can first be taken, and for the last one."""
    for case in found:
        for row in case.actions:
            if row.outcome.window is None:
                continue
            name = f"{title(case.memory.base, row.action.intervention)} ({case.name})"
            asked = f"owner {row.action.owner}" + f", ask {row.respondent}" * bool(row.respondent)
            for day, what in zip(row.outcome.window, _ENDS, strict=True):
                uid = f"{row.action.id}-{day}@{case.where}"
                yield Reminder(uid, day, f"{name} {what}", asked)
