"""How a case is held: who sits at it, what it is about, and to whom links to it are sent. Each change is a record."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from salesdx.ledger.errors import Refused
from salesdx.ledger.moments import stamp, utc_now
from salesdx.services.acts import Act, Done, Render, in_force
from salesdx.services.case_acts import taken_case

if TYPE_CHECKING:
    from salesdx.base.model import RuleBase
    from salesdx.ledger.log import Person, Trail
    from salesdx.ledger.standalone.register import Register, Registered
    from salesdx.ledger.storage import EntryRow
    from salesdx.trail.book import Book


class DiagnosedAlready(Refused):
    """What a case is about stays as it is from its first diagnosis on."""


@dataclass(frozen=True)
class Arrange(Act):
    """Change who sits at a case, or which links lead to it; no fact of it changes."""

    what: str
    """The type of the record."""
    case: str
    subject: str
    told: Mapping[str, str]
    inputs: tuple[int, ...] = ()
    grant: ClassVar[str] = "answer"

    @property
    def record_type(self) -> str:
        return self.what

    def run(self, trail: Trail, by: Person, base: RuleBase | None, render: Render) -> Done:
        with trail.append() as appender:
            return Done(
                appender.add(self.what, self.told, by, case=self.case, subject=self.subject, inputs=self.inputs)
            )


@dataclass(frozen=True)
class LinkToLetter(Arrange):
    """Make a link by which the person concerned reads a letter, ``inputs``, and speaks; or take it back."""

    grant: ClassVar[str] = "letter"

    def gives(self, book: Book) -> Iterator[EntryRow]:
        yield from (book.reader.row(book.record(seq).seq) for seq in self.inputs)


@dataclass(frozen=True)
class GiveSeat(Arrange):
    """Give somebody of the register a seat at a case, or hand it over to them: somebody who may answer, and whom it is
    not about."""

    def run(self, trail: Trail, by: Person, base: RuleBase | None, render: Render) -> Done:
        now = stamp(((trail.acting and trail.acting.now) or utc_now)())
        if self.told["person"] not in {one.id for one in may_sit(trail.register(), in_force(base), self.subject, now)}:
            raise Refused("they work on no cases, or this one is about them")
        return super().run(trail, by, base, render)


@dataclass(frozen=True)
class TakeOver(Arrange):
    """Take over a case whose owner works on none any more: whoever has a seat there, or the first above the owner who
    works on cases. ``told`` names both, ``person`` and ``from``."""

    def run(self, trail: Trail, by: Person, base: RuleBase | None, render: Render) -> Done:
        from salesdx.trail.seats import DEPUTY, seats

        now = stamp(((trail.acting and trail.acting.now) or utc_now)())
        register, old = trail.register(), self.told["from"]
        able = {one.id for one in may_sit(register, in_force(base), self.subject, now)}
        with trail.read() as reader:
            case = reader.pseudonym("case", self.case)
            seated = case is not None and seats(reader, case).get(by.name) == DEPUTY
        if old in able or by.name not in able or not (seated or successor(register, old, able) == by.name):
            raise Refused("its owner works on cases, or you are not who takes it over")
        return super().run(trail, by, base, render)


@dataclass(frozen=True)
class EndAnyLink(Arrange):
    """Take back a link to a case that whoever administers does not see."""

    grant: ClassVar[str] = "people"


def may_sit(register: Register, base: RuleBase, subject: str, now: str) -> Iterator[Registered]:
    """Who of the register may have a seat at a case about ``subject``: who holds a role to which the policy gives
    `answer`, and is not the person concerned."""
    from salesdx.trail.concerned import members_called

    grant = base.policy.may.get("answer") if base.policy is not None else None
    concerned = members_called({subject}, register) if subject else set()
    for one in register.members.values():
        if one.id not in concerned and grant is not None and any(one.holds(role, now) for role in grant.roles):
            yield one


def successor(register: Register, owner: str, able: Collection[str]) -> str | None:
    """The first above an owner of those who are ``able`` to sit at the case; None where there is nobody."""
    return next((one for one in register.line(owner) if one in able), None)


@dataclass(frozen=True)
class ChangeHead(Act):
    """Change what a case is about, or its period, before its first diagnosis; its answers are recorded anew with it.

    ``told`` says in words how it was and how it is; ``seated`` are the persons who sit at it, of whom none may be the
    one whom it is about from now on.
    """

    case: Mapping[str, Any]
    rules: str
    way: str
    told: Mapping[str, str]
    seated: tuple[str, ...]
    grant: ClassVar[str] = "answer"
    type: ClassVar[str] = "head_changed"
    runs_rules: ClassVar[bool] = True

    def run(self, trail: Trail, by: Person, base: RuleBase | None, render: Render) -> Done:
        from salesdx.trail.concerned import members_called
        from salesdx.trail.recording import record_answers

        with trail.append() as appender:
            memory = taken_case(self.case, self.rules, in_force(base))
            case, subject = memory.case, memory.subject.get("ref", "")
            if members_called({subject} - {""}, trail.register()) & set(self.seated):
                raise Refused("it would be about somebody who works on it: first take back their seat")
            named = appender.reader.pseudonym("case", case)
            if named is not None and any(True for _ in appender.reader.rows(case=named, types=("diagnosis",))):
                raise DiagnosedAlready("the case has a diagnosis, so what it is about stays as it is")
            seq = appender.add(self.type, self.told, by, case=case, subject=subject)
            record_answers(appender, memory.base, memory, by, self.way)
        return Done(seq)
