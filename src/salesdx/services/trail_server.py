"""The one writer of a trail that knows its people: it holds the key and the clock, and asks who is acting."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256
from threading import Lock
from typing import TYPE_CHECKING, Any

from salesdx.ledger.acting import Acting, Beside, Drafted, Signed
from salesdx.ledger.errors import Busy, NoSuch, Refused, TrailError
from salesdx.ledger.log import Person, Trail
from salesdx.ledger.marks import leave_mark
from salesdx.ledger.moments import stamp, utc_now
from salesdx.ledger.sealing import kept_key
from salesdx.ledger.standalone.register import LOGIN
from salesdx.ledger.turns import in_turn
from salesdx.services.acts import Act, Done, Render, check_may
from salesdx.services.adopting import last_adopted
from salesdx.services.case_acts import NotFollow, RecordAnswers, StateView, Vouch, taken_case
from salesdx.services.first_start import register_of_one
from salesdx.services.logins import Logins
from salesdx.services.reads import Desk, Read, ReadFound, ReadTasks
from salesdx.trail.book import UNSEEN, Book
from salesdx.trail.concerned import rows_about, subjects_named
from salesdx.trail.on_record import with_earlier
from salesdx.trail.own_words import Attributed, attributed
from salesdx.trail.rights import EMPLOYEE
from salesdx.trail.sight import Sight
from salesdx.trail.still_signed import diagnosis_to_sign

if TYPE_CHECKING:
    from salesdx.base.model import RuleBase
    from salesdx.case.memory import WorkingMemory
    from salesdx.ledger.standalone.register import Register
    from salesdx.ledger.storage import EntryRow, LogReader
    from salesdx.trail.tasks import Tasks

DRAFT_MINUTES = 10
MOST_DRAFTS = 50
"""Drafts of one person that wait at a time: their oldest goes first, and nobody else's."""


@dataclass(frozen=True)
class Draft:
    """An act that waits for its person's signature, as it will be recorded; ``then`` are those that they sign next."""

    act: Act
    by: Person
    render: Render
    entry: Drafted
    key: str | None
    until: datetime
    then: tuple[Act, ...] = ()


@dataclass
class TrailServer:
    """A trail open for the people of its register. ``now`` is the only clock.

    ``base`` are the rules by which it diagnoses. What they conclude is a trial until people have adopted them.
    """

    trail: Trail
    base: RuleBase
    now: Callable[[], datetime] = utc_now
    tried: bool = False
    """Whether somebody tries it, before anybody is in its register: they alone, and on this machine alone."""
    drafts: dict[str, Draft] = field(default_factory=dict)
    writing: Lock = field(default_factory=Lock)
    """One write at a time inside the process: a queue here is shorter than one at the database."""
    logins: Logins = field(init=False)

    def __post_init__(self) -> None:
        with self.trail.read() as reader:
            self.logins = Logins(reader.head().origin, self.register, self.now)

    def register(self) -> Register:
        """The people as they are now."""
        found = self.trail.register()
        return register_of_one() if self.tried and not found.begun else found

    def in_force(self) -> RuleBase:
        """The rules whose policy says who may do what: those adopted last, and before any those that run here."""
        known = self.register().adoptions.in_force in ("", self.base.digest)
        return self.base if known else last_adopted(self.trail) or self.base

    def perform(self, act: Act, by: Person, render: Render, key: str | None = None) -> Done:
        """Do an act for which a token does. With a ``key`` that was used before, nothing is done a second time.

        Raises Refused where the policy does not give it to the role, or where the person must sign.
        """
        if act.signed:
            raise Refused("a token does not do for this: the person signs it, in two steps")
        return self._run(act, by, render, Acting(act.record_type, _own(by, act, key), now=self.now))

    def perform_proved(
        self, act: Act, by: Person, render: Render, key: str, proof: str, beside: Beside | None = None
    ) -> Done:
        """Do an act whose person has just confirmed that it is they, as ``proof`` tells; ``beside`` uses that up in the
        same transaction. With a ``key`` that was used before, nothing is done a second time. Raises as ``perform``."""
        acting = Acting(act.record_type, _own(by, act, key), now=self.now, beside=beside, proof=proof)
        if act.signed:
            raise Refused("a token does not do for this: the person signs it, in two steps")
        return self._run(act, by, render, acting)

    def perform_beside(
        self, act: Act, by: Person, render: Render, key: str, beside: Beside, asked_by: Person | None = None
    ) -> Done:
        """Do an act for which a token does, and in the same transaction what stands ``beside`` it in tables of a door.

        Both are stored or neither is. With a ``key`` that was used before, nothing is done a second time. Who acts by
        a link does it by the right of whom they were ``asked_by``. Raises Refused as ``perform``, and what ``beside``
        raises.
        """
        if act.signed:
            raise Refused("a token does not do for this: the person signs it, in two steps")
        return self._run(act, by, render, Acting(act.record_type, key, now=self.now, beside=beside), asked_by)

    def check_asks(self, by: Person) -> None:
        """Raises Refused unless somebody is in the register in this role, which answers questions and asks others."""
        self.check_holds(by)
        check_may(RecordAnswers, by, self.in_force())

    def check_holds(self, by: Person) -> None:
        """Raises Refused unless somebody is in the register in this role now."""
        member = self.register().members.get(by.name)
        if member is None or not member.holds(by.role, stamp(self.now())):
            raise Refused(f"`{by.name}` has not the role `{by.role}`")

    def earlier(self, case: Mapping[str, Any], rules: str, by: Person) -> WorkingMemory:
        """A case with what earlier records of the subject hold and it lacks, as far as ``by`` sees it, and with who is
        known to speak in it; once a mark says that it was shown. Raises Refused as an answer to it would be."""
        check_may(RecordAnswers, by, self.in_force())
        with self.trail.read() as reader:
            sight = self._desk(reader, by).sight
            assert sight is not None
            found = with_earlier(reader, taken_case(case, rules, self.base), by, sight.sees)
            shown = [row.seq for row in _answers(reader, found) if _is_left_out(row, found) or not sight.sees(row)]
        if shown:
            leave_mark(self.trail.storage, by.name, by.role, "earlier", shown)
        return found

    def attributed(self, by: Person) -> tuple[Attributed, ...]:
        """The statements that stand in somebody's name, and for which nobody has vouched; once a mark says that they
        were shown. Raises Refused."""
        check_may(Vouch, by, self.in_force())
        with self.trail.read() as reader:
            found = attributed(Book(reader), by)
        if found:
            leave_mark(self.trail.storage, by.name, by.role, "statements", {one.record for one in found})
        return found

    def called(self, term: str) -> str:
        """What a fact is called; its identifier, where the rules in force know it no more."""
        return self.base.terms[term].called if term in self.base.terms else term

    def read(self, read: Read, by: Person, page: Callable[[ReadFound, Desk], str]) -> tuple[ReadFound, str]:
        """What somebody reads, as far as they see it, and its page, once a mark of it is on the disk.

        Raises NoSuch for what there is not and for what is not seen, in the same words, and TrailError where the mark
        cannot be written: then nothing may be shown.
        """
        with self.trail.read(apart=True) as reader:
            desk = self._desk(reader, by)
            assert desk.sight is not None
            try:
                found = read.find(desk)
            except NoSuch as error:
                raise error if desk.sight.everything else NoSuch(UNSEEN) from None
            made = page(found, desk)
        leave_mark(self.trail.storage, by.name, by.role, read.kind, found.records)
        return found, made

    def waiting(self, by: Person) -> Tasks:
        """What waits for a person, for who tells them how much it is: nobody reads anything by it, so it leaves no
        mark. Raises TrailError."""
        with self.trail.read(apart=True) as reader:
            found: Tasks = ReadTasks().find(self._desk(reader, by)).shown
        return found

    def newest(self, case: str, by: Person) -> int:
        """The diagnosis of a case that counts, for who sees it or may sign: the newest, or an older one that people
        are signing. Raises NoSuch."""
        with self.trail.read() as reader:
            sight = self._desk(reader, by).sight
            assert sight is not None
            try:
                book = Book(reader)
                found = diagnosis_to_sign(book, book.newest_diagnosis(case), self.now(), book.people).seq
                if not sight.may("sign_off") and not sight.sees(reader.row(found)):
                    raise NoSuch(UNSEEN)
            except (NoSuch, Refused) as error:
                raise error if sight.everything else NoSuch(UNSEEN) from None
        return found

    def _check_own_case(self, case: str, by: Person) -> None:
        """Raises NoSuch for a case that is not about the employee: they would be shown how it stands."""
        with self.trail.read() as reader:
            desk = self._desk(reader, by)
            try:
                rows = list(reader.rows(case=desk.book.pseudonym("case", case)))
            except NoSuch:
                rows = []
            if desk.sight is None or not any(map(desk.sight.is_about_me, rows)):
                raise NoSuch(UNSEEN)

    def _check_sees(self, act: Act, by: Person) -> None:
        """Raises NoSuch where an act would tell of records that its person does not see."""
        with self.trail.read() as reader:
            sight = self._desk(reader, by).sight
            assert sight is not None
            try:
                rows = tuple(act.gives(Book(reader)))
                seen = all(map(sight.sees, rows))
                if isinstance(act, NotFollow) and any(map(sight.is_deputy, rows)):
                    raise Refused("whoever owns the case decides otherwise, and you sit at it beside them")
            except NoSuch as error:
                raise error if sight.everything else NoSuch(UNSEEN) from None
        if not seen:
            raise NoSuch(UNSEEN)

    def _desk(self, reader: LogReader, by: Person) -> Desk:
        now = self.now()
        rules = self.in_force()
        sight = Sight(reader, by, rules.policy, self.trail.people.register(reader), now)
        return Desk(Book(reader, sight.sees), by, now, rules.digest, sight)

    def _sees(self, by: Person) -> Callable[[LogReader], Callable[[EntryRow], bool]]:
        policy, now = self.in_force().policy, self.now()
        return lambda reader: Sight(reader, by, policy, self.trail.people.register(reader), now).sees

    def draft(
        self, act: Act, by: Person, render: Render, key: str | None = None, then: tuple[Act, ...] = ()
    ) -> tuple[str, Drafted]:
        """What a person signs to do an act, and the name of the draft; nothing is recorded. ``then`` they sign others.

        Raises Refused, also where it was done before under this ``key``.
        """
        if not act.signed:
            raise Refused("this takes no signature")
        if (again := self.done(own := _own(by, act, key))) is not None:
            raise Refused(f"this is done already, by record {again}")
        acting = Acting(act.record_type, drafting=[], now=self.now)
        self._run(act, by, render, acting)
        assert acting.drafting is not None
        if len(acting.drafting) != 1:
            raise TrailError("this cannot be signed: it would make more than one record")
        (entry,) = acting.drafting
        name = secrets.token_urlsafe(16)
        mine = [kept for kept, draft in self.drafts.items() if draft.by.name == by.name]
        for kept in mine[: max(len(mine) - MOST_DRAFTS + 1, 0)]:
            self.drafts.pop(kept, None)
        until = self.now() + timedelta(minutes=DRAFT_MINUTES)
        self.drafts[name] = Draft(act, by, render, entry, own, until, then)
        return name, entry

    def opening(self, entry: Drafted) -> str:
        """The key of what is sealed in a draft, for its own person, who sees what they sign; empty for nothing."""
        key = json.loads(entry.payload)["body"].get("key")
        return (kept_key(key, self.trail.seals) or "") if isinstance(key, str) else ""

    def drafted(self, name: str, by: Person) -> Draft:
        """What waits for a person's signature. Raises NoSuch for what they have not drafted, or too long ago."""
        draft = self.drafts.get(name)
        if draft is None or draft.until <= self.now() or draft.by != by:
            raise NoSuch("there is no such draft of yours")
        return draft

    def sign(self, name: str, by: Person, key: str, value: str, kind: str = "ssh") -> Done:
        """Do what was drafted, with the person's signature over it, by the key with this fingerprint. Raises Refused.

        A draft can be signed once; what came in between decides again whether it may be done. Where nothing can be
        recorded now it waits on.
        """
        draft = self.drafts.pop(name, None)
        if draft is None or draft.until <= self.now() or draft.by != by:
            raise Refused("there is no such draft of yours, or it is too old; begin again")
        signed = Signed(draft.entry, key, value)
        acting = Acting(draft.act.record_type, draft.key, signed=signed, now=self.now)
        try:
            return self._run(draft.act, Person(by.name, by.role, kind), draft.render, acting)
        except Busy:
            self.drafts[name] = draft
            raise

    def _run(self, act: Act, by: Person, render: Render, acting: Acting, asked_by: Person | None = None) -> Done:
        check_may(type(act), asked_by or by, self.in_force())
        if act.needs_proof and by.identity == LOGIN and not acting.proof:
            raise Refused("this takes that you confirm first that it is you")
        if isinstance(act, StateView) and by.role == EMPLOYEE and asked_by is None:
            self._check_own_case(act.case, by)
        self._check_sees(act, by)
        acting = replace(acting, sees=self._sees(by))
        act = act.prepared(self.trail.acting_as(acting), by, self.base, render)
        storage = self.trail.storage
        with in_turn(self.writing, storage.wait, storage.shown):
            in_force = self.in_force()
            check_may(type(act), asked_by or by, in_force)
            if asked_by is not None:
                self.check_holds(asked_by)
            if (again := self.done(acting.key)) is not None:
                return act.done_before(self.trail, again)
            acted = self.trail.acting_as(acting)
            done = act.run(acted, by, self.base if act.runs_rules else in_force, render)
            self.trail.key = acted.key  # an act may bring in another one
            return done

    def done(self, key: str | None) -> int | None:
        """The record that was made under an idempotency key; None where none was."""
        if key is None:
            return None
        with self.trail.read() as reader:
            return reader.by_key(key)


def _own(by: Person, act: Act, key: str | None) -> str | None:
    """An idempotency key is the person's own, and the act's: under the same key another request is another one."""
    told = sha256(repr(act).encode()).hexdigest()[:16]
    return None if key is None else f"api:{by.name}:{told}:{key}"


def _answers(reader: LogReader, found: WorkingMemory) -> list[EntryRow]:
    """The records of the answers that a case leaves out, or of which it is told who said them."""
    known = {term for term, *_ in found.persons.said} if found.persons is not None else set()
    terms, case = known | {term for term, _ in found.left_out}, reader.pseudonym("case", found.case or " ")
    rows = rows_about(reader, case, subjects_named(reader, found.subject.get("ref", "")), types=("answer",))
    return [row for row in rows if _term(row) in terms] if terms else []


def _is_left_out(row: EntryRow, found: WorkingMemory) -> bool:
    return _term(row) in {term for term, _ in found.left_out}


def _term(row: EntryRow) -> str:
    return str((row.content or {}).get("body", {}).get("term"))
