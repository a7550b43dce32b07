"""`salesdx diff --upgrade`: what changed below a layer, what the layer overrides, what collides, and whether
a door to a person opens."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from commands import run_salesdx
from conftest import ROOT
from salesdx.authoring.path_to_person import PathToPerson
from salesdx.authoring.upgrade import Upgrade, upgrade
from salesdx.render.upgrades import upgrade_data

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


def layer_of(tmp_path: Path, files: dict[str, str]) -> Path:
    for name, text in {"layer.yaml": "extends: salesdx\n", **files}.items():
        (tmp_path / "layer" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "layer" / name).write_text(text, encoding="utf-8")
    return tmp_path / "layer"


def rule(id: str, when: str, finding: str, more: str = "") -> str:
    return f"- id: {id}\n  strength: weak\n  when: {when}\n  finding: {finding}\n{more}  because: So.\n  source: J\n"


def told(found: Upgrade) -> list[tuple[str, bool, bool, tuple[str, ...]]]:
    return [(o.name, o.collides, o.same, o.reads) for o in found.overrides]


def test_what_a_piece_rests_on_through_others_is_told(tmp_path: Path, new: Path) -> None:
    """A formula, a limit in it, a finding that a new rule says below, and a measure that the layer recommends."""
    rules = rule("OUR1", "ours_twice > 5", "ours", "  recommend: [capacity_action]\n")
    rules += rule("OUR2", "ours and otif_low", "ours_too")
    term = (
        "terms:\n  ours_twice:\n    type: number\n    unit: percent\n    range: [0, 300]\n    source: J\n"
        "    formula: delivery_utilisation_pct + 2\n"
    )
    layer = layer_of(tmp_path, {"rules/delivery.yaml": rules, "knowledge/delivery.yaml": term})
    edit(new, "knowledge/delivery.yaml", "    label: Load of the bottleneck", "    label: Use of the narrowest place")
    edit(new, "knowledge/delivery.yaml", "    title: Relieve the bottleneck", "    title: Send people home")
    with (new / "rules/delivery.yaml").open("a", encoding="utf-8") as file:
        file.write("\n" + rule("NEW1", "delivery_otif_pct < 10", "ours"))
    found = upgrade(layer, None, new)
    assert not found.faults
    assert {name: set(reads) for name, _, _, reads in told(found)} == {
        "ours_twice": {"delivery_utilisation_pct"},
        "OUR1": {"capacity_action", "delivery_utilisation_pct", "NEW1"},
        "OUR2": {"capacity_action", "delivery_utilisation_pct", "NEW1"},
    }
    done = run_salesdx("diff", "--upgrade", "salesdx", str(new), "--home", str(layer))
    assert "3 pieces of the layer rest on what changed below." in done.stdout


def test_a_new_rule_below_with_the_id_of_one_of_the_layer_collides(tmp_path: Path, new: Path) -> None:
    layer = layer_of(tmp_path, {"rules/delivery.yaml": rule("OUR1", "delivery_utilisation_pct > 97", "ours")})
    path = new / "rules/delivery.yaml"
    was = path.read_text(encoding="utf-8")
    path.write_text(was + "\n" + rule("OUR1", "delivery_otif_pct < 10", "theirs"), encoding="utf-8")
    assert told(upgrade(layer, None, new)) == [("OUR1", True, False, ())]
    path.write_text(was + "\n" + rule("OUR1", "delivery_utilisation_pct > 97", "ours"), encoding="utf-8")
    found = upgrade(layer, None, new)
    assert (told(found), found.clean) == ([("OUR1", False, True, ())], True)
    path.write_text(was, encoding="utf-8")
    with (new / "rules/service.yaml").open("a", encoding="utf-8") as file:
        file.write("\n" + rule("OUR1", "delivery_otif_pct < 10", "theirs"))
    found = upgrade(layer, None, new)
    assert (told(found)[0][1], [issue.message for issue in found.faults]) == (True, ["there are two rules `OUR1`"])


def test_the_same_change_on_both_sides_collides_with_nothing(tmp_path: Path, new: Path) -> None:
    rules = new / "rules/service.yaml"
    text = rules.read_text(encoding="utf-8")
    begin = text.index("- id: C8")
    end = begin + (text[begin:] + "\n\n").index("\n\n") + 2
    key = "ruled_out_when: mkt_leads_vs_plan_pct >= 95\n"
    layer = layer_of(
        tmp_path, {"layer.yaml": "extends: salesdx\nremoves: {C8: none}\n", "knowledge/marketing.yaml": key}
    )
    rules.write_text(text[:begin] + text[end:], encoding="utf-8")
    marketing = new / "knowledge/marketing.yaml"
    marketing.write_text(
        re.sub(r"(?m)^ruled_out_when:.*\n(  .*\n)*", key, marketing.read_text(encoding="utf-8")), encoding="utf-8"
    )
    found = upgrade(layer, None, new)
    assert [issue.message for issue in found.faults] == ["there is no rule `C8` to take out"]
    assert [(o.name, o.same, o.collides) for o in found.overrides if o.what == "rule"] == [("C8", True, False)]
    (layer / "layer.yaml").write_text("extends: salesdx\n", encoding="utf-8")
    found = upgrade(layer, None, new)
    assert told(found) == [("knowledge/marketing.yaml: ruled_out_when", False, True, ())]
    assert found.clean


def test_a_term_that_is_gone_below_and_a_value_that_is_gone(tmp_path: Path, new: Path) -> None:
    marketing = new / "knowledge/marketing.yaml"
    text = marketing.read_text(encoding="utf-8")
    term = re.findall(r"(?m)^  (\w+):$", text[: text.index("sales_follow_up, unclear]")])[-1]
    layer = layer_of(tmp_path, {"rules/marketing.yaml": rule("OUR1", f"{term} == 'unclear'", "ours")})
    edit(new, "knowledge/marketing.yaml", "sales_follow_up, unclear]", "sales_follow_up]")
    found = upgrade(layer, None, new)
    assert told(found) == [("OUR1", False, False, (term,))]
    assert [issue.message for issue in found.faults] == ["rule `OUR1`: `unclear` is none of the values of this choice"]
    text = (new / "knowledge/delivery.yaml").read_text(encoding="utf-8")
    begin = text.index("  delivery_perfect_order_pct:")
    gone = text[begin : text.index("\ninterventions:")]
    (new / "knowledge/delivery.yaml").write_text(text.replace(gone, ""), encoding="utf-8")
    own = gone.replace("Orders without any fault", "Faultless orders")
    layer = layer_of(tmp_path / "other", {"knowledge/delivery.yaml": f"terms:\n{own}"})
    assert told(upgrade(layer, None, new)) == [("delivery_perfect_order_pct", True, False, ())]


def test_a_renamed_stage_leaves_the_layer_without_its_file(tmp_path: Path, new: Path) -> None:
    layer = layer_of(tmp_path, {"rules/service.yaml": rule("OUR1", "service_csat_pct < 20", "ours")})
    for room in ("knowledge", "rules"):
        (new / room / "service.yaml").rename(new / room / "servicing.yaml")
    for path in new.rglob("*.yaml"):
        made = re.sub(r"\bstage: service\b", "stage: servicing", path.read_text(encoding="utf-8"))
        path.write_text(
            re.sub(r"\bservice == under_remedy", "servicing == under_remedy", made).replace(
                "concluded == service", "concluded == servicing"
            ),
            encoding="utf-8",
        )
    found = upgrade(layer, None, new)
    assert [(issue.message, issue.help) for issue in found.faults] == [
        ("the ladder has no stage or group `service`", "did you mean `servicing`?")
    ]
    assert not found.clean


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


def test_an_upgrade_that_opens_a_door_is_named(ours: Path, new: Path) -> None:
    assert upgrade(ours, None, new).path == PathToPerson("same")
    edit(new, "knowledge/delivery.yaml", "otif_good: {value: 90", "otif_good: {value: 80")
    done = run_salesdx("diff", "--upgrade", "salesdx", str(new), "--home", str(ours))
    told = " ".join(done.stdout.split())
    assert (done.returncode, "Nothing collides." in told) == (1, True)
    assert "opens: the new rules go further towards a person than those before, under this layer." in told
    assert "OPENS ✗ person: a conclusion on a person" in told
    assert "opened by: rules/delivery.yaml D6 and knowledge/delivery.yaml ruled_out_when" in told


def test_an_upgrade_that_closes_a_door_or_that_the_layer_holds_back_opens_none(ours: Path, new: Path) -> None:
    edit(new, "knowledge/delivery.yaml", "otif_good: {value: 90", "otif_good: {value: 92")
    stricter = upgrade(ours, None, new)
    assert stricter.path is not None
    assert (stricter.path.word, stricter.path.opened, stricter.clean) == ("closes", (), True)
    assert upgrade_data(stricter)["path_to_person"] == "closes"
    edit(new, "knowledge/delivery.yaml", "otif_good: {value: 92", "otif_good: {value: 80")
    (ours / "knowledge/delivery.yaml").write_text("limits: {otif_good: 90}\n", encoding="utf-8")
    held = upgrade(ours, None, new)
    assert held.path is not None
    assert (held.path.word, [each.name for each in held.collisions]) == ("same", ["otif_good"])


@pytest.mark.parametrize("arguments", [("--upgrade",), ("--home", "ours"), ("--upgrade", "--home", str(ROOT))])
def test_upgrade_is_of_a_layer(arguments: tuple[str, ...]) -> None:
    assert run_salesdx("diff", "salesdx", "salesdx", *arguments).returncode == 2
