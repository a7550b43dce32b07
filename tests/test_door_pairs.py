"""Random pairs of rules: what `prove --against` says holds is opened by no random case, what it opens is confirmed."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from door_pairs import cases, pair
from random_cases import fuzz_cases
from salesdx.authoring.against import OPENS, UNDECIDED, AgainstBase
from salesdx.base.background import HOLDS
from salesdx.case.other_rules import carried
from salesdx.engine.backends.smt.doors import Door, stands_open
from salesdx.engine.diagnose import quick

PAIRS, CASES = 60, 60


@pytest.mark.slow
def test_no_random_case_opens_a_door_that_holds() -> None:
    found: Counter[str] = Counter()
    for seed in range(fuzz_cases(PAIRS)):
        base, new = pair(seed)
        against = AgainstBase(new, base)
        results = {door: against.decide(door).result for door in against.doors}  # what opens is confirmed there
        found.update(results.values())
        holds = [door for door, result in results.items() if result == HOLDS]
        assert opened_by_chance(against, holds, seed) == [], seed
    assert found[HOLDS] > found[OPENS] > found[HOLDS] / 10
    assert found[UNDECIDED] <= sum(found.values()) / 10  # who must know a term, or its range, is another


def opened_by_chance(against: AgainstBase, holds: list[Door], seed: int) -> list[str]:
    """The doors that a random case opens although they were found to be shut."""
    found = []
    for case in cases(against.new, Random(seed), CASES):
        here, there = quick(against.new, case), quick(against.base, carried(case, against.base)[0])
        found += [str(door) for door in holds if stands_open(door, here, there)]
    return found
