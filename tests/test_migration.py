"""`salesdx migrate`: rules and cases of language 1 come into the form of language 2, and no fact is changed."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

import salesdx
from programs import LAST_OF_LANGUAGE_1, built, library, written
from salesdx.case.file import case_from_text
from salesdx.cli import cli
from salesdx.text.issues import RuleBaseError

OLD = Path(__file__).parent / "data" / "replay-language-1.json.gz"
CASE = """\
case: north
subject: {kind: person}
facts:
  case_attainment_pct: 61
  delivery_otif_pct:
    - {value: 78, by: production, source: ERP deliveries, date: 2026-10-02}
    - {value: 92, by: sales_manager, source: opinion}  # said in passing
  service_csat_pct: {value: 68, by: customer_service, source: a feeling}
"""
SHIPS = """\
firm: Ours
facts:
  firm_ships_goods: {value: true, by: finance}
"""
NORTH = """\
case: north
facts:
  case_attainment_pct: 61
  delivery_otif_pct:
    - {value: 78, by: production, source: ERP deliveries}
    - {value: 95, by: sales_manager, source: my feeling}
  delivery_orders_n: 240
  delivery_cancelled_pct: 4
"""


def migrate(*words: str | Path) -> Result:
    return CliRunner().invoke(cli, ["migrate", *map(str, words)], prog_name="salesdx", catch_exceptions=False)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The shipped rules of the last day of language 1, with a worked case."""
    for name, text in json.loads(gzip.decompress(OLD.read_bytes()))["files"].items():
        path = tmp_path / "ours" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    (tmp_path / "ours" / "rules" / "cases").mkdir()
    period = "period: {from: 2026-07-01, to: 2026-09-30}"
    worked = CASE.replace("kind: person", "kind: person, ref: E-1").replace("facts:", f"{period}\nfacts:")
    (tmp_path / "ours" / "rules" / "cases" / "north.yaml").write_text(worked + "expect: {mode: diagnosis}\n", "utf-8")
    return tmp_path / "ours"


def test_rules_of_language_1_are_refused_with_the_command_and_read_behind_it(home: Path) -> None:
    with pytest.raises(RuleBaseError) as refused:
        salesdx.load(home)
    (issue,) = refused.value.issues
    assert (issue.code, issue.help) == ("language", "`salesdx migrate` writes rules and cases anew")
    found = migrate("--home", home)
    assert found.exit_code == 0, found.output
    assert f"changed {home / 'knowledge' / 'ladder.yaml'}" in found.stdout
    assert "give the personnel stage and those behind it a `floor`" in found.stdout
    assert salesdx.load(home).language == "2"
    worked = (home / "rules" / "cases" / "north.yaml").read_text("utf-8")
    assert "stated: {by: own, kind: transaction data, date: 2026-09-30}\nfacts:" in worked.replace('"', "")


def test_kinds_are_proposed_behind_statements_and_no_fact_is_changed(tmp_path: Path) -> None:
    path = tmp_path / "north.yaml"
    path.write_text(CASE, "utf-8")
    found = migrate(path)
    assert found.stdout.splitlines()[1:-1] == [
        "  it has no `period`: nothing in it is too old, and nothing meets a floor that asks for dates",
        "  its subject has no `ref`: nothing meets a floor that asks for dates",
        "  1 statement has a kind of evidence in a comment: write it as `kind` if right",
        "  line 7 may rest on opinion: write it as `kind` if right",
    ]
    lines = path.read_text("utf-8").splitlines()
    assert lines[5].endswith("date: 2026-10-02}  # kind: transaction data")
    assert lines[6].endswith("# said in passing")
    base = salesdx.load()
    assert salesdx.read_case(path, base).statements == case_from_text(CASE, "case", base).statements


def test_a_proposal_stands_behind_its_own_statement(tmp_path: Path) -> None:
    path = tmp_path / "north.yaml"
    first = "  delivery_otif_pct:\n    value: 78\n    source: >-\n      ERP\n      deliveries\n"
    text = f"case: x\nfacts:\n{first}  service_csat_pct: 60\n"
    path.write_text(text, "utf-8")
    migrate(path)
    assert path.read_text("utf-8") == text.replace(">-\n", ">-  # kind: transaction data\n")
    base = salesdx.load()
    assert salesdx.read_case(path, base).statements == case_from_text(text, "case", base).statements


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (CASE[:-20], "a value is needed here"),
        (CASE + "  case_attainment_pct: 5\n", "the key `case_attainment_pct` stands here twice"),
        ("- 1\n", "the case must be a mapping"),
        ("", "the case file is empty"),
        ("case: x\nfacts: [1]\n", "`facts` must be a mapping"),
    ],
)
def test_a_case_that_cannot_be_read_is_told_with_its_faults_and_nothing_is_written(
    tmp_path: Path, text: str, fault: str
) -> None:
    for name, part in {"a": CASE, "b": text, "c": text}.items():
        (tmp_path / f"{name}.yaml").write_text(part, "utf-8")
    found = migrate(*(tmp_path / f"{name}.yaml" for name in "abc"))
    assert (found.exit_code, found.stdout) == (1, "")
    assert found.stderr.count(fault) == 2
    assert (tmp_path / "a.yaml").read_text("utf-8") == CASE


@pytest.mark.parametrize("begins", ["language: 1\n", "# ours\nlanguage: '1'\n"])
def test_a_ladder_that_names_language_1_names_2_alone(home: Path, begins: str) -> None:
    ladder = home / "knowledge" / "ladder.yaml"
    ladder.write_text(begins + ladder.read_text("utf-8"), "utf-8")
    assert migrate("--home", home).exit_code == 0
    assert salesdx.load(home).language == "2"


def test_a_ladder_in_braces_gets_the_language_too(home: Path) -> None:
    ladder = home / "knowledge" / "ladder.yaml"
    ladder.write_text(json.dumps(yaml.safe_load(ladder.read_text("utf-8")), indent=1, default=str), "utf-8")
    assert migrate("--home", home).exit_code == 0
    assert salesdx.load(home).language == "2"


def test_a_later_language_is_refused_and_nothing_is_written(home: Path) -> None:
    ladder = home / "knowledge" / "ladder.yaml"
    ladder.write_text("language: 3\n" + ladder.read_text("utf-8"), "utf-8")
    before = ladder.read_text("utf-8")
    found = migrate("--home", home)
    assert found.exit_code == 1 and "the rules are written in language 3, this program reads 2" in found.stderr
    assert ladder.read_text("utf-8") == before


def test_a_speaker_who_is_no_role_is_named(tmp_path: Path) -> None:
    path = tmp_path / "north.yaml"
    path.write_text(CASE.replace("by: production", "by: Olsen").replace("by: sales_manager", "by: Olsen"), "utf-8")
    told = "  `by: Olsen` names no respondent of the ladder: name the role, and the person in `author`"
    assert migrate(path).stdout.splitlines().count(told) == 1


def test_nothing_named_is_nothing_done() -> None:
    found = migrate()
    assert found.exit_code == 2 and "name the folder of your rules with --home, or cases" in found.output


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> tuple[str | Path, ...]:
    """The options that name the last program of language 1, built from its commit, and what it needs."""
    folder = tmp_path_factory.mktemp("before")
    wheels = [built(LAST_OF_LANGUAGE_1, folder), *written(folder / "libraries", library("pyyaml") | library("click"))]
    return tuple(word for wheel in wheels for word in ("--program", wheel))


def test_results_that_turn_are_named_beside_the_program_of_before(
    before: tuple[str | Path, ...], tmp_path: Path
) -> None:
    (tmp_path / "firm.yaml").write_text(SHIPS, "utf-8")
    (tmp_path / "north.yaml").write_text(NORTH, "utf-8")
    (tmp_path / "new.yaml").write_text(NORTH.replace("source: my feeling", "kind: opinion"), "utf-8")
    found = migrate(tmp_path / "north.yaml", tmp_path / "new.yaml", *before)
    assert found.exit_code == 0, found.output
    north, new = found.stdout.split("new.yaml\n")
    turns = [line.strip() for line in north.splitlines() if "was " in line or "recommended" in line]
    assert turns == ["Production and delivery: was confirmed, held; is open"]
    assert "nothing to compare with: its program failed" in new


@pytest.mark.parametrize("beside", [False, True])
def test_a_worked_case_that_comes_out_otherwise_is_named(
    before: tuple[str | Path, ...], home: Path, beside: bool
) -> None:
    worked = home / "rules" / "cases" / "north.yaml"
    worked.write_text(NORTH + "expect: {stages: {delivery: confirmed}}\n", "utf-8")
    found = migrate("--home", home, *(before if beside else ()))
    assert found.exit_code == 0, found.output
    turn = "Production and delivery: was confirmed, held; is open"
    assert f"  {turn if beside else 'stages.delivery: expected confirmed, is open'}\n" in found.stdout
    assert found.stdout.endswith("3 files, 1 with another result\n")
