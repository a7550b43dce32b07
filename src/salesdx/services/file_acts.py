"""Acts on what is held on a person: the case against is read, a file signed, a hold put and ended, content erased."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from salesdx.services.acts import Act, Done, Render, in_force

if TYPE_CHECKING:
    from salesdx.base.model import RuleBase
    from salesdx.ledger.log import Clock, Person, Trail
    from salesdx.ledger.standalone.register import Register
    from salesdx.trail.signing_off import MadeAgainst


@dataclass(frozen=True)
class ReadAgainst(Act):
    """Read the case against a complete file; the time to think begins."""

    record: int
    format: str = "text"
    width: int = 80
    grant: ClassVar[str] = "sign_off"
    type: ClassVar[str] = "case_against"

    def prepared(self, trail: Trail, by: Person, base: RuleBase, render: Render) -> Act:
        from salesdx.trail.signing_off import MadeAgainst

        rules = trail.register().adoptions.in_force or base.digest
        return _RecordAgainst(self, MadeAgainst.of(trail, self.record, by, render, rules, *self._of(trail)))

    def run(self, trail: Trail, by: Person, base: RuleBase | None, render: Render) -> Done:
        from salesdx.trail.signing_off import show_case_against

        rules = in_force(base).digest
        return Done(self.record, show_case_against(trail, self.record, by, render, rules, *self._of(trail)))

    def _of(self, trail: Trail) -> tuple[Clock | None, Register, tuple[str, int]]:
        return trail.acting.now if trail.acting else None, trail.register(), (self.format, self.width)


@dataclass(frozen=True)
class _RecordAgainst(Act):
    """Record a case against that was made before others had to wait; make it anew where something came between."""

    asked: ReadAgainst
    made: MadeAgainst
    grant: ClassVar[str] = "sign_off"
    type: ClassVar[str] = "case_against"

    def done_before(self, trail: Trail, record: int) -> Done:
        return self.asked.done_before(trail, record)

    def run(self, trail: Trail, by: Person, base: RuleBase | None, render: Render) -> Done:
        shown = self.made.record(trail, by, trail.acting.now if trail.acting else None)
        return Done(self.asked.record, shown) if shown else self.asked.run(trail, by, base, render)


@dataclass(frozen=True)
class Sign(Act):
    """Approve a complete file, or refuse it, for a reason."""

    record: int
    approve: bool
    reason: str
    grant: ClassVar[str] = "sign_off"
    type: ClassVar[str] = "sign_off"
    signed: ClassVar[bool] = True

    def says(self, body: Mapping[str, Any], inputs: Sequence[int]) -> bool:
        decided = {"decision": "approve" if self.approve else "refuse", "reason": " ".join(self.reason.split())}
        told = {"decision": body.get("decision"), "reason": " ".join(str(body.get("reason")).split())}
        return told == decided and list(inputs) == [self.record]

    def run(self, trail: Trail, by: Person, base: RuleBase | None, render: Render) -> Done:
        from salesdx.trail.signing_off import sign_file

        rules, people = in_force(base).digest, trail.register()
        sign_file(trail, self.record, by, self.approve, self.reason, rules, register=people)
        return Done(self.record)


@dataclass(frozen=True)
class PutHold(Act):
    """Keep a case or a subject from being erased."""

    kind: Literal["case", "subject"]
    name: str
    reason: str
    grant: ClassVar[str] = "hold"
    type: ClassVar[str] = "hold"

    def run(self, trail: Trail, by: Person, base: RuleBase | None, render: Render) -> Done:
        from salesdx.trail.holds import hold

        with trail.append() as appender:
            return Done(hold(appender, self.kind, self.name, self.reason, by))


@dataclass(frozen=True)
class ReleaseHold(Act):
    """Ask for the end of a hold; it ends with the last person that it takes."""

    record: int
    reason: str
    grant: ClassVar[str] = "release"
    type: ClassVar[str] = "release"

    @property
    def needs_proof(self) -> bool:
        return True

    def run(self, trail: Trail, by: Person, base: RuleBase | None, render: Render) -> Done:
        from salesdx.trail.holds import legal_holds, release

        with trail.append() as appender:
            seq = release(appender, self.record, self.reason, by)
        with trail.read() as reader:
            return Done(seq, ended=any(hold.released == seq for hold in legal_holds(reader) if hold.seq == self.record))


@dataclass(frozen=True)
class EraseByStep(Act):
    """Take the next step of an erasure: announce it, confirm it, or carry it out when its days have passed.

    Of a ``subject`` with all of its cases, of one ``case``, or of the names of ``actors``.
    """

    reason: str
    subject: str | None = None
    case: str | None = None
    actors: tuple[str, ...] = ()
    grant: ClassVar[str] = "erase"
    type: ClassVar[str] = "erasure"

    @property
    def needs_proof(self) -> bool:
        return True

    def run(self, trail: Trail, by: Person, base: RuleBase | None, render: Render) -> Done:
        from salesdx.trail.announced import erase_by_steps, on_its_way
        from salesdx.trail.erasure import check_nameless, plan_of, sweep

        with trail.append() as appender:
            plan = plan_of(appender.reader, self.subject, self.case, self.actors)
            check_nameless(plan, self.reason, by)
            done = erase_by_steps(appender, plan, self.reason, by)
        if done.erased:
            sweep(trail)
        with trail.read() as reader:
            way = on_its_way(reader, plan)
        return Done(done.seqs[-1], render((plan, way, done)), ended=done.erased)


@dataclass(frozen=True)
class EraseDue(Act):
    """Take the next step of the erasure of every case that has been kept as long as the policy says."""

    grant: ClassVar[str] = "retention"
    type: ClassVar[str] = "erasure"

    @property
    def needs_proof(self) -> bool:
        return True

    def run(self, trail: Trail, by: Person, base: RuleBase | None, render: Render) -> Done:
        from salesdx.trail.retention import erase_all_due

        found = erase_all_due(trail, in_force(base), by)
        steps = [step for step in (found.done or {}).values() if step is not None]
        last = max((step.seqs[-1] for step in steps), default=-1)
        return Done(last, render(found), ended=any(step.erased for step in steps))
