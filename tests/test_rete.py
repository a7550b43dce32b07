"""The rete back end: what goes wrong in durable_rules cannot happen here, and worked cases come out alike."""

from __future__ import annotations

import gc
import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest

import salesdx
from conftest import ROOT, cases_in
from homes import memory_of, one_stage
from salesdx.base.model import RuleBase
from salesdx.case.statement import Unknown
from salesdx.engine.backends import reference, rete
from salesdx.engine.backends.rete.rows import JOINS, rows_of
from salesdx.engine.diagnose import BACKENDS, EngineError, diagnose, rete_loads
from salesdx.engine.program import RuleRefused, compile_base

needs_rete = pytest.mark.skipif(bool(rete_loads()), reason=rete_loads())
CASES = [*cases_in(ROOT / "rules" / "cases"), *cases_in(ROOT / "examples")]


def agree(base: RuleBase, *cases: dict[str, Any]) -> None:
    """Rete gives the truths and values of the reference."""
    program = compile_base(base)
    for facts in cases:
        memory = memory_of(base, facts)
        found, wanted = rete.match(program, memory), reference.match(program, memory)
        assert found.truths == wanted.truths, facts
        assert dict(found.values) == dict(wanted.values), facts


def refusal(base: RuleBase) -> str:
    with pytest.raises(RuleRefused) as refused:
        rete.match(compile_base(base), memory_of(base, {}))
    return str(refused.value)


# --- the shipped rule base ----------------------------------------------------------------------------------------


@needs_rete
@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_worked_cases_come_out_alike(base: RuleBase, path: Path) -> None:
    memory = salesdx.read_case(path, base)
    matches = {
        name: BACK.match(compile_base(base), memory) for name, BACK in (("rete", rete), ("reference", reference))
    }
    assert matches["rete"] == matches["reference"]
    found, wanted = (diagnose(base, memory, engine).to_dict() for engine in ("auto", "reference"))
    assert found.pop("engine")["checked_by"] == "reference" and wanted.pop("engine")["checked_by"] is None
    assert found == wanted


def test_auto_says_which_engine_ran(base: RuleBase) -> None:
    engine = diagnose(base, memory_of(base, {})).to_dict()["engine"]
    if rete_loads():
        assert (engine["name"], engine["checked_by"], engine["note"]) == ("reference", None, rete_loads())
        with pytest.raises(EngineError, match="durable_rules"):
            diagnose(base, memory_of(base, {}), "rete")
    else:
        assert (engine["name"], engine["checked_by"]) == ("rete", "reference")
        assert "note" not in engine


@needs_rete
def test_the_library_is_loaded_only_when_used_and_starts_no_thread() -> None:
    code = """
import sys, threading, salesdx, salesdx.engine.backends.rete
base = salesdx.load()
memory = salesdx.memory_from({"case_subject": "person"}, base)
salesdx.diagnose(base, memory, engine="reference")
assert not any(name.startswith("durable") for name in sys.modules)
assert salesdx.diagnose(base, memory).engine.name == "rete"
assert "durable.lang" not in sys.modules and threading.active_count() == 1
"""
    subprocess.run([sys.executable, "-c", code], check=True)


# --- one fact a name ----------------------------------------------------------------------------------------------


@needs_rete
def test_wide_cases_and_many_rules(tmp_path: Path) -> None:
    random = Random(7)
    terms = {f"t{i}": random.choice(["number", "boolean", "percent"]) for i in range(40)}

    def test() -> str:
        name = random.choice([*terms])
        return name if terms[name] == "boolean" else f"{name} {random.choice(['<', '>=', '=='])} {random.randrange(9)}"

    rules = {f"R{i}": " and ".join(test() for _ in range(3)) for i in range(200)}
    base = one_stage(tmp_path, terms, rules)
    cases = (
        {name: random.random() < 0.5 if kind == "boolean" else random.randrange(9) for name, kind in terms.items()}
        for _ in range(25)
    )
    agree(base, *cases)


@needs_rete
def test_more_names_than_one_node_can_tell_apart(tmp_path: Path) -> None:
    base = one_stage(tmp_path, {f"t{i}": "boolean" for i in range(700)}, {f"R{i}": f"t{i}" for i in range(700)})
    agree(base, {f"t{i}": i % 3 == 0 for i in range(0, 700, 2)})


# --- limits are counted when the program is compiled --------------------------------------------------------------


def thresholds(count: int) -> dict[str, str]:
    return {f"R{i}": f"x > {i} and a" for i in range(count)}


@needs_rete
def test_64_tests_can_hold_at_once_and_no_more(tmp_path: Path) -> None:
    terms = {"x": "number", "a": "boolean"}
    base = one_stage(tmp_path / "held", terms, thresholds(64))
    agree(base, {"x": 999, "a": True}, {"x": 32, "a": True}, {"x": 0}, {"a": False})
    message = refusal(one_stage(tmp_path / "refused", terms, thresholds(65)))
    assert (
        message
        == "rule `R64` is more than the rete engine can hold: more than 64 different tests of `x` can hold at once"
    )


@needs_rete
def test_tests_that_cannot_hold_at_once_are_not_counted(tmp_path: Path) -> None:
    names = [f"v{i}" for i in range(70)]
    rules = {f"R{i}": f"c == '{name}' and a" for i, name in enumerate(names)}
    base = one_stage(tmp_path / "enum", {"c": {"type": "enum", "values": names}, "a": "boolean"}, rules)
    assert "tests of `c` can hold at once" in refusal(base)  # each rule's falsity tests that it is another value
    rules = {f"R{i}": f"not x > {i} and a" if i % 2 else f"x > {i} and a" for i in range(64)}
    agree(
        one_stage(tmp_path / "both", {"x": "number", "a": "boolean"}, rules), {"x": 70, "a": True}, {"x": -1}, {"x": 31}
    )


@needs_rete
def test_255_conditions_can_share_a_test_and_no_more(tmp_path: Path) -> None:
    terms = {"a": "boolean", "b": "boolean"}
    base = one_stage(tmp_path / "held", terms, {f"R{i}": "a and b" for i in range(255)})
    agree(base, {"a": True, "b": True}, {"a": True, "b": False}, {"b": False}, {"b": True})
    message = refusal(one_stage(tmp_path / "refused", terms, {f"R{i}": "a and b" for i in range(256)}))
    assert (
        message == "rule `R255` is more than the rete engine can hold: more than 255 conditions share one test of `a`"
    )


@needs_rete
def test_511_tests_of_a_fact_and_no_more(tmp_path: Path) -> None:
    """One more, and the engine would search its full table for ever."""

    def rule(tests: int) -> str:
        return " and ".join([*(f"x != {i}" for i in range(tests)), "false"])

    agree(one_stage(tmp_path / "held", {"x": "number"}, {"R": rule(511)}), {"x": 510}, {"x": 0}, {"x": 511})
    message = refusal(one_stage(tmp_path / "refused", {"x": "number"}, {"R": rule(512)}))
    assert message == "rule `R` is more than the rete engine can hold: there are more than 511 different tests of `x`"


@needs_rete
def test_4096_rules_of_the_engine_and_no_more(tmp_path: Path) -> None:
    terms = {f"t{i}": "boolean" for i in range(64)}
    base = one_stage(tmp_path, terms, {f"R{i}": f"t{i % 64} and t{i // 64}" for i in range(1366)})
    assert refusal(base) == (
        "rule `R1365` is more than the rete engine can hold: the conditions need more than 4,096 of its rules"
    )


@needs_rete
@pytest.mark.parametrize(
    ("error", "definition", "facts"),
    [
        (303, {f"r{i}": [{"$gt": {"v": i}}] for i in range(65)}, 99),
        (108, {f"r{i}": [{"v": 1}] for i in range(300)}, 1),  # at 257 some builds crash instead of saying so
        (304, {"r": [{"$gt": {"v": i}} for i in range(JOINS + 1)]}, 99),
        (106, {f"r{i}": [{"$and": [{"v": 1}, {"w": i % 500}]}] for i in range(4097)}, 1),
    ],
)
def test_the_engine_has_these_limits(error: int, definition: dict[str, list[Any]], facts: int) -> None:
    """What is counted when a program is compiled; if a release of the library lifts a limit, this says so."""
    from durable.engine import Ruleset

    def rules() -> Iterator[tuple[str, Any]]:
        for id, tests in definition.items():
            yield id, {"all": [{f"m_{i}": test} for i, test in enumerate(tests)], "dist": 0, "run": lambda c: None}

    with pytest.raises(Exception, match=f"error code: {error}"):
        Ruleset("limits", object(), dict(rules())).assert_fact({"sid": "1", "id": "1", "v": facts})


@needs_rete
def test_a_refused_rule_leaves_the_reference_alone(tmp_path: Path) -> None:
    base = one_stage(tmp_path, {"x": "number", "a": "boolean"}, thresholds(65))
    memory = memory_of(base, {"x": 64.5, "a": True})
    found = diagnose(base, memory)
    assert (found.engine.name, found.engine.checked_by, len(found.fired)) == ("reference", None, 65)
    assert found.engine.note.startswith("rule `R64` is more than the rete engine can hold")
    with pytest.raises(EngineError, match=r"^rule `R64` is more than the rete engine can hold"):
        diagnose(base, memory, "rete")


@needs_rete
def test_conditions_cost_rows_not_their_product(tmp_path: Path) -> None:
    terms = {f"t{i}": "boolean" for i in range(60)}
    ors = " and ".join(f"(t{i} or t{i + 1} or t{i + 2})" for i in range(0, 60, 3))
    nested = "t0"
    for i in range(1, 30):
        nested = f"({nested}) == t{i}"
    base = one_stage(tmp_path, terms, {"ORS": ors, "NORS": f"not ({ors})", "NESTED": nested})
    assert len(rows_of(compile_base(base))) < 600
    true = dict.fromkeys(terms, True)
    agree(base, true, true | {"t4": False}, {**true, "t3": False, "t4": False, "t5": False}, {"t3": True}, {})


# --- what reaches the engine --------------------------------------------------------------------------------------


def parts(node: Any) -> Iterator[tuple[str, Any]]:
    """The keys of a definition, each with what stands under it."""
    if isinstance(node, dict):
        for key, part in node.items():
            yield key, part
            yield from parts(part)
    elif isinstance(node, list):
        for part in node:
            yield from parts(part)


@needs_rete
def test_only_small_numbers_and_names_of_ours_reach_the_engine(base: RuleBase, tmp_path: Path) -> None:
    odd = one_stage(
        tmp_path,
        {"x": "number", "a": "boolean", "d": "date", "c": {"type": "enum", "values": ["null", "true_", "m", "sid"]}},
        {
            "TINY": "x > 0.0000001 or x < -0.0000001",
            "HUGE": "x >= 999999999999999 or x == 12345678901234567890.5",
            "TEXT": "c == 'null' or c in ['m', 'sid']",
            "DATE": "d < 9999-12-31 and not a",
        },
    )
    for rules in (base, odd):
        definition = rete._network(compile_base(rules)).engine.get_definition()
        words = {key for key, part in parts(definition) if not (key[0] in "rm" and isinstance(part, dict))}
        assert words <= {"all", "dist", "$and", "$or", "$neq", "$lt", "$lte", "$gt", "$gte", "g", "n", "v", "l", "h"}
        leaves = [part for _, part in parts(definition) if not isinstance(part, dict | list)]
        assert all((type(part) is int and part < 10_000) or (type(part) is str and part.isdigit()) for part in leaves)
        assert json.dumps(definition).isascii()
    agree(odd, {"x": Decimal("0.0000001"), "c": "null", "d": "9999-12-30", "a": False})
    agree(odd, {"x": Decimal("0.00000010000001"), "c": "m", "a": False}, {"x": 999999999999999, "a": True})


@needs_rete
def test_no_text_of_a_file_can_break_the_definition(tmp_path: Path) -> None:
    base = one_stage(
        tmp_path,
        {"c": {"type": "enum", "values": ["one", "two"]}},
        {"R": {"when": "c == 'one'", "finding": "f"}, "S": "f"},
    )
    evil = '$m": {"$nex": {"\\ü\n'
    program = compile_base(
        replace(base, rules=tuple(replace(rule, id=rule.id + evil, because=evil, text=evil) for rule in base.rules))
    )
    for value, truth in (("one", True), (evil, False), ("", False)):
        memory = memory_of(base, {}).with_fact("c", value)
        assert rete.match(program, memory).truths == {"R" + evil: truth, "S" + evil: truth}


def test_facts_are_told_apart_by_the_engine() -> None:
    """The engine tells facts apart by a hash of their ids (FNV-1a, 32 bit): ours have different ones."""

    def hashed(text: str) -> int:
        found = 0x811C9DC5
        for byte in text.encode():
            found = (found ^ byte) * 0x01000193 % 2**32
        return found

    assert len({hashed(id) for id in [*map(str, range(30_000)), f"sid-{rete.CASE}"]}) == 30_001


# --- many cases, and faults ---------------------------------------------------------------------------------------


def resident() -> int:
    """Memory in use, in bytes."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


@pytest.mark.slow
@needs_rete
def test_more_cases_than_the_engine_holds_at_once_and_no_memory_kept(base: RuleBase) -> None:
    program = compile_base(base)
    memory = memory_of(
        base, {"case_subject": "person", "case_attainment_pct": 61, "price_index_vs_competitor_pct": 120}
    )
    terms = [term for term in base.terms.values() if term.type == "boolean" and not term.computed]
    wanted = reference.match(program, memory).truths
    before = 0
    for i in range(1_150):
        changed = memory.with_fact(terms[i % len(terms)].name, i % 2 == 0)
        assert rete.match(program, changed).truths.keys() == wanted.keys()
        if i == 300 and sys.platform == "linux":
            gc.collect()
            before = resident()
    assert rete.match(program, memory).truths == wanted
    if before:
        gc.collect()
        assert resident() - before < 20_000_000


@pytest.mark.slow
@needs_rete
@pytest.mark.skipif(sys.platform != "linux", reason="reads memory in use from /proc")
def test_programs_that_are_not_used_any_more_are_freed(tmp_path: Path) -> None:
    base = one_stage(
        tmp_path, {f"t{i}": "boolean" for i in range(30)}, {f"R{i}": f"t{i} and t{29 - i}" for i in range(30)}
    )
    marks = []
    for i in range(151):
        agree(replace(base, version=str(i)), {"t1": True})
        if i in (30, 90, 150):
            gc.collect()
            marks.append(resident())
    growth = marks[1] - marks[0], marks[2] - marks[1]
    assert min(growth) < 15_000_000, growth  # what is kept grows in both; what a process takes at once, in one


@needs_rete
def test_an_error_in_an_action_is_raised_and_the_next_case_is_right(tmp_path: Path) -> None:
    base = one_stage(tmp_path, {"x": "number", "y": "number"}, {"R": "x + 1 > y", "S": "y > 5"})
    program = compile_base(base)
    good = memory_of(base, {"x": 5, "y": 5.5})
    for bad in (good.with_fact("x", "five"), good.with_fact("y", "five")):
        for _ in range(3):
            with pytest.raises((ValueError, TypeError)):
                rete.match(program, bad)
        assert rete.match(program, good).truths == {"R": True, "S": True}
    assert rete.match(program, good.with_fact("y", None)).truths == {"R": None, "S": None}


@needs_rete
def test_first_cases_that_say_nothing_or_fail(tmp_path: Path) -> None:
    base = one_stage(tmp_path, {"x": "number", "y": "number"}, {"R": "x > y", "S": "y > 5"})
    for i in range(20):
        program = compile_base(replace(base, version=str(i)))
        if i % 2:
            with pytest.raises(TypeError):
                rete.match(program, memory_of(base, {}).with_fact("y", "five"))
        assert rete.match(program, memory_of(base, {})).truths == {"R": None, "S": None}


@needs_rete
def test_facts_that_no_rule_reads_are_no_fault(tmp_path: Path) -> None:
    base = one_stage(tmp_path, {"x": "number", "y": "number", "z": "boolean"}, {"R": "x > 5 and x < 3", "S": "x == 4"})
    agree(base, {"y": 3, "z": True}, {"x": 10}, {"x": 4, "y": 1})


@needs_rete
def test_unknown_facts_are_never_told(tmp_path: Path) -> None:
    base = one_stage(tmp_path, {"x": "number", "a": "boolean"}, {"R": "x != 5", "S": "not a", "T": "x < 5 or a"})
    program = compile_base(base)
    for unknown in (*Unknown, None):
        memory = memory_of(base, {}).with_fact("x", unknown).with_fact("a", unknown)
        assert rete.match(program, memory).truths == {"R": None, "S": None, "T": None}


@needs_rete
def test_one_fact_can_be_joined_twice(tmp_path: Path) -> None:
    base = one_stage(
        tmp_path, {"x": "number"}, {"R": "x > 1 and x < 9 and x != 5 and x > 1", "S": "x * x > x and x > 2"}
    )
    agree(base, {"x": 3}, {"x": 5}, {"x": 9}, {"x": 1.5})


@needs_rete
def test_threads_wait_for_each_other(base: RuleBase) -> None:
    program = compile_base(base)
    memories = [
        memory_of(base, {"case_subject": kind, "case_attainment_pct": n})
        for kind in ("person", "company")
        for n in (60, 120)
    ]
    with ThreadPoolExecutor(4) as pool:
        found = [*pool.map(lambda memory: rete.match(program, memory), memories * 8)]
    assert found == [reference.match(program, memory) for memory in memories] * 8


def test_every_back_end_is_registered_under_its_name() -> None:
    import importlib

    assert {name: importlib.import_module(module).name for name, module in BACKENDS.items()} == {n: n for n in BACKENDS}
