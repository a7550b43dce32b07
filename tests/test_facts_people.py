"""Who sees figures of single persons, and names behind pseudonyms: whom the register knows, and on record."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from conftest import ROOT
from salesdx.base.model import RuleBase
from salesdx.cli import cli
from salesdx.facts.pseudonyms import new_pseudonym_key
from salesdx.trail.book import Book
from served import Office, office

EXAMPLE = ROOT / "examples/furniture-maker"
KEPT = {"people": "staff", "deals": "deal", "assignments": "seat", "territories": "area", "goals": "goal"}
"""Table -> the read that fills it: of the example, what is needed here."""
PEOPLE = ("facts", "people", "systems/ours.facts.yaml", "--period", "2026-Q3")


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory, base: RuleBase) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("people")
    new_pseudonym_key(folder / "hr.key")
    shutil.copytree(EXAMPLE, folder / "systems")
    lines = (EXAMPLE / "ours.facts.yaml").read_text().splitlines()
    names = [line.strip().partition(":")[0] if line.startswith("  ") else "" for line in lines]
    kept = [line for name, line in zip(names, lines, strict=True) if name in ("", *KEPT, *KEPT.values())]
    (folder / "systems/ours.facts.yaml").write_text("\n".join(kept))
    with office(folder, str(folder / "trail"), base) as found:
        found.enter(max="sales_manager", cleo="hr")
        for who in ("max", "cleo"):
            found.log_in(who)
        yield found


def seen(firm: Office) -> list[dict[str, object]]:
    with firm.trail.read() as reader:
        return [dict(record.body or {}) for record in Book(reader).records(types=("people_seen",))]


def test_a_typed_name_does_not_do_and_neither_does_another_role(firm: Office, tmp_path: Path) -> None:
    key, before = ("--pseudonym-key", str(firm.folder / "hr.key")), seen(firm)
    typed = CliRunner().invoke(cli, [*PEOPLE, *key, "--as", "Cleo", "--role", "hr", "--trail", str(tmp_path / "trail")])
    assert typed.exit_code == 1 and "a name that is only typed does not do" in typed.stderr
    alone = CliRunner().invoke(cli, [*PEOPLE, *key])
    assert alone.exit_code == 1 and "a name that is only typed does not do" in alone.stderr
    firm.run("max", *PEOPLE, *key, fails="`sales_manager` may not do this")
    assert seen(firm) == before


def test_human_resources_see_people_side_by_side_once_it_is_on_record(firm: Office) -> None:
    key, before = ("--pseudonym-key", str(firm.folder / "hr.key")), len(seen(firm))
    told = firm.run("cleo", *PEOPLE, *key, "--format", "json")
    (record,) = seen(firm)[before:]
    assert (record["what"], record["period"]) == ("people", "2026-07-01 to 2026-09-30")
    assert len(json.loads(told)["groups"][0]["people"]) >= 5 and "S01" not in told


def test_without_a_key_nobody_is_told_from_others(firm: Office) -> None:
    before = seen(firm)
    firm.run("cleo", *PEOPLE, fails="there is no key of pseudonyms")
    assert seen(firm) == before


def test_rows_by_name_are_recorded_before_they_are_shown(firm: Office, tmp_path: Path) -> None:
    mapping, key = firm.folder / "systems/ours.facts.yaml", ("--pseudonym-key", str(firm.folder / "hr.key"))
    case, fact = str(tmp_path / "north.yaml"), "Goal received and confirmed"
    firm.run("max", "facts", "draw", case, "--from", str(mapping), "--subject", "company", "--period", "2026-Q3", *key)
    plain = firm.run("max", "facts", "rows", case, fact, *key, "--csv")
    assert "S01" not in plain
    firm.run("max", "facts", "rows", case, fact, *key, "--names", fails="may not do this")
    before = len(seen(firm))
    assert "S01" in firm.run("cleo", "facts", "rows", case, fact, *key, "--names", "--csv")
    assert seen(firm)[before:] == [
        {
            "what": "rows",
            "mapping": seen(firm)[-1]["mapping"],
            "period": "2026-07-01 to 2026-09-30",
            "term": "goal_communicated",
        }
    ]


def test_a_scan_of_persons_is_for_looking_and_on_record(firm: Office) -> None:
    key, before = ("--pseudonym-key", str(firm.folder / "hr.key")), seen(firm)
    way = ("scan", "--from", "systems/ours.facts.yaml", "--period", "2026-Q3", "--by", "person", *key)
    firm.run("max", *way, fails="`sales_manager` may not do this")
    assert seen(firm) == before
    told = firm.run("cleo", *way)
    assert "For looking, not for judging." in told and "likely cause" not in told and "S01" not in told
    kept = json.loads(firm.run("cleo", *way, "--format", "json"))
    assert kept["units"] == [] and [one["what"] for one in seen(firm)[len(before) :]] == ["people", "people"]
