"""Sign-off of a complete file: different persons, blind to each other, each after the case against and time to think.

A diagnosis can be signed whose file is complete: the ladder calls its stage exhausted. Each role of the policy signs
once, each by another person; the last of the roles stands outside the line. Every new fact or rule voids what was
signed before it. Nothing here can become a recommendation: a complete sign-off says that people may consider a step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from salesdx.base.model import Policy, Stage
from salesdx.ledger.errors import Refused
from salesdx.ledger.log import Appender, Clock, Person, Trail, moment, utc_now
from salesdx.ledger.storage import LogReader
from salesdx.trail.book import Book, Record
from salesdx.trail.case_against import Against, case_against
from salesdx.trail.lookalike import MAX_REASON, alike, kept_text
from salesdx.trail.replay import Recorded, replayed

APPROVE, REFUSE = "approve", "refuse"
FACTS = ("answer", "diagnosis", "statement")
"""A record of one of these types in the same case, later than the diagnosis: signatures on it count no more."""
PART = (*FACTS, "override")
"""Whoever made one of these took part in the case."""


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
    approves: bool
    reason: str
    time: datetime


@dataclass(frozen=True)
class Status:
    """How a sign-off stands, and why. ``signatures`` is empty until every role has signed: until then all are blind."""

    seq: int
    state: State
    reasons: tuple[str, ...]
    signed: tuple[str, ...] = ()
    """The roles that have signed."""
    signatures: tuple[Signature, ...] = ()


@dataclass
class _Story:
    """What a case's records say about the sign-off of one diagnosis."""

    policy: Policy
    subject: str
    took_part: dict[str, set[str]] = field(default_factory=dict)
    """Person -> the roles in which they took part in the case."""
    shown: dict[str, tuple[int, datetime]] = field(default_factory=dict)
    """Person -> the first record that showed them the case against as it is now, and when."""
    names: dict[str, str] = field(default_factory=dict)
    signatures: list[Signature] = field(default_factory=list)
    void: list[str] = field(default_factory=list)
    finished: list[str] = field(default_factory=list)
    """New facts that came after the last signature."""

    @property
    def full(self) -> bool:
        return len(self.signatures) == len(self.policy.roles)

    @property
    def refused(self) -> bool:
        return any(not signature.approves for signature in self.signatures)

    def waits_until(self, person: str) -> datetime | None:
        """When a person may sign who has been shown the case against."""
        return self.shown[person][1] + timedelta(hours=self.policy.wait_hours) if person in self.shown else None

    def bars(self, by: Person) -> str:
        """Why a person may not sign in a role, whatever they think; empty if they may."""
        person, roles = alike(by.name), self.policy.roles
        if by.role not in roles:
            return f"`{by.role}` is no role that signs: name one of {', '.join(roles)} with --role"
        if not person:
            return "a signature needs a name with letters"
        if self.subject and person == alike(self.subject):
            return f"`{by.name}` is the one whom the case is about"
        outside = by.role == roles[-1]
        others = self.took_part.get(person, set()) - (set() if outside else {by.role})
        if others:
            stands = f"; whoever signs as {by.role} stands outside the case" if outside else ""
            return f"`{by.name}` took part in this case as {', '.join(sorted(others))}{stands}"
        for signature in self.signatures:
            if signature.role == by.role:
                return f"it is signed as {by.role} already"
            if alike(signature.name) == person:
                return f"`{by.name}` has signed as {signature.role}; another person signs as {by.role}"
        return ""

    def faults(self, by: Person, reason: str, now: datetime) -> str:
        """Why a signature does not count; empty if it does."""
        if barred := self.bars(by):
            return barred
        free = self.waits_until(alike(by.name))
        if free is None:
            return (
                f"`{by.name}` has not been shown the case against as it stands: the command without --approve and "
                "--refuse shows it"
            )
        if now < free and self.policy.wait_hours:
            return (
                f"`{by.name}` may sign from {full_minute(free)}, {self.policy.wait_hours} hours after the case against"
            )
        if any(alike(signature.reason) == alike(reason) for signature in self.signatures):
            return "this is the reason of somebody else; each person gives their own"
        return ""


def status(reader: LogReader, seq: int, rules: str = "") -> Status:
    """How the sign-off of a diagnosis stands; with ``rules`` also against a rule base, by digest.

    Raises TrailError where the record is no diagnosis, was erased, or its rule base has no policy.
    """
    return _status(seq, _story(Book(reader), seq, rules))


def show_case_against(
    trail: Trail, seq: int, by: Person, render: Callable[[Against], str], rules: str, now: Clock | None = None
) -> str:
    """The case against a complete file as ``render`` shows it, recorded before it is given.

    ``rules`` is the digest of the rule base in force. Raises Refused where this person may not sign, or nobody may.
    """
    while True:
        with trail.read() as reader:
            found, story = _signable(Book(reader), seq, rules)
            if barred := story.bars(by):
                raise Refused(f"record {seq}: {barred}")
            time = (now or utc_now)()
            free = story.waits_until(alike(by.name)) or time + timedelta(hours=story.policy.wait_hours)
            against = case_against(Book(reader), found, complete_file(found), time.date(), free)
            case = reader.row(seq).header["case"]
            last = reader.last(case)
        shown = render(against)  # this takes seconds, in which others can write
        with trail.append(now) as appender:
            if appender.reader.last(case) == last and Book(appender.reader).diagnosis(seq):
                _add(appender, "case_against", {"shown": shown}, by, found)
                return shown


def sign_file(
    trail: Trail, seq: int, by: Person, approve: bool, reason: str, rules: str, now: Clock | None = None
) -> Status:
    """Sign a complete file, or refuse it, for a reason; how the sign-off stands then.

    ``rules`` is the digest of the rule base in force. Raises Refused where the signature does not count; then nothing
    is recorded. All is read and recorded in one transaction.
    """
    reason = kept_text(reason, "a reason", MAX_REASON)
    with trail.append(now) as appender:
        found, story = _signable(Book(appender.reader), seq, rules)
        time = appender.now()
        if fault := story.faults(by, reason, time):
            raise Refused(f"record {seq}: {fault}")
        against, _ = story.shown[alike(by.name)]
        body = {"decision": APPROVE if approve else REFUSE, "reason": reason, "case_against": against}
        made = _add(appender, "sign_off", body, by, found)
        story.signatures.append(Signature(made, by.name, by.role, approve, reason, time))
    return _status(seq, story)


def complete_file(found: Recorded) -> Stage:
    """The stage whose file is complete. Raises Refused where there is none."""
    diagnosis = found.diagnosis
    if diagnosis.memory.supposes:
        raise Refused(f"record {found.seq} is of a worked case, whose facts nobody states, so nobody can sign it")
    for file in diagnosis.files:
        if file.complete:
            return file.stage
    raise Refused(f"record {found.seq} has no complete file, so there is nothing to sign")


def full_minute(time: datetime) -> str:
    """A moment as people read it, not before it: the next full minute."""
    return f"{time + timedelta(minutes=1, microseconds=-1):%Y-%m-%d %H:%M} UTC"


def _signable(book: Book, seq: int, rules: str) -> tuple[Recorded, _Story]:
    """A complete file that can still be signed. Raises Refused, TrailError."""
    story = _story(book, seq, rules)
    found = replayed(book.reader, seq)
    complete_file(found)
    stands = _status(seq, story)
    if stands.state in (State.VOID, State.COMPLETE, State.REFUSED):
        raise Refused(f"record {seq} is {stands.state}: {'; '.join(stands.reasons)}")
    return found, story


def _story(book: Book, seq: int, rules: str) -> _Story:
    """Read the case in order, each signature with what was recorded before it."""
    record = book.diagnosis(seq)
    if record.case is None or record.rule_base is None:
        raise Refused(f"record {seq} names no case, so nobody can tell what came after it")
    book.prove(record)
    policy = book.base(record.rule_base).policy
    if policy is None:
        raise Refused(f"the rule base of record {seq} has no policy, which names who signs: nothing can be signed")
    story = _Story(policy, record.subject.name or "" if record.subject else "")
    for row in book.reader.rows(case=record.case.pseudonym):
        _read(story, record, book.read(row), row.content)
    if rules and rules != record.rule_base and not story.full:
        story.void.append("the rules or the policy in force are others than those of the record")
    return story


def _read(story: _Story, record: Record, one: Record, content: dict[str, object] | None) -> None:
    name = one.actor.name or one.actor.pseudonym
    person = alike(name)
    story.names[person] = name
    if one.type in PART:
        story.took_part.setdefault(person, set()).add(one.role)
    if one.seq <= record.seq:
        return
    if one.type in FACTS:
        (story.finished if story.full else story.void).append(f"record {one.seq} is newer: {NEWER[one.type]}")
    elif one.rule_base not in (None, record.rule_base) and not story.full:
        story.void.append(f"record {one.seq} rests on other rules or another policy")
    if record.seq not in one.inputs or content is None or one.warning or story.void:
        return
    if one.type == "override":
        story.shown.clear()  # somebody spoke against it: whoever signs reads that first
    elif one.type == "case_against":
        story.shown.setdefault(person, (one.seq, moment(one.time)))
    elif one.type == "sign_off":
        body = content["body"]
        assert isinstance(body, dict)
        by, time = Person(name, one.role), moment(one.time)
        if not story.faults(by, body["reason"], time):  # what got into the trail past `sign` does not count
            signature = Signature(one.seq, name, one.role, body["decision"] == APPROVE, body["reason"], time)
            story.signatures.append(signature)


NEWER = {"answer": "a fact", "diagnosis": "another diagnosis", "statement": "what the person concerned says"}


def _status(seq: int, story: _Story) -> Status:
    signed = tuple(signature.role for signature in story.signatures)
    seen = tuple(story.signatures) if story.full else ()
    if story.full and story.refused:
        reasons = [f"{s.name} ({s.role}) refused it; it is closed for good" for s in seen if not s.approves]
        return Status(seq, State.REFUSED, tuple(reasons), signed, seen)
    if new := [*story.void, *story.finished]:
        return Status(seq, State.VOID, (*new, "a new diagnosis has to be signed anew"), signed, seen)
    if story.full:
        return Status(seq, State.COMPLETE, (f"signed as {' and as '.join(signed)}",), signed, seen)
    if signed:
        return Status(seq, State.ONE_SIGNED, tuple(_missing(story, signed)), signed)
    free = {person: story.waits_until(person) for person in story.shown}
    waiting = [f"{story.names[person]} may sign from {full_minute(time)}" for person, time in free.items() if time]
    return Status(seq, State.WAITING if waiting else State.OPEN, tuple(waiting or _missing(story, signed)))


def _missing(story: _Story, signed: tuple[str, ...]) -> Iterator[str]:
    for role in story.policy.roles:
        yield f"signed as {role}" if role in signed else f"not signed as {role} yet"


def _add(appender: Appender, type: str, body: dict[str, object], by: Person, found: Recorded) -> int:
    memory = found.memory
    subject = memory.subject.get("ref", "")
    return appender.add(type, body, by, case=memory.case, subject=subject, base=found.base, inputs=[found.seq])
