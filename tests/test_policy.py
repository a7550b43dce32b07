"""knowledge/policy.yaml: read as it stands, and refused with every fault."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import salesdx
from conftest import ROOT
from salesdx.base.loading import load
from salesdx.base.model import RuleBase
from salesdx.base.policy_fields import LEAST
from salesdx.base.policy_model import Policy
from salesdx.cli import cli

GOOD = (ROOT / "knowledge/policy.yaml").read_text(encoding="utf-8")


def run(*words: str) -> Result:
    return CliRunner().invoke(cli, words, prog_name="salesdx", catch_exceptions=False)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    for room in ("knowledge", "rules"):
        shutil.copytree(ROOT / room, tmp_path / room)
    return tmp_path


def test_the_shipped_policy(base: RuleBase) -> None:
    kept = {"person": 1095, "other": 3650}
    assert base.policy is not None
    assert replace(base.policy, may={}) == Policy(("hr", "reviewer"), 24, 400, 5, Decimal("0.8"), kept)
    assert base.policy.may.keys() == LEAST.keys()
    assert {act: (grant.persons, grant.delay_days) for act, grant in base.policy.may.items() if grant.persons > 1} == {
        "sign_off": (2, 0), "release": (2, 0), "erase": (2, 7), "retention": (2, 7), "people": (2, 0), "rotate": (2, 0),
        "adopt": (2, 0),
    }  # fmt: skip
    assert base.policy.may["people"].roles == ("admin",)
    assert base.policy.may["see_people"].roles == ("hr",)
    assert [act for act, grant in base.policy.may.items() if "admin" in grant.roles] == [
        "people", "rotate", "witness", "map_systems",
    ]  # fmt: skip


def test_who_reads_tries_and_compares_rules_follows_from_the_others_where_it_is_not_said(
    home: Path, base: RuleBase
) -> None:
    assert base.policy is not None
    told = {act: set(base.policy.may[act].roles) for act in ("read_rules", "try_rules", "compare_rules")}
    assert told == {
        "read_rules": {"consultant", "works_council", "sales_manager", "hr", "reviewer", "auditor", "legal"},
        "try_rules": {"consultant", "works_council", "hr", "legal"},
        "compare_rules": {"consultant"},
    }
    mine = GOOD + "  try_rules: {roles: [consultant]}\n"
    (home / "knowledge/policy.yaml").write_text(mine, encoding="utf-8")
    found = salesdx.load(home).policy
    assert found is not None and found.may["try_rules"].roles == ("consultant",)
    assert found.may["read_rules"] == base.policy.may["read_rules"]


@pytest.mark.parametrize(("roles", "goes"), [("[consultant]", True), ("[consultant, sales_manager]", False)])
def test_a_firm_gives_the_rules_to_fewer_and_never_to_more(tmp_path: Path, roles: str, goes: bool) -> None:
    (tmp_path / "knowledge").mkdir()
    (tmp_path / "layer.yaml").write_text("extends: salesdx\n", encoding="utf-8")
    layer = GOOD[GOOD.index("may:") :] + f"  try_rules: {{roles: {roles}}}\n"
    (tmp_path / "knowledge/policy.yaml").write_text(layer, encoding="utf-8")
    done = run("check", "--home", str(tmp_path))
    refused = "the base does not let `sales_manager` do `try_rules`"
    assert (refused in done.output) is not goes, done.output


def test_where_nothing_is_said_a_signature_counts_for_two_weeks(home: Path) -> None:
    told = [line for line in GOOD.splitlines(keepends=True) if "signature_days" not in line]
    (home / "knowledge/policy.yaml").write_text("".join(told), encoding="utf-8")
    found = salesdx.load(home).policy
    assert found is not None and found.signature_days == 14


def test_a_firm_may_want_a_witness_more_often(home: Path, base: RuleBase) -> None:
    assert base.policy is not None and base.policy.outside_days == 31
    told = GOOD.replace("small_cell: 5", "small_cell: 5\noutside_days: 7")
    (home / "knowledge/policy.yaml").write_text(told, encoding="utf-8")
    found = salesdx.load(home).policy
    assert found is not None and found.outside_days == 7


def test_without_a_policy_there_is_none_and_the_digest_differs(home: Path, base: RuleBase) -> None:
    (home / "knowledge/policy.yaml").unlink()
    found = salesdx.load(home)
    assert found.policy is None
    assert found.digest != base.digest


@pytest.mark.parametrize(
    ("old", "new", "code", "underlined"),
    [
        ("roles: [hr, reviewer]", "roles: [hr]", "policy", "[hr]"),
        ("\n  roles: [hr, reviewer]", "\n  roles: [hr, hr]", "policy", "[hr, hr]"),
        ("wait_hours: 24", "wait_hours: -1", "range", "-1"),
        ("wait_hours: 24", "wait_hours: 0", "range", "0"),
        ("wait_hours: 24", "wait_hours: 23", "range", "23"),
        ("person: 1095", "person: 182", "floor-policy", "182"),
        ("{person: 1095, other: 3650}", "{company: 3650, other: 100}", "floor-policy", "100"),
        ("wait_hours: 24", "wait_hours: soon", "type", "soon"),
        ("signature_days: 14", "signature_days: 15", "range", "15"),
        ("signature_days: 14", "signature_days: 0", "range", "0"),
        ("small_cell: 5", "small_cell: 5\noutside_days: 32", "range", "32"),
        ("small_cell: 5", "small_cell: 5\noutside_days: 0", "range", "0"),
        ("small_cell: 5", "small_cell: 1", "range", "1"),
        ("small_cell: 5", "smal_cell: 5", "unknown-key", "smal_cell"),
        ("impact_ratio: 0.8", "impact_ratio: 8", "range", "8"),
        ("person: 1095", "persons: 1095", "policy", "persons"),
        ("other: 3650", "company: 3650", "missing-key", "{person: 1095, company: 3650}"),
        ("{person: 1095, other: 3650}", "always", "type", "always"),
        ("  release: {roles: [legal], persons: 2}", "  release: {roles: [legal]}", "policy", "{roles: [legal]}"),
        ("persons: 2, delay_days: 7", "persons: 2, delay_days: 6", "policy", "6"),
        ("  hold: {", "  hld: {roles: [hr]}\n  hold: {", "policy", "hld"),
        ("  hold: {roles: [hr, legal]}\n", "", "missing-key", "answer: {roles: [sales_manager, hr]}"),
        ("  hold: {roles: [hr, legal]}", "  hold: {persons: 1}", "missing-key", "{persons: 1}"),
        ("reading_words_per_minute: 400\n", "", "missing-key", "# What"),
        (
            "erase: {roles: [hr], persons: 2, delay_days: 7}",
            "erase: {roles: [hr], persons: 2, delay_days: 6}",
            "policy",
            "6",
        ),
        ("erase: {roles: [hr], persons: 2,", "erase: {roles: [hr], persons: 1,", "policy", "1"),
        ("people: {roles: [admin], persons: 2}", "people: {roles: [admin], persons: 3}", "policy", "3"),
        ("  hold: {roles: [hr, legal]}", "  hold: {roles: [hr, legal], persons: 2}", "policy", "2"),
        ("people: {roles: [admin],", "people: {roles: [admin], delay_days: 1,", "policy", "1"),
        (
            "sign_off: {roles: [hr, reviewer], persons: 2}",
            "sign_off: {roles: [hr, reviewer]}",
            "policy",
            "{roles: [hr, reviewer]}",
        ),
        ("  letter: {roles: [hr]}\n", "", "missing-key", "# Who"),
        ("letter: {roles: [hr]}", "letter: {roles: []}", "type", "[]"),
        ("letter: {roles: [hr]}", "letter: {roles: hr}", "type", "hr"),
        ("letter: {roles: [hr]}", "letter: {roles: [hr, hr]}", "type", "[hr, hr]"),
    ],
)
def test_faults(home: Path, old: str, new: str, code: str, underlined: str) -> None:
    assert old in GOOD
    (home / "knowledge/policy.yaml").write_text(GOOD.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(salesdx.RuleBaseError) as raised:
        salesdx.load(home)
    (issue,) = raised.value.issues
    place = issue.place
    assert issue.code == code
    if not underlined.startswith("#"):
        assert place.text[place.column - 1 : place.end_column - 1] == underlined


LOWEST = GOOD.replace("person: 1095, other: 3650", "person: 183, other: 1")


def test_what_a_firm_may_not_go_below_and_where_it_is_free(home: Path) -> None:
    file = home / "knowledge/policy.yaml"
    file.write_text(LOWEST, encoding="utf-8")
    policy = salesdx.load(home).policy
    assert policy is not None and policy.retention_days == {"person": 183, "other": 1}

    file.write_text(GOOD.replace("person: 1095", "person: 182"), encoding="utf-8")
    with pytest.raises(salesdx.RuleBaseError) as raised:
        salesdx.load(home)
    (issue,) = raised.value.issues
    assert issue.message == "a case about a person is kept for 183 days at least, here are 182"
    assert issue.help == "a firm may ask for more, and never for less"


def test_a_policy_that_was_recorded_before_there_was_a_floor_is_read_as_it_was(home: Path) -> None:
    old = GOOD.replace("wait_hours: 24", "wait_hours: 0").replace("person: 1095", "person: 30")
    (home / "knowledge/policy.yaml").write_text(old, encoding="utf-8")
    policy = load(home, held=False).policy
    assert policy is not None and (policy.wait_hours, policy.retention_days["person"]) == (0, 30)


@pytest.mark.parametrize("wait", [0, 23])
def test_neither_a_layer_nor_a_copy_waits_less(tmp_path: Path, wait: int) -> None:
    """Each is refused with the file, the line and the column of the number."""
    layer, copy = tmp_path / "layer", tmp_path / "copy"
    (layer / "knowledge").mkdir(parents=True)
    (layer / "layer.yaml").write_text("extends: salesdx\n", encoding="utf-8")
    (layer / "knowledge/policy.yaml").write_text(f"sign_off:\n  wait_hours: {wait}\n  roles: [hr, reviewer]\n")
    assert run("init", str(copy)).exit_code == 0
    file = copy / "knowledge/policy.yaml"
    file.write_text(file.read_text("utf-8").replace("wait_hours: 24", f"wait_hours: {wait}"), encoding="utf-8")
    for home, line in ((layer, 2), (copy, 9)):
        found = run("check", "--home", str(home), "--format", "json")
        assert found.exit_code == 1
        [told] = [one for one in json.loads(found.stdout) if one["severity"] == "error"]
        assert (told["code"], told["path"], told["line"], told["column"], told["message"]) == (
            "range",
            f"{home}/knowledge/policy.yaml",
            line,
            15,
            "`wait_hours` is a whole number from 24 to 8760",
        )
