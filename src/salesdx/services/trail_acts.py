"""Acts with the trail itself: copies leave it, witnesses and people are entered; and every act by its name."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from salesdx.ledger.errors import Refused

if TYPE_CHECKING:
    from salesdx.base.model import RuleBase
    from salesdx.ledger.log import Person, Trail
    from salesdx.ledger.storage import EntryRow
    from salesdx.trail.book import Book
    from salesdx.trail.export import Export
from salesdx.services.acts import Act, Done, Render, in_force
from salesdx.services.adopting import ConfirmRules, ProposeRules
from salesdx.services.case_acts import (
    AttachFile,
    NotFollow,
    RecordAnswers,
    RecordCases,
    RecordExplanation,
    StateView,
    Vouch,
    WriteLetter,
)
from salesdx.services.fact_acts import SeePeople
from salesdx.services.file_acts import EraseByStep, EraseDue, PutHold, ReadAgainst, ReleaseHold, Sign
from salesdx.services.follow_acts import (
    ConfirmSession,
    ContestSession,
    FollowAction,
    FollowReview,
    FollowSession,
    RecordOutcomes,
    StateChange,
)


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

    @property
    def needs_proof(self) -> bool:
        return self.case is None and self.person is None

    def gives(self, book: Book) -> Iterable[EntryRow]:
        from salesdx.trail.concerned import rows_about, same_subjects

        if self.person is not None:
            return rows_about(book.reader, None, same_subjects(book.reader, book.pseudonym("subject", self.person)))
        return book.reader.rows(case=None if self.case is None else book.pseudonym("case", self.case))

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
        from salesdx.ledger.key_files import earlier_keys
        from salesdx.trail.report.adverse import report_impact
        from salesdx.trail.report.crowd import ImpactQuestion
        from salesdx.trail.report.workforce import workforce_in

        workforce = workforce_in(self.people, self.named).counted(self.by)
        asked = ImpactQuestion(dict(self.reference), self.leave_out_small, self.since, self.until, self.why)
        assert trail.key is not None
        earlier = earlier_keys(trail.key_file, trail.key.name)
        return Done(*report_impact(trail, workforce, asked, by, render, earlier))


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
class ProposeKey(Act):
    """Propose a new key of the trail, which the service makes; or the ``key`` that another administrator proposed."""

    key: str = ""
    grant: ClassVar[str] = "rotate"
    type: ClassVar[str] = "key_proposed"
    signed: ClassVar[bool] = True

    def says(self, body: Mapping[str, Any], inputs: Sequence[int]) -> bool:
        return body.keys() == {"key", "before"} and self.key in ("", body["key"]) and not inputs

    def run(self, trail: Trail, by: Person, base: RuleBase | None, render: Render) -> Done:
        from salesdx.trail.key_change import propose_key

        return Done(propose_key(trail, self.key, by))


@dataclass(frozen=True)
class BringInKey(Act):
    """Bring in the key of the trail that other administrators proposed by some records; from then on it signs."""

    key: str
    records: tuple[int, ...]
    grant: ClassVar[str] = "rotate"
    type: ClassVar[str] = "key"
    signed: ClassVar[bool] = True

    def says(self, body: Mapping[str, Any], inputs: Sequence[int]) -> bool:
        return body.get("key") == self.key and list(inputs) == sorted(self.records)

    def run(self, trail: Trail, by: Person, base: RuleBase | None, render: Render) -> Done:
        from salesdx.trail.key_change import bring_in_key

        return Done(bring_in_key(trail, self.key, self.records, in_force(base).policy, by), ended=True)


ACTS: Mapping[str, type[Act]] = {
    "record": RecordCases,
    "explanation": RecordExplanation,
    "answers": RecordAnswers,
    "vouched": Vouch,
    "hold": PutHold,
    "release": ReleaseHold,
    "erasure": EraseByStep,
    "retention": EraseDue,
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
    "key": ProposeKey,
    "key-brought-in": BringInKey,
    "rules": ProposeRules,
    "rules-confirmed": ConfirmRules,
    "people-seen": SeePeople,
    "action": FollowAction,
    "session": FollowSession,
    "session-confirmed": ConfirmSession,
    "session-contested": ContestSession,
    "change": StateChange,
    "next-review": FollowReview,
    "outcomes": RecordOutcomes,
}
"""Every act by the name under which doors offer it."""
