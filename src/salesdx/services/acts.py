"""What people do in a trail, each act once for every door: who may, in which role, and whether they sign for it.

In a trail that knows its people an act is done by somebody of its register, in a role to which the policy in force
gives it. In one without a register names are typed, and what is weighty is refused.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from salesdx.ledger.errors import Refused

if TYPE_CHECKING:
    from salesdx.base.model import RuleBase
    from salesdx.case.memory import WorkingMemory
    from salesdx.ledger.log import Person, Trail
    from salesdx.trail.export import Export

Render = Callable[[Any], Any]
"""Makes the page of what an act shows, or the pages of an export, which are recorded with it; the door hands it in."""
NEEDS_PEOPLE = ("sign_off", "release", "erase", "people")
"""Rows of the policy that typed names do not do: who could say that two names are two persons?"""


class Told:
    """What a client tells, with these keys and no others, at doors that read JSON."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}


@dataclass(frozen=True)
class Done:
    """What came of an act: the number of its record, and the page that was shown, if any."""

    record: int
    page: str = ""
    file: str = ""
    """A file that it gives, in base64."""
    ended: bool = False
    """Whether what it is about has ended with it: the last one who releases a hold, the erasure itself."""


@dataclass(frozen=True)
class Act(Told):
    """Something that a person does.

    ``grant`` is its row of the policy, ``type`` the type of its record; ``signed`` says that a token does not do.
    """

    grant: ClassVar[str]
    type: ClassVar[str] = ""
    signed: ClassVar[bool] = False

    @property
    def record_type(self) -> str:
        """The type of the record that it makes."""
        return self.type

    def says(self, body: Mapping[str, Any], inputs: Sequence[int]) -> bool:
        """Whether what is to be signed, opened where it was sealed, says just this. Only acts that are signed do."""
        return False

    def run(self, trail: Trail, by: Person, base: RuleBase | None, render: Render) -> Done:
        """Do it, by the rules in force, where it needs any. Raises Refused and TrailError; then nothing is recorded."""
        raise NotImplementedError


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
class NotFollow(Act):
    """Say that a diagnosis, or one recommendation of it, is not followed, and why."""

    record: int
    reason: str
    instead: str = ""
    recommendation: str | None = None
    grant: ClassVar[str] = "override"
    type: ClassVar[str] = "override"

    def run(self, trail: Trail, by: Person, base: RuleBase | None, render: Render) -> Done:
        from salesdx.trail.rights import override

        return Done(override(trail, self.record, by, self.reason, self.instead, self.recommendation))


@dataclass(frozen=True)
class StateView(Act):
    """Record how the person concerned sees a case, with the facts that they contest: term -> value as text."""

    case: str
    text: str
    contest: Mapping[str, str] = field(default_factory=dict)
    grant: ClassVar[str] = "statement"
    type: ClassVar[str] = "statement"

    def run(self, trail: Trail, by: Person, base: RuleBase | None, render: Render) -> Done:
        from salesdx.trail.rights import state_view

        return Done(*state_view(trail, self.case, self.text, dict(self.contest), by, render))


@dataclass(frozen=True)
class ReadAgainst(Act):
    """Read the case against a complete file; the time to think begins."""

    record: int
    grant: ClassVar[str] = "sign_off"
    type: ClassVar[str] = "case_against"

    def run(self, trail: Trail, by: Person, base: RuleBase | None, render: Render) -> Done:
        from salesdx.trail.signing_off import show_case_against

        rules, people = _in_force(base).digest, trail.register()
        return Done(self.record, show_case_against(trail, self.record, by, render, rules, register=people))


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

        rules, people = _in_force(base).digest, trail.register()
        sign_file(trail, self.record, by, self.approve, self.reason, rules, register=people)
        return Done(self.record)


@dataclass(frozen=True)
class WriteLetter(Act):
    """Write a letter about a diagnosis, to the person concerned or to the manager."""

    record: int
    to: Literal["employee", "manager"]
    format: str = "text"
    grant: ClassVar[str] = "letter"
    type: ClassVar[str] = "letter"

    def run(self, trail: Trail, by: Person, base: RuleBase | None, render: Render) -> Done:
        from salesdx.trail.letters import write_letter

        return Done(-1, write_letter(trail, self.record, self.to, by, render, self.format))


@dataclass(frozen=True)
class AttachFile(Act):
    """Keep a paper or a picture (``data``, in base64) with a case."""

    case: str
    name: str
    data: str
    reason: str
    grant: ClassVar[str] = "attach"
    type: ClassVar[str] = "attachment"

    def run(self, trail: Trail, by: Person, base: RuleBase | None, render: Render) -> Done:
        from salesdx.trail.attachments import attach

        try:
            data = base64.b64decode(self.data, validate=True)
        except ValueError:
            raise Refused("the file is not sent as base64") from None
        return Done(attach(trail, self.case, self.name, data, self.reason, by))


@dataclass(frozen=True)
class ExportBundle(Act):
    """Export a case, everything, or everything on one person for a receiver, as a bundle that proves itself.

    ``anchors`` are checkpoints of who will verify it, ``whole`` the records of a person that are given whole.
    """

    case: str | None = None
    person: str | None = None
    receiver: str = ""
    whole: tuple[int, ...] = ()
    anchors: tuple[str, ...] = ()
    blind_too: bool = False
    programs: bool = False
    grant: ClassVar[str] = "export"
    type: ClassVar[str] = "export"

    def run(self, trail: Trail, by: Person, base: RuleBase | None, render: Render) -> Done:
        from salesdx.ledger.standalone.verifier import Invalid, read_checkpoint
        from salesdx.trail.export import write_bundle

        try:
            anchors = [read_checkpoint(note) for note in self.anchors]
        except Invalid as error:
            raise Refused(f"an anchor cannot be used: {error}") from None
        made = self._copy(trail, by, render) if self.person is not None else self._extent(trail, by, render)
        zipped = io.BytesIO()
        with trail.read() as reader:
            write_bundle(reader, made, zipped, anchors, self.programs)
        told = f"{len(made.withheld)} contents are withheld; look through the report before you give it"
        file = base64.b64encode(zipped.getvalue()).decode()
        return Done(made.seq, told if self.person is not None else "", file)

    def _extent(self, trail: Trail, by: Person, render: Render) -> Export:
        from salesdx.trail.export import blind_records, find_case, record_export

        with trail.read() as reader:
            pseudonym = None if self.case is None else find_case(reader, self.case)[0]
            if (blind := blind_records(reader, pseudonym)) and not self.blind_too:
                raise Refused(
                    f"record {blind[0]} is a signature that is blind until everybody has signed, and the bundle would "
                    "show it; export later, or with --blind-too"
                )
            reports = render((reader, pseudonym))
        return record_export(trail, pseudonym, reports, by)

    def _copy(self, trail: Trail, by: Person, render: Render) -> Export:
        from salesdx.trail.book import Book
        from salesdx.trail.export import record_copy
        from salesdx.trail.person_copy import person_copy

        with trail.read() as reader:
            copy = person_copy(Book(reader), self.person or "", self.receiver, self.whole)
        return record_copy(trail, copy, render(copy), by)


@dataclass(frozen=True)
class AddWitness(Act):
    """Enter a witness by its public key: only signatures of witnesses on record are kept."""

    key: str
    grant: ClassVar[str] = "witness"
    type: ClassVar[str] = "witness"

    def run(self, trail: Trail, by: Person, base: RuleBase | None, render: Render) -> Done:
        from salesdx.ledger.standalone.verifier import Invalid, read_key
        from salesdx.ledger.witness import register_witness

        try:
            key = read_key(self.key)
        except Invalid as error:
            raise Refused(str(error)) from None
        with trail.append() as appender:
            return Done(register_witness(appender, key, by))


@dataclass(frozen=True)
class ReportByGroups(Act):
    """Report adverse impact on everybody in a file of HR (``people``, as CSV), by its groups."""

    people: str
    named: str
    by: tuple[str, ...] = ()
    reference: Mapping[str, str] = field(default_factory=dict)
    leave_out_small: str = ""
    since: str = ""
    until: str = ""
    why: bool = False
    grant: ClassVar[str] = "report"
    type: ClassVar[str] = "explanation"

    def run(self, trail: Trail, by: Person, base: RuleBase | None, render: Render) -> Done:
        from salesdx.trail.report.adverse import report_impact
        from salesdx.trail.report.crowd import ImpactQuestion
        from salesdx.trail.report.workforce import workforce_in

        workforce = workforce_in(self.people, self.named).counted(self.by)
        asked = ImpactQuestion(dict(self.reference), self.leave_out_small, self.since, self.until, self.why)
        return Done(*report_impact(trail, workforce, asked, by, render, []))


@dataclass(frozen=True)
class ChangePeople(Act):
    """Enter one change of the register, which another administrator confirms."""

    change: Literal["person_added", "line_given", "role_given", "role_ended", "key_added", "key_ended"]
    told: Mapping[str, str]
    grant: ClassVar[str] = "people"
    signed: ClassVar[bool] = True

    @property
    def record_type(self) -> str:
        return self.change

    def says(self, body: Mapping[str, Any], inputs: Sequence[int]) -> bool:
        return dict(body) == dict(self.told) and not inputs

    def run(self, trail: Trail, by: Person, base: RuleBase | None, render: Render) -> Done:
        with trail.append() as appender:
            return Done(appender.add(self.change, dict(self.told), by))


@dataclass(frozen=True)
class ConfirmPeople(Act):
    """Confirm changes of the register that another administrator entered; from then on they count."""

    records: tuple[int, ...]
    grant: ClassVar[str] = "people"
    type: ClassVar[str] = "confirmed"
    signed: ClassVar[bool] = True

    def says(self, body: Mapping[str, Any], inputs: Sequence[int]) -> bool:
        return not body and list(inputs) == sorted(self.records)

    def run(self, trail: Trail, by: Person, base: RuleBase | None, render: Render) -> Done:
        with trail.append() as appender:
            return Done(appender.add("confirmed", {}, by, inputs=sorted(self.records)))


@dataclass(frozen=True)
class TakenCase(Told):
    """A case as records hold it, with what is about to be shown of it.

    ``case`` is the case file, the profile, the day and what is left out; ``rules`` the digest of the rule base.
    ``result`` is that of the diagnosis, ``asked`` the question of an explanation; the other is empty.
    """

    case: Mapping[str, Any]
    rules: str
    shown: str
    format: str = ""
    result: str = ""
    asked: str = ""


@dataclass(frozen=True)
class RecordCases(Act):
    """Record diagnoses, or an explanation, before they are shown: all of them, or none.

    Nothing is taken on trust: the case is diagnosed again here, by the rules in force, and must come out the same.
    """

    cases: tuple[TakenCase, ...]
    grant: ClassVar[str] = "diagnose"

    @property
    def record_type(self) -> str:
        return "explanation" if self.cases and self.cases[-1].asked else "diagnosis"

    def run(self, trail: Trail, by: Person, base: RuleBase | None, render: Render) -> Done:
        from salesdx.trail.recording import record_diagnosis, record_explanation
        from salesdx.trail.rerun_one import diagnosed_again
        from salesdx.trail.results import recorded_result

        seq, base = -1, _in_force(base)
        with trail.append() as appender:
            for taken in self.cases:
                found = diagnosed_again(base, taken_case(taken.case, taken.rules, base, appender.time), "auto")
                if taken.asked:
                    seq = record_explanation(appender, found, taken.shown, taken.asked, by)
                    continue
                if recorded_result(found) != taken.result:
                    raise Refused("the service finds otherwise than you: is its program of another version?")
                seq = record_diagnosis(appender, found, taken.shown, taken.format, by)
        return Done(seq)


@dataclass(frozen=True)
class RecordAnswers(Act):
    """Record what is stated in a case otherwise than the trail knows it; ``way`` tells how the answers came."""

    case: Mapping[str, Any]
    rules: str
    way: str
    grant: ClassVar[str] = "answer"
    type: ClassVar[str] = "answer"

    def run(self, trail: Trail, by: Person, base: RuleBase | None, render: Render) -> Done:
        from salesdx.trail.recording import record_answers

        with trail.append() as appender:
            memory = taken_case(self.case, self.rules, _in_force(base), appender.time)
            answers = record_answers(appender, memory.base, memory, by, self.way)
        return Done(answers[-1] if answers else -1)


def _in_force(base: RuleBase | None) -> RuleBase:
    if base is None:
        raise Refused("no rules are in force here")
    return base


def taken_case(case: Mapping[str, Any], rules: str, base: RuleBase, time: str) -> WorkingMemory:
    """A case that a client sends. Raises Refused on other rules than those in force, or on another day than ours."""
    from salesdx.ledger.moments import moment
    from salesdx.trail.rerun_one import recorded_memory

    if rules != base.digest:
        raise Refused(f"the rules in force are {base.version} ({base.digest[7:19]}), and these are others")
    memory = recorded_memory(case, base)
    if memory.supposes:
        raise Refused("a worked case is an example; a trail takes what people state")
    day = moment(time).date()
    if memory.today is None or abs(memory.today - day) > timedelta(days=1):  # without a day no evidence would be old
        raise Refused(f"it is {day} here, and the case is diagnosed for {memory.today or 'no day'}")
    return memory


ACTS: Mapping[str, type[Act]] = {
    "record": RecordCases,
    "answers": RecordAnswers,
    "hold": PutHold,
    "release": ReleaseHold,
    "erasure": EraseByStep,
    "override": NotFollow,
    "statement": StateView,
    "case-against": ReadAgainst,
    "sign-off": Sign,
    "letter": WriteLetter,
    "attachment": AttachFile,
    "export": ExportBundle,
    "witness": AddWitness,
    "impact": ReportByGroups,
    "people": ChangePeople,
    "people-confirmed": ConfirmPeople,
}
"""Every act by the name under which doors offer it."""


def check_may(act: type[Act], by: Person, base: RuleBase) -> None:
    """Raises Refused unless the policy of the rules in force gives the act to the role. No row, no act."""
    grant = base.policy.may.get(act.grant) if base.policy is not None else None
    if grant is None:
        raise Refused("the policy in force says nothing of who may do this, so nobody may")
    if by.role not in grant.roles:
        roles = ", ".join(f"`{role}`" for role in grant.roles)
        raise Refused(f"`{by.role}` may not do this; the policy gives it to {roles}")
