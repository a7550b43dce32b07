"""The second model: the value cases, interval truths at points inside, and what it has in common with the product."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import pytest

import salesdx
from conftest import ROOT
from random_cases import fuzz_cases
from random_statements import TODAY, Source, random_case, worked_cases
from salesdx.base.model import RuleBase
from salesdx.case.file import FIRM_FILE
from second_model.base import Base, read_base
from second_model.compare import Comparison, differing, engines, features, of_model, of_product, rare
from second_model.facts import read_case
from second_model.floor import closed
from second_model.ladder import Judgement, Result, diagnosis
from second_model.plain import read, write
from second_model.points import unsound
from second_model.reading import Reading
from second_model.shown import fact_shown, shown
from second_model.vectors import case_data, conditions, today, vectors, write_small_base

PAGE = ROOT / "docs" / "language.md"
POINTS = 200 if "SALESDX_FUZZ_CASES" in os.environ else 10
"""At so many points inside the intervals of a case its truths are looked at."""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Base:
    return read_base(write_small_base(tmp_path_factory.mktemp("small"), PAGE))


@pytest.mark.parametrize("case", vectors()["cases"], ids=lambda case: f"row {case['row']}")
def test_value_case(case: dict[str, Any], small: Base, tmp_path: Path) -> None:
    base = read_base(write_small_base(tmp_path, PAGE, case["base"])) if "base" in case else small
    data = case_data(case, {name: term.respondent for name, term in base.terms.items()})
    if "fault" in case:
        with pytest.raises(ValueError, match="head"):
            read_case(data, base, today=today(case))
        return
    read = read_case(data, base, today=today(case))
    judged = Judgement(base, Reading(base, read))
    result = judged.result()
    found = {**shown(result), **_beside(case, judged, result)}
    if "likely" in case:
        found["likely"] = [{key: one[key] for key in case["likely"][0]} for one in result.likely]
    for key, of_role in (("open_to", False), ("closed_to", True)):
        if key in case:
            found[key] = {
                role: [name for name in names if closed(base, read, name, role) == of_role]
                for role, names in case[key].items()
            }
    wanted = {
        key: part
        for key, part in case.items()
        if key not in ("row", "base", "facts", "in_order", "bare", "head", "today")
    }
    assert {key: _narrowed(found[key], part) for key, part in wanted.items()} == wanted


def _beside(case: dict[str, Any], judged: Judgement, result: Result) -> dict[str, Any]:
    """What a value case names beside the parts of a diagnosis."""
    ids = conditions()
    texts = {id: text for text, id in ids.items()}
    low = judged.low["seller"]
    return {
        "is": {name: fact_shown(fact, judged.base.terms[name]) for name, fact in result.facts.items()},
        "truths": {texts.get(id, id): "unknown" if truth is None else truth for id, truth in result.truths.items()},
        "unsettled": [name for id in result.unsettled if (name := texts.get(id, id)) in case.get("unsettled", ())],
        "below_floor": [name for name in case.get("below_floor", ()) if low.fact(name).value is None],
        "disputed": [name for name, fact in result.facts.items() if fact.disputed],
        "conflicts": [name for name, fact in result.facts.items() if fact.conflict],
    }


def _narrowed(found: Any, wanted: Any) -> Any:
    return {key: found.get(key) for key in wanted} if isinstance(wanted, dict) else found


# --- random cases -----------------------------------------------------------------------------------------------------


STARTS: tuple[dict[str, Any], ...] = (
    *({}, {}, {"matter_open": True}, {"coaching_failed": False}, {"knowledge_pct": 60}, {"calls_ratio": 0.95}),
    {"price_index": 118, "lost_on_price_pct": 35},
    {"on_time_pct": 80},
    {"attainment_pct": 120, "periods_above_n": 3, "wish": "time_off"},
)
"""Worked cases of the small rule base: what is otherwise than in order."""


@pytest.fixture(scope="module")
def source(small: Base) -> Source:
    in_order = vectors()["in_order"]
    return Source(small, [{"subject": {"kind": "person"}, "facts": {**in_order, **start}} for start in STARTS])


def test_every_status_and_every_kind_of_unknown_occurs_among_random_cases(source: Source) -> None:
    seen: Counter[str] = Counter()
    for seed in range(count := fuzz_cases(800)):
        data = random_case(Random(seed), source)
        seen.update(set(features(diagnosis(source.base, read_case(data, source.base, today=TODAY)))))
    assert rare(source.base, seen, count) == []


def test_what_is_decided_on_intervals_is_so_at_every_point_inside(source: Source) -> None:
    for seed in range(fuzz_cases(60)):
        data = random_case(Random(seed), source)
        reading = Reading(source.base, read_case(data, source.base, today=TODAY))
        for point in range(POINTS):
            assert list(unsound(reading, Random(point))) == [], data


# --- the product ------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_each_engine_says_what_the_model_says_of_random_cases_of_the_small_base(source: Source) -> None:
    check(Comparison(source.base.folder, engines(), source), fuzz_cases(100))


@pytest.mark.slow
def test_each_engine_says_what_the_model_says_of_random_cases_of_the_shipped_base() -> None:
    check(Comparison(ROOT, engines()), fuzz_cases(300))


def check(comparison: Comparison, count: int) -> None:
    """Both say the same of so many random cases, among which everything occurs that should."""
    for seed in range(count):
        data = random_case(Random(seed), comparison.source)
        if comparison.differences(data, count=True):
            small = comparison.smallest(data)
            pytest.fail(f"case {seed}: {write(small)}\n(product, model): {comparison.differences(small)}")
    assert rare(comparison.model, comparison.seen, count) == []


CASES = sorted(path for path in (ROOT / "rules" / "cases").glob("*.yaml") if path.name != FIRM_FILE)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_worked_case_expects_what_the_model_says(base: RuleBase, shipped: Source, path: Path) -> None:
    data = read(path)
    parts, result = of_model(shipped.base, data, shipped.profile)
    assert differing(of_product(base, salesdx.read_case(path, base)), parts) == {}
    last, expected = shipped.base.stages[-1], data["expect"]
    found = {
        "mode": result.mode,
        "verdict": result.verdict,
        "stages": {stage: status for stage, status in result.statuses.items() if stage != last},
        "concluded": result.concluded,
        last: result.statuses[last],
        "fired": [id for id, truth in result.truths.items() if truth is True],
    }
    assert {key: expected[key] for key in found if key in expected} == {k: v for k, v in found.items() if k in expected}
    recommended = {*result.recommended}
    assert {*expected["recommend"]} <= recommended <= {*expected["recommend"], *expected.get("may_recommend", ())}
    assert not recommended & {*expected.get("never_recommend", ())}


@pytest.fixture(scope="module")
def shipped() -> Source:
    return worked_cases(read_base(ROOT))
