"""Sign-off of a complete file: different persons, blind to each other, each after the case against and time to think.

A diagnosis can be signed whose file is complete: the ladder calls its stage exhausted. Each role of the policy signs
once, each by another person; the last of the roles stands outside the line. Every new fact or rule voids what was
signed before it, and a refusal closes the file. Nothing here can become a recommendation: a complete sign-off says that
people may consider a step.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from salesdx.base.loading import shipped_digest
from salesdx.base.model import Stage
from salesdx.ledger.errors import Refused
from salesdx.ledger.log import Appender, Clock, Person, Trail
from salesdx.ledger.moments import moment, stamp, utc_now
from salesdx.ledger.sealing import kept_key
from salesdx.ledger.standalone.register import TYPED, Register
from salesdx.trail.book import Book
from salesdx.trail.case_against import Against, case_against
from salesdx.trail.closed_files import REFUSE
from salesdx.trail.concerned import actor_of, rows_about
from salesdx.trail.lookalike import MAX_REASON, kept_text
from salesdx.trail.own_words import persons_of
from salesdx.trail.replay import Recorded, replayed
from salesdx.trail.sealed import is_sealed, key_of, sealed_decision
from salesdx.trail.sign_off_story import (
    APPROVE,
    SignBar,
    SigningStory,
    State,
    Status,
    state_of,
    status,
    story_of,
)
from salesdx.trail.wheels import program_digest
from salesdx.trail.whole_record import check_nothing_missing


@dataclass(frozen=True)
class FileTask:
    """What a complete file wants of a person in a role: to ``read`` the case against, to ``sign`` from ``free`` on,
    once they have ``signed``, to wait for the others, and once all have, to ``tell`` the person concerned."""

    act: str
    role: str
    since: datetime
    free: datetime | None
    signed: tuple[str, ...]
    """The roles that have signed."""
    until: datetime | None = None
    """Until when the signatures count, and what the person has read."""


def file_task(
    book: Book, seq: int, by: Person, now: Clock | None = None, register: Register | None = None
) -> FileTask | None:
    """What the complete file of a diagnosis wants of a person; None where it is closed or void, or they may not.

    Raises TrailError as `status` does.
    """
    time = (now or utc_now)()
    story = story_of(book, seq, "", time, register)
    stands, actor = state_of(seq, story), actor_of(by)
    end = min((one.time for one in story.signatures.values()), default=None)
    end = end and end + timedelta(days=story.policy.signature_days)
    if stands.state is State.COMPLETE:
        tells = story.policy.may["letter"].roles if "letter" in story.policy.may else story.policy.roles
        last = max(story.signatures.values(), key=lambda one: one.seq)
        if by.role not in tells or actor.forms & story.names or _told(book, story.case, seq, last.seq):
            return None
        return FileTask("tell", by.role, last.time, None, stands.signed, end)
    if stands.state in (State.REFUSED, State.VOID):
        return None
    for other, signature in story.signatures.items():
        if other in actor.forms:
            return FileTask("signed", signature.role, signature.time, None, stands.signed, end)
    if story.bars(actor):
        return None
    person = actor.person
    free, until = story.waits_until(person), story.read_until(person)
    if free is None or until is None or max(time, moment(book.reader.head().time)) > until:
        return FileTask("read", by.role, moment(book.record(seq).time), None, stands.signed, end)
    return FileTask("sign", by.role, story.shown[person][1], free, stands.signed, min(until, end or until))


def _told(book: Book, case: str, seq: int, after: int) -> bool:
    """Whether a letter of a diagnosis was made for the person concerned after a record."""
    letters = book.records(case=case, types=("letter",))
    return any(one.seq > after and seq in one.inputs and (one.body or {}).get("to") == "employee" for one in letters)


@dataclass(frozen=True)
class SigningSteps:
    """How far a person is with the sign-off of a complete file.

    ``barred`` is why they may not sign, ``read`` the record that showed them the case against and still counts, from
    ``free`` until ``until``; ``shown`` is the last one that showed it to them, -1 where none did.
    """

    seq: int
    stage: Stage
    case: str
    subject: str
    status: Status
    barred: SignBar | None
    wait_hours: int
    roles: tuple[str, ...]
    read: int
    shown: int
    read_at: datetime | None
    free: datetime | None
    until: datetime | None
    signed_as: str = ""
    signed_at: datetime | None = None

    @property
    def open(self) -> bool:
        """Whether somebody can still sign."""
        return self.status.state in (State.OPEN, State.WAITING, State.ONE_SIGNED)


def signing_steps(
    book: Book, seq: int, by: Person, rules: str, now: Clock | None = None, register: Register | None = None
) -> SigningSteps:
    """How far a person is with the sign-off of a diagnosis. ``rules`` is the digest of the rule base in force.

    Raises Refused where it has no complete file, and TrailError as `status` does.
    """
    time, actor, record = (now or utc_now)(), actor_of(by), book.record(seq)
    found = replayed(book.reader, seq)
    stage, story = complete_file(found), story_of(book, seq, rules, time, register)
    check_nothing_missing(book, story.case, story.subjects)
    mine = next((signature for other, signature in story.signatures.items() if other in actor.forms), None)
    free, until = story.waits_until(actor.person), story.read_until(actor.person)
    if until is not None and max(time, moment(book.reader.head().time)) > until and mine is None:
        free = until = None
    read, at = story.shown.get(actor.person, (-1, None)) if free else (-1, None)
    rows = book.reader.rows(case=story.case, types=("case_against",), newest_first=True)
    hers = (one.seq for one in map(book.read, rows) if seq in one.inputs and one.actor.name in actor.forms)
    return SigningSteps(
        seq,
        stage,
        found.memory.case,
        record.subject.name or record.subject.pseudonym if record.subject else "",
        state_of(seq, story),
        None if mine else story.bars(actor),
        story.policy.wait_hours,
        story.policy.roles,
        read,
        next(hers, -1),
        at,
        free,
        until,
        mine.role if mine else "",
        mine.time if mine else None,
    )


@dataclass(frozen=True)
class MadeAgainst:
    """The case against a complete file as it will be recorded and shown."""

    found: Recorded
    story: SigningStory
    body: Mapping[str, Any]

    @classmethod
    def of(
        cls,
        trail: Trail,
        seq: int,
        by: Person,
        render: Callable[[Against], str],
        rules: str,
        now: Clock | None = None,
        register: Register | None = None,
        look: tuple[str, int] | None = None,
    ) -> MadeAgainst:
        """The case against, as ``render`` shows it; nothing is recorded. It takes seconds.

        ``look`` is the format and the width that it takes, by which the page can be made again. ``rules`` is the digest
        of the rule base in force. Raises Refused where this person may not sign, or nobody may.
        """
        person, time = actor_of(by), (now or utc_now)()
        with trail.read() as reader:
            book = Book(reader)
            found, story = _signable(book, seq, rules, now, register)
            if barred := story.bars(person):
                raise Refused(f"record {seq}: {barred}")
            check_nothing_missing(book, story.case, story.subjects)
            free, until = story.waits_until(person.person), story.read_until(person.person)
            if free is None or until is None or time > until:
                free = time + timedelta(hours=story.policy.wait_hours)
            against = case_against(book, found, complete_file(found), time.date(), free)
        body: dict[str, Any] = {"shown": render(against)}
        if look is not None:
            made = {"format": look[0], "width": look[1], "time": stamp(time)}
            body["made"] = made | {"program": program_digest(), "shipped": shipped_digest()}
        return cls(found, story, body)

    def record(self, trail: Trail, by: Person, now: Clock | None = None) -> str:
        """Record it; what is shown. Empty, and nothing is recorded, where something came between."""
        with trail.append(now) as appender:
            rows = rows_about(appender.reader, self.story.case, self.story.subjects)
            if self.story.last != rows[-1].seq or not Book(appender.reader).diagnosis(self.found.seq):
                return ""
            _add(appender, "case_against", self.body, by, self.found)
            return str(self.body["shown"])


def show_case_against(
    trail: Trail,
    seq: int,
    by: Person,
    render: Callable[[Against], str],
    rules: str,
    now: Clock | None = None,
    register: Register | None = None,
    look: tuple[str, int] | None = None,
) -> str:
    """The case against a complete file as ``render`` shows it, recorded before it is given. As `MadeAgainst.of`."""
    while not (shown := MadeAgainst.of(trail, seq, by, render, rules, now, register, look).record(trail, by, now)):
        continue  # what came between counts
    return shown


def sign_file(
    trail: Trail,
    seq: int,
    by: Person,
    approve: bool,
    reason: str,
    rules: str,
    now: Clock | None = None,
    register: Register | None = None,
) -> Status:
    """Sign a complete file, or refuse it, for a reason; how the sign-off stands then.

    ``rules`` is the digest of the rule base in force. The decision is sealed until the last role signs, whose record
    publishes the keys. Raises Refused where the signature does not count; then nothing is recorded. All is read and
    recorded in one transaction.
    """
    reason, person = kept_text(reason, "a reason", MAX_REASON), actor_of(by)
    with trail.append(now) as appender:
        book = Book(appender.reader)
        found, story = _signable(book, seq, rules, appender.now, register)
        time = appender.now()
        if fault := story.faults(person, time, max(time, moment(appender.time))):
            raise Refused(f"record {seq}: {fault}")
        check_nothing_missing(book, story.case, story.subjects)
        decision = APPROVE if approve else REFUSE
        body: dict[str, Any] = {"case_against": story.shown[person.person][0]}
        body |= sealed_decision(trail, decision, reason)
        made = _add(appender, "sign_off", body, by, found)
        if len(story.signatures) + 1 == len(story.policy.roles):
            keys = _keys(trail, appender, story) | {str(made): kept_key(body["key"], trail.seals)}
            _add(appender, "opened", {"opens": keys}, by, found)
    with trail.read() as reader:
        return status(reader, seq, rules, now, register)


def complete_file(found: Recorded) -> Stage:
    """The stage whose file is complete. Raises Refused where there is none."""
    diagnosis = found.diagnosis
    if diagnosis.memory.supposes:
        raise Refused(f"record {found.seq} is of a worked case, whose facts nobody states, so nobody can sign it")
    for file in diagnosis.files:
        if file.complete:
            return file.stage
    raise Refused(f"record {found.seq} has no complete file, so there is nothing to sign")


def _signable(
    book: Book, seq: int, rules: str, now: Clock | None, register: Register | None
) -> tuple[Recorded, SigningStory]:
    """A complete file that can still be signed. Raises Refused, TrailError."""
    story = story_of(book, seq, rules, (now or utc_now)(), register)
    found = replayed(book.reader, seq)
    complete_file(found)
    if register is not None and register.begun:
        _check_persons(book, found)
    stands = state_of(seq, story)
    if stands.state in (State.VOID, State.COMPLETE, State.REFUSED):
        raise Refused(f"record {seq} is {stands.state}: {'; '.join(stands.reasons)}")
    return found, story


def _check_persons(book: Book, found: Recorded) -> None:
    """Raises Refused unless it was concluded from what persons are known to have said, by the records before it."""
    header, persons = found.header, found.memory.persons
    by = Person(book.record(found.seq).actor.name or "", header["role"], header.get("identity", TYPED))
    if persons is None or by.identity == TYPED:
        raise Refused(f"record {found.seq} rests on names that were only typed; the case is diagnosed anew")
    if persons != persons_of(book, found.memory, by, found.seq):
        raise Refused(f"record {found.seq} takes words for somebody's own that no record before it holds as such")


def _keys(trail: Trail, appender: Appender, story: SigningStory) -> dict[str, str | None]:
    """Number -> key of the decisions before the last signature. Raises Refused for a key that is lost."""
    keys: dict[str, str | None] = {}
    for signature in story.signatures.values():
        row = appender.reader.row(signature.seq)
        if is_sealed((row.content or {}).get("body", {})):
            if (key := key_of(trail, row)) is None:
                raise Refused(
                    f"the decision of record {row.seq} is sealed, and its key is not in `{trail.seals}`; nothing can "
                    "open it without that"
                )
            keys[str(row.seq)] = key
    return keys


def _add(appender: Appender, type: str, body: Mapping[str, Any], by: Person, found: Recorded) -> int:
    memory = found.memory
    subject = memory.subject.get("ref", "")
    return appender.add(type, body, by, case=memory.case, subject=subject, base=found.base, inputs=[found.seq])
