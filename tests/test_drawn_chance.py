"""Few teams with fixed seeds, drawn and decided: chance and traps end at nobody, and a weak seller is found."""

from __future__ import annotations

import importlib
import sys
from random import Random
from typing import Any

import pytest

from conftest import ROOT

sys.path.insert(0, str(ROOT / "benchmarks"))
teams: Any = importlib.import_module("drawn_persons")
TIMES = {teams.placebo: 3, teams.weak: 3}
"""How many teams of a kind; one of every other."""


@pytest.fixture(scope="module")
def ours() -> Any:
    return teams.firm(None)


@pytest.mark.parametrize("what", list(teams.CASES))
def test_nobody_is_found_by_chance_or_a_trap_and_a_weak_seller_is(ours: Any, what: str) -> None:
    make = teams.CASES[what]
    random = Random(7)
    found = [teams.concluded(ours, ours.base, make(random)) for _ in range(TIMES.get(make, 1))]
    assert found.count(["weak"]) >= 2 if make is teams.weak else found == [[]] * len(found)
