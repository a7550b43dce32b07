"""knowledge/policy.yaml: read as it stands, and refused with every fault."""

from __future__ import annotations

import shutil
from decimal import Decimal
from pathlib import Path

import pytest

import salesdx
from conftest import ROOT
from salesdx.base.model import Policy, RuleBase

GOOD = (ROOT / "knowledge/policy.yaml").read_text(encoding="utf-8")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    for room in ("knowledge", "rules"):
        shutil.copytree(ROOT / room, tmp_path / room)
    return tmp_path


def test_the_shipped_policy(base: RuleBase) -> None:
    kept = {"person": 1095, "other": 3650}
    assert base.policy == Policy(("hr", "reviewer"), 24, 400, 5, Decimal("0.8"), kept)


def test_where_nothing_is_said_a_signature_counts_for_two_weeks(home: Path) -> None:
    told = [line for line in GOOD.splitlines(keepends=True) if "signature_days" not in line]
    (home / "knowledge/policy.yaml").write_text("".join(told), encoding="utf-8")
    found = salesdx.load(home).policy
    assert found is not None and found.signature_days == 14


def test_without_a_policy_there_is_none_and_the_digest_differs(home: Path, base: RuleBase) -> None:
    (home / "knowledge/policy.yaml").unlink()
    found = salesdx.load(home)
    assert found.policy is None
    assert found.digest != base.digest


@pytest.mark.parametrize(
    ("old", "new", "code", "underlined"),
    [
        ("roles: [hr, reviewer]", "roles: [hr]", "policy", "[hr]"),
        ("roles: [hr, reviewer]", "roles: [hr, hr]", "policy", "[hr, hr]"),
        ("wait_hours: 24", "wait_hours: -1", "range", "-1"),
        ("wait_hours: 24", "wait_hours: soon", "type", "soon"),
        ("signature_days: 14", "signature_days: 15", "range", "15"),
        ("signature_days: 14", "signature_days: 0", "range", "0"),
        ("small_cell: 5", "small_cell: 1", "range", "1"),
        ("small_cell: 5", "smal_cell: 5", "unknown-key", "smal_cell"),
        ("impact_ratio: 0.8", "impact_ratio: 8", "range", "8"),
        ("person: 1095", "persons: 1095", "policy", "persons"),
        ("other: 3650", "company: 3650", "missing-key", "{person: 1095, company: 3650}"),
        ("{person: 1095, other: 3650}", "always", "type", "always"),
        ("reading_words_per_minute: 400\n", "", "missing-key", "# What"),
    ],
)
def test_faults(home: Path, old: str, new: str, code: str, underlined: str) -> None:
    assert old in GOOD
    (home / "knowledge/policy.yaml").write_text(GOOD.replace(old, new), encoding="utf-8")
    with pytest.raises(salesdx.RuleBaseError) as raised:
        salesdx.load(home)
    (issue,) = raised.value.issues
    place = issue.place
    assert issue.code == code
    if not underlined.startswith("#"):
        assert place.text[place.column - 1 : place.end_column - 1] == underlined
