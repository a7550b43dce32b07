"""Statements as the product reads them: the value cases, in every back end."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import salesdx
from conftest import ROOT
from salesdx.base.model import RuleBase
from salesdx.case.file import case_from_text
from salesdx.case.settling import is_own
from salesdx.case.statement import ShownIn, Statement
from salesdx.engine.diagnose import BACKENDS, rete_loads
from salesdx.text.issues import CaseError
from second_model import compare
from second_model.base import Base, read_base
from second_model.compare import differing, of_model, of_product
from second_model.plain import write
from second_model.vectors import case_data, today, vectors, write_small_base

PAGE = ROOT / "docs" / "language.md"
Bases = tuple[Base, RuleBase]


def bases(folder: Path, over: dict[str, Any] | None = None) -> Bases:
    """The rule base of the value cases, as the second model and as the product read it."""
    write_small_base(folder, PAGE, over)
    return read_base(folder), salesdx.load(folder)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Bases:
    return bases(tmp_path_factory.mktemp("small"))


@pytest.mark.parametrize("case", vectors()["cases"], ids=lambda case: f"row {case['row']}")
def test_a_value_case_is_as_the_second_model_has_it(
    case: dict[str, Any], small: Bases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, base = bases(tmp_path, case["base"]) if "base" in case else small
    data = case_data(case, {name: term.respondent for name, term in model.terms.items()})
    if "fault" in case:
        with pytest.raises(CaseError, match="head of the case"):
            case_from_text(write(data), "case", base)
        return
    monkeypatch.setattr(compare, "TODAY", today(case))
    memory = replace(case_from_text(write(data), "case", base), today=today(case))
    wanted, _ = of_model(model, data)
    for engine in (engine for engine in BACKENDS if engine != "rete" or not rete_loads()):
        assert differing(of_product(base, memory, engine), wanted) == {}, engine


def test_nobody_speaks_for_a_program_by_calling_himself_one() -> None:
    """`by: system`, typed, met the floor as what a program drew does, and completed a file on a person."""
    base = salesdx.load()
    wins = base.terms["ind_wins_n"]
    assert (wins.only, wins.respondent) == (("system",), "sales_ops")
    report = ShownIn("wins.csv", "0" * 64)
    said = [("system", None), ("system", report), ("sales_ops", None), ("hr", report), ("sales_ops", report)]
    assert [is_own(wins, Statement(by=by, report=shown)) for by, shown in said] == [False, False, False, False, True]
