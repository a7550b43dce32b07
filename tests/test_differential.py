"""Every back end gives the truths of the definition, on random cases of the shipped rule base and on random rule bases.

SALESDX_FUZZ_CASES says how many cases are tried in all. A failure that was shrunk becomes a vector in `conformance/`.
"""

from __future__ import annotations

import importlib
import os
import sys
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

import salesdx
from conftest import ROOT, cases_in
from homes import load_home
from random_bases import Cases, homes
from salesdx.base.model import RuleBase
from salesdx.case.memory import WorkingMemory
from salesdx.engine.backends import reference
from salesdx.engine.compilation import compile_ladder
from salesdx.engine.diagnose import BACKENDS, rete_loads
from salesdx.engine.looking import Looks, prepare
from salesdx.engine.program import (
    Count,
    Decide,
    Define,
    LeftOut,
    Matches,
    Program,
    Tally,
    Total,
    UnexaminedCount,
    UnprovenCount,
    UnsettledCount,
    compile_base,
)
from salesdx.language.conditions import Value, truth, unknown_names
from salesdx.language.unknowns import reader

FUZZ = os.environ.get("SALESDX_FUZZ_CASES")
CASES = int(FUZZ or 200)
PER_BASE = 10
"""Cases of one random rule base."""
OTHERS = [name for name in BACKENDS if name != "reference" and not (name == "rete" and rete_loads())]


def tries(count: int) -> settings:
    """So many examples, the same ones in every run unless a long run is asked for."""
    health = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]
    return settings(
        max_examples=max(count, 1), derandomize=not FUZZ, database=None, deadline=None, suppress_health_check=health
    )


def check(program: Program, memory: WorkingMemory) -> None:
    note(f"facts: { {name: [s.to_dict() for s in said] for name, said in memory.statements.items()} }")
    wanted = reference.match(program, memory)
    for name in OTHERS:
        found = importlib.import_module(BACKENDS[name]).match(program, memory)
        assert found.truths == wanted.truths, name
        names = {*found.values, *wanted.values}
        assert {n: found.values.get(n) for n in names} == {n: wanted.values.get(n) for n in names}, name
    check_ladder(program, memory, wanted)
    for rule in program.base.rules:
        if wanted.truths[rule.id] is None:
            assert reader(rule.when)(wanted.values) == unknown_names(rule.when, wanted.values), rule.id


ladder = lru_cache(maxsize=4)(compile_ladder)


def check_ladder(program: Program, memory: WorkingMemory, matches: Matches) -> None:
    """The compiled ladder gives what its steps mean."""
    looks = Looks(prepare(program), program, memory, matches, reference.match)

    def count(home: str, strength: str) -> int:
        rules = program.base.rules_of[home]
        return sum(rule.strength == strength and matches.truths[rule.id] is True for rule in rules)

    values: dict[str, Value | None] = dict(matches.values)
    known: dict[str, Value | None] = {}
    for step in program.ladder:
        match step:
            case Count(name, home, strength):
                values[name] = Decimal(count(home, strength))
            case UnexaminedCount(name, parts):
                values[name] = Decimal(sum(len(looks.open(rules)) for passed, rules in parts if values[passed] is True))
            case UnsettledCount(name, rules):
                values[name] = Decimal(sum(map(looks.is_unsettled, rules)))
            case UnprovenCount(name, stage):
                values[name] = Decimal(looks.unproven_count(stage, dict(known)) if stage else 0)
            case LeftOut(name):
                values[name] = Decimal(len(memory.left_out))
            case Tally(name, of):
                values[name] = Decimal(sum(values[other] is not True for other in of))
            case Total(name, of):
                values[name] = Decimal(sum(values[other] is True for other in of))
            case Decide(name, lines):
                known[name] = next((line.name for line in lines if truth(line.when, values) is True), None)
            case Define(name, expr, stage) if stage:
                held = truth(expr, values)
                known[name] = looks.holds_low(expr, stage, dict(known)) if held is True else held
            case Define(name, expr):
                known[name] = truth(expr, values)
        values |= known
    homes = {rule.home for rule in program.base.rules}
    counts = {(home, strength): count(home, strength) for home in homes for strength in program.base.ladder.strengths}
    found = ladder(program, memory.imprecise)(matches.values, counts, looks)
    assert found and found == {name: values[name] for name in found}


def test_every_engine_takes_part_that_this_python_can_load() -> None:
    assert (["rete", "compiled"] if sys.version_info < (3, 13) else ["compiled"]) == OTHERS


@pytest.fixture(scope="module")
def cases(base: RuleBase) -> Cases:
    worked = [*cases_in(ROOT / "rules" / "cases"), *cases_in(ROOT / "examples")]
    return Cases(base, [salesdx.read_case(path, base) for path in sorted(worked)], imprecise=True)


@pytest.mark.slow
@tries(CASES // 2)
@given(data=st.data())
def test_random_cases_of_the_shipped_rule_base(cases: Cases, data: st.DataObject) -> None:
    check(compile_base(cases.base), cases.read(data.draw(cases.drawn)))


@pytest.mark.slow
@tries(CASES // 2 // PER_BASE)
@given(data=st.data())
def test_random_rule_bases(data: st.DataObject) -> None:
    home = data.draw(homes())
    with TemporaryDirectory() as folder:
        base = load_home(Path(folder), home)
    random = Cases(base, imprecise=True)
    for _ in range(PER_BASE):
        check(compile_base(base), random.read(data.draw(random.drawn)))
