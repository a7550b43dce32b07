"""Trails with recorded diagnoses, on a clock of their own."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Any

import salesdx
from conftest import ROOT
from salesdx.base.model import SYSTEM, RuleBase
from salesdx.case.memory import WorkingMemory
from salesdx.case.statement import ShownIn, Statement
from salesdx.ledger.keys import SigningKey, new_private_key, write_private_key
from salesdx.ledger.log import Person, Trail, create, new_origin, open_trail
from salesdx.trail.on_record import with_earlier
from salesdx.trail.recording import record_diagnosis

CASES = ROOT / "rules" / "cases"
COMPLETE = CASES / "termination-complete-with-what-does-not-apply.yaml"
"""A complete file about E-8806, whose values are at their limits."""
MANAGER = Person("Max Braun", "sales_manager")
HR = Person("Anna Weber", "hr")
NAME = "ours.trail"
REVIEWER = Person("Rita Okoye", "reviewer")


@dataclass
class Clock:
    """A clock that stands until it is moved; after today, since time in a trail never runs back."""

    now: datetime = datetime(2040, 1, 2, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass(frozen=True)
class Kept:
    """A trail in a file, the rule base in force, and the clock."""

    path: Path
    trail: Trail
    base: RuleBase
    clock: Clock

    def diagnose(self, memory: WorkingMemory, by: Person = MANAGER) -> int:
        """Record the diagnosis of a case, beside what earlier records of its subject hold; its number."""
        with self.trail.read() as reader:
            memory = with_earlier(reader, memory, HR)
        found = salesdx.diagnose(memory.base, memory, "reference")
        with self.trail.append(self.clock) as appender:
            return record_diagnosis(appender, found, "the page", "text", by)

    def add(self, type: str, body: dict[str, Any], by: Person, **more: Any) -> int:
        """Append a record as it stands, past everything that asks whether it may be."""
        with self.trail.append(self.clock) as appender:
            return appender.add(type, body, by, **more)

    def again(self) -> Trail:
        """The same trail, opened by somebody else."""
        return open_trail(str(self.path))

    def records(self, type: str) -> list[dict[str, Any]]:
        """{seq, **header, **content} of all records of a type."""
        with self.trail.read() as reader:
            rows = [(row.seq, row.header, row.content or {}) for row in reader.rows(types=(type,))]
        return [{**header, **content, "seq": seq, "role": header["role"]} for seq, header, content in rows]


def kept(folder: Path, base: RuleBase, clock: Clock | None = None) -> Kept:
    """A new trail in a folder; made now, unless it is given a clock."""
    private = new_private_key()
    write_private_key(folder / "ours.trail.key", private)
    create(str(folder / NAME), SigningKey(private, new_origin()), HR, now=clock)
    return Kept(folder / NAME, open_trail(str(folder / NAME)), base, clock or Clock())


def copied(made: Kept, folder: Path) -> Kept:
    """A copy of a trail with its key, on a clock of its own."""
    for name in (NAME, f"{NAME}.key"):
        shutil.copy(made.path.parent / name, folder / name)
    if (seals := made.path.parent / f"{NAME}.key.sealed").is_dir():
        shutil.copytree(seals, folder / seals.name)
    return Kept(folder / NAME, open_trail(str(folder / NAME)), made.base, Clock(made.clock.now))


def written(base: RuleBase, home: Path, changes: Mapping[str, str] | None = None) -> Path:
    """A rule base in a folder, some of its words changed."""
    for name, text in base.files.items():
        for old, new in (changes or {}).items():
            text = text.replace(old, new)
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return home


def complete(base: RuleBase) -> WorkingMemory:
    """The complete file, as working memory: what its worked case supposes is stated by those who must know."""
    memory = salesdx.read_case(COMPLETE, base)
    stated = {term: tuple(signed(base, term, one) for one in said) for term, said in memory.statements.items()}
    return replace(memory, statements={term: tuple(chain(*said)) for term, said in stated.items()})


def signed(base: RuleBase, name: str, one: Statement) -> tuple[Statement, ...]:
    """A statement that was supposed as whoever must know the term makes it."""
    term, asker = base.terms[name], base.ladder.asked_by
    if not one.supposed:
        return (one,)
    roles = [role for role in term.only or (term.respondent,) if role != SYSTEM] or [term.respondent]
    role = next((role for role in roles if role != asker), roles[0])
    report = ShownIn("report", "0" * 64) if SYSTEM in term.only and roles == [term.respondent] else None
    made = replace(one, supposed=False, by=role, kind="signed record", report=report)
    return tuple(replace(made, author=f"A-{n}" if term.authors > 1 else "") for n in range(1, term.authors + 1))


def said(memory: WorkingMemory, term: str, **how: Any) -> WorkingMemory:
    """A case with one fact stated otherwise; parts that are not given stay as they were."""
    return memory.with_statements(term, tuple(replace(was, **how) for was in memory.statements[term]))


def dated(memory: WorkingMemory, term: str, day: date, **how: Any) -> WorkingMemory:
    return said(memory, term, date=day, **how)


def several(memory: WorkingMemory, term: str, *statements: Statement) -> WorkingMemory:
    """A case with several statements on one fact."""
    return memory.with_statements(term, statements)
