"""A consultant's day, from an empty folder to a client's stage: played on the command line, no Python touched."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from commands import run_salesdx

Run = Callable[..., subprocess.CompletedProcess[str]]

MORE_TERMS = """\
  legal_cases_n:
    type: integer
    range: [0, 100000]
    question: How many contracts went through legal approval in the period?
    respondent: sales_ops
    source: J
  legal_lost_share_pct:
    type: percent
    range: [0, 100]
    question: In what share of verified losses did the buyer name our contract process?
    respondent: marketing
    source: J
  legal_templates_used:
    type: boolean
    question: Do sellers work with approved contract templates?
    respondent: sales_ops
    source: J
"""


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A command in the consultant's folder."""

    def done(*arguments: str, status: int = 0) -> subprocess.CompletedProcess[str]:
        environment = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
        found = run_salesdx(*arguments, cwd=tmp_path, env=environment)
        assert found.returncode == status, f"{arguments}\n{found.stdout}\n{found.stderr}"
        return found

    return done


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text, old
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.slow
def test_a_stage_for_a_client_in_one_day(run: Run, tmp_path: Path) -> None:
    ours = tmp_path / "ours"

    # the morning: a copy of the rules, and a stage between delivery and service
    run("init", "ours")
    made = run(
        "new", "stage", "--home", "ours", "--id", "legal_approval", "--title", "Legal approval", "--owner", "legal",
        "--after", "delivery", "--term", "legal_days", "--type", "number",
        "--question", "How many days lie between a buyer's yes and our signature?", "--respondent", "sales_ops",
        "--ruled-out-when", "legal_days <= 10", "--when", "legal_days > 40", "--finding", "legal_approval_slow",
        "--because", "Buyers wait {legal_days} days for a contract.",
    )  # fmt: skip
    assert "stage legal_approval with rule LE1 added" in made.stdout
    knowledge = ours / "knowledge/legal_approval.yaml"
    knowledge.write_text(knowledge.read_text(encoding="utf-8") + MORE_TERMS, encoding="utf-8")
    edit(knowledge, "legal_days <= 10", "legal_days <= 10 and legal_cases_n >= 10 and legal_templates_used")
    for strength, when, finding in (
        ("strong", "legal_lost_share_pct >= 30 and legal_cases_n >= 10", "contract_process_loses_deals"),
        ("moderate", "not legal_templates_used", "no_contract_templates"),
    ):
        run(
            "new", "rule", "--home", "ours", "--stage", "legal_approval", "--strength", strength, "--when", when,
            "--finding", finding, "--because", "Contracts hold up deals.", "--title", "", "--recommend", "",
        )  # fmt: skip
    for id in ("LE1", "LE2", "LE3"):
        name = f"legal-{id.lower()}"
        run("new", "case", "--home", "ours", "--rule", id, "--name", name, "--why", f"{id} is true on these facts")
    assert "no faults" in run("check", "--home", "ours").stdout
    assert run("fmt", "--home", "ours", "--check").stdout.endswith("0 would change\n")
    cases = sorted(str(path) for path in (ours / "rules/cases").glob("legal-*.yaml"))
    assert "3 cases run, all as expected" in run("test", "--home", "ours", *cases).stdout

    # noon: three mistakes, each told where it stands
    rules = ours / "rules/legal_approval.yaml"
    good = rules.read_text(encoding="utf-8")
    edit(rules, "legal_days > 40", "legal_dais > 40")
    told = run("check", "--home", "ours", status=1)
    assert "rules/legal_approval.yaml:" in told.stderr
    assert "did you mean `legal_days`?" in told.stderr
    rules.write_text(good, encoding="utf-8")
    edit(rules, "legal_lost_share_pct >= 30 and", "legal_lost_share_pct >= 300 and")
    told = run("check", "--home", "ours", status=1)
    assert "`LE2`" in told.stdout + told.stderr
    rules.write_text(good, encoding="utf-8")
    edit(ours / "rules/individual.yaml", "ind_peers_n >= peers_min and ind_tenure", "ind_peers_n >= 3 and ind_tenure")
    told = run("prove", "--home", "ours", "--only", "fair_comparison", status=1)
    assert "REFUTED" in told.stdout
    assert "ind_peers_n:" in told.stdout
    edit(ours / "rules/individual.yaml", "ind_peers_n >= 3 and ind_tenure", "ind_peers_n >= peers_min and ind_tenure")

    # the afternoon: the new stage protects people like the others, and whose result changes is known
    proved = json.loads(run("prove", "--home", "ours", "--certificate", "--format", "json").stdout)
    assert {found["result"] for found in proved} == {"PROVED", "HOLDS"}
    compared = json.loads(run("diff", "salesdx", "ours", "--format", "json").stdout)
    added = {(change["what"], change["name"]) for change in compared["changes"] if change["how"] == "added"}
    assert added >= {
        ("stage", "legal_approval"),
        ("rule", "LE1"),
        ("rule", "LE2"),
        ("rule", "LE3"),
        ("term", "legal_days"),
    }
    assert not [change for change in compared["changes"] if change["how"] == "removed"]
    assert all(before == after == "PROVED" for before, after in (p.values() for p in compared["properties"].values()))
    assert compared["worked_cases"]  # what is not asked yet holds up later stages

    # and the client's case: deliveries are fine, contracts are not
    case = tmp_path / "client.yaml"
    case.write_bytes(_clean_case())
    (tmp_path / "firm.yaml").write_bytes((ours / "rules/cases/firm.yaml").read_bytes())
    found = json.loads(run("diagnose", "client.yaml", "--home", "ours", "--format", "json").stdout)
    assert found["concluded"] == "legal_approval"
    assert found["rule_base"]["proof"]["current"] is True
    assert "Legal approval" in run("explain", "client.yaml", "--home", "ours").stdout
    handbook = run("docs", "--home", "ours", "--format", "text").stdout
    assert "How many days lie between a buyer's yes and our signature?" in " ".join(handbook.split())


def _clean_case() -> bytes:
    """Everything before the new stage is ruled out, and buyers wait for contracts."""
    facts = {
        "case_attainment_pct": 71, "goal_measurable": True, "goal_communicated": True, "goal_backtest_ratio_pct": 103,
        "goal_potential_ratio": 1.03, "product_lost_reason_share_pct": 14, "lost_interviews_n": 14,
        "product_return_ratio": 1.05, "product_trend_gap_points": -1, "price_index_vs_competitor_pct": 102,
        "price_lost_reason_share_pct": 14, "price_discount_change_points": 1, "delivery_otif_pct": 95,
        "delivery_orders_n": 210, "delivery_lead_time_ratio": 1.05, "delivery_cancelled_pct": 0.9,
        "delivery_unshipped_gap_share_pct": 2, "legal_days": 55, "legal_cases_n": 60, "legal_lost_share_pct": 35,
    }  # fmt: skip
    return json.dumps({"case": "client", "subject": {"kind": "company"}, "facts": facts}).encode()


def test_a_new_thing_that_would_not_load_is_not_added(run: Run, tmp_path: Path) -> None:
    ours = tmp_path / "ours"
    ours.mkdir()
    (ours / "layer.yaml").write_text("extends: salesdx\n", encoding="utf-8")
    wrong = ("--strength", "weak", "--when", "no_such_fact > 3", "--finding", "x", "--because", "x", "--title", "")
    done = run("new", "rule", "--home", "ours", "--stage", "pricing", *wrong, "--recommend", "", status=1)
    assert "nothing was added" in done.stderr
    assert "no_such_fact" in done.stderr
    assert not (ours / "rules/pricing.yaml").exists()
    right = ("--strength", "weak", "--when", "price_margin_ok", "--finding", "x", "--because", "x", "--title", "")
    run("new", "rule", "--home", "ours", "--stage", "pricing", *right, "--recommend", "")
    again = run(
        "new", "rule", "--home", "ours", "--stage", "pricing", "--id", "R1", *right, "--recommend", "", status=1
    )
    assert "there is a rule `R1` already" in again.stderr
    for arguments, told in (
        (("--stage", "nowhere", *right), "there is no stage or group `nowhere`"),
        (("--stage", "pricing", "--strength", "iron", *right[2:]), "there is no strength `iron`"),
    ):
        status = 1 if "nowhere" in arguments else 2
        assert told in run("new", "rule", "--home", "ours", *arguments, "--recommend", "", status=status).stderr
    assert (
        "there is no rule `Z9`"
        in run("new", "case", "--home", "ours", "--rule", "Z9", "--name", "z", "--why", "z", status=2).stderr
    )
