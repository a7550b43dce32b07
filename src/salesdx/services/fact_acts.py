"""Acts with a firm's systems: which mapping a service draws by, what it draws into a case, who looks at persons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from salesdx.services.acts import Act, Done, Render, in_force
from salesdx.services.case_acts import taken_case
from salesdx.trail.on_record import FACTS_DRAWN

if TYPE_CHECKING:
    from salesdx.base.model import RuleBase
    from salesdx.ledger.log import Person, Trail
    from salesdx.ledger.storage import LogReader

PEOPLE_SEEN, MAPPING_SET = "people_seen", "mapping_set"
BY_SYSTEMS = "the firm's systems"
"""The way in which drawn statements come: nobody's own words."""


@dataclass(frozen=True)
class SeePeople(Act):
    """Look at figures of single persons, or at the names behind pseudonyms, drawn by the mapping with this digest."""

    what: Literal["people", "rows", "cases"]
    mapping: str
    period: str
    case: str = ""
    subject: str = ""
    term: str = ""
    grant: ClassVar[str] = "see_people"
    type: ClassVar[str] = PEOPLE_SEEN

    def run(self, trail: Trail, by: Person, base: RuleBase | None, render: Render) -> Done:
        body = {"what": self.what, "mapping": self.mapping, "period": self.period, "term": self.term}
        with trail.append() as appender:
            return Done(appender.add(self.type, body, by, case=self.case, subject=self.subject))


@dataclass(frozen=True)
class SetMapping(Act):
    """Say by which mapping, a file on the machine of the service, facts are drawn from the firm's systems: its name and
    its digest, or no name for none any more."""

    name: str
    digest: str
    grant: ClassVar[str] = "map_systems"
    type: ClassVar[str] = MAPPING_SET

    def run(self, trail: Trail, by: Person, base: RuleBase | None, render: Render) -> Done:
        with trail.append() as appender:
            return Done(appender.add(self.type, {"name": self.name, "digest": self.digest}, by))


@dataclass(frozen=True)
class DrawFacts(Act):
    """Put what was drawn from the firm's systems into a case, with the evidence behind it."""

    case: Mapping[str, Any]
    rules: str
    evidence: str
    mapping: str
    grant: ClassVar[str] = "answer"
    type: ClassVar[str] = FACTS_DRAWN
    runs_rules: ClassVar[bool] = True

    def run(self, trail: Trail, by: Person, base: RuleBase | None, render: Render) -> Done:
        from salesdx.trail.recording import record_answers

        memory = taken_case(self.case, self.rules, in_force(base))
        subject, body = memory.subject.get("ref", ""), {"mapping": self.mapping, "evidence": self.evidence}
        with trail.append() as appender:
            inputs = record_answers(appender, memory.base, memory, by, BY_SYSTEMS)
            seq = appender.add(self.type, body, by, case=memory.case, subject=subject, base=memory.base, inputs=inputs)
        return Done(seq)


@dataclass(frozen=True)
class DrawPerson(DrawFacts):
    """The same in a case that is about a person."""

    grant: ClassVar[str] = "see_people"


@dataclass(frozen=True)
class MappingInForce:
    """The mapping by which facts are drawn, as the trail has it: the name of its file, its digest, and the record."""

    name: str
    digest: str
    record: int


def mapping_in_force(reader: LogReader) -> MappingInForce | None:
    """The mapping that was set last; None where none was, or it was taken back."""
    row = next(reader.rows(types=(MAPPING_SET,), newest_first=True), None)
    body = (row.content or {}).get("body", {}) if row is not None else {}
    return MappingInForce(body["name"], body["digest"], row.seq) if row is not None and body.get("name") else None
