"""`salesdx facts` and `--from`, as people type them: what is drawn, kept, shown and found changed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from conftest import ROOT
from salesdx.base.model import RuleBase
from salesdx.case.evidence_file import evidence_entries, evidence_path
from salesdx.case.file import read_case_file
from salesdx.cli import cli
from salesdx.questionnaire.workbook import available
from salesdx.services.drawn_cases import unproved
from salesdx.trail.book import Book
from test_pages_systems import TEXT

OTIF = "delivery_otif_pct"
NORTH = ["--subject", "territory:North", "--period", "2026-Q3"]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two exports and their mapping, in which commands run, and settings of nobody."""
    for name in ("erp_orders.csv", "hr_people.csv"):
        shutil.copy(ROOT / "examples/furniture-maker" / name, tmp_path)
    (tmp_path / "ours.facts.yaml").write_text(TEXT)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SALESDX_SETTINGS", str(tmp_path / "settings.toml"))
    (tmp_path / "settings.toml").touch()
    return tmp_path


def run(*words: str, status: int = 0) -> Result:
    done = CliRunner().invoke(cli, list(words))
    assert done.exit_code == status, (done.output, done.exception)
    return done


def draw(case: str, *more: str) -> dict[str, object]:
    done = run("facts", "draw", case, "--from", "ours.facts.yaml", *more, "--format", "json")
    told: dict[str, object] = json.loads(done.stdout)
    return told


def test_one_command_draws_and_diagnoses(here: Path, base: RuleBase) -> None:
    done = run("diagnose", "--full", "--from", "ours.facts.yaml", *NORTH)
    path = here / "territory-North-2026-Q3.yaml"
    assert f"drawn into {path.name}" in done.stderr and evidence_path(path).exists()
    assert "Figures from the firm's systems" in done.stdout and "no source holds" in done.stdout
    memory = read_case_file(path, base)
    (said,) = memory.statements[OTIF]
    assert (said.by, said.kind, bool(said.drawn)) == ("production", "transaction data", True)
    orders = [line.split(",") for line in (here / "erp_orders.csv").read_text().splitlines()[1:]]
    due = [row for row in orders if row[3] == "North" and "2026-07-01" <= row[6] <= "2026-09-30"]
    due = [row for row in due if not (row[9] and row[9] <= row[6])]
    on_time = [row for row in due if row[7] and row[7] <= row[6] and row[8] == "yes"]
    assert float(str(said.value)) == pytest.approx(100 * len(on_time) / len(due), abs=1e-9)
    assert memory.subject == {"kind": "territory", "ref": "North"}
    again = run("diagnose", str(path.name), "--format", "json")
    assert json.loads(again.stdout)["case"] == "territory-North-2026-Q3"


def test_what_is_typed_stays_and_comments_too(here: Path, base: RuleBase) -> None:
    head = "case: mine\nsubject: {kind: territory, ref: North}\nperiod: {from: 2026-07-01, to: 2026-09-30}\n"
    typed = f"{head}facts:\n  # what Ana said\n  {OTIF}: {{value: 95, by: sales_manager}}\n  firm_ships_goods: true\n"
    (here / "mine.yaml").write_text(typed)
    draw("mine.yaml")
    text = (here / "mine.yaml").read_text()
    assert "firm_ships_goods: true" in text and text.startswith(head)
    memory = read_case_file(here / "mine.yaml", base)
    assert [(said.by, bool(said.drawn)) for said in memory.statements[OTIF]] == [
        ("sales_manager", False), ("production", True),
    ]  # fmt: skip
    once = (here / "mine.yaml").read_text(), evidence_path(here / "mine.yaml").read_text()
    draw("mine.yaml")
    assert once == ((here / "mine.yaml").read_text(), evidence_path(here / "mine.yaml").read_text())
    shown = run("diagnose", "--full", "mine.yaml").stdout
    assert "Stated otherwise by people" in shown and "95% of orders" in shown


def test_the_rows_behind_a_figure_give_it_back(here: Path) -> None:
    drawn = draw("north.yaml", *NORTH)["drawn"]
    assert isinstance(drawn, list)
    (value,) = [one["value"] for one in drawn if one["term"] == OTIF]
    told = json.loads(run("facts", "rows", "north.yaml", "Orders complete and on time", "--format", "json").stdout)
    rows = told["rows"]
    assert len(rows) == told["n"] and sum(row["ok"] is True for row in rows) * 100 / len(rows) == pytest.approx(value)
    csv = run("facts", "rows", "north.yaml", OTIF, "--csv").stdout.splitlines()
    assert len(csv) == 1 + len(rows) and "order_id" in csv[0]
    refused = run("facts", "rows", "north.yaml", "firm_ships_goods", status=1)
    assert "was not drawn in `north.yaml`" in refused.stderr


def test_a_changed_cell_is_found(here: Path) -> None:
    draw("north.yaml", *NORTH)
    same = run("facts", "verify", "north.yaml").stdout
    assert "SAME:" in same and "Mapping: ours.facts.yaml" in same, "the evidence file has named it, so it is told"
    orders = here / "erp_orders.csv"
    rows = [line.split(",") for line in orders.read_text().splitlines()]
    row = next(
        row for row in rows if row[3] == "North" and "2026-08" <= row[7] <= row[6] < "2026-09" and row[8] == "yes"
    )
    row[8] = "no"
    orders.write_text("\n".join(map(",".join, rows)) + "\n")
    told = json.loads(run("facts", "verify", "north.yaml", "--format", "json", status=1).stdout)
    assert OTIF in {one["term"] for one in told["differing"] if one["what"] == "rows"}
    assert "DIFFERENT:" in run("facts", "verify", "north.yaml", status=1).stdout


def test_a_changed_entry_of_the_evidence_is_found(here: Path) -> None:
    draw("north.yaml", *NORTH)
    path = evidence_path(here / "north.yaml")
    lines = path.read_text().splitlines()
    n = next(n for n, line in enumerate(lines) if f'"{OTIF}"' in line)
    lines[n] = lines[n].replace('"least":30', '"least":3')
    path.write_text("\n".join(lines))
    told = json.loads(run("facts", "verify", "north.yaml", "--format", "json", status=1).stdout)
    assert len(told["lost"]) == 1
    assert "counts as typed" in " ".join(run("diagnose", "--full", "north.yaml").stdout.split())
    path.unlink()
    assert "there is no evidence file" in run("facts", "verify", "north.yaml", status=1).stderr


def test_what_was_drawn_is_not_asked(here: Path) -> None:
    (here / "mine.yaml").write_text(
        "subject: {kind: territory, ref: North}\nperiod: {from: 2026-07-01, to: 2026-09-30}\n"
        "facts: {firm_ships_goods: true}\n"
    )
    before = run("ask", "mine.yaml", "--respondent", "production").stdout
    after = run("ask", "mine.yaml", "--respondent", "production", "--from", "ours.facts.yaml").stdout
    assert OTIF in before and OTIF not in after
    asked = run("interview", "mine.yaml", "--by", "production", "--from", "ours.facts.yaml", status=1)
    assert "drawn into mine.yaml" in asked.stderr and "complete and on time" not in asked.stderr.rpartition("error:")[2]


def test_a_diagnosis_that_is_recorded_seals_the_evidence(here: Path) -> None:
    run("trail", "init", "--trail", "ours.trail")
    run("diagnose", "--from", "ours.facts.yaml", *NORTH, "--trail", "ours.trail")
    from salesdx.ledger.log import open_trail

    with open_trail(str(here / "ours.trail")).read() as reader:
        (body,) = [record.body or {} for record in Book(reader).records(types=("diagnosis",))]
    data = evidence_path(here / "territory-North-2026-Q3.yaml").read_bytes()
    assert body["evidence"]["entries"] == sorted(evidence_entries(data)) and body["evidence"]["digest"][7:]
    assert "UNANCHORED" in run("trail", "verify", "--trail", "ours.trail", status=3).stdout


def test_check_and_terms(here: Path) -> None:
    told = json.loads(run("facts", "check", "ours.facts.yaml", "--format", "json").stdout)
    assert told["faults"] == [] and {one["table"] for one in told["tables"]} == {"orders", "people"}
    assert told["missing"]["deals"] and told["keyed"] is False
    terms = json.loads(run("facts", "terms", "ours.facts.yaml", "--format", "json").stdout)
    assert {one["term"] for one in terms["terms"] if one["drawn"]} >= {OTIF, "delivery_orders_n"}
    assert (
        terms["opens"][0]["terms"] and terms["drawn"] + sum(not one["drawn"] for one in terms["terms"]) == terms["of"]
    )
    (here / "bad.facts.yaml").write_text(TEXT.replace("OrderNo", "OrderNr").replace("Job", "Jb"))
    faults = run("facts", "check", "bad.facts.yaml", status=1).stderr
    assert faults.count("error[unknown-column]") == 2 and "OrderNo" in faults
    found = json.loads(run("facts", "check", "bad.facts.yaml", "--format", "json", status=1).stdout)["faults"]
    assert [one["code"] for one in found] == ["unknown-column"] * 2


def test_people_side_by_side_are_for_somebody_of_the_register(here: Path) -> None:
    done = run("facts", "people", "ours.facts.yaml", "--period", "2026-Q3", "-o", "people.txt", status=1)
    assert (done.stdout, (here / "people.txt").exists()) == ("", False)
    assert "somebody of a register in the role HR" in done.stderr


def test_a_case_for_every_unit(here: Path, base: RuleBase) -> None:
    run("facts", "draw", "--all", "territory", "--from", "ours.facts.yaml", "--period", "2026-Q3", "--output", "cases")
    cases = sorted(path.name for path in (here / "cases").glob("*.yaml"))
    assert cases == [f"territory-{name}-2026-Q3.yaml" for name in ("East", "North", "South", "West")]
    one = read_case_file(here / "cases" / cases[1], base)
    assert str(one.statements[OTIF]) == str(_alone(here, base)) and one.evidence is not None
    told = run(
        "facts", "draw", "--all", "person", "--from", "ours.facts.yaml", "--period", "2026-Q3", "-o", "people", status=1
    )
    assert "a name that is only typed does not do" in told.stderr and not (here / "people").exists()


def _alone(here: Path, base: RuleBase) -> object:
    draw("alone.yaml", *NORTH)
    return read_case_file(here / "alone.yaml", base).statements[OTIF]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["diagnose"], "name a case file, or draw one with --from"),
        (["diagnose", "-", "--from", "ours.facts.yaml"], "`-` is none"),
        (["diagnose", "a.yaml", "--subject", "company"], "go with --from"),
        (["diagnose", "--from", "ours.facts.yaml", "--subject", "company"], "--subject and --period go together"),
        (["facts", "draw", "--from", "ours.facts.yaml"], "give a CASE, or --subject and --period"),
        (["facts", "draw", "a.yaml"], "name the mapping of the firm's systems"),
        (["facts", "sheet", "interviws"], "there is no kind of sheet `interviws`"),
    ],
)
def test_wrong_usage(here: Path, words: list[str], told: str) -> None:
    assert told in run(*words, status=2).stderr


@pytest.mark.parametrize(
    ("about", "told"),
    [
        (["territory:Nrth", "2026-Q3"], "did you mean `North`?"),
        (["territory", "2026-Q3"], "a subject is written as"),
        (["company", "2026-Q5"], "a period is written as"),
        (["person:x", "2026-Q3"], "no person has the pseudonym `x`"),
    ],
)
def test_a_subject_or_period_that_there_is_not(here: Path, about: list[str], told: str) -> None:
    words = ["facts", "draw", "a.yaml", "--from", "ours.facts.yaml", "--subject", about[0], "--period", about[1]]
    assert told in run(*words, status=1).stderr
    assert not (here / "a.yaml").exists()


def test_an_open_period_says_so(here: Path) -> None:
    told = draw("now.yaml", "--subject", "company", "--period", "2026-Q4")
    refused = told["refused"]
    assert isinstance(refused, list)
    (reason,) = [one["reason"] for one in refused if one["term"] == OTIF]
    assert reason == "the data end on 2026-11-15, 46 days into this quarter"


def test_a_key_is_made_once(here: Path) -> None:
    assert "made hr.key" in run("facts", "key", "hr.key").stdout
    assert (here / "hr.key").stat().st_mode & 0o077 == 0
    assert "is there already" in run("facts", "key", "hr.key", status=1).stderr
    told = json.loads(run("facts", "check", "ours.facts.yaml", "--pseudonym-key", "hr.key", "--format", "json").stdout)
    assert told["keyed"] is True


def test_sheets_and_simulated_exports(here: Path) -> None:
    kinds = json.loads(run("facts", "sheet", "--format", "json").stdout)
    assert {"interviews", "coachings", "goals"} <= kinds.keys()
    if available():
        run("facts", "sheet", "interviews", "--output", "interviews.xlsx")
        assert (here / "interviews.xlsx").read_bytes().startswith(b"PK")
    done = run("facts", "simulate", "--seed", "4", "--sellers", "6", "--trap", "two-currencies", "--output", "firm")
    assert "a firm with nothing, seed 4; traps: two-currencies" in done.stdout
    assert (here / "firm/erp_orders.csv").exists() and (here / "firm/rates.csv").exists()


def test_the_example_leads_from_exports_to_the_likely_cause(here: Path, base: RuleBase) -> None:
    mapping = str(ROOT / "examples/furniture-maker/ours.facts.yaml")
    done = run("diagnose", "--from", mapping, "--subject", "company", "--period", "2026-Q3", "--format", "json")
    assert f"the profile of the firm is {ROOT}/examples/furniture-maker/firm.yaml" in done.stderr
    found = json.loads(done.stdout)
    assert found["concluded"] is None and [one["stage"] for one in found["likely"]] == ["delivery"]
    memory = read_case_file(here / "company-2026-Q3.yaml", base)
    assert list(unproved(memory)) == [], "each drawn statement is what its entry gives, also 0 and no"
    assert {0} <= {said.value for each in memory.statements.values() for said in each if said.drawn}
