"""`salesdx diff --upgrade`: what changed below a layer, what the layer overrides, and what collides."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from commands import run_salesdx
from conftest import ROOT
from salesdx.authoring.upgrade import upgrade

RULE = """- id: C2
  strength: moderate
  when: service_csat_pct < 75 and service_survey_n >= 30
  finding: service_dissatisfaction
  recommend: [service_recovery]
  because: Only {service_csat_pct}% are satisfied.
  source: J
- id: OUR1
  strength: weak
  when: delivery_utilisation_pct > 97
  finding: ours
  because: The line is full, at {delivery_utilisation_pct}%.
  source: J
"""


@pytest.fixture
def new(tmp_path: Path) -> Path:
    """A copy of the shipped rules, to be changed."""
    for room in ("knowledge", "rules"):
        shutil.copytree(ROOT / room, tmp_path / "new" / room)
    return tmp_path / "new"


@pytest.fixture
def ours(tmp_path: Path) -> Path:
    """A layer: a rule replaced and one added, two limits, and a condition of a stage."""
    home = tmp_path / "ours"
    files = {
        "layer.yaml": "extends: salesdx\nremoves: {C8: we do no follow-up}\n",
        "rules/service.yaml": RULE,
        "knowledge/service.yaml": "limits: {fcr_low: 60, csat_low: 72}\n",
        "knowledge/marketing.yaml": "ruled_out_when: mkt_leads_vs_plan_pct >= 95\n",
    }
    for name, text in files.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(text, encoding="utf-8")
    return home


def edit(home: Path, name: str, old: str, new: str) -> None:
    text = (home / name).read_text(encoding="utf-8")
    assert text.count(old) == 1, old
    (home / name).write_text(text.replace(old, new), encoding="utf-8")


def test_nothing_collides_where_nothing_changed(ours: Path, new: Path) -> None:
    found = upgrade(ours, None, new)
    assert (found.clean, found.changes, found.collisions) == (True, (), ())
    overridden = {(o.what, o.name): o.how for o in found.overrides}
    assert overridden == {
        ("limit", "fcr_low"): "replaced",
        ("limit", "csat_low"): "replaced",
        ("key", "knowledge/marketing.yaml: ruled_out_when"): "replaced",
        ("rule", "C2"): "replaced",
        ("rule", "OUR1"): "added",
        ("rule", "C8"): "removed",
    }


def test_what_both_changed_collides(ours: Path, new: Path) -> None:
    edit(new, "rules/service.yaml", "when: service_csat_pct < csat_low and", "when: service_csat_pct <= csat_low and")
    edit(new, "rules/service.yaml", "follow_up_done_pct < follow_up_low", "follow_up_done_pct < 50")
    edit(new, "knowledge/service.yaml", "fcr_low: {value: 65", "fcr_low: {value: 63")
    edit(new, "knowledge/marketing.yaml", "leads_plan_good: {value: 90", "leads_plan_good: {value: 92")
    edit(new, "knowledge/pricing.yaml", "price_index_high: {value: 110", "price_index_high: {value: 112")
    found = upgrade(ours, None, new)
    assert {(o.what, o.name) for o in found.collisions} == {
        ("rule", "C2"),
        ("rule", "C8"),
        ("limit", "fcr_low"),
        ("key", "knowledge/marketing.yaml: ruled_out_when"),
    }
    assert not found.clean
    below = {o.name: o.below.meaning for o in found.collisions if o.below is not None}
    assert (below["C2"], below["C8"]) == ("looser", "stricter")


def test_what_the_new_rules_say_too_is_no_collision(ours: Path, new: Path) -> None:
    edit(new, "knowledge/service.yaml", "fcr_low: {value: 65", "fcr_low: {value: 60")
    found = upgrade(ours, None, new)
    (same,) = [o for o in found.overrides if o.same]
    assert (same.name, same.collides, found.collisions) == ("fcr_low", False, ())


def test_a_rule_that_reads_what_changed_is_told(ours: Path, new: Path) -> None:
    edit(new, "knowledge/delivery.yaml", "    label: Load of the bottleneck", "    label: Use of the narrowest place")
    reads = {o.name: o.reads for o in upgrade(ours, None, new).overrides}
    assert (reads["OUR1"], reads["C2"]) == (("delivery_utilisation_pct",), ())


def test_a_layer_that_no_longer_loads(ours: Path, new: Path) -> None:
    text = (new / "knowledge/delivery.yaml").read_text(encoding="utf-8")
    for name in ("knowledge/delivery.yaml", "rules/delivery.yaml"):
        text = (new / name).read_text(encoding="utf-8")
        (new / name).write_text(text.replace("delivery_utilisation_pct", "delivery_use_pct"), encoding="utf-8")
    for case in (new / "rules/cases").glob("*.yaml"):
        case.unlink()
    found = upgrade(ours, None, new)
    assert {issue.code for issue in found.faults} == {"unknown-term"}
    assert not found.clean
    done = run_salesdx("diff", "--upgrade", "salesdx", str(new), "--home", str(ours))
    assert done.returncode == 1
    assert "The layer does not load on the new rules, so no case was run." in " ".join(done.stdout.split())


def test_the_command_in_words_and_json(ours: Path, new: Path) -> None:
    clean = run_salesdx("diff", "--upgrade", "salesdx", str(new), "--home", str(ours))
    assert (clean.returncode, "Nothing collides." in clean.stdout) == (0, True)
    edit(new, "knowledge/service.yaml", "fcr_low: {value: 65", "fcr_low: {value: 63")
    done = run_salesdx("diff", "--upgrade", "salesdx", str(new), "--home", str(ours))
    assert done.returncode == 1
    assert "- limit fcr_low 65 → 63: C6 stricter (replaced in the layer; below: changed)" in " ".join(
        done.stdout.split()
    )
    found = json.loads(
        run_salesdx("diff", "--upgrade", "salesdx", str(new), "--home", str(ours), "--format", "json").stdout
    )
    assert (found["schema"], found["clean"]) == ("salesdx.upgrade/1", False)
    assert [each["name"] for each in found["collides"]] == ["fcr_low"]
    assert {change["name"] for change in found["changes"]} >= {"fcr_low", "C6"}


@pytest.mark.parametrize("arguments", [("--upgrade",), ("--home", "ours"), ("--upgrade", "--home", str(ROOT))])
def test_upgrade_is_of_a_layer(arguments: tuple[str, ...]) -> None:
    assert run_salesdx("diff", "salesdx", "salesdx", *arguments).returncode == 2
