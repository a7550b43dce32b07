"""Cases in columns are decided as the reference decides them one by one: the vectors, random cases of the
shipped rules with every kind of unknown, and random rule bases.

SALESDX_FUZZ_CASES says how many random cases are tried (`make columnar`).
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from homes import load_home
from random_bases import Cases, homes
from random_cases import fuzz_cases, random_case
from salesdx.base.model import RuleBase
from salesdx.case.memory import WorkingMemory
from salesdx.engine import judgement
from salesdx.engine.backends import reference
from salesdx.engine.backends.columnar import columnar
from salesdx.engine.case_columns import CaseColumns, Column, Decisions, case_columns, is_short, slot_of
from salesdx.engine.program import compile_base
from salesdx.followup.with_record import with_record
from test_conformance import vector, vector_cases  # noqa: F401 (a fixture, once for each vector)

CASES = fuzz_cases(300)
BATCH = 2_000
NO_SHRINKING = (Phase.explicit, Phase.generate)
REFUSED = {"formulas that read findings"}
"""Vectors with a rule that columns refuse by name."""


def test_vector(vector: dict[str, Any]) -> None:  # noqa: F811
    decide = columnar(compile_base(vector["base"]))
    if vector["vector"] in REFUSED:
        rule, why = decide.refused_rules[0]
        assert rule in vector["base"].rule and "what a condition gives" in why
    assert differing(vector["base"], [memory for memory, _ in vector_cases(vector)]) == []


def test_rows_of_the_shipped_rules_are_decided_as_cases(base: RuleBase) -> None:
    refused = 0
    for start in range(0, CASES, BATCH):
        seeds = range(start, min(start + BATCH, CASES))
        memories = [random_case(Random(seed), base).memory(base) for seed in seeds]
        assert differing(base, memories) == []
        refused += int(columnar(compile_base(base)).decide(case_columns(base, memories)).refused.sum())
    assert refused <= CASES * 0.03


@settings(
    max_examples=12,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=NO_SHRINKING,
)
@given(data=st.data())
def test_rows_of_random_rule_bases_are_decided_as_cases(data: st.DataObject) -> None:
    home = data.draw(homes())
    with TemporaryDirectory() as folder:
        base = load_home(Path(folder), home)
    random = Cases(base, imprecise=True)
    assert differing(base, [random.read(data.draw(random.drawn)) for _ in range(10)]) == []


def test_a_long_number_stands_between_its_neighbours(base: RuleBase) -> None:
    term = base.terms["case_goal_amount"]
    told = ("100", "100.000000000000001", "100.000000000001", "123456.000000000000001", "123456.000000001")
    slots = [slot_of(term, Decimal(number)) for number in told]
    assert slots == sorted(set(slots))
    assert is_short(np.array(slots)).tolist() == [True, False, True, False, True]


def test_chunks_are_joined_as_one(base: RuleBase, monkeypatch: pytest.MonkeyPatch) -> None:
    columns = case_columns(base, [random_case(Random(seed), base).memory(base) for seed in range(20)])
    whole = columnar(compile_base(base)).decide(columns)
    monkeypatch.setattr("salesdx.engine.backends.columnar.CHUNK", 8)
    parts = columnar(compile_base(base)).decide(columns)
    assert [_of_row(parts, row) for row in range(20)] == [_of_row(whole, row) for row in range(20)]


def test_bare_rows_are_nobodys_word(base: RuleBase) -> None:
    columns = CaseColumns(3, {"case_attainment_pct": np.array([70.0, 120.0, np.nan])})
    decisions = columnar(compile_base(base)).decide(columns)
    words = decisions.words
    assert [words.modes[code] for code in decisions.mode] == ["diagnosis", "success", "diagnosis"]
    assert decisions.concluded.tolist() == [-1, -1, -1] and not decisions.refused.any()
    assert {words.statuses[code] for code in decisions.last_file} == {"not_reached"}


def differing(base: RuleBase, memories: list[WorkingMemory]) -> list[tuple[int, object]]:
    """The rows that are not refused and are not decided as the reference decides their case."""
    decisions = columnar(compile_base(base)).decide(case_columns(base, memories))
    rows = (row for row in range(len(memories)) if not decisions.refused[row])
    return [(row, found) for row in rows if (found := _differs(decisions, row, memories[row]))]


def _differs(decisions: Decisions, row: int, memory: WorkingMemory) -> dict[str, object]:
    wanted, found = _of_case(decisions, memory), _of_row(decisions, row)
    return {key: (found[key], wanted[key]) for key in wanted if found[key] != wanted[key]}


def _of_case(decisions: Decisions, memory: WorkingMemory) -> dict[str, object]:
    """A case decided alone, in the words of a row."""
    program, memory = compile_base(memory.base), with_record(memory)
    diagnosis = judgement.judge(program, memory, reference.match(program, memory), reference.match)
    return {
        "status": {standing.stage.id: standing.status for standing in diagnosis.standings},
        "held": [standing.stage.id for standing in diagnosis.standings if standing.held],
        "concluded": diagnosis.concluded.stage.id if diagnosis.concluded else None,
        "mode": diagnosis.mode,
        "verdict": diagnosis.verdict.name if diagnosis.verdict else None,
        "likely": {cause.standing.stage.id for cause in diagnosis.provisional.likely},
        "rules": {rule.id for rule in diagnosis.fired},
        "recommended": {each.intervention.id for each in diagnosis.recommendations},
        "unexamined": len(diagnosis.unexamined),
    }


def _of_row(decisions: Decisions, row: int) -> dict[str, object]:
    words = decisions.words

    def word(codes: Column, of: tuple[str, ...]) -> str | None:
        return None if codes[row] < 0 else of[codes[row]]

    def told(bits: Column, of: tuple[str, ...]) -> set[str]:
        column = np.unpackbits(bits, axis=1, bitorder="little")[:, row]
        return {name for name, holds in zip(of, column, strict=True) if holds}

    return {
        "status": {stage: word(codes, words.statuses) for stage, codes in decisions.status.items()},
        "held": [stage for stage, held in decisions.held.items() if held[row]],
        "concluded": word(decisions.concluded, words.stages),
        "mode": word(decisions.mode, words.modes),
        "verdict": word(decisions.verdict, words.verdicts),
        "likely": {stage for stage, holds in zip(words.stages, decisions.likely[:, row], strict=True) if holds},
        "rules": told(decisions.rules, words.rules),
        "recommended": told(decisions.recommended, words.interventions),
        "unexamined": int(decisions.unexamined[row]),
    }
