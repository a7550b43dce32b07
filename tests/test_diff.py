"""`salesdx diff` and `salesdx replay`: what a change means, and whose result it changes."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

import salesdx
from commands import run_salesdx
from conftest import ROOT
from salesdx.authoring.diff import RuleChange, changes, turned_cases, worked_cases
from salesdx.base.model import RuleBase
from salesdx.engine.backends.smt.relation import LOOSER, OTHER, SAME, STRICTER, relation
from salesdx.engine.diagnose import quick
from salesdx.language.parsing import parse_condition

PRICE = "price_index_vs_competitor_pct > 110 and price_lost_reason_share_pct >= 30 and lost_interviews_n >= 10"


def edited(folder: Path, *edits: tuple[str, str, str]) -> RuleBase:
    """A copy of the shipped rule base with edits: file, text, what stands there instead."""
    for room in ("knowledge", "rules"):
        shutil.copytree(ROOT / room, folder / room)
    for name, old, new in edits:
        path = folder / name
        text = path.read_text(encoding="utf-8")
        assert old in text, old
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return salesdx.load(folder)


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        ("ind_peers_n >= 5", "ind_peers_n > 4", SAME),
        ("ind_peers_n >= 5", "ind_peers_n >= 6", STRICTER),
        ("ind_peers_n >= 5", "ind_peers_n >= 4", LOOSER),
        ("ind_peers_n >= 5", "ind_peers_n <= 5", OTHER),
        ("ind_peers_n >= 5", "not ind_peers_n < 5", SAME),
        ("ind_motivation == 'low'", "ind_motivation in ['low', 'high']", LOOSER),
        ("product_sales_hold", "product_sales_hold and goal_measurable", STRICTER),
        ("product_sales_hold", "product_sales_hold or not product_sales_hold", LOOSER),  # unknown is neither
        ("comparable_gap", "comparable_gap or in_ramp", LOOSER),
        ("hr_coaching_start_date >= goal_ack_date", "goal_ack_date <= hr_coaching_start_date", SAME),
        ("delivery_otif_pct / 2 > 40", "delivery_otif_pct > 80", SAME),
        ("delivery_otif_pct > 1001", "delivery_otif_pct > 2000", SAME),  # outside of its range nothing is possible
    ],
)
def test_the_meaning_of_a_changed_condition(base: RuleBase, old: str, new: str, wanted: str) -> None:
    assert relation(parse_condition(old), parse_condition(new), base.terms) == wanted


def test_a_rule_base_does_not_differ_from_itself_or_from_a_new_layout(base: RuleBase, tmp_path: Path) -> None:
    assert list(changes(base, base)) == []
    title = "title: >-\n    Net price is more than 10% above"
    laid_out = edited(
        tmp_path,
        ("rules/pricing.yaml", "  strength: strong\n  " + title, "  strength:   strong   # as before\n\n  " + title),
        ("knowledge/goals.yaml", "goal_measurable and goal_communicated", "goal_measurable    and goal_communicated"),
        ("knowledge/ladder.yaml", "when: eligible >= 1 and unexamined", "when: eligible >= 1   and   unexamined"),
    )
    assert list(changes(base, laid_out)) == []


def test_each_kind_of_change_is_told(base: RuleBase, tmp_path: Path) -> None:
    new = edited(
        tmp_path,
        ("rules/individual.yaml", "ind_peers_n >= peers_min and ind_tenure", "ind_peers_n >= 8 and ind_tenure"),
        ("rules/pricing.yaml", "- id: R2\n", "- id: R2B\n"),
        ("knowledge/delivery.yaml", "delivery_otif_pct >= otif_good and", "delivery_otif_pct >= 85 and"),
        ("knowledge/ladder.yaml", "when: eligible >= 1 and unexamined == 0", "when: eligible >= 1"),
        ("knowledge/policy.yaml", "wait_hours: 24", "wait_hours: 48"),
        ("knowledge/pricing.yaml", "    effort: 3", "    effort: 4"),
        ("knowledge/properties.yaml", "- id: all_looked_at\n", "- id: looked_at_all\n"),
    )
    found = {(change.what, change.name): change for change in changes(base, new)}
    assert found["rule", "IN0"].meaning == "stricter"
    assert (found["rule", "R2"].how, found["rule", "R2B"].how) == ("removed", "added")
    assert found["stage", "delivery"].meaning == "looser"
    demanded = "eligible >= 1 and unexamined == 0 and unproven == 0 and left_out == 0"
    assert found["ladder", "ladder"].parts == (
        ("decisions: file: eligible_for_human_review", demanded, demanded.replace("unexamined == 0 and ", "")),
    )
    assert found["policy", "policy"].parts == (("wait_hours", "24", "48"),)
    assert found["property", "all_looked_at"].how == "removed"
    assert [change.parts for change in found.values() if change.what == "term"] == [(("effort", "3", "4"),)]
    assert set(found) >= {("property", "looked_at_all")}


def test_stages_that_changed_places_are_told(base: RuleBase) -> None:
    written = base.as_written
    first, second, *rest = written.stages
    (change,) = changes(written, replace(written, stages=(second, first, *rest)))
    (order,) = change.parts
    assert (change.what, order[0]) == ("ladder", "order")
    assert [told.split(", ")[:2] for told in order[1:]] == [[first.id, second.id], [second.id, first.id]]


def test_the_worked_cases_that_change_are_exactly_those_whose_result_does(base: RuleBase, tmp_path: Path) -> None:
    new = edited(
        tmp_path, ("knowledge/delivery.yaml", "delivery_otif_pct >= otif_good and", "delivery_otif_pct >= 97 and")
    )
    cases = list(worked_cases(base, [None]))
    assert len(cases) > 50
    turned = {turned.case for turned in turned_cases(base, new, cases)}
    for _, memory in cases:
        before, after = quick(base, memory).to_dict(), quick(new, memory.with_base(new)).to_dict()
        same = all(before[key] == after[key] for key in ("stages", "files", "concluded", "fired"))
        lists = all(
            [r["intervention"] for r in before[key]] == [r["intervention"] for r in after[key]]
            for key in ("recommendations", "alternatives", "suppressed")
        )
        if not (same and lists):
            statuses = [[(s["status"], s["held"]) for s in found["stages"]] for found in (before, after)]
            assert memory.case in turned or statuses[0] == statuses[1], memory.case
        else:
            assert memory.case not in turned
    assert turned


def test_a_change_as_json() -> None:
    change = RuleChange("rule", "R1", "A title", "changed", "stricter", (("when", "a", "b"),))
    assert change.to_dict()["parts"] == [{"key": "when", "before": "a", "after": "b"}]


# --- the commands -----------------------------------------------------------------------------------------------------


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return run_salesdx(*arguments, env={"HOME": "/"})


LAYER = """\
- id: R1
  strength: strong
  when: price_index_vs_competitor_pct > 125 and price_lost_reason_share_pct >= 30 and lost_interviews_n >= 10
  finding: price_not_competitive
  recommend: [price_test, value_proof]
  because: Our net price is {price_index_vs_competitor_pct}% of the rival's.
  source: J
- id: X7
  strength: block
  title: No written warning or no final warning was given
  when: not hr_final_warning
  finding: no_warning
  recommend: []
  because: The written or the final warning is missing.
  source: J
"""


@pytest.mark.slow
def test_a_review_of_a_firms_layer_from_diff_to_replay(tmp_path: Path) -> None:
    ours = tmp_path / "ours"
    (ours / "rules").mkdir(parents=True)
    (ours / "layer.yaml").write_text("extends: salesdx\n", encoding="utf-8")
    first, second = LAYER.split("- id: X7")
    (ours / "rules/pricing.yaml").write_text(first, encoding="utf-8")
    (ours / "rules/termination.yaml").write_text("- id: X7" + second, encoding="utf-8")
    trail = str(tmp_path / "t.trail")
    assert run("trail", "init", "--trail", trail).returncode == 0
    case = str(ROOT / "rules/cases/price-increase-eight-percent.yaml")
    case = case if Path(case).exists() else str(next(iter(sorted((ROOT / "rules/cases").glob("*price*.yaml")))))
    done = run("diagnose", case, "--trail", trail)
    assert done.returncode == 0, done.stderr

    found = json.loads(run("diff", "salesdx", str(ours), "--trail", trail, "--no-prove", "--format", "json").stdout)
    meanings = {change["name"]: change["meaning"] for change in found["changes"]}
    assert meanings == {"R1": "stricter", "X7": "stricter"}
    assert found["properties"] is None
    assert all(record["case"].startswith("c-") for record in found["records"])  # pseudonyms
    text = run("diff", "salesdx", str(ours), "--no-prove", "--format", "markdown").stdout
    assert "stricter: true in fewer cases" in text

    replay = run("replay", "--home", str(ours), "--trail", trail, "--format", "json")
    assert not replay.stderr
    replayed = json.loads(replay.stdout)
    assert sum(outcome["records"] for outcome in replayed["outcomes"]) == 1
    same = json.loads(run("replay", "--trail", trail, "--format", "json").stdout)
    assert [record["changes"] for record in same["records"]] == [[]]


@pytest.mark.slow
def test_a_property_that_is_lost_is_told(tmp_path: Path) -> None:
    home = tmp_path / "ours"
    edited(
        home, ("rules/individual.yaml", "ind_peers_n >= peers_min and ind_tenure", "ind_peers_n >= 4 and ind_tenure")
    )
    done = run("diff", "salesdx", str(home), "--exit-code")
    assert "No longer proved: fair_comparison." in done.stdout
    assert "looser: true in more cases" in done.stdout
    assert done.returncode == 1


def test_faults_of_either_side_are_told(tmp_path: Path) -> None:
    done = run("diff", "salesdx", str(tmp_path))
    assert done.returncode == 1
    assert "there is no folder `knowledge`" in done.stderr
    assert done.stdout == ""
