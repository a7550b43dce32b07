"""What the records say of a sign-off: who took part, who has read and signed what, and what voids or closes it.

All goes by the person concerned: the records of every case of theirs count, whatever a case is called.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from salesdx.base.policy_model import Policy
from salesdx.ledger.errors import Refused
from salesdx.ledger.log import Clock
from salesdx.ledger.moments import moment, utc_now
from salesdx.ledger.standalone.register import LINK, TYPED, Register
from salesdx.ledger.storage import EntryRow, LogReader
from salesdx.trail.book import TRIAL, Book, Record
from salesdx.trail.closed_files import changes_file, earlier_refusals, taken_away_by
from salesdx.trail.concerned import (
    Actor,
    actor_in,
    line_above,
    members_called,
    members_named,
    rows_about,
    same_subjects,
)
from salesdx.trail.lookalike import alike
from salesdx.trail.sealed import is_sealed
from salesdx.trail.seats import ever_seated
from salesdx.trail.whole_record import check_nothing_missing

APPROVE = "approve"
FACTS = ("answer", "diagnosis", "statement", "attachment")
"""A record of one of these types on the same person, later than the diagnosis: signatures on it count no more. What is
attached when all have signed ends nothing: they signed what was there."""
PART = (*FACTS, "override", "letter")
"""Whoever made one of these took part."""


class State(StrEnum):
    """How the sign-off of a diagnosis stands."""

    OPEN = "open"
    WAITING = "waiting"
    ONE_SIGNED = "one signed"
    COMPLETE = "complete"
    REFUSED = "refused"
    VOID = "void"


@dataclass(frozen=True)
class Signature:
    """What one person decided, in which role, and why."""

    seq: int
    name: str
    role: str
    approves: bool | None
    """None where it is sealed."""
    reason: str
    time: datetime


@dataclass(frozen=True)
class Status:
    """How a sign-off stands, and why. ``signatures`` is empty until every role has signed, or it is void: until then
    all are blind."""

    seq: int
    state: State
    reasons: tuple[str, ...]
    signed: tuple[str, ...] = ()
    """The roles that have signed."""
    signatures: tuple[Signature, ...] = ()


class BarKind(StrEnum):
    """What keeps a person from signing, whatever they think."""

    ROLE = "role"
    NAMELESS = "nameless"
    UNKNOWN = "unknown"
    CONCERNED = "concerned"
    LINE = "line"
    PART = "part"
    SEAT = "seat"
    TAKEN = "taken"
    SIGNED = "signed"


@dataclass(frozen=True)
class SignBar:
    """Why a person may not sign in a role; ``roles`` are those that it is about, and as text it is a message."""

    kind: BarKind
    told: str
    roles: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.told


@dataclass
class SigningStory:
    """What the records on a person say about the sign-off of one diagnosis."""

    policy: Policy
    case: str
    subjects: frozenset[str]
    """The pseudonyms of the person concerned."""
    names: frozenset[str]
    """Their names as a reader takes them."""
    line: frozenset[str]
    """Everybody above them."""
    unknown: str = ""
    """What they are called, where the trail knows its people and they are nobody of them."""
    last: int = -1
    """The last record on the person."""
    took_part: dict[str, set[str]] = field(default_factory=dict)
    """Person -> the roles in which they took part."""
    seated: frozenset[str] = frozenset()
    """Who had a seat at a case of the person, was handed it, or handed it over."""
    shown: dict[str, tuple[int, datetime]] = field(default_factory=dict)
    """Person -> the first record that showed them the case against as it is now, and when."""
    known: dict[str, str] = field(default_factory=dict)
    """Person -> their name."""
    signatures: dict[str, Signature] = field(default_factory=dict)
    """Person -> their signature."""
    void: list[str] = field(default_factory=list)
    finished: list[str] = field(default_factory=list)
    """What came after the last signature and ends what was complete."""
    beside: list[str] = field(default_factory=list)
    """What ends nothing: what was attached after the last signature, which nobody who signed has seen, and who
    diagnosed the same file again."""
    closed: list[str] = field(default_factory=list)
    """Refusals of the same file, on other records."""

    @property
    def full(self) -> bool:
        return len(self.signatures) == len(self.policy.roles)

    @property
    def seen(self) -> tuple[Signature, ...]:
        """The signatures that are not blind any more."""
        if not (self.full or self.void or self.finished):
            return ()
        return tuple(signature for signature in self.signatures.values() if signature.approves is not None)

    def waits_until(self, person: str) -> datetime | None:
        """When a person may sign who has been shown the case against."""
        return self.shown[person][1] + timedelta(hours=self.policy.wait_hours) if person in self.shown else None

    def read_until(self, person: str) -> datetime | None:
        """How long what a person has read counts, from the end of their waiting time on."""
        free = self.waits_until(person)
        return free and free + timedelta(days=self.policy.signature_days)

    def bars(self, by: Actor) -> SignBar | None:
        """Why a person may not sign in a role, whatever they think; None if they may."""
        roles = self.policy.roles
        if by.role not in roles:
            told = f"`{by.role}` is no role that signs: name one of {', '.join(roles)} with --role"
            return SignBar(BarKind.ROLE, told, roles)
        if not by.person:
            return SignBar(BarKind.NAMELESS, "a signature needs a name with letters")
        if self.unknown:
            told = f"`{self.unknown}` is nobody of the register, so nobody can tell who stands above them"
            return SignBar(BarKind.UNKNOWN, f"{told}: `salesdx trail people add` enters them")
        if by.forms & self.names:
            return SignBar(BarKind.CONCERNED, f"`{by.name}` is the one whom the case is about")
        if by.forms & self.line:
            return SignBar(BarKind.LINE, f"`{by.name}` stands in the line above the one whom the case is about")
        outside = by.role == roles[-1]
        part = {role for form in by.forms for role in self.took_part.get(form, ())}
        if others := part - (set() if outside else {by.role}):
            stands = f"; whoever signs as {by.role} stands outside the case" if outside else ""
            told = f"`{by.name}` took part in this case as {', '.join(sorted(others))}{stands}"
            return SignBar(BarKind.PART, told, tuple(sorted(others)))
        if outside and by.forms & self.seated:
            return SignBar(BarKind.SEAT, f"`{by.name}` had a seat at a case of the person; {by.role} stands outside")
        for other, signature in self.signatures.items():
            if signature.role == by.role:
                return SignBar(BarKind.TAKEN, f"it is signed as {by.role} already", (by.role,))
            if other in by.forms:
                told = f"`{by.name}` has signed as {signature.role}; another person signs as {by.role}"
                return SignBar(BarKind.SIGNED, told, (signature.role, by.role))
        return None

    def faults(self, by: Actor, now: datetime, latest: datetime) -> str:
        """Why a signature does not count; empty if it does. ``latest`` is the later of now and the last record."""
        if barred := self.bars(by):
            return str(barred)
        free, until = self.waits_until(by.person), self.read_until(by.person)
        if free is None or until is None:
            return (
                f"`{by.name}` has not been shown the case against as it stands: the command without --approve and "
                "--refuse shows it"
            )
        if now < free and self.policy.wait_hours:
            return (
                f"`{by.name}` may sign from {full_minute(free)}, {self.policy.wait_hours} hours after the case against"
            )
        if latest > until:
            return f"what `{by.name}` read counted until {full_minute(until)}: the case against is to be read again"
        return ""

    def again(self, by: Actor, seq: int) -> None:
        """Somebody diagnosed the person again, and nothing of what is signed became otherwise."""
        told = f"{by.name} ({by.role}) diagnosed the person again, which changes nothing of this file"
        if not any(reason.endswith(told) for reason in self.beside):
            self.beside.append(f"record {seq}: {told}")

    def replaced_by(self, seq: int) -> None:
        """Other rules came into force with a record: what is not signed by all by then is void."""
        told = f"other rules were adopted with record {seq}"
        if not self.full and told not in self.void:
            self.void.append(told)

    def expire(self, time: datetime) -> None:
        """Signatures that are too old at a time end what rests on them."""
        days = self.policy.signature_days
        for signature in self.signatures.values():
            if time > signature.time + timedelta(days=days):
                told = f"the signature as {signature.role} of {signature.time:%Y-%m-%d} counted for {days} days"
                ended = self.finished if self.full else self.void
                ended += [told] if told not in ended else []


def full_minute(time: datetime) -> str:
    """A moment as people read it, not before it: the next full minute."""
    return f"{time + timedelta(minutes=1, microseconds=-1):%Y-%m-%d %H:%M} UTC"


def status(
    reader: LogReader, seq: int, rules: str = "", now: Clock | None = None, register: Register | None = None
) -> Status:
    """How the sign-off of a diagnosis stands; with ``rules`` also against a rule base, by digest.

    Raises TrailError where the record is no diagnosis, was erased, or its rule base has no policy, and where what is on
    record about the person cannot be proven to be all.
    """
    book = Book(reader)
    story = story_of(book, seq, rules, (now or utc_now)(), register)
    check_nothing_missing(book, story.case, story.subjects)
    return state_of(seq, story)


def story_of(book: Book, seq: int, rules: str, now: datetime, register: Register | None = None) -> SigningStory:
    """Read the records on a person in order, each signature with what was recorded before it. Raises TrailError."""
    record = book.diagnosis(seq)
    if record.case is None or record.rule_base is None:
        raise Refused(f"record {seq} names no case, so nobody can tell what came after it")
    policy = book.base(record.rule_base).policy
    if policy is None:
        raise Refused(f"the rule base of record {seq} has no policy, which names who signs: nothing can be signed")
    if record.subject is None:
        raise Refused(f"record {seq} names nobody, so nobody can tell what else is on record about them")
    subjects = same_subjects(book.reader, record.subject.pseudonym)
    members = members_named(book.reader, record.subject.pseudonym, register)
    names = {name for one in subjects if (name := book.reader.name(one))} | {record.subject.name or "", *members}
    line = line_above(book.reader, record.subject.pseudonym, register)
    known = frozenset(alike(name) for name in names) | frozenset(names)
    story = SigningStory(policy, record.case.pseudonym, frozenset(subjects), known - {""}, frozenset(line))
    story.seated = ever_seated(book.reader, story.case, subjects)
    if register is not None and register.begun and not members:
        story.unknown = record.subject.name or record.subject.pseudonym
    if record.trial:
        story.void.append(TRIAL)
    rows = {row.seq: row for row in rows_about(book.reader, story.case, subjects)}
    replaced = _replaced(book, record)
    for row in rows.values():
        if replaced is not None and row.seq > replaced:
            story.replaced_by(replaced)
        one, identity = book.read(row), row.header.get("identity", TYPED)
        why = ""
        if one.seq > record.seq and not story.void:
            if one.type == "answer" and not changes_file(book, record, one, identity, rows):
                _took_part(story, record, one, row, register)
                continue
            served = one.type == "diagnosis" and identity != TYPED
            if served and not (why := taken_away_by(book, record, one, rows)):
                story.again(_took_part(story, record, one, row, register), one.seq)
                continue
        _read(story, record, one, row, register, why)
    story.last = max(rows)
    story.closed += earlier_refusals(book, record, rows)
    if replaced is not None:
        story.replaced_by(replaced)
    elif rules and rules != record.rule_base and not story.full:
        story.void.append("the rules or the policy in force are others than those of the record")
    story.expire(max(now, moment(book.reader.head().time)))
    return story


def _replaced(book: Book, record: Record) -> int | None:
    """The record with which other rules came into force after a diagnosis, though its own may have come back since."""
    adopted = book.people.adoptions.adopted
    return next((one.seq for one in adopted if one.seq > record.seq and one.rules != record.rule_base), None)


def _took_part(story: SigningStory, record: Record, one: Record, row: EntryRow, register: Register | None) -> Actor:
    by = actor_in(row, one.actor.name or one.actor.pseudonym)
    story.known[by.person] = by.name
    mine = record.seq in one.inputs
    if one.type in PART or (one.type == "sign_off" and not mine and one.role != story.policy.roles[-1]):
        linked = row.header.get("identity") == LINK  # whoever is called so may be the one
        for person in (by.person, *(members_called([by.name], register) if linked else ())):
            story.took_part.setdefault(person, set()).add(one.role)
    return by


def _read(
    story: SigningStory, record: Record, one: Record, row: EntryRow, register: Register | None, why: str = ""
) -> None:
    by, mine = _took_part(story, record, one, row, register), record.seq in one.inputs
    if one.seq <= record.seq:
        return
    time = moment(one.time)
    if one.type == "attachment" and story.full:
        story.beside.append(f"record {one.seq} keeps a paper or a picture that was attached since")
    elif one.type in FACTS:
        where = "" if one.case is not None and one.case.pseudonym == story.case else ", in another case of the person"
        told = f"is newer: {NEWER[one.type]}{where}{f' ({why})' if why else ''}"
        known, ended = row.header.get("identity", TYPED) != TYPED, story.finished if story.full else story.void
        if not any(reason.endswith(told) for reason in ended):  # a copied case has hundreds
            ended.append(f"record {one.seq}{f', by {by.name} ({by.role}),' if known else ''} {told}")
    elif one.rule_base not in (None, record.rule_base) and not story.full and not one.trial:
        story.void.append(f"record {one.seq} rests on other rules or another policy")
    if not mine or row.content is None or one.warning or story.void:
        return
    if one.type == "override":
        story.shown.clear()  # somebody spoke against it: whoever signs reads that first
    elif one.type == "case_against":
        until = story.read_until(by.person)
        if until is None or time > until:
            story.shown[by.person] = (one.seq, time)
    elif one.type == "sign_off":
        _sign(story, one, by, row.content["body"])


def _sign(story: SigningStory, one: Record, by: Actor, body: Mapping[str, Any]) -> None:
    """Count a signature; what got into the trail past `sign` does not count."""
    time = moment(one.time)
    story.expire(time)
    if story.void or story.faults(by, time, time):
        return
    told = body if not is_sealed(body) else one.body or {}
    approves = told["decision"] == APPROVE if told else None
    story.signatures[by.person] = Signature(one.seq, by.name, by.role, approves, told.get("reason", ""), time)


NEWER = {
    "answer": "a fact",
    "diagnosis": "another diagnosis",
    "statement": "what the person concerned says",
    "attachment": "a paper or a picture",
}


def state_of(seq: int, story: SigningStory) -> Status:
    """How a sign-off stands, by what the records say."""
    signed = tuple(signature.role for signature in story.signatures.values())
    seen = story.seen
    if refused := [s for s in seen if not s.approves]:
        reasons = [f"{s.name} ({s.role}) refused it; it is closed for good" for s in refused]
        return Status(seq, State.REFUSED, tuple(reasons), signed, seen)
    if new := [*story.void, *story.finished, *_copied_reasons(story)]:
        return Status(seq, State.VOID, (*new, "a new diagnosis has to be signed anew"), signed, seen)
    if story.closed:
        return Status(seq, State.REFUSED, tuple(story.closed), signed, seen)
    if story.full:
        reasons = [f"signed as {' and as '.join(signed)}", *story.beside]
        return Status(seq, State.COMPLETE, tuple(reasons), signed, seen)
    if signed:
        return Status(seq, State.ONE_SIGNED, (*_missing(story, signed), *story.beside), signed)
    free = {person: story.waits_until(person) for person in story.shown}
    waiting = [f"{story.known[person]} may sign from {full_minute(time)}" for person, time in free.items() if time]
    return Status(seq, State.WAITING if waiting else State.OPEN, (*(waiting or _missing(story, signed)), *story.beside))


def _copied_reasons(story: SigningStory) -> Iterator[str]:
    """Reasons that are one and the same: told when all have signed, because to refuse one would tell the other."""
    reasons = [alike(signature.reason) for signature in story.signatures.values()]
    if story.full and len(set(reasons)) < len(reasons):
        yield "two persons gave the same reason; each person gives their own"


def _missing(story: SigningStory, signed: tuple[str, ...]) -> Iterator[str]:
    for role in story.policy.roles:
        yield f"signed as {role}" if role in signed else f"not signed as {role} yet"
