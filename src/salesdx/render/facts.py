"""All facts of a case by stage: who said what, from where, how old it is, and what it decides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from salesdx.base.model import RuleBase
from salesdx.case.memory import WorkingMemory
from salesdx.case.settling import Fact, speaker
from salesdx.case.statement import Statement, evidence_kind
from salesdx.interview.overview import OverviewLine
from salesdx.render.blocks import Block, Paragraph, Report, Section, Table
from salesdx.render.report import firm_lines
from salesdx.render.uncertain import use_words
from salesdx.render.wording import called, person, said_value, unchecked_words
from salesdx.text.english import listed

HEADER = ("fact", "value", "who", "rests on", "source", "date", "decides")


def facts_report(base: RuleBase, memory: WorkingMemory, facts: Sequence[OverviewLine], unused: bool) -> Report:
    """The facts as a page; ``unused`` tells that only those are given that no longer matter."""
    subject = " ".join(memory.subject.get(key, "") for key in ("kind", "ref")).strip()
    period = f"{memory.period[0]} to {memory.period[1]}" if memory.period else ""
    about = (("Subject", subject or "not stated"), ("Period", period or "not stated"), *firm_lines(memory))
    sections = tuple(_sections(base, memory, facts))
    if not sections:
        text = "Every stated fact can still matter." if unused else "Nobody has stated a fact yet."
        sections = (Section("facts", "Facts", (Paragraph(text),)),)
    many = f"{len(facts)} facts that no longer matter" if unused else f"{len(facts)} stated facts"
    return Report(f"Case {memory.case}: {many}", about, sections, (f"Rule base {base.version} ({base.digest[7:19]})",))


def _sections(base: RuleBase, memory: WorkingMemory, facts: Sequence[OverviewLine]) -> Iterator[Section]:
    for home in base.home.values():
        own = [fact for fact in facts if fact.term.home == home.id]
        if own:
            rows = tuple(row for fact in own for row in _rows(base, memory, fact))
            blocks: tuple[Block, ...] = (Table(HEADER, rows),)
            yield Section(home.id, home.title, blocks)


def _rows(base: RuleBase, memory: WorkingMemory, line: OverviewLine) -> Iterator[tuple[str, ...]]:
    """A row for each statement; the first one also says what the fact decides."""
    fact, term = line.fact, line.term
    decides = listed(list(line.decides)) or "nothing any more"
    for n, said in enumerate(fact.statements):
        value = said_value(memory, term, said)
        if said.reason:
            value += f": {said.reason}"
        who = person(base, speaker(term, said)) or "not said"
        row = (value + _used(memory, fact, said), who, _kind(said), _source(memory, said), _date(memory, said))
        yield (called(base, term.name) if n == 0 else "", *row, decides if n == 0 else "")


def _used(memory: WorkingMemory, fact: Fact, said: Statement) -> str:
    """What became of a statement, in brackets; nothing where it is the only one and counts."""
    if fact.value is None and fact.untimely is None and said.stands and said.value is not None:
        return f" ({fact.unknown})"
    told = use_words(memory, fact, said)
    return f" ({told})" if told and (len(fact.statements) > 1 or told != "used") else ""


def _kind(said: Statement) -> str:
    """The kind of evidence that was named for a value."""
    return said.kind.replace("_", " ") or ("" if said.value is None else "not said")


def _source(memory: WorkingMemory, said: Statement) -> str:
    return ", ".join(filter(None, (said.source, unchecked_words(memory, said)))) or "not said"


def _date(memory: WorkingMemory, said: Statement) -> str:
    """The date of a statement, and its age at the end of the period."""
    if said.date is None:
        return "undated"
    days = (memory.period[1] - said.date).days if memory.period else 0
    return said.date.isoformat() + (f" ({days} days old)" if days > 0 else "")


def facts_data(base: RuleBase, facts: Sequence[OverviewLine]) -> list[dict[str, Any]]:
    """The facts as JSON: {term, label, stage, question, value, unknown, statements, decides}."""
    found = []
    for line in facts:
        term, fact = line.term, line.fact
        statements = [
            s.to_dict() | {"evidence": evidence_kind(base, s), "used": s == fact.used} for s in fact.statements
        ]
        found.append(
            {
                "term": term.name,
                "label": term.called,
                "stage": term.home,
                "question": term.question,
                "value": fact.used.to_dict().get("value") if fact.value is not None and fact.used else None,
                "unknown": fact.unknown.value if fact.unknown else None,
                "statements": statements,
                "decides": list(line.decides),
            }
        )
    return found
