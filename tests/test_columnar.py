"""Cases in columns are decided as one by one: random cases of the shipped rules with every kind of unknown."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

import salesdx
from random_cases import fuzz_cases, random_case
from salesdx.base.model import RuleBase
from salesdx.case.memory import WorkingMemory
from salesdx.engine.backends.columnar import columnar
from salesdx.engine.case_columns import Column, Decisions, case_columns
from salesdx.engine.diagnose import quick
from salesdx.engine.program import compile_base

CASES = fuzz_cases(200)


@pytest.fixture(scope="module")
def base() -> RuleBase:
    return salesdx.load()


@pytest.fixture(scope="module")
def memories(base: RuleBase) -> list[WorkingMemory]:
    return [random_case(Random(seed), base).memory(base) for seed in range(CASES)]


def test_rows_are_decided_as_cases(base: RuleBase, memories: list[WorkingMemory]) -> None:
    decisions = columnar(compile_base(base)).decide(case_columns(base, memories))
    differ = [
        row for row, memory in enumerate(memories) if not decisions.refused[row] and _differs(decisions, row, memory)
    ]
    assert differ == []
    assert decisions.refused.mean() < 0.01


def _differs(decisions: Decisions, row: int, memory: WorkingMemory) -> dict[str, object]:
    wanted, found = _of_case(decisions, memory), _of_row(decisions, row)
    return {key: (found[key], wanted[key]) for key in wanted if found[key] != wanted[key]}


def _of_case(decisions: Decisions, memory: WorkingMemory) -> dict[str, object]:
    """A case decided alone, in the words of a row."""
    diagnosis = quick(memory.base, memory)
    given = (*diagnosis.recommendations, *diagnosis.alternatives)
    return {
        "status": {standing.stage.id: standing.status for standing in diagnosis.standings},
        "held": [standing.stage.id for standing in diagnosis.standings if standing.held],
        "concluded": diagnosis.concluded.stage.id if diagnosis.concluded else None,
        "mode": diagnosis.mode,
        "verdict": diagnosis.verdict.name if diagnosis.verdict else None,
        "likely": {cause.standing.stage.id for cause in diagnosis.provisional.likely},
        "rules": {rule.id for rule in diagnosis.fired},
        "recommended": {each.intervention.id for each in given},
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
