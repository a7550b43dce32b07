"""Small trails for the tests of what HR reads: a tiny rule base, a clock, and acts in one line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

import salesdx
from conftest import ROOT
from homes import memory_of, write_home
from salesdx.base.model import RuleBase
from salesdx.case.memory import WorkingMemory
from salesdx.ledger.connect import connect
from salesdx.ledger.keys import SigningKey, new_private_key
from salesdx.ledger.log import Person, Trail, new_origin
from salesdx.ledger.migrations import migrate
from salesdx.ledger.sqlite import configure
from salesdx.ledger.storage import Storage
from salesdx.render import render
from salesdx.trail.book import Book
from salesdx.trail.on_record import with_earlier
from salesdx.trail.recording import record_diagnosis, record_explanation

ANNA, BOB, CARLA = Person("Anna", "hr"), Person("Bob", "manager"), Person("Carla", "manager")
STAGES: Mapping[str, Any] = {
    "first": {
        "terms": {"price": {"type": "integer", "range": [0, 200], "unit": "EUR"}},
        "rules": {"A1": {"when": "price > 110", "recommend": ["cut"]}},
        "ruled_out_when": "price <= 105",
        "interventions": {"cut": {}},
    },
    "second": {
        "terms": {
            "calls": {"type": "integer", "range": [0, 100]},
            "deals": {"type": "integer", "range": [0, 100]},
            "rate": {"type": "number", "range": [0, 100], "formula": "deals / calls"},
        },
        "rules": {
            "B1": {"when": "calls < 10", "recommend": ["coach"]},
            "B2": {"when": "rate < 0.2", "strength": "moderate", "recommend": ["train"]},
        },
        "ruled_out_when": "calls >= 20",
        "interventions": {"coach": {"personnel": True}, "train": {}},
    },
    "last": {
        "decided_by": "file",
        "terms": {"warned": "boolean"},
        "rules": {
            "X1": {"when": "not warned", "strength": "block"},
            "X9": {"when": "warned", "strength": "eligible", "recommend": ["review"]},
        },
        "interventions": {"review": {"personnel": True}},
    },
}
"""A ladder of three steps: the second one is about the person, the last one is a file."""
LOW = {"case_subject": "person", "case_attainment_pct": 80, "price": 100}
"""Facts that lead to the second step."""


def small_base(folder: Path, stages: Mapping[str, Any] = STAGES, small_cell: int = 5, policy: bool = True) -> RuleBase:
    """The tiny rule base with the shipped policy, but for the size of a small cell."""
    write_home(folder, stages)
    ladder = folder / "knowledge" / "ladder.yaml"
    text = ladder.read_text("utf-8").replace("personnel_stage: last", "personnel_stage: second")
    ladder.write_text(text, "utf-8")
    if policy:
        shipped = (ROOT / "knowledge" / "policy.yaml").read_text("utf-8")
        changed = shipped.replace("small_cell: 5", f"small_cell: {small_cell}")
        (folder / "knowledge" / "policy.yaml").write_text(changed, "utf-8")
    return salesdx.load(folder)


@dataclass
class Desk:
    """A trail with a clock that stands still until it is told to go on."""

    where: str
    base: RuleBase
    now: datetime = datetime(2026, 1, 5, 9, tzinfo=UTC)
    trail: Trail = field(init=False)

    def __post_init__(self) -> None:
        storage = connect(self.where, create=True)
        if "://" not in self.where:  # what power losses do to these trails is no matter
            engine = sa.create_engine(f"sqlite:///{self.where}", poolclass=sa.NullPool)
            configure(engine, ("journal_mode=MEMORY", "synchronous=OFF", "foreign_keys=ON"))
            storage = Storage(engine, self.where)
        self.trail = Trail(storage, SigningKey(new_private_key(), new_origin()))
        assert self.trail.key is not None
        storage.prepare(self.trail.key.name, migrate)
        self.add("trail", {"key": str(self.trail.key.public)}, ANNA)

    def clock(self) -> datetime:
        return self.now

    def wait(self, **more: float) -> None:
        self.now += timedelta(**more)

    def add(self, type: str, body: Mapping[str, Any], by: Person, **more: Any) -> int:
        with self.trail.append(self.clock) as appender:
            return appender.add(type, body, by, **more)

    def memory(
        self, case: str, facts: Mapping[str, Any], subject: str = "", base: RuleBase | None = None
    ) -> WorkingMemory:
        about = {"subject": {"kind": "person", "ref": subject}} if subject else {}
        return memory_of(base or self.base, facts, case=case, **about)

    def known(
        self, case: str, facts: Mapping[str, Any], subject: str = "", base: RuleBase | None = None
    ) -> WorkingMemory:
        """A case beside what earlier records of its subject hold."""
        with self.trail.read() as reader:
            return with_earlier(reader, self.memory(case, facts, subject, base), BOB)

    def diagnose(
        self,
        case: str,
        facts: Mapping[str, Any],
        subject: str = "",
        by: Person = BOB,
        base: RuleBase | None = None,
        format: str = "text",
        engine: str = "reference",
    ) -> int:
        """Record a diagnosis as the command line does; its number."""
        base = base or self.base
        found = salesdx.diagnose(base, self.known(case, facts, subject, base), engine)
        with self.trail.append(self.clock) as appender:
            return record_diagnosis(appender, found, render([found], format), format, by)

    def explain(self, case: str, facts: Mapping[str, Any], subject: str = "", by: Person = BOB) -> int:
        found = salesdx.diagnose(self.base, self.known(case, facts, subject), "reference")
        with self.trail.append(self.clock) as appender:
            return record_explanation(appender, found, "because of the price\n", "why first", by)

    def act(self, type: str, seq: int, body: Mapping[str, Any], by: Person = BOB, **more: Any) -> int:
        """Record an act on a diagnosis, in its case."""
        with self.read() as book:
            record = book.record(seq)
        case, subject = (known.name or "" if known else "" for known in (record.case, record.subject))
        return self.add(type, body, by, case=case, subject=subject, inputs=[seq], **more)

    def erase(self, seqs: Sequence[int], pseudonyms: Sequence[str] = (), reason: str = "time is up") -> int:
        with self.trail.append(self.clock) as appender:
            return appender.erase(seqs, pseudonyms, reason, ANNA)

    @contextmanager
    def read(self) -> Iterator[Book]:
        with self.trail.read() as reader:
            yield Book(reader)
