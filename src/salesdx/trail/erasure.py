"""Erasure: what the records of a person or a case hold goes; their place in the signed tree stays and still verifies.

What goes: the content and salts of records, and the names behind pseudonyms. What stays: the headers of the records,
which name nobody, and a record of the erasure, which lists them. The name of who acted stands in the content of every
record that they made, so it goes with the last of these and not before.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from salesdx.trail.faults import Refused
from salesdx.trail.holds import Hold, held
from salesdx.trail.log import Appender, Person, moment
from salesdx.trail.storage import Reader, Row

KEPT = ("trail", "key", "rule_base", "erasure")
"""Records whose content is never erased: keys, rules, and what was erased when and why."""
CHUNK = 10_000
"""Records that one record of an erasure lists at most."""


@dataclass(frozen=True)
class Item:
    """A record in a plan; ``case`` by name, empty where there is none."""

    seq: int
    type: str
    day: date
    case: str


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
    idle: tuple[str, ...] = ()
    """Actors whose name no content would carry any more."""


def plan_subject(reader: Reader, name: str, actors: Sequence[str] = ()) -> Plan:
    """What erasing a subject takes, all of its cases included, also what was recorded before it was named in them.

    ``name`` may also be the pseudonym. ``actors`` are names of people who acted and whose name is to go as well.
    Records that name another subject stay. Raises Refused for a name that is not there.
    """
    subject, name = _subject(reader, name)
    own = [row for row in reader.rows(subject=subject) if row.header["type"] not in KEPT]
    cases = {case for row in own if (case := row.header["case"]) is not None}
    rows = {row.seq: row for row in own}
    others = []
    for case in cases:
        for row in reader.rows(case=case):
            if row.header["subject"] in (None, subject):
                rows[row.seq] = row
            elif row.payload is not None:
                others.append(row)
    going = [rows[seq] for seq in sorted(rows) if rows[seq].payload is not None]
    shared = {row.header["case"] for row in others}
    names = [(subject, "subject", name), *_case_names(reader, sorted(cases - shared))]
    left, mentions = _content(reader, {row.seq for row in going}, {row.seq for row in others}, names)
    twin = reader.pseudonym("actor", name)
    asked = [*actors, *([name] if twin is not None and twin not in left and name not in actors else [])]
    names += [_actor(reader, actor, left) for actor in asked]
    acted = {row.header["actor"] for row in going} - left.keys() - {pseudonym for pseudonym, _, _ in names}
    return Plan(
        what=name,
        subject=subject,
        goes=_items(reader, going),
        names=tuple(names),
        holds=held(reader, {subject, *cases}),
        others=_items(reader, sorted(others)),
        mentions=_items(reader, mentions),
        copies=_items(reader, _copies(reader, cases, going)),
        idle=tuple(sorted(told for pseudonym in acted if (told := reader.name(pseudonym)))),
    )


def plan_case(reader: Reader, case: str) -> Plan:
    """What erasing a case takes, by its pseudonym; and its subjects with what else is theirs, if it is their last."""
    rows = {row.seq: row for row in reader.rows(case=case) if row.payload is not None}
    subjects = sorted({subject for row in rows.values() if (subject := row.header["subject"]) is not None})
    names = _case_names(reader, [case])
    for subject in subjects:
        rest = [row for row in reader.rows(subject=subject) if row.payload is not None and row.seq not in rows]
        rest = [row for row in rest if row.header["type"] not in KEPT]
        if all(row.header["case"] is None for row in rest):
            rows |= {row.seq: row for row in rest}
            names += [(subject, "subject", known)] if (known := reader.name(subject)) else []
    going = [rows[seq] for seq in sorted(rows)]
    return Plan(
        what=reader.name(case) or case,
        subject=None,
        goes=_items(reader, going),
        names=tuple(names),
        holds=held(reader, {case, *subjects}),
        copies=_items(reader, _copies(reader, {case}, going)),
    )


def plan_actors(reader: Reader, actors: Sequence[str]) -> Plan:
    """The names of people who acted, if no content carries them any more. Raises Refused."""
    left, _ = _content(reader, set(), set(), ())
    return Plan(", ".join(actors), None, (), tuple(_actor(reader, actor, left) for actor in dict.fromkeys(actors)))


def erase(appender: Appender, plan: Plan, reason: str, by: Person) -> list[int]:
    """Do what a plan of this transaction says; the numbers of the records that list what went.

    Traces stay in a SQLite file until `Storage.sweep` is called after the commit.
    Raises Refused for what is held, and where the record itself would keep a name.
    """
    if plan.holds:
        raise Refused("nothing is erased: " + "; ".join(map(str, plan.holds)))
    if not plan.goes and not plan.names:
        raise Refused(f"there is nothing to erase of `{plan.what}`")
    find = _finder(name for _, _, name in plan.names)
    for told, what in ((reason, "the reason"), (by.name, "the name of who erases"), (by.role, "the role")):
        if kept := find(told):
            raise Refused(f"{what} is kept in the record of the erasure, and holds `{kept}`, which is to go")
    seqs = [record.seq for record in plan.goes]
    pseudonyms = [pseudonym for pseudonym, _, _ in plan.names]
    made = []
    for start in range(0, len(seqs) or 1, CHUNK):
        made.append(appender.erase(seqs[start : start + CHUNK], pseudonyms, reason, by, plan.subject))
        pseudonyms = []
    return made


# --- the parts of a plan ----------------------------------------------------------------------------------------------


def _subject(reader: Reader, name: str) -> tuple[str, str]:
    """Pseudonym and name of a subject, from either."""
    found = reader.pseudonym("subject", name)
    if found is not None:
        return found, name
    known = next((told for pseudonym, kind, told in reader.names() if (pseudonym, kind) == (name, "subject")), None)
    if known is not None:
        return name, known
    for row in reader.rows(subject=name, types=("erasure",)):
        raise Refused(f"`{name}` was erased on {row.header['time'][:10]}, see record {row.seq}")
    raise Refused(f"the trail has no subject `{name}`; if it was erased, no name is left that could tell")


def _case_names(reader: Reader, cases: Iterable[str]) -> list[tuple[str, str, str]]:
    return [(case, "case", name) for case in cases if (name := reader.name(case)) is not None]


def _content(
    reader: Reader, going: set[int], known: set[int], names: Sequence[tuple[str, str, str]]
) -> tuple[dict[str, list[int]], list[Row]]:
    """What content is left: the records of each actor (pseudonyms), and the rows that mention one of the names."""
    left: dict[str, list[int]] = {}
    mentions = []
    find = _finder(name for _, _, name in names)
    for row in reader.rows():
        if row.payload is not None and row.seq not in going:
            left.setdefault(row.header["actor"], []).append(row.seq)
            if row.seq not in known and find(row.payload.decode()):
                mentions.append(row)
    return left, mentions


def _actor(reader: Reader, name: str, left: dict[str, list[int]]) -> tuple[str, str, str]:
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


def _copies(reader: Reader, cases: set[str], going: Sequence[Row]) -> list[Row]:
    """Exports of these cases, and exports of everything since the first record that goes."""
    if not going:
        return []
    rows = reader.rows(going[0].seq, types=("export",))
    return [row for row in rows if row.header["case"] is None or row.header["case"] in cases]


def _items(reader: Reader, rows: Iterable[Row]) -> tuple[Item, ...]:
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
        forms |= {json.dumps(form, ensure_ascii=False)[1:-1] for form in forms}
    words = [
        (form, re.compile(r"(?<![\w-])" * form[0].isalnum() + re.escape(form) + r"(?![\w-])" * form[-1].isalnum()))
        for form in sorted(forms)
    ]

    def find(text: str) -> str:
        return next((form for form, word in words if form in text and word.search(text)), "")

    return find
