"""A consultant's job for a client that sells software by subscription, played on the command line: a layer, an upgrade
of the rules below it, every case that it turns looked at, a table edited in a spreadsheet, and proofs against the base.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
import yaml

import salesdx
from commands import run_salesdx

Run = Callable[..., subprocess.CompletedProcess[str]]

LIMITS = {
    "service": {"csat_low": 75, "csat_good": 85, "churn_change_high": 3, "complaints_high": 1.4, "fcr_low": 68,
                "first_response_long": 16, "ticket_backlog_long": 3},
    "pricing": {"quote_days_long": 3},
    "training": {"presales_wait_long": 3},
    "marketing": {"leads_plan_low": 80},
}  # fmt: skip
SETUP = """\
  onboard_activated_pct:
    label: Customers who use it
    type: percent
    range: [0, 100]
    question: What share of the customers signed in the period had used the product within 60 days?
    respondent: customer_service
    source: J
  onboard_customers_n:
    label: Customers counted
    type: integer
    range: [0, 10000000]
    question: On how many new customers are these figures based?
    respondent: customer_service
    source: J
  onboard_lost_early_pct:
    label: Customers lost in the first 90 days
    type: percent
    range: [0, 100]
    question: What share of the customers signed in the period left within 90 days?
    respondent: customer_service
    source: J
  onboard_handover_written:
    label: Written handover from sales
    type: boolean
    question: Does sales write down what was promised, for those who set the customer up?
    respondent: sales_ops
    source: J
interventions:
  guided_setup:
    title: Guided setup of new customers
    owner: customer success
    do: A named person and a plan of 30 days for each new customer
    judge_after: 3 months
    worked_when: Seven in ten new customers use the product within 60 days
    judge: {holds: onboard_activated_pct >= 70, after: 90 days, until: 90 days, by: customer_service, voided_by: []}
    cost: medium
    personnel: false
    reason: It changes what customers get, and is no measure about any seller
    source: J
"""
OPTIONS = """\
interventions:
  share_options:
    title: Share options
    owner: general management
    do: A grant from the option plan of all employees, with its usual terms
    judge_after: 1 year
    worked_when: The risk that the person leaves is not high
    judge: {holds: rec_flight_risk != 'high', after: 365 days, until: 365 days, by: hr, voided_by: []}
    cost: medium
    preferred_when: rec_preference == 'share_options'
    personnel: false
    reason: It rewards whoever met a sound goal, and takes nothing from anybody
    source: J
"""
RULES = {  # stage, strength, when, finding, title, because, recommend
    "ON2": ("onboarding", "moderate", "onboard_activated_pct < 50 and onboard_customers_n >= 20", "activation_low",
            "Fewer than half of new customers use it", "Only {onboard_activated_pct}% use it.", "guided_setup"),
    "ON3": ("onboarding", "moderate", "onboard_lost_early_pct >= 10", "early_loss",
            "A tenth of new customers leaves within 90 days", "{onboard_lost_early_pct}% left.", "guided_setup"),
    "ON4": ("onboarding", "weak", "not onboard_handover_written", "handover_missing",
            "Sales hands nothing over in writing", "Nothing is handed over in writing.", "guided_setup"),
    "P11": ("product", "weak", "product_nps <= nps_low and product_nps_n < nps_answers_min", "score_low_few_answers",
            "The recommendation score is {nps_low} or lower, on few answers", "The score is {product_nps}.",
            "winloss_programme"),
    "C11": ("service", "weak", "service_churn_change_points >= churn_change_high and "
            "service_exit_interviews_n < exit_interviews_min", "churn_not_asked",
            "Customer loss rose by {churn_change_high} points or more, and few were asked why",
            "Loss rose by {service_churn_change_points} points, and few were asked.", "save_desk"),
}  # fmt: skip
WINNER = {
    "case": "A winner who wants a share", "subject": {"kind": "person", "ref": "E-1"},
    "period": {"from": "2026-04-01", "to": "2026-06-30"},
    "facts": {
        "case_attainment_pct": 117, "rec_goals_sound": True, "rec_quality_ok": True, "rec_conduct_ok": True,
        "rec_periods_above_n": 3, "rec_days_since_last": 30, "rec_preference": "share_options",
    },
}  # fmt: skip
TRIALS = """\
  # salesdx: allow unused-term - for readers, until a rule of ours reads it
  product_trials_n:
    label: Trials begun
    type: integer
    range: [0, 10000000]
    question: How many trials did buyers begin in the period?
    respondent: product
    source: J
"""


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, old
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A command in the consultant's folder."""

    def done(*words: str, status: int = 0, typed: str = "") -> subprocess.CompletedProcess[str]:
        environment = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
        found = run_salesdx(*words, cwd=tmp_path, env=environment, stdin=typed)
        assert found.returncode == status, f"{words}\n{found.stdout}\n{found.stderr}"
        return found

    return done


@pytest.mark.slow
def test_a_client_that_sells_by_subscription(run: Run, tmp_path: Path) -> None:
    the_layer(run, tmp_path)
    the_upgrade(run, tmp_path)
    the_review(run, tmp_path)
    the_table(run, tmp_path)
    the_proofs(run, tmp_path)


# --- the layer --------------------------------------------------------------------------------------------------------


def the_layer(run: Run, folder: Path) -> None:
    """Ten limits, a stage with five terms and four rules, two rules more, a choice more and a form of recognition."""
    run("init", "base")
    saas = folder / "saas"
    (saas / "knowledge").mkdir(parents=True)
    (saas / "layer.yaml").write_text("extends: ../base\nname: Software by subscription\n", encoding="utf-8")
    for name, moved in LIMITS.items():
        (saas / f"knowledge/{name}.yaml").write_text(yaml.safe_dump({"limits": moved}), encoding="utf-8")
    the_stage(run, saas)
    for id, (stage, strength, when, finding, title, because, recommend) in RULES.items():
        told = run("new", "rule", "--home", "saas", "--stage", stage, "--strength", strength, "--when", when,
                   "--finding", finding, "--title", title, "--because", because, "--recommend", recommend)  # fmt: skip
        assert told.stdout == f"rule {id} added in rules/{stage}.yaml\n"
    the_recognition(saas, folder / "base")
    assert "no faults: 240 terms, 148 rules, 77 interventions, 10 stages" in run("check", "--home", "saas").stdout
    for id in ("ON2", "P11"):
        run("new", "case", "--home", "saas", "--rule", id, "--name", f"saas-{id}", "--why", f"{id} is true of it")
    (folder / "winner.yaml").write_text(json.dumps(WINNER), encoding="utf-8")
    run("test", "--home", "saas", "--write", "saas-winner", "--why", "Who asked for a share gets it.", "winner.yaml")
    own = sorted(str(path) for path in (saas / "rules/cases").glob("saas-*.yaml"))
    assert "3 cases run, all as expected" in run("test", "--home", "saas", *own).stdout
    found = json.loads(run("diagnose", "winner.yaml", "--home", "saas", "--format", "json").stdout)
    assert [each["intervention"] for each in found["recommendations"]] == ["share_options"]


def the_stage(run: Run, saas: Path) -> None:
    """A stage in the layer: the ladder is named anew, and each stage keeps its floor."""
    told = run(
        "new", "stage", "--home", "saas", "--id", "onboarding", "--title", "Onboarding", "--owner", "customer success",
        "--after", "delivery", "--term", "onboard_days", "--type", "number",
        "--question", "How many days pass from signature to the first real use?", "--respondent", "customer_service",
        "--ruled-out-when", "onboard_days <= 30 and onboard_days >= 0", "--when", "onboard_days > 90",
        "--finding", "onboarding_slow", "--because", "A customer waits {onboard_days} days for the first use.",
    )  # fmt: skip
    files = "knowledge/onboarding.yaml, rules/onboarding.yaml, knowledge/ladder.yaml"
    assert told.stdout == f"stage onboarding with rule ON1 added in {files}\n"
    knowledge = saas / "knowledge/onboarding.yaml"
    edit(knowledge, "  onboard_days:\n", "  onboard_days:\n    label: Days to the first use\n")
    edit(knowledge, "and onboard_days >= 0", "and onboard_customers_n >= 20 and onboard_handover_written")
    knowledge.write_text(knowledge.read_text(encoding="utf-8") + SETUP, encoding="utf-8")
    shipped = {stage.id: (stage.decided_by, stage.floor) for stage in salesdx.load().stages}
    mine = {stage.id: (stage.decided_by, stage.floor) for stage in salesdx.load(saas).stages}
    assert mine == shipped | {"onboarding": ("evidence", None)}
    assert list(mine)[3:6] == ["delivery", "onboarding", "service"]


def the_recognition(saas: Path, base: Path) -> None:
    """One choice more, the form of recognition for it, and the rule that gives it."""
    text = (base / "knowledge/recognition.yaml").read_text(encoding="utf-8")
    term = text[text.index("  rec_preference:") : text.index("  rec_flight_risk:")].replace(
        "development]", "development, share_options]"
    )
    (saas / "knowledge/recognition.yaml").write_text(f"terms:\n{term}{OPTIONS}", encoding="utf-8")
    rules = (base / "rules/recognition.yaml").read_text(encoding="utf-8")
    rule = rules[rules.index("- id: RC2") : rules.index("\n- id: RC3")]
    made = rule.replace("development]", "development, share_options]")
    (saas / "rules/recognition.yaml").write_text(made, encoding="utf-8")


# --- an upgrade of the base below it ----------------------------------------------------------------------------------


def the_upgrade(run: Run, folder: Path) -> None:
    """The base moves a limit that the layer moved, words a rule anew and asks one thing more."""
    newer = folder / "newer"
    shutil.copytree(folder / "base", newer)
    edit(newer / "knowledge/service.yaml", "csat_low: {value: 70", "csat_low: {value: 72")
    edit(newer / "rules/delivery.yaml", "The lead time we quote is", "We quote a lead time that is")
    knowledge = newer / "knowledge/product.yaml"
    edit(knowledge, "\nterms:\n", f"\nterms:\n{TRIALS}\n")
    told = run("diff", "--upgrade", "base", "newer", "--home", "saas", status=1).stdout
    short, collides, _, overrides, below = told.split("\n── ")[1:]
    assert "1 piece that the layer overrides changed below too." in short
    assert "- limit csat_low 70 → 72: C2 looser (replaced in the layer; below: changed)\n" in collides
    told = (line.removeprefix("- ").removeprefix("limit ") for line in below.splitlines() if line.startswith("- "))
    assert {line.split()[0].rstrip(":") for line in told} == {
        "csat_low", "C2", "D4", "service_csat_pct", "product_trials_n"
    }  # fmt: skip
    pieces = {line for line in overrides.splitlines() if line.startswith("- ")}
    limits = {f"- limit {name} (replaced; not changed below)" for moved in LIMITS.values() for name in moved}
    assert limits - pieces == {"- limit csat_low (replaced; not changed below)"}
    assert {piece for piece in pieces if "not changed below" not in piece} == {"- limit csat_low (replaced; collides)"}

    # 75 stays right for this client; so the layer is put on the new base, and nothing is lost
    edit(folder / "saas/layer.yaml", "extends: ../base", "extends: ../newer")
    assert "no faults: 241 terms, 148 rules" in run("check", "--home", "saas").stdout
    assert salesdx.load(folder / "saas").limits["csat_low"].value == 75


# --- every case that it turns is looked at ----------------------------------------------------------------------------


def the_review(run: Run, folder: Path) -> None:
    """One turn is wrong: it is refused, and the limit behind it goes back. The others are right, for a reason."""
    review = ("test", "--review", "--home", "saas")
    before = sorted((folder / "saas/rules/cases").iterdir())
    shown = run(*review, status=1, typed="group\ngroup\none\nrefuse\n").stdout
    assert shown.rstrip().endswith("nothing is written")
    assert "limit quote_days_long 5 → 3, stage onboarding added: 2 cases" in shown
    assert sorted((folder / "saas/rules/cases").iterdir()) == before
    (folder / "saas/knowledge/pricing.yaml").write_text("limits: {price_lost_told_high: 35}\n", encoding="utf-8")

    waits = "No shipped case says how customers are set up, so what comes later waits."
    typed = "skip\n" * 9 + "group\n" + "skip\n" * 6
    assert "40 cases accepted, 15 left as they were" in run(*review, "--why", waits, status=1, typed=typed).stdout
    expects = "Customers of software expect more than the shipped limits ask."
    assert "15 cases accepted, 0 left as they were" in run(*review, typed=f"all\n{expects}\n").stdout
    for name, why in (("termination-nobody-was-heard", waits), ("service-two-call-centres", expects)):
        shipped, made = (yaml.safe_load((folder / home / f"rules/cases/{name}.yaml").read_text(encoding="utf-8"))
                         for home in ("newer", "saas"))  # fmt: skip
        assert (made["was"], made["facts"], made["why"]) == (shipped["expect"], shipped["facts"], why)
    assert run("test", "--home", "saas").stdout.splitlines()[-2:] == [
        "108 cases run, all as expected",
        "106 of 106 cases of the base (55 reviewed), 3 of the layer",
    ]


# --- a table, edited in a spreadsheet ---------------------------------------------------------------------------------


def the_table(run: Run, folder: Path) -> None:
    """The rules of the new stage: a limit is another and a row more, as a spreadsheet stores what is typed."""
    run("table", "export", "onboarding", "--home", "saas", "--output", "onboarding.xlsx")
    book = openpyxl.load_workbook(folder / "onboarding.xlsx")
    sheet = book.active
    column = {cell.value: cell.column for cell in sheet[1]}
    assert [sheet.cell(row, 1).value for row in range(2, 7)] == ["ON1", "ON2", "ON3", "ON4", None]
    assert sheet.cell(2, column["onboard_days"]).value == "> 90"
    typed = {
        (2, "onboard_days"): "> 60", (6, "id"): "ON5", (6, "strength"): "weak", (6, "onboard_customers_n"): 0.0,
        (6, "finding"): "nobody_set_up", (6, "because"): "No customer was set up.", (6, "source"): "J",
    }  # fmt: skip
    for (row, name), value in typed.items():
        cell = sheet.cell(row, column[name])
        cell.value, cell.number_format = value, "General"
    book.save(folder / "edited.xlsx")
    case = {"case": "Slow", "subject": {"kind": "company"}, "facts": {"onboard_days": 75, "onboard_customers_n": 0}}
    (folder / "slow.yaml").write_text(json.dumps(case), encoding="utf-8")
    assert onboarding(run) == ("open", [])

    told = run("table", "import", "edited.xlsx", "--home", "saas", "--yes").stdout
    assert told.startswith("changed ON1: onboard_days\nadded ON5\ncheck: 0 new warnings\n")
    assert "0 of 108 worked cases come out otherwise." in told
    assert "- ON1 (changed; looser: true in more cases)" in told
    assert told.endswith("written: saas/rules/onboarding.yaml\n")
    assert onboarding(run) == ("confirmed", ["ON1", "ON5"])
    assert run("table", "import", "edited.xlsx", "--home", "saas").stdout == "nothing changed\n"
    rule = salesdx.load(folder / "saas").rule
    assert (rule["ON1"].text, rule["ON5"].text) == ("onboard_days > 60", "onboard_customers_n == 0")


def onboarding(run: Run) -> tuple[str, list[str]]:
    """The status of the new stage in the case, and its rules that are true."""
    found = json.loads(run("diagnose", "slow.yaml", "--home", "saas", "--format", "json").stdout)
    (status,) = [stage["status"] for stage in found["stages"] if stage["id"] == "onboarding"]
    return status, [each["rule"] for each in found["fired"] if each["rule"].startswith("ON")]


# --- proved against the base ------------------------------------------------------------------------------------------


def the_proofs(run: Run, folder: Path) -> None:
    """All properties, and all doors of the layer against the new base and of that against the shipped rules.

    Nothing is left out: it takes 14 of the 35 s of CPU that the whole job takes.
    """
    proved = json.loads(run("prove", "--home", "saas", "--certificate", "--format", "json").stdout)
    assert [each["result"] for each in proved] == ["PROVED"] * 31 + ["HOLDS"] * 20
    newer = salesdx.load(folder / "newer")
    assert newer.below is not None
    doors = [each["against"]["digest"] for each in proved if "door" in each]
    assert doors == [newer.digest] * 10 + [newer.below.digest] * 10
    found = json.loads(run("diagnose", "slow.yaml", "--home", "saas", "--format", "json").stdout)
    assert (found["concluded"], found["rule_base"]["proof"]["current"]) == (None, True)
