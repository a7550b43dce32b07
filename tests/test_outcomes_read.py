"""`outcome(ID)` in rules: read alike by every engine, unknown until it is decided, and checked like every name."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

import salesdx
from conftest import ROOT
from on_record import action
from salesdx.base.loading import load
from salesdx.base.model import RuleBase
from salesdx.case.file import case_from_values
from salesdx.case.followed import Followed
from salesdx.engine.diagnose import rete_loads
from salesdx.text.issues import RuleBaseError

RULE = """
- id: D99
  strength: scope
  when: outcome(promise_date) == '{}' and delivery_orders_n >= 30
  finding: promise_told
  because: It is told.
  source: J
"""
ENGINES = ["reference", "compiled", *(["rete"] if not rete_loads() else [])]
Rules = Callable[[str], Path]


@pytest.fixture
def rules(tmp_path: Path) -> Rules:
    def made(text: str) -> Path:
        for folder in ("knowledge", "rules"):
            shutil.copytree(ROOT / folder, tmp_path / folder)
        with (tmp_path / "rules" / "delivery.yaml").open("a") as file:
            file.write(text)
        return tmp_path

    return made


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("asked", ["worked", "not_worked"])
def test_a_rule_reads_the_outcome_in_every_engine(rules: Rules, engine: str, asked: str) -> None:
    base: RuleBase = load(rules(RULE.format(asked)))
    head = {"subject": {"kind": "company"}, "period": {"from": "2026-07-01", "to": "2026-09-30"}}

    def told(otif: object, today: date) -> object:
        said = {"value": otif, "by": "production", "kind": "transaction data", "date": "2026-11-10"}
        facts = {"firm_ships_goods": True, "delivery_orders_n": 40, "delivery_otif_pct": said}
        case = case_from_values({**head, "facts": facts}, base)
        taken = Followed((action("A1", "promise_date", date(2026, 10, 5)),))
        return salesdx.diagnose(base, replace(case, today=today, followed=taken), engine).matches.truths["D99"]

    assert told(95, date(2026, 12, 1)) is (asked == "worked")
    assert told(60, date(2026, 12, 1)) is (asked == "not_worked")
    assert told(60, date(2026, 11, 30)) is None
    assert told({"low": 90, "high": 93}, date(2026, 12, 1)) is None


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ("outcome(promise_dat) == 'worked'", "did you mean `promise_date`"),
        ("outcome(promise_date) == 'helped'", "helped"),
        ("outcome(promise_date) > 3", "cannot be"),
        ("outcome('promise_date') == 'worked'", "takes one intervention"),
        ("outcome(outcome(promise_date)) == 'worked'", "takes one intervention"),
        ("outcome(promise_date == 'worked'", "missing"),
        ("result(promise_date) == 'worked'", "calls no functions"),
    ],
)
def test_a_fault_in_it_is_told_at_its_words(rules: Rules, condition: str, words: str) -> None:
    home = rules(f'\n- {{id: D99, strength: scope, when: "{condition}", finding: f, because: B., source: J}}\n')
    with pytest.raises(RuleBaseError) as raised:
        load(home)
    assert words in " ".join(str(issue) for issue in raised.value.issues)
