"""Rules that are named by their pin, the digest: found where their files are at hand, else told where one looked."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

import salesdx
from conftest import ROOT
from salesdx.base.copying import write_copied
from salesdx.cli import cli
from salesdx.ledger.log import open_trail
from salesdx.trail.pinned import pinned_files

CASE = ROOT / "examples" / "late-delivery.yaml"
LIMIT = ("knowledge/success.yaml", "unit_exceeds: {value: 110", "unit_exceeds: {value: 111")
"""An edit that tells the rules from the shipped ones."""


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A whole folder of rules that are not the shipped ones."""
    for room in ("knowledge", "rules"):
        shutil.copytree(ROOT / room, tmp_path / "old" / room, ignore=shutil.ignore_patterns("cases"))
    name, was, now = LIMIT
    text = (tmp_path / "old" / name).read_text("utf-8")
    assert text.count(was) == 1
    (tmp_path / "old" / name).write_text(text.replace(was, now), "utf-8")
    return tmp_path / "old"


def layer(home: Path, extends: str) -> Path:
    (home / "knowledge").mkdir(parents=True)
    (home / "layer.yaml").write_text(f"extends: {extends}\n", "utf-8")
    (home / "knowledge" / "success.yaml").write_text("limits: {growth_gap_high: 11}\n", "utf-8")
    return home


def run(*arguments: str | Path, status: int = 0) -> str:
    done = CliRunner().invoke(cli, list(map(str, arguments)))
    assert done.exit_code == status, done.output
    return str(done.output)


def moved(*arguments: str | Path) -> tuple[str, list[str]]:
    """The digest of the rules before, and the limits that were moved since."""
    told = json.loads(run("diff", *arguments, "--no-prove", "--format", "json"))
    return told["before"]["digest"], sorted(each["name"] for each in told["changes"] if each["what"] == "limit")


def test_the_pin_of_the_shipped_rules_names_them(tmp_path: Path) -> None:
    digest, home = salesdx.load().digest, layer(tmp_path / "ours", "salesdx")
    assert moved(digest, home) == (digest, ["growth_gap_high"])


def test_a_pin_names_what_a_layer_extends(tmp_path: Path, old: Path) -> None:
    digest, home = salesdx.load(old).digest, layer(tmp_path / "ours", "../old")
    assert moved(digest, home) == (digest, ["growth_gap_high"])
    assert moved(home, digest)[1] == ["growth_gap_high"]
    only = ("--only", "fair_comparison", "--format", "json")
    told = json.loads(run("prove", "--home", home, "--against", digest, *only))
    assert {each["against"]["digest"] for each in told if "door" in each} == {digest}


def test_a_pin_names_what_a_copy_was_copied_from(tmp_path: Path, old: Path) -> None:
    base, home = salesdx.load(old), tmp_path / "copy"
    shutil.copytree(old, home)
    write_copied(base, old, home)
    text = (home / "knowledge" / "success.yaml").read_text("utf-8")
    (home / "knowledge" / "success.yaml").write_text(
        text.replace("growth_gap_high: {value: 10", "growth_gap_high: {value: 11"), "utf-8"
    )
    shutil.rmtree(old)
    assert moved(base.digest, home) == (base.digest, ["growth_gap_high"])


def test_a_trail_gives_what_a_recorded_layer_lay_on(tmp_path: Path, old: Path) -> None:
    """The base below a layer is another one now: the records hold the one that the pin names."""
    pin, home, trail = salesdx.load(old).digest, layer(tmp_path / "ours", "../old"), tmp_path / "t"
    run("trail", "init", "--trail", trail)
    run("diagnose", CASE, "--home", home, "--trail", trail)
    shutil.rmtree(old)
    (home / "layer.yaml").write_text("extends: salesdx\n", "utf-8")
    assert moved(pin, "salesdx", "--trail", trail) == (pin, ["unit_exceeds"])
    only = ("--only", "fair_comparison", "--format", "json", "--trail", trail)
    told = json.loads(run("prove", "--home", home, "--against", pin, *only))
    assert {each["against"]["digest"] for each in told if "door" in each} == {pin}


def test_a_trail_gives_the_rules_that_came_with_a_program_that_it_keeps(tmp_path: Path, old: Path) -> None:
    """The records are of other rules; the shipped ones are in the program's wheel alone."""
    trail = tmp_path / "t"
    run("trail", "init", "--trail", trail)
    run("diagnose", CASE, "--home", old, "--trail", trail)
    shipped = salesdx.load()
    with open_trail(str(trail), None, False).read() as reader:
        assert reader.rule_bases() == [salesdx.load(old).digest]
        assert dict(pinned_files(reader, shipped.digest) or {}) == dict(shipped.files)
        assert pinned_files(reader, f"sha256:{'0' * 64}") is None


def test_what_was_looked_at_is_told(tmp_path: Path, old: Path) -> None:
    nowhere, home = f"sha256:{'0' * 64}", layer(tmp_path / "ours", "../old")
    shipped, ours, below = (salesdx.load(each).digest[7:19] for each in (None, home, old))
    for command in (("diff", nowhere, home), ("prove", "--home", home, "--against", nowhere)):
        told = " ".join(run(*command, status=1).split())
        assert f"no rules with the digest {nowhere} are at hand; looked at: the shipped rules ({shipped}), " in told
        assert f"`{home}` ({ours})" in told and f"({below})" in told
        assert told.endswith("and no trail, since none is named")
    assert "a pin is a digest" in run("diff", "sha256:52e2", home, status=1)
