"""The benchmark asks the same questions of every engine: its yardstick is held to ours, so that it cannot rot."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import salesdx
from conftest import ROOT, cases_in
from salesdx.base.model import RuleBase
from salesdx.case.file import memory_from
from salesdx.case.memory import WorkingMemory
from salesdx.engine.backends import compiled
from salesdx.engine.program import compile_base

pytestmark = pytest.mark.slow

BENCHMARKS = ROOT / "benchmarks"
CASES = cases_in(ROOT / "rules" / "cases")


@pytest.fixture(autouse=True)
def path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(BENCHMARKS)


def answers(base: RuleBase, memories: list[WorkingMemory]) -> tuple[list[set[str]], list[set[str]]]:
    """The rules that are true in each case, by the yardstick and by ours."""
    from peers import peers
    from questions import questions

    asked: Any = questions(base)
    yardstick = peers(asked, open_world=True)[0]
    theirs = [yardstick.true_rules(yardstick.run(yardstick.prepare(memory.values))) for memory in memories]
    matched = [compiled.match(compile_base(base), memory).truths for memory in memories]
    return theirs, [{rule for rule in asked.rules if truths[rule] is True} for truths in matched]


def test_yardstick_on_the_worked_cases(base: RuleBase) -> None:
    from questions import questions

    read = [salesdx.read_case(case, base) for case in CASES]
    points = [memory for memory in read if not memory.imprecise]  # the others have no number between two ends
    theirs, ours = answers(base, points)
    assert len(points) > 0.9 * len(read)
    assert theirs == ours
    assert any(ours)
    assert len(questions(base).rules) > 0.9 * len(base.rules)  # what divides cannot be asked


@pytest.mark.parametrize("unknown", [0.0, 0.2])
def test_yardstick_on_a_generated_rule_base(unknown: float, tmp_path: Path) -> None:
    import synthetic

    synthetic.write(tmp_path / "base", ROOT, 60)
    base = salesdx.load(tmp_path / "base")
    theirs, ours = answers(base, [memory_from(facts, base) for facts in synthetic.cases(20, unknown)])
    assert theirs == ours
    assert any(ours)


def test_the_benchmark_runs() -> None:
    command = [sys.executable, str(BENCHMARKS / "bench.py"), "--sizes", "30", "--rounds", "1"]
    done = subprocess.run(
        command, env={"PYTHONPATH": str(ROOT / "src")}, capture_output=True, text=True, check=False, timeout=120
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("| one generated Python function |") == 3


@pytest.mark.parametrize("name", sorted(path.stem for path in BENCHMARKS.glob("*.py")))
def test_every_benchmark_finds_what_it_times(name: str) -> None:
    """A name that moved would end it before it begins."""
    assert import_module(name).__doc__


def test_the_rules_stand_twice_in_a_larger_base(base: RuleBase, tmp_path: Path) -> None:
    from prove import write

    twice = salesdx.load(write(tmp_path, base, 2))
    assert len(twice.rules) == 2 * len(base.rules)
    assert twice.profile.keys() == base.profile.keys()


def test_every_table_of_the_page_is_measured() -> None:
    tables = import_module("performance").TABLES
    page = (ROOT / "docs" / "performance.md").read_text("utf-8")
    found = dict(re.findall(r"<!-- measured: (\w+) -->\n\n(.*?)\n\n<!-- end -->", page, re.DOTALL))
    assert found.keys() == tables.keys() and page.count("<!-- measured") == len(tables)
    assert all("|" in table or name == "machine" for name, table in found.items())
