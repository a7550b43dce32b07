"""A folder that holds only changes: what it replaces, adds and takes out, where each piece came from, and faults."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import salesdx
from conftest import ROOT
from salesdx.base.background import Proof
from salesdx.base.loading import digest_of
from salesdx.base.model import RuleBase
from salesdx.base.proof import proof_text

RULE = """\
- id: R1
  strength: strong
  when: price_index_vs_competitor_pct > 125 and price_lost_reason_share_pct >= 30 and lost_interviews_n >= 10
  finding: price_not_competitive
  recommend: [price_test]
  because: Our net price is {price_index_vs_competitor_pct}% of the rival's.
  source: J
- id: OUR1
  strength: weak
  when: our_rebate_pct > 20
  finding: rebates_high
  because: Rebates are {our_rebate_pct}%.
  source: J
"""
TERM = """\
terms:
  our_rebate_pct:
    type: percent
    range: [0, 100]
    question: What share of list price do we give as rebates?
    respondent: finance
    source: J
"""


def write(home: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return home


@pytest.fixture
def ours(tmp_path: Path) -> Path:
    return write(
        tmp_path / "ours",
        {"layer.yaml": "extends: salesdx\n", "rules/pricing.yaml": RULE, "knowledge/pricing.yaml": TERM},
    )


def test_rules_are_replaced_and_added_and_terms_too(ours: Path, base: RuleBase) -> None:
    found = salesdx.load(ours)
    assert found.rule["R1"].text.startswith("price_index_vs_competitor_pct > 125")
    assert [rule.id for rule in found.rules if rule.id not in base.rule] == ["OUR1"]
    assert set(found.terms) - set(base.terms) == {"our_rebate_pct"}
    assert [rule.id for rule in found.rules_of["pricing"]] == [*(r.id for r in base.rules_of["pricing"]), "OUR1"]
    (layer,) = found.layers
    assert layer.changes == (
        ("term", "our_rebate_pct", "added"),
        ("rule", "R1", "replaced"),
        ("rule", "OUR1", "added"),
    )


def test_a_layer_is_read_anew_where_a_text_of_it_or_below_it_changed(ours: Path, tmp_path: Path) -> None:
    """What has the same texts is the same rules, and has the same faults; whatever is another is loaded again."""
    upper = write(tmp_path / "upper", {"layer.yaml": "extends: ../ours\n"})
    first = salesdx.load(upper)
    assert salesdx.load(upper) is first
    for old, new in (("> 20", "> 21"), ("> 21", "> 20")):
        text = (ours / "rules" / "pricing.yaml").read_text("utf-8")
        write(ours, {"rules/pricing.yaml": text.replace(old, new)})
        assert salesdx.load(upper).rule["OUR1"].text == f"our_rebate_pct {new}"
    write(upper, {"proof.json": proof_text(Proof(first.digest, "z3", ("one",)))})
    assert (first.proof, salesdx.load(upper).proof) == (None, Proof(first.digest, "z3", ("one",)))
    write(ours, {"rules/pricing.yaml": RULE.replace("finding: rebates", "found: rebates")})
    faults = []
    for home in (upper, upper, ours, upper):
        with pytest.raises(salesdx.RuleBaseError) as error:
            salesdx.load(home)
        faults.append([str(issue) for issue in error.value.issues])
    assert faults[0] == faults[1] == faults[3] != []
    assert len(faults[2]) == len(faults[0])
    write(ours, {"rules/pricing.yaml": RULE})
    assert salesdx.load(upper).digest == first.digest


def test_each_piece_says_where_it_came_from(ours: Path) -> None:
    found = salesdx.load(ours)
    assert found.rule["R1"].place.path == f"{ours}/rules/pricing.yaml"
    assert found.rule["R2"].place.path == "salesdx/rules/pricing.yaml"


def test_the_digest_covers_every_layer(ours: Path, base: RuleBase) -> None:
    found = salesdx.load(ours)
    assert found.digest == digest_of(found.files) != base.digest
    assert {"layer.yaml", "rules/pricing.yaml", "extended/rules/pricing.yaml"} <= set(found.files)


def test_the_texts_of_a_layered_rule_base_give_it_again(ours: Path, tmp_path: Path) -> None:
    """As a trail keeps them: with the extended rule base inside, whatever is installed then."""
    found = salesdx.load(ours)
    again = salesdx.load(write(tmp_path / "again", dict(found.files)))
    assert again.digest == found.digest
    assert [(rule.id, rule.text) for rule in again.rules] == [(rule.id, rule.text) for rule in found.rules]


def test_a_layer_on_a_layer(ours: Path, tmp_path: Path) -> None:
    top = write(
        tmp_path / "top",
        {"layer.yaml": "extends: ../ours\nremoves:\n  OUR1: the client gives no rebates\n"},
    )
    found = salesdx.load(top)
    assert "OUR1" not in found.rule
    assert found.rule["R1"].text.startswith("price_index_vs_competitor_pct > 125")
    assert [layer.changes for layer in found.layers][1] == (("rule", "OUR1", "removed"),)


def test_a_stage_is_added_with_one_line_in_the_ladder(ours: Path, base: RuleBase) -> None:
    text = (ROOT / "knowledge/ladder.yaml").read_text(encoding="utf-8")
    stages = text[text.index("stages:") : text.index("# The terms that the head of a case states")]
    line = "  - {stage: service, decided_by: evidence}\n"
    stage = (
        "stage: legal\ntitle: Legal approval\nowner: legal\nruled_out_when: legal_days <= 5\nterms:\n  legal_days:\n"
        "    type: number\n    range: [0, 1000]\n    question: How long?\n    respondent: finance\n    source: J\n"
    )
    write(
        ours,
        {
            "knowledge/ladder.yaml": stages.replace(line, "  - {stage: legal, decided_by: evidence}\n" + line),
            "knowledge/legal.yaml": stage,
            "rules/legal.yaml": "- id: L1\n  strength: strong\n  when: legal_days > 20\n  finding: legal_slow\n"
            "  because: It takes {legal_days} days.\n  source: J\n",
        },
    )
    found = salesdx.load(ours)
    ids = [stage.id for stage in base.stages]
    ids.insert(ids.index("service"), "legal")
    assert [stage.id for stage in found.stages] == ids


def test_a_change_of_one_key_keeps_the_rest(ours: Path, base: RuleBase) -> None:
    write(ours, {"knowledge/policy.yaml": "small_cell: 10\n"})
    found = salesdx.load(ours)
    assert found.policy is not None
    assert base.policy is not None
    assert (found.policy.small_cell, found.policy.roles) == (10, base.policy.roles)
    assert ("key", "knowledge/policy.yaml: small_cell", "replaced") in found.layers[0].changes


@pytest.mark.parametrize(
    ("files", "fault"),
    [
        ({"layer.yaml": "extends: nowhere\n"}, "there is no folder `nowhere`"),
        ({"layer.yaml": "extends: .\n"}, "extend each other in a circle"),
        ({"layer.yaml": "extend: salesdx\n"}, "has no key `extend`"),
        ({"layer.yaml": ""}, "the file is empty"),
        ({"layer.yaml": "extends: salesdx\nremoves: {R99: gone}\n"}, "there is no rule `R99` to take out"),
        ({"layer.yaml": "extends: salesdx\nremoves: [R1]\n"}, "`removes` must be a mapping"),
        ({"layer.yaml": "extends: salesdx\nremoves: {R1: }\n"}, "is empty"),
        ({"rules/pricing.yaml": RULE + RULE}, "R1"),
        ({"rules/pricing.yaml": "id: R1\n"}, "is a list of rules"),
        ({"rules/pricing.yml": RULE}, "files of a rule base end in .yaml"),
    ],
)
def test_faults_are_told(ours: Path, files: dict[str, str], fault: str) -> None:
    write(ours, files)
    with pytest.raises(salesdx.RuleBaseError) as raised:
        salesdx.load(ours)
    assert any(fault in issue.message for issue in raised.value.issues), raised.value


def test_a_removed_rule_whose_finding_is_read_is_a_fault(ours: Path) -> None:
    write(ours, {"layer.yaml": "extends: salesdx\nremoves: {IN0: not wanted}\n"})
    with pytest.raises(salesdx.RuleBaseError, match="comparable_gap"):
        salesdx.load(ours)


def test_what_a_layer_says_of_a_copy_is_the_copy_with_the_changes(ours: Path, tmp_path: Path) -> None:
    """The same changes made by hand in a whole copy give the same rules."""
    copy = tmp_path / "copy"
    for room in ("knowledge", "rules"):
        shutil.copytree(ROOT / room, copy / room)
    rules = copy / "rules/pricing.yaml"
    text = rules.read_text(encoding="utf-8")
    begin = text.index("- id: R1\n")
    end = text.index("\n- id:", begin) + 1
    first, second = RULE.split("- id: OUR1")
    rules.write_text(text[:begin] + first + text[end:].rstrip() + "\n- id: OUR1" + second, encoding="utf-8")
    knowledge = copy / "knowledge/pricing.yaml"
    text = knowledge.read_text(encoding="utf-8")
    knowledge.write_text(text.replace("terms:\n", TERM, 1), encoding="utf-8")
    layered, whole = salesdx.load(ours), salesdx.load(copy)
    assert [(r.id, r.text, r.strength) for r in layered.rules] == [(r.id, r.text, r.strength) for r in whole.rules]
    assert set(layered.terms) == set(whole.terms)


# --- loading again ----------------------------------------------------------------------------------------------------


def test_rules_are_made_anew_only_where_something_of_their_files_is_otherwise(tmp_path: Path) -> None:
    for room in ("knowledge", "rules"):
        shutil.copytree(ROOT / room, tmp_path / room)
    first = salesdx.load(tmp_path)
    assert salesdx.load(tmp_path) is first
    assert salesdx.load(tmp_path, any_language=True) is not first
    rules = tmp_path / "rules" / "pricing.yaml"
    before = rules.read_text(encoding="utf-8")
    rules.write_text(before + "# looked at\n", encoding="utf-8")
    assert salesdx.load(tmp_path).digest != first.digest
    rules.write_text(before, encoding="utf-8")
    assert salesdx.load(tmp_path) is first
    write(tmp_path, {"rules/notes.txt": "", "proof.json": (ROOT / "proof.json").read_text(encoding="utf-8")})
    again = salesdx.load(tmp_path)
    assert (again.digest, [*again.not_read], first.not_read) == (first.digest, [f"{tmp_path}/rules/notes.txt"], {})
    assert again.proof is not None and first.proof is None


def test_rules_that_stand_on_others_follow_these(tmp_path: Path) -> None:
    for room in ("knowledge", "rules"):
        shutil.copytree(ROOT / room, tmp_path / "below" / room)
    ours = write(tmp_path / "ours", {"layer.yaml": "extends: ../below\n", "knowledge/pricing.yaml": TERM})
    before = salesdx.load(ours)
    assert "our_rebate_pct" in before.terms
    knowledge = tmp_path / "below" / "knowledge" / "service.yaml"
    knowledge.write_text(knowledge.read_text(encoding="utf-8").replace("csat_low: {value: 70", "csat_low: {value: 71"))
    after = salesdx.load(ours)
    assert (before.limits["csat_low"].value, after.limits["csat_low"].value) == (70, 71)
