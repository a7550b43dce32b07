"""What waits for whom: complete files to read and to sign, statements to be seen, holds to review, erasures due.

A task is for a role, and never for somebody who may not do it. Nobody is asked twice: what was read is to be signed,
and what was signed waits for the others.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

from salesdx.base.policy_model import Policy
from salesdx.language.conditions import truth
from salesdx.language.truth import TRUE
from salesdx.ledger.errors import TrailError
from salesdx.ledger.log import Clock, Person
from salesdx.ledger.moments import moment, utc_now
from salesdx.ledger.standalone.register import ADMIN, KEY_PROPOSED, Register
from salesdx.trail.announced import Announcement, OnItsWay, all_on_their_way
from salesdx.trail.book import Book, Record
from salesdx.trail.concerned import actor_of, line_above
from salesdx.trail.holds import ReleaseAsked, legal_holds
from salesdx.trail.lookalike import alike
from salesdx.trail.own_words import Attributed, attributed
from salesdx.trail.persons_needed import policy_in_force, rules_in_force
from salesdx.trail.results import result_of
from salesdx.trail.retention import NAME_ONE, kept_cases, policy_base
from salesdx.trail.signing_off import file_task
from salesdx.trail.still_signed import diagnosis_to_sign

READ, SIGN, SIGNED, TELL, STATEMENT, HOLD, RELEASE, CONFIRM, CARRY, ERASURE, ADOPT, PEOPLE, KEY, VOUCH = (
    "read", "sign", "signed", "tell", "statement", "hold", "release", "confirm", "carry", "erasure", "adopt", "people",
    "key", "vouch",
)  # fmt: skip
ANY_ROLE = Person("").role
"""Whoever names no role is told of the tasks of every role."""


@dataclass(frozen=True)
class Task:
    """Something that waits for a person in a role, since when, and when a waiting time ends that runs until then.

    ``kind`` is one of those above; a file that one has SIGNED waits for others. ``record`` is what it is about; of an
    erasure the first record of its case.
    """

    kind: str
    record: int
    case: str
    subject: str
    role: str
    since: datetime
    ends: datetime | None = None
    signed: tuple[str, ...] = ()
    """Of a complete file: the roles that have signed."""
    until: datetime | None = None
    """Of a complete file: until when the signatures count, and what the person has read."""

    def waits(self, now: datetime) -> bool:
        """Whether it can be done now, by the one who asked."""
        return self.kind != SIGNED and (self.ends is None or self.ends <= now)

    def to_dict(self, now: datetime) -> dict[str, Any]:
        """The task as JSON-ready data."""
        return {
            "kind": self.kind,
            "record": self.record,
            "case": self.case or None,
            "subject": self.subject or None,
            "role": self.role,
            "since": self.since.isoformat(),
            "ends": self.ends and self.ends.isoformat(),
            "waits": self.waits(now),
            "signed": list(self.signed),
            "until": self.until and self.until.isoformat(),
        }


@dataclass(frozen=True)
class Tasks:
    """The tasks of a person, the one that waits longest first, and what could not be looked at."""

    items: tuple[Task, ...]
    doubts: tuple[str, ...] = ()

    def to_dict(self, now: datetime) -> dict[str, Any]:
        """The tasks as JSON-ready data."""
        return {"tasks": [task.to_dict(now) for task in self.items], "doubts": list(self.doubts)}


def tasks(book: Book, by: Person, now: Clock | None = None) -> Tasks:
    """What waits for a person in their role, now or later. Raises TrailError."""
    register = book.people
    found: list[Task] = []
    doubts: list[str] = []
    cases: set[str] = set()
    for record in book.records(types=("diagnosis",), newest_first=True):
        if record.case is None or record.case.pseudonym in cases:
            continue  # what an older one said may still be signed: its newest one tells
        cases.add(record.case.pseudonym)
        try:
            found += case_tasks(book, record, by, now, register)
        except TrailError as error:
            doubts.append(f"record {record.seq}: {error}")
    found += _register(book, register, by)
    found += _holds(book, by)
    found += _rules(register, by)
    found += _own_words(book, register, by)
    try:
        found += _erasures(book, by)
    except TrailError as error:
        doubts.append(str(error).removesuffix(NAME_ONE))
    return Tasks(tuple(sorted(found, key=lambda task: (task.since, task.record, task.kind, task.role))), tuple(doubts))


def _own_words(book: Book, register: Register, by: Person) -> Iterator[Task]:
    """The cases in which something stands in somebody's name for which nobody has vouched."""
    first: dict[str, Attributed] = {}
    for one in attributed(book, by) if register.begun else ():
        first.setdefault(one.case, one)
    for case, one in first.items():
        yield Task(VOUCH, one.record, case, "", by.role, moment(book.record(one.record).time))


def in_roles(by: Person, roles: tuple[str, ...]) -> tuple[str, ...]:
    """Those of some roles in which somebody acts: their own, or all where they name none."""
    return roles if by.role == ANY_ROLE else tuple(role for role in roles if role == by.role)


def _register(book: Book, register: Register, by: Person) -> Iterator[Task]:
    """Changes of the people, and of the key of the trail, that another administrator than who entered them confirms."""
    if not register.begun or not register.waiting:  # what begins a register is proved where the trail lies
        return
    policy = policy_in_force(book.reader)
    for seq, (change, _, who, at) in register.waiting.items():
        kind, act = (KEY, "rotate") if change == KEY_PROPOSED else (PEOPLE, "people")
        if not {who, alike(who)} & actor_of(by).forms:
            for role in in_roles(by, _granted(policy, act) or (ADMIN,)):
                yield Task(kind, seq, "", "", role, moment(at))


def case_tasks(book: Book, record: Record, by: Person, now: Clock | None, register: Register) -> Iterator[Task]:
    """What waits for a person in a case, by the record of its newest diagnosis. Raises TrailError."""
    if record.body is None or record.rule_base is None or _stands_above(book, record, by, register):
        return
    policy = book.base(record.rule_base).policy
    if policy is None:
        return
    signed = diagnosis_to_sign(book, record, (now or utc_now)(), register)
    if _complete(book, signed):
        yield from _turns(book, signed, policy, by, now, register)
    yield from _statements(book, record, policy, by)


def _stands_above(book: Book, record: Record, by: Person, register: Register) -> bool:
    """Whether somebody stands in the line above the one whom a record is about."""
    if record.subject is None:
        return False
    return bool(actor_of(by).forms & line_above(book.reader, record.subject.pseudonym, register))


def _complete(book: Book, record: Record) -> bool:
    """Whether a recorded diagnosis has a complete file: one whose status the ladder calls exhausted."""
    if record.body is None or record.rule_base is None:
        return False
    spent = book.base(record.rule_base).ladder.exhausted_when
    return any(truth(spent, {"status": file["status"]}) is TRUE for file in result_of(record.body["result"])["files"])


def _turns(
    book: Book, record: Record, policy: Policy, by: Person, now: Clock | None, register: Register
) -> Iterator[Task]:
    seen = set()
    for role in in_roles(by, tuple(dict.fromkeys((*policy.roles, *_granted(policy, "letter"))))):
        found = file_task(book, record.seq, replace(by, role=role), now, register)
        if found is not None and (found.act, found.role) not in seen:  # who has signed waits once, in their role
            seen.add((found.act, found.role))
            task = _task(found.act, record, found.role, found.since, found.free)
            yield replace(task, signed=found.signed, until=found.until)


def _statements(book: Book, record: Record, policy: Policy, by: Person) -> Iterator[Task]:
    """What the person concerned said, until somebody in the role has recorded something in the case after it."""
    assert record.case is not None
    later: set[str] = set()
    for one in book.records(case=record.case.pseudonym, newest_first=True):
        if one.type == "statement" and one.body is not None and alike(one.actor.name or "") != alike(by.name):
            for role in in_roles(by, policy.roles):
                if role not in later:
                    yield _task(STATEMENT, one, role, moment(one.time))
        later.add(one.role)


def _rules(register: Register, by: Person) -> Iterator[Task]:
    """Rules that somebody else proposed, for who may confirm them."""
    for proposal in register.adoptions.waiting.values():
        if by.name not in proposal.by:
            for role in in_roles(by, proposal.adopters.roles):
                yield Task(ADOPT, proposal.seq, "", "", role, moment(proposal.time))


def _holds(book: Book, by: Person) -> Iterator[Task]:
    """Open holds, for who put them there and for the role in which that was; and those of which another person wants
    the end."""
    policy = policy_in_force(book.reader)
    for hold in legal_holds(book.reader):
        if hold.released is not None:
            continue
        case, subject = (hold.name, "") if hold.kind == "case" else ("", hold.name)
        asked = _by_others(hold.asked, by)
        for role in in_roles(by, _granted(policy, "release") or (hold.role,)) if asked else ():
            yield Task(RELEASE, hold.seq, case, subject, role, moment(book.record(asked[0].seq).time))
        if not hold.asked and (by.role in (ANY_ROLE, hold.role) or alike(hold.by) == alike(by.name)):
            yield Task(HOLD, hold.seq, case, subject, hold.role, hold.time, hold.review)


def _erasures(book: Book, by: Person) -> Iterator[Task]:
    """What may go on a day, by age or as announced, and what another person is to confirm."""
    reader, policy = book.reader, policy_in_force(book.reader)
    aged: dict[str, OnItsWay] = {}
    for target, found in all_on_their_way(reader):
        if found.act == "retention":
            aged[target[0]] = found
            continue
        what = reader.name(target[0]) or target[0]
        case, subject = (what, "") if any(True for _ in reader.rows(case=target[0])) else ("", what)
        wanted = found.wanted[0]
        for role in in_roles(by, _granted(policy, "erase")):
            if found.due is not None:
                yield Task(CARRY, wanted.seq, case, subject, role, wanted.time, found.due)
            elif _by_others(found.wanted, by):
                yield Task(CONFIRM, wanted.seq, case, subject, role, wanted.time)
    if rules_in_force(reader) is None:  # nothing was diagnosed yet, so nothing is kept too long
        return
    base = policy_base(reader)
    inside = base.policy.roles[:-1] if base.policy is not None else ()
    roles = in_roles(by, _granted(base.policy, "retention") or inside)
    for kept in kept_cases(reader, base) if roles else ():
        first, step = next(reader.rows(case=kept.pseudonym), None), aged.get(kept.pseudonym)
        if first is None or kept.holds or (step is not None and step.due is None and not _by_others(step.wanted, by)):
            continue
        since, ends = (datetime.combine(day, time(), UTC) for day in (kept.last, kept.until + timedelta(days=1)))
        for role in roles:
            yield Task(ERASURE, first.seq, kept.name, "", role, since, (step and step.due) or ends)


def _granted(policy: Policy | None, act: str) -> tuple[str, ...]:
    """The roles to which a policy gives an act."""
    return policy.may[act].roles if policy is not None and act in policy.may else ()


def _by_others(steps: Sequence[ReleaseAsked | Announcement], by: Person) -> Sequence[ReleaseAsked | Announcement]:
    """The steps that were taken, if all of them are those of others."""
    forms = actor_of(by).forms
    return () if any(one.by.forms & forms for one in steps) else steps


def _task(kind: str, record: Record, role: str, since: datetime, ends: datetime | None = None) -> Task:
    case, subject = ((named.name or named.pseudonym) if named else "" for named in (record.case, record.subject))
    return Task(kind, record.seq, case, subject, role, since, ends)
