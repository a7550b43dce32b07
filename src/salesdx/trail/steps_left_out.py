"""What was done about a subject, stands on record and is lacking in a case: a session, an action, a change.

A missed session counts among those planned, a change voids a measure, a contest takes a session back, and a repair
holds what comes after it: to cut one from a case file would speak against the person. So each holds the person's file
open, as a statement does that is left out, until it is back.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

from salesdx.base.model import RuleBase, Term
from salesdx.base.records import JUDGED
from salesdx.case.file import case_from_text
from salesdx.case.followed import ACCEPTED, Followed
from salesdx.case.followed_writing import plain_entry
from salesdx.case.left_out import Stated, wordless
from salesdx.case.memory import WorkingMemory
from salesdx.case.statement import Statement, Unknown
from salesdx.followup.sessions import SOURCE
from salesdx.ledger.storage import EntryRow, LogReader
from salesdx.text.issues import CaseError
from salesdx.trail.concerned import rows_about

LISTS = {"action": "actions", "session": "sessions", "review": "events"}
"""The type of a record -> the list of the case in which its entry stands."""
CASES = ("diagnosis", "explanation")
"""The types of the records that hold a whole case."""
FACTS = "\nfacts:"
Entries = Mapping[str, list[dict[str, Any]]]
"""A list of a case -> its entries, as records hold them."""


class _Step(NamedTuple):
    """What an entry is, whatever its id: by this one knows it again in another case of the subject."""

    kind: str
    what: str
    day: str
    more: str
    """Of a session and an action the intervention, of a change how many days it took."""


def steps_left_out(
    reader: LogReader,
    memory: WorkingMemory,
    subjects: Collection[str],
    case: str | None,
    sees: Callable[[EntryRow], bool] | None = None,
) -> tuple[Stated, ...]:
    """What records about a subject (its pseudonyms) hold and its case lacks: each behind the term that it speaks of, as
    the statement that the record makes; of a record that who asks does not see, only that there is one. What was erased
    is on record no more."""
    there = dict(_steps(_entries(memory.followed), {}))
    found: dict[_Step, Stated] = {}
    known: dict[str | None, dict[str, str]] = {}
    for row in rows_about(reader, case, subjects, types=(*LISTS, *CASES)) if subjects or case else ():
        for step, entry in _steps(_recorded(memory.base, row), known.setdefault(row.header["case"], {})):
            if step not in there and (term := _term(memory.base, step)) is not None:
                said = _statement(step, entry)
                found[step] = term, said if sees is None or sees(row) else wordless(said)
    return tuple(found.values())


def _entries(followed: Followed) -> Entries:
    return {key: [plain_entry(entry.parts()) for entry in getattr(followed, key)] for key in LISTS.values()}


def _recorded(base: RuleBase, row: EntryRow) -> Entries:
    """What a record holds of what was done; nothing where these rules cannot read it."""
    if row.payload is None or not any(key.encode() in row.payload for key in (*LISTS.values(), '"entry"')):
        return {}
    body, kind = json.loads(row.payload)["body"], row.header["type"]
    if kind in CASES:
        return _read(base, body["case_file"].partition(FACTS)[0])
    return {LISTS[kind]: [body["entry"]]} if "entry" in body else {}


@lru_cache(maxsize=256)
def _read(base: RuleBase, text: str) -> Entries:
    """What the part of a case file before its facts says was done."""
    try:
        return _entries(case_from_text(f"{text}{FACTS} {{}}\n", "a record", base).followed)
    except CaseError:
        return {}


def _steps(entries: Entries, known: dict[str, str]) -> Iterator[tuple[_Step, dict[str, Any]]]:
    """Each entry by what it is. ``known`` is the intervention of each action of the case by its id, and grows."""
    for entry in entries.get("actions", ()):
        known[entry["id"]] = entry["intervention"]
        if entry["state"] == ACCEPTED:
            yield _Step("action", "", entry["start"], entry["intervention"]), entry
    for entry in entries.get("sessions", ()):
        made = known.get(entry["action"], "")
        yield _Step("session", entry["what"], entry["date"], made), entry
        if "contested" in entry:
            yield _Step("contest", entry["what"], entry["date"], made), entry
    for entry in entries.get("events", ()):
        yield _Step("change", entry["change"], entry["date"], str(entry.get("days", ""))), entry


def _term(base: RuleBase, step: _Step) -> str | None:
    """The first term that is stated otherwise without an entry; None where nothing rests on it."""
    return next((name for name, term in base.terms.items() if _speaks(base, term, step)), None) or _measure(base, step)


def _speaks(base: RuleBase, term: Term, step: _Step) -> bool:
    of = term.outcome_of or (term.record.of if term.record is not None else "")
    if step.kind == "change":
        judge = base.interventions[of].judge if of in base.interventions else None
        judged = term.outcome_of or (term.record is not None and term.record.states == JUDGED)
        return bool(judged) and judge is not None and step.what in judge.voided_by
    if step.kind == "action":
        return of == step.more
    return term.record is not None and term.record.what == step.what and of in ("", step.more)


def _measure(base: RuleBase, step: _Step) -> str | None:
    """What a remedy of the company is judged by, else a term of its stage: while it runs it holds what comes after."""
    made = base.interventions.get(step.more) if step.kind == "action" else None
    if made is None or made.personnel:
        return None
    asked: Iterable[str] = made.judge.reads if made.judge is not None else ()
    homes = (name for name, term in base.terms.items() if term.home == made.home)
    return next((name for name in (*asked, *homes) if name in base.terms and not base.terms[name].computed), None)


def _statement(step: _Step, entry: Mapping[str, Any]) -> Statement:
    """What a report and a record say of an entry that is lacking."""
    what = {"action": "taken on", "change": f"change of {step.what}"}.get(step.kind, step.what)
    note = f"{what}, {step.day}" + ", contested" * (step.kind == "contest")
    return Statement(
        None,
        Unknown.NOT_KNOWN,
        by=entry.get("by", ""),
        author=entry.get("author", ""),
        source=SOURCE,
        date=date.fromisoformat(step.day),
        note=note,
    )
