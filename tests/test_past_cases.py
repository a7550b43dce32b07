"""A change of the rules tried on many cases of the past: `salesdx diff --cases`."""

from __future__ import annotations

import json
from pathlib import Path
from shutil import copytree

import pytest
from click.testing import CliRunner

import salesdx
from salesdx.base.loading import shipped_home
from salesdx.cli import cli
from salesdx.services.many_cases import try_on_cases
from salesdx.text.issues import CaseError

FACTS = """case,case_attainment_pct,delivery_otif_pct,firm_ships_goods
north,99.5,71.5,true
south,88,,true
west,103,97,true
east,99,97,true
"""


@pytest.fixture(scope="module")
def milder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped rules, but that 99 percent are a goal that was met."""
    home = tmp_path_factory.mktemp("milder") / "home"
    for folder in ("knowledge", "rules"):
        copytree(shipped_home() / folder, home / folder)
    ladder = home / "knowledge" / "ladder.yaml"
    text = ladder.read_text("utf-8").replace("case_attainment_pct >= 100", "case_attainment_pct >= 99")
    ladder.write_text(text, "utf-8")
    return home


@pytest.fixture
def facts(tmp_path: Path) -> Path:
    path = tmp_path / "facts.csv"
    path.write_text(FACTS, "utf-8")
    return path


def test_each_move_is_counted_and_names_its_first_case(milder: Path, facts: Path) -> None:
    found = try_on_cases(str(facts), "", salesdx.load(), salesdx.load(milder))
    assert (found.cases, found.changed) == (4, 2)
    assert found.moves["mode", "diagnosis", "success"] == 2
    assert found.first["mode", "diagnosis", "success"] == "north"
    assert found.moves["status_delivery", "open", "not_run"] == 2
    assert all(move.before != move.after for move in found.moves)


def test_the_same_rules_change_nothing(facts: Path) -> None:
    found = try_on_cases(str(facts), "", salesdx.load(), salesdx.load())
    assert (found.cases, found.changed, dict(found.moves)) == (4, 0, {})


def test_a_fault_of_a_row_is_told_by_its_place(milder: Path, tmp_path: Path) -> None:
    path = tmp_path / "facts.csv"
    path.write_text(FACTS.replace("71.5", "many"), "utf-8")
    with pytest.raises(CaseError) as told:
        try_on_cases(str(path), "", salesdx.load(), salesdx.load(milder))
    assert [(issue.place.line, issue.severity) for issue in told.value.issues] == [(2, "error")]


def test_diff_tells_it_as_text_and_as_data(milder: Path, facts: Path) -> None:
    words = ["diff", "salesdx", str(milder), "--no-prove", "--cases", str(facts)]
    text, data = (CliRunner().invoke(cli, [*words, *more]) for more in ((), ("--format", "json")))
    assert "2 of 4 cases of the past come out otherwise." in text.output
    past = json.loads(data.output)["past_cases"]
    assert past["changed"] == 2
    assert {"what": "mode", "before": "diagnosis", "after": "success", "cases": 2, "first": "north"} in past["moves"]
