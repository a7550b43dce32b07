"""Statements that a program drew: they stand beside typed ones, and a refusal of systems is nobody's word."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from salesdx import diagnose, load
from salesdx.base.model import RuleBase
from salesdx.case.closing import asked_of, is_closed
from salesdx.case.evidence_file import (
    EvidenceSeal,
    digest_of_bytes,
    entry_id,
    evidence_entries,
    evidence_path,
    evidence_text,
)
from salesdx.case.file import case_from_text, read_case_file
from salesdx.case.statement import Unknown
from salesdx.interview.open_questions import questions_to
from salesdx.render import part_of
from salesdx.services.drawn_cases import unproved
from salesdx.services.saved_interview import open_interview
from salesdx.trail.recording import recorded_case
from salesdx.trail.rerun_one import recorded_memory

HEAD = {
    "window": {"from": "2026-07-01", "to": "2026-09-30"},
    "about": {"kind": "territory", "ref": "North"},
}
ENTRY = {
    **HEAD,
    "term": "delivery_otif_pct",
    "n": 312,
    "stated": {"low": 73.1, "high": 82.4, "best": 78},
    "said": {"by": "production", "kind": "transaction data", "source": "orders", "date": "2026-09-30"},
}
WHY = {
    **HEAD,
    "term": "delivery_cancelled_pct",
    "said": {"by": "customer_service", "kind": "", "source": "", "date": None},
}
ID, REFUSAL = entry_id(ENTRY), entry_id(WHY)
EVIDENCE = evidence_text({ID: ENTRY, REFUSAL: WHY})
TERM, REFUSED = "delivery_otif_pct", "delivery_cancelled_pct"
TEXT = f"""\
case: north
subject: {{kind: territory, ref: North}}
period: {{from: 2026-07-01, to: 2026-09-30}}
facts:
  firm_ships_goods: true
  {TERM}:
    - {{value: {{low: 73.1, high: 82.4, best: 78}}, by: production, kind: transaction data, source: orders,
       date: 2026-09-30, note: 312 orders, drawn: {ID}}}
    - {{value: 95, by: sales_manager, kind: opinion}}
  {REFUSED}: {{value: not_known, by: customer_service, reason: our system keeps no reason, drawn: {REFUSAL}}}
"""


@pytest.fixture(scope="module")
def base() -> RuleBase:
    return load()


def a_case(tmp_path: Path, evidence: str | None = None) -> Path:
    path = tmp_path / "north.yaml"
    path.write_text(TEXT)
    if evidence is not None:
        evidence_path(path).write_text(evidence)
    return path


def test_an_entry_is_named_by_what_stands_in_it() -> None:
    text = evidence_text({ID: ENTRY})
    assert evidence_entries(text.encode()) == {ID: ENTRY} and json.loads(text)["facts"] == {ID: ENTRY}
    assert evidence_entries(text.replace("73.1", "78.1").encode()) == {}
    assert evidence_entries(b"[]") == evidence_entries(b"\xff") == evidence_entries(b'{"form": 1, "facts": 2}') == {}
    assert digest_of_bytes(text.encode()) != digest_of_bytes(text.encode() + b"\n")


def test_the_seal_of_the_evidence_comes_with_the_case_and_with_its_record(base: RuleBase, tmp_path: Path) -> None:
    path = a_case(tmp_path, EVIDENCE)
    memory = read_case_file(path, base)
    assert memory.evidence == EvidenceSeal(digest_of_bytes(EVIDENCE.encode()), frozenset((ID, REFUSAL)))
    assert all(memory.proves(said) == bool(said.drawn) for said in memory.statements[TERM])
    body = recorded_case(memory)
    assert body["evidence"] == {"digest": memory.evidence.digest, "entries": sorted((ID, REFUSAL))}
    assert recorded_memory(json.loads(json.dumps(body)), base).evidence == memory.evidence
    assert open_interview(base, path).conversation.memory.evidence == memory.evidence


def test_without_drawn_statements_an_evidence_file_is_not_looked_at(base: RuleBase, tmp_path: Path) -> None:
    path = a_case(tmp_path, EVIDENCE)
    path.write_text("case: north\nfacts: {delivery_otif_pct: 78}\n")
    memory = read_case_file(path, base)
    assert memory.evidence is None and "evidence" not in recorded_case(memory)


def test_systems_that_do_not_know_have_said_nothing(base: RuleBase) -> None:
    """Whoever must know it is still asked, and a value that is written by hand does not count by it."""
    memory = case_from_text(TEXT, "north.yaml", base)
    assert memory.fact(REFUSED).unknown is Unknown.NOT_ASKED
    assert not is_closed(memory, REFUSED, "customer_service") and asked_of(memory, REFUSED) == "customer_service"
    typed = memory.saying(REFUSED, replace(memory.statements[REFUSED][0], drawn="", reason=""))
    assert typed.fact(REFUSED).unknown is Unknown.NOT_KNOWN and is_closed(typed, REFUSED, "customer_service")
    assert len(typed.statements[REFUSED]) == 2


def test_what_is_drawn_is_not_asked_and_what_is_refused_is(base: RuleBase) -> None:
    memory = case_from_text(TEXT, "north.yaml", base)
    asked = {each.term for role in ("production", "customer_service") for each in questions_to(base, memory, role)}
    assert TERM not in asked and REFUSED in asked


def test_the_report_says_where_each_figure_comes_from(base: RuleBase, tmp_path: Path) -> None:
    path = a_case(tmp_path, EVIDENCE)
    memory = read_case_file(path, base)
    shown = part_of(diagnose(base, memory), "markdown", 80, False)
    assert "| Orders complete and on time | 78% of orders (73.1 to 82.4) | 312 orders; orders |" in shown
    assert "| our system keeps no reason | “Orders cancelled for delay” |" in shown
    assert "| Orders complete and on time | 78% of orders (73.1 to 82.4) | 95% of orders | the sales manager |" in shown
    assert "**From systems:** 1 fact drawn, 1 could not be" in shown
    assert memory.evidence is not None and f"Evidence file {memory.evidence.digest[7:19]}" in shown


def test_a_figure_whose_evidence_was_changed_is_told_to_count_as_typed(base: RuleBase, tmp_path: Path) -> None:
    changed = EVIDENCE.replace("312", "313")
    shown = part_of(diagnose(base, read_case_file(a_case(tmp_path, changed), base)), "markdown", 80, False)
    assert "not in the evidence file: counts as typed" in shown
    evidence_path(tmp_path / "north.yaml").unlink()
    shown = part_of(diagnose(base, read_case_file(tmp_path / "north.yaml", base)), "markdown", 80, False)
    assert "The evidence file is not there" in shown and "no evidence file" in shown


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("low: 73.1", "low: 75.1"),
        ("best: 78", "best: 79"),
        ("by: production", "by: finance"),
        ("kind: transaction data", "kind: signed record"),
        ("source: orders", "source: audited orders"),
        ("date: 2026-09-30, note", "date: 2026-09-29, note"),
        ("ref: North", "ref: South"),
        ("kind: territory, ref: North", "kind: company"),
        ("from: 2026-07-01", "from: 2026-08-01"),
        (f"  {TERM}:", "  delivery_stockout_pct:"),
    ],
)
def test_a_drawn_value_that_was_typed_over_or_copied_counts_as_typed(
    base: RuleBase, tmp_path: Path, old: str, new: str
) -> None:
    path = a_case(tmp_path, EVIDENCE)
    assert list(unproved(read_case_file(path, base))) == []
    path.write_text(TEXT.replace(old, new, 1))
    memory = read_case_file(path, base)
    assert {TERM, "delivery_stockout_pct"} & {*unproved(memory)}
    assert "not in the evidence file: counts as typed" in part_of(diagnose(base, memory), "markdown", 80, False)


def test_a_unit_is_the_same_in_small_letters(base: RuleBase, tmp_path: Path) -> None:
    path = a_case(tmp_path, EVIDENCE)
    path.write_text(TEXT.replace("ref: North", "ref: north"))
    assert list(unproved(read_case_file(path, base))) == []


def test_a_person_who_agrees_with_the_interval_is_not_told_to_disagree(base: RuleBase) -> None:
    memory = case_from_text(TEXT.replace("value: 95", "value: 80"), "north.yaml", base)
    assert "Stated otherwise by people" not in part_of(diagnose(base, memory), "markdown", 80, False)
    assert memory.values[TERM].best == Decimal(78)  # type: ignore[union-attr]
    assert memory.period == (date(2026, 7, 1), date(2026, 9, 30))
