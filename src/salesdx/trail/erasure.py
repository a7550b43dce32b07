"""Erasure: what the records of a person or a case hold goes; their place in the signed tree stays and still verifies.

What goes: the content and salts of records, and the names behind pseudonyms. What stays: the headers of the records,
which name nobody, and a record of the erasure, which lists them. The name of who acted stands in the content of every
record that they made, so it goes with the last of these and not before.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from salesdx.ledger.errors import Refused, TrailError
from salesdx.ledger.log import Appender, Person, Trail
from salesdx.ledger.moments import moment
from salesdx.ledger.standalone.findings import KEPT
from salesdx.ledger.storage import EntryRow, LogReader
from salesdx.trail.concerned import cases_naming, same_subjects
from salesdx.trail.holds import Hold, held
from salesdx.trail.lookalike import MAX_REASON, kept_text

CHUNK = 10_000
"""Records that one record of an erasure lists at most."""


@dataclass(frozen=True)
class Item:
    """A record in a plan; ``case`` by name, empty where there is none."""

    seq: int
    type: str
    day: date
    case: str

    def to_dict(self) -> dict[str, Any]:
        return {"record": self.seq, "type": self.type, "date": self.day.isoformat(), "case": self.case or None}


@dataclass(frozen=True)
class Plan:
    """What an erasure takes, and what stays. It holds names: it is shown, and never recorded."""

    what: str
    """The name that was asked for."""
    subject: str | None
    """The pseudonym of the subject, which the record of the erasure carries."""
    goes: tuple[Item, ...]
    names: tuple[tuple[str, str, str], ...]
    """(pseudonym, kind, name) of what goes with the content."""
    holds: tuple[Hold, ...] = ()
    others: tuple[Item, ...] = ()
    """Records of the same cases that name another subject: they are that one's."""
    mentions: tuple[Item, ...] = ()
    """Records of other cases, and records that are never erased, whose content has one of the names in it."""
    copies: tuple[Item, ...] = ()
    """Exports: what was in them is outside the trail."""
    target: tuple[str, ...] = ()
    """The pseudonyms of what was asked for, by which an announcement knows it."""
    bound: frozenset[str] = frozenset()
    """The pseudonyms of all that a hold can be on and stop it."""
    idle: tuple[str, ...] = ()
    """Actors whose name no content would carry any more."""

    def to_dict(self) -> dict[str, Any]:
        """The plan as JSON-ready data."""
        lists = {"goes": self.goes, "others": self.others, "mentions": self.mentions, "copies": self.copies}
        return {
            "what": self.what,
            "names": [{"kind": kind, "name": name} for _, kind, name in self.names],
            "holds": [hold.to_dict() for hold in self.holds],
            **{key: [item.to_dict() for item in items] for key, items in lists.items()},
            "idle": list(self.idle),
        }


def plan_subject(reader: LogReader, name: str, actors: Sequence[str] = ()) -> Plan:
    """What erasing a subject takes, all of its cases included, also what was recorded before it was named in them.

    ``name`` may also be the pseudonym. ``actors`` are names of people who acted and whose name is to go as well.
    Records that name another subject stay. Raises Refused for a name that is not there.
    """
    subject, name = find(reader, "subject", name)
    rows = {row.seq: row for row in reader.rows(subject=subject) if row.header["type"] not in KEPT}
    cases = {case for row in rows.values() if (case := row.header["case"]) is not None}
    others = []
    for case in cases:
        for row in reader.rows(case=case):
            if row.header["subject"] in (None, subject):
                rows[row.seq] = row
            elif row.payload is not None:
                others.append(row)
    shared = {row.header["case"] for row in others}
    names = [(subject, "subject", name), *_case_names(reader, sorted(cases - shared))]
    bound = frozenset({*same_subjects(reader, subject), *cases})
    found = Plan(name, subject, _items(reader, _there(rows)), tuple(names), held(reader, bound))
    found = replace(found, others=_items(reader, sorted(others)), target=(subject,), bound=bound)
    return _looked(reader, found, cases, actors)


def plan_case(reader: LogReader, name: str, actors: Sequence[str] = (), look: bool = True) -> Plan:
    """What erasing a case takes, whoever is named in it; and a subject with what else is its own, if it is its last.

    ``name`` may also be the pseudonym. Without ``look``, what other records mention is not looked for: that reads the
    whole trail. Raises Refused for a name that is not there.
    """
    case, name = find(reader, "case", name)
    rows = {row.seq: row for row in reader.rows(case=case)}
    subjects = sorted({subject for row in rows.values() if (subject := row.header["subject"]) is not None})
    names = [(case, "case", name)]
    for subject in subjects:
        rest = [row for row in reader.rows(subject=subject) if row.payload is not None and row.seq not in rows]
        rest = [row for row in rest if row.header["type"] not in KEPT]
        if all(row.header["case"] is None for row in rest):
            rows |= {row.seq: row for row in rest}
            names += [(subject, "subject", known)] if (known := reader.name(subject)) else []
    same = {other for subject in subjects for other in same_subjects(reader, subject)}
    bound = frozenset({case, *same, *cases_naming(reader, same)})
    found = Plan(name, None, _items(reader, _there(rows)), tuple(names), held(reader, bound))
    found = replace(found, target=(case,), bound=bound)
    return _looked(reader, found, {case}, actors) if look else found


def plan_of(reader: LogReader, subject: str | None, case: str | None, actors: Sequence[str]) -> Plan:
    """What an erasure takes: of one case, of a subject, or the names of who acted alone. Raises TrailError."""
    if case is not None:
        return plan_case(reader, case, actors)
    return plan_subject(reader, subject, actors) if subject is not None else plan_actors(reader, actors)


def plan_actors(reader: LogReader, actors: Sequence[str]) -> Plan:
    """The names of people who acted, if no content carries them any more. Raises Refused."""
    left, _, _ = _content(reader, set(), set(), ())
    names = tuple(_actor(reader, actor, left) for actor in dict.fromkeys(actors))
    return Plan(", ".join(actors), None, (), names, target=tuple(pseudonym for pseudonym, _, _ in names))


def erase(appender: Appender, plan: Plan, reason: str, by: Person) -> list[int]:
    """Do what a plan of this transaction says; the numbers of the records that list what went.

    Traces stay in the files of the database until `sweep` is called after the commit. Raises Refused for what is held.
    """
    if plan.holds:
        raise Refused("nothing is erased: " + "; ".join(map(str, plan.holds)))
    if not plan.goes and not plan.names:
        raise Refused(f"there is nothing to erase of `{plan.what}`")
    reason = kept_text(reason, "a reason", MAX_REASON)
    seqs = [item.seq for item in plan.goes]
    pseudonyms = [pseudonym for pseudonym, _, _ in plan.names]
    made = []
    for start in range(0, len(seqs) or 1, CHUNK):
        made.append(appender.erase(seqs[start : start + CHUNK], pseudonyms, reason, by, plan.subject))
        pseudonyms = []
    return made


def sweep(trail: Trail) -> None:
    """Write the tables anew, so that no trace of what was erased is left in them. Raises TrailError."""
    try:
        trail.storage.sweep()
    except TrailError as error:
        raise TrailError(
            "what was erased can no longer be read, and a record says so, but traces may be left in the files: "
            f"{error}; `salesdx trail retention --yes` tries again to write them anew"
        ) from error


def check_nameless(plan: Plan, reason: str, by: Person) -> None:
    """Raises Refused where the record of an erasure, which is never erased, would keep a name that is to go."""
    mentioned = _finder(name for _, _, name in plan.names)
    for told, what in ((reason, "the reason"), (by.name, "the name of who erases"), (by.role, "the role")):
        if found := mentioned(told):
            raise Refused(f"{what} is kept in the record of the erasure, and holds `{found}`, which is to go")


# --- the parts of a plan ----------------------------------------------------------------------------------------------


def find(reader: LogReader, kind: str, name: str) -> tuple[str, str]:
    """Pseudonym and name of a subject or a case, from either. Raises Refused."""
    found = reader.pseudonym(kind, name)
    if found is not None:
        return found, name
    known = next((told for pseudonym, of, told in reader.names() if (pseudonym, of) == (name, kind)), None)
    if known is not None:
        return name, known
    for row in reader.rows(types=("erasure",)):
        if (content := row.content) is not None and name in content["body"].get("names", ()):
            raise Refused(f"`{name}` was erased on {row.header['time'][:10]}, see record {row.seq}")
    raise Refused(f"the trail has no {kind} `{name}`; if it was erased, no name is left that could tell")


def _there(rows: Mapping[int, EntryRow]) -> list[EntryRow]:
    """The rows that still have their content, in order."""
    return [rows[seq] for seq in sorted(rows) if rows[seq].payload is not None]


def _looked(reader: LogReader, plan: Plan, cases: set[str], actors: Sequence[str]) -> Plan:
    """A plan with what the rest of the trail says of it, and with the names of actors that are to go."""
    going, names = {item.seq for item in plan.goes}, [name for _, _, name in plan.names]
    left, acted, mentions = _content(reader, going, {item.seq for item in plan.others}, names)
    twins = [name for name in names if (twin := reader.pseudonym("actor", name)) is not None and twin not in left]
    asked = [_actor(reader, actor, left) for actor in dict.fromkeys((*actors, *twins))]
    idle = acted - left.keys() - {pseudonym for pseudonym, _, _ in asked}
    return replace(
        plan,
        names=(*plan.names, *asked),
        target=(*plan.target, *(pseudonym for pseudonym, _, _ in asked)),
        mentions=_items(reader, mentions),
        copies=_items(reader, _copies(reader, cases, min(going, default=None))),
        idle=tuple(sorted(told for pseudonym in idle if (told := reader.name(pseudonym)))),
    )


def _case_names(reader: LogReader, cases: Iterable[str]) -> list[tuple[str, str, str]]:
    return [(case, "case", name) for case in cases if (name := reader.name(case)) is not None]


def _content(
    reader: LogReader, going: set[int], known: set[int], names: Sequence[str]
) -> tuple[dict[str, list[int]], set[str], list[EntryRow]]:
    """The records of each actor (pseudonyms) whose content is left, whose goes, and what mentions one of the names."""
    left: dict[str, list[int]] = {}
    acted = set()
    mentions = []
    mentioned = _finder(names)
    for row in reader.rows():
        if row.seq in going:
            acted.add(row.header["actor"])
        elif row.payload is not None:
            left.setdefault(row.header["actor"], []).append(row.seq)
            if row.seq not in known and mentioned(row.payload.decode()):
                mentions.append(row)
    return left, acted, mentions


def _actor(reader: LogReader, name: str, left: dict[str, list[int]]) -> tuple[str, str, str]:
    found = reader.pseudonym("actor", name)
    if found is None:
        raise Refused(f"nobody acted under the name `{name}`; if it was erased, no name is left that could tell")
    if found in left:
        seqs = left[found]
        many = f"{len(seqs)} records" if len(seqs) > 1 else "1 record"
        raise Refused(
            f"the name of `{name}` stays: the content of {many} carries it, record {seqs[-1]} is the last; it can go "
            "when that content has gone with its cases"
        )
    return found, "actor", name


def _copies(reader: LogReader, cases: set[str], first: int | None) -> list[EntryRow]:
    """Exports of these cases, and exports of everything since the first record that goes."""
    rows = reader.rows(first, types=("export",)) if first is not None else ()
    return [row for row in rows if row.header["case"] is None or row.header["case"] in cases]


def _items(reader: LogReader, rows: Iterable[EntryRow]) -> tuple[Item, ...]:
    names: dict[str, str] = {}
    found = []
    for row in rows:
        header = row.header
        case = header["case"] or ""
        if case not in names:
            names[case] = (reader.name(case) or case) if case else ""
        found.append(Item(row.seq, header["type"], moment(header["time"]).date(), names[case]))
    return tuple(found)


def _finder(names: Iterable[str]) -> Callable[[str], str]:
    """Finds a name in content, as it is or as JSON and YAML inside JSON escape it: the name as it was found, or none.

    It looks for whole words, so that `E-1` is not found in `E-17`.
    """
    forms = set(names) - {""}
    for _ in range(3):
        forms |= {json.dumps(form, ensure_ascii=ascii)[1:-1] for form in forms for ascii in (False, True)}
    words = [
        (form, re.compile(r"(?<![\w-])" * form[0].isalnum() + re.escape(form) + r"(?![\w-])" * form[-1].isalnum()))
        for form in sorted(forms)
    ]

    def find(text: str) -> str:
        return next((form for form, word in words if form in text and word.search(text)), "")

    return find
