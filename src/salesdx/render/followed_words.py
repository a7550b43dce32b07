"""What was done about a case after its review, in words: a step, the list of actions, what waits, a calendar."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any

from salesdx.base.model import RuleBase
from salesdx.case.followed import DECLINED, Action, Event, Session
from salesdx.case.followed_writing import plain_entry
from salesdx.case.memory import WorkingMemory
from salesdx.case.statement import shown_value
from salesdx.followup.outcomes import DECIDED, Became, Outcome
from salesdx.followup.sessions import confirmed
from salesdx.followup.told_actions import actions_of
from salesdx.render.blocks import Block, Entries, Entry, EntryLine, Paragraph, Report, Section, Table
from salesdx.render.wording import person
from salesdx.text.english import listed, many

RESULTS = {
    Became.WORKED: "worked",
    Became.NOT_WORKED: "did not work",
    Became.TOO_EARLY: "too early to say",
    Became.NOT_MEASURED: "not measured",
}
CHANGES = {
    "territory": "change of territory, accounts, range or team",
    "goal": "change of the goal",
    "prices": "change of the price list",
    "absence": "absence",
}
NONE_YET = "Nothing was taken on or declined yet."


def title(base: RuleBase, intervention: str) -> str:
    """What people call an intervention."""
    found = base.interventions.get(intervention)
    return found.title if found else intervention


def became_words(memory: WorkingMemory, action: Action, found: Outcome | None) -> str:
    """How an action stands on a day, in a few words."""
    if action.state == DECLINED:
        return f"declined: {action.reason}"
    assert found is not None
    told = RESULTS[found.result]
    if found.result in DECIDED:
        return told
    return f"{told}: {found.reason}" if found.reason else told


def action_entries(memory: WorkingMemory, today: date | None) -> Iterator[Block]:
    """The actions of a case as a list: owner, day, state, and by which facts that is decided."""
    entries = tuple(_entry(memory, action, found, today) for action, found in actions_of(memory, today))
    if entries:
        yield Entries(entries)


def _entry(memory: WorkingMemory, action: Action, found: Outcome | None, today: date | None) -> Entry:
    base = memory.base
    lines = [EntryLine("state", became_words(memory, action, found))]
    if action.owner:
        lines.append(EntryLine("owner", f"{action.owner}, from {action.start}"))
    if found is not None and found.window is not None:
        lines.append(EntryLine("judged", f"from {found.window[0]} to {found.window[1]}"))
    for term, value in found.decided_by if found is not None else ():
        told = shown_value(value) if value is not None else "not known"
        lines.append(EntryLine("by", f"{base.terms[term].called if term in base.terms else term}: {told}"))
    if action.form:
        lines.append(EntryLine("form", action.form))
    if action.author:
        lines.append(EntryLine("recorded by", f"{person(base, action.by)} {action.author}"))
    if sessions := memory.followed.sessions_of(action.id):
        lines.append(EntryLine("sessions", session_count(memory, sessions, today)))
    return Entry(title(base, action.intervention), action.id, tuple(lines))


def session_count(memory: WorkingMemory, sessions: Sequence[Session], today: date | None) -> str:
    """How many sessions count, and what of the others."""
    counts = sum(confirmed(memory.base, memory, one, today) for one in sessions)
    contested = sum(one.disputed for one in sessions)
    missed = sum(not one.held and today is not None and one.date < today for one in sessions)
    waits = sum(one.held and not one.disputed and not confirmed(memory.base, memory, one, today) for one in sessions)
    others = ((waits, "to be confirmed"), (contested, "contested"), (missed, "missed"))
    return listed([f"{counts} of {len(sessions)} count", *(f"{n} {what}" for n, what in others if n)])


def session_state(memory: WorkingMemory, one: Session, today: date | None) -> str:
    """How a session stands: whether it counts, and what speaks against it."""
    if one.disputed and one.contested is not None:
        return f"contested: {one.contested.reason}"
    if not one.held:
        return "to come" if today is None or one.date >= today else "missed"
    if confirmed(memory.base, memory, one, today):
        return "counts"
    return "held, to be confirmed"


def follow_report(memory: WorkingMemory, today: date) -> Report:
    """All that was done about a case, as a page."""
    followed = memory.followed
    sections = (
        Section("actions", "What was done", tuple(action_entries(memory, today)) or (Paragraph(NONE_YET),)),
        Section("sessions", "Sessions", tuple(_sessions(memory, today))),
        Section("events", "Changes", tuple(_events(memory.base, followed.events))),
    )
    about = [("Case", memory.case), ("Day", today.isoformat())]
    if followed.follows:
        about.append(("Follows", followed.follows))
    return Report(f"Case {memory.case} through time", tuple(about), tuple(s for s in sections if s.blocks), ())


def _sessions(memory: WorkingMemory, today: date) -> Iterator[Block]:
    base, followed = memory.base, memory.followed
    rows = []
    for one in sorted(followed.sessions, key=lambda each: each.date):
        action = followed.action(one.action)
        of = title(base, action.intervention) if action else one.action
        who = ", ".join(filter(None, (one.author, *(said.author for said in one.confirmed))))
        rows.append((one.id, one.date.isoformat(), one.what, of, session_state(memory, one, today), who))
    if rows:
        yield Table(("id", "day", "what", "of", "state", "said by"), tuple(rows))


def _events(base: RuleBase, events: Iterable[Event]) -> Iterator[Block]:
    rows = tuple(
        (one.date.isoformat(), CHANGES[one.change], many(one.days, "day") if one.days else "", one.author)
        for one in sorted(events, key=lambda each: each.date)
    )
    if rows:
        yield Table(("from", "what", "for", "said by"), rows)


def follow_data(memory: WorkingMemory, today: date) -> dict[str, Any]:
    """The same for programs: the entries of the case file, and what became of each action."""
    followed = memory.followed
    return {
        "case": memory.case,
        "today": today.isoformat(),
        "follows": followed.follows,
        "actions": [
            plain_entry(action.parts()) | {"outcome": None if found is None else outcome_data(found)}
            for action, found in actions_of(memory, today)
        ],
        "sessions": [
            plain_entry(one.parts()) | {"counts": confirmed(memory.base, memory, one, today)}
            for one in followed.sessions
        ],
        "events": [plain_entry(one.parts()) for one in followed.events],
    }


def outcome_data(found: Outcome) -> dict[str, Any]:
    """An outcome as JSON."""
    window = {"from": found.window[0].isoformat(), "until": found.window[1].isoformat()} if found.window else None
    return {"result": str(found.result), "reason": found.reason, "window": window}
