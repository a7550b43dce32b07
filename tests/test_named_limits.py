"""Limits with names: numbers once, moved by a layer in one place, in conditions and texts; and what is told of them."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

import salesdx
from commands import run_salesdx
from salesdx.authoring.checks import CHECKS, check_base
from salesdx.authoring.diff import changes
from salesdx.authoring.limit_readers import limit_readers
from salesdx.authoring.moved_limits import limit_words
from salesdx.authoring.path_to_person import path_to_person
from salesdx.base.model import RuleBase
from salesdx.case.file import memory_from
from salesdx.engine.diagnose import quick
from salesdx.language.conditions import Literal, limits_of, walk
from salesdx.language.parsing import parse_condition
from salesdx.language.rewriting import in_numbers, with_limits
from salesdx.text.issues import RuleBaseError


def layer(folder: Path, **files: str) -> Path:
    """A layer on the shipped rules; `delivery` is knowledge/delivery.yaml, `rules_delivery` is rules/delivery.yaml."""
    (folder / "layer.yaml").write_text("extends: salesdx\n", encoding="utf-8")
    for name, text in files.items():
        room, home = ("rules", name.removeprefix("rules_")) if name.startswith("rules_") else ("knowledge", name)
        path = folder / room / f"{home}.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def moved(tmp_path: Path) -> RuleBase:
    return salesdx.load(layer(tmp_path, delivery="limits: {otif_very_low: 92}\n"))


def faults(home: Path) -> list[str]:
    with pytest.raises(RuleBaseError) as error:
        salesdx.load(home)
    issues = error.value.issues
    return [f"{i.code} {i.place.line}:{i.place.column} {i.message}; {i.help}" for i in issues]


# --- what a limit is --------------------------------------------------------------------------------------------------


def test_a_name_is_the_number_and_stays_where_it_is_written() -> None:
    expr = with_limits(parse_condition("a < low and not b >= low"), {"low": Decimal("85.0")})
    assert limits_of(expr) == ("low",)
    assert [(part.start, part.end) for part in walk(expr) if isinstance(part, Literal)] == [(4, 7), (21, 24)]
    assert in_numbers("a < low and not b >= low or c == 'low'", expr) == "a < 85 and not b >= 85 or c == 'low'"


def test_a_number_of_a_layer_moves_conditions_and_texts(moved: RuleBase, base: RuleBase) -> None:
    rule, limit = moved.rule["D1"], moved.limits["otif_very_low"]
    assert rule.numbered.startswith("delivery_otif_pct < 92 and delivery_orders_n >= 30")
    assert rule.title.startswith("Less than 92% of orders arrive on time")
    assert moved.rule["D6"].note.count("Between 92 and 90") == 1
    assert moved.terms["delivery_otif_pct"].note.endswith("below 92 with visible harm is strong evidence.")
    assert (limit.value, limit.unit, limit.source) == (92, "%", ("J", "S08"))
    assert limit.place.path.endswith("/knowledge/delivery.yaml")
    assert base.limits["otif_very_low"].value == 85
    assert moved.layers[-1].changes == (("limit", "otif_very_low", "replaced"),)


def test_the_engine_goes_by_the_number(moved: RuleBase, base: RuleBase) -> None:
    facts = {"case_attainment_pct": 80, "delivery_otif_pct": 90, "delivery_orders_n": 40, "delivery_cancelled_pct": 4}
    fired = [
        [
            rule.id
            for rule in quick(rules, memory_from(facts | {"firm_ships_goods": True}, rules)).fired
            if rule.home == "delivery"
        ]
        for rules in (base, moved)
    ]
    assert fired == [[], ["D1"]]


@pytest.mark.parametrize("name", ["otif_very_low", "csat_low", "peers_min", "potential_high", "nps_drop_large"])
def test_a_limit_that_is_moved_turns_what_lies_between(name: str, base: RuleBase, tmp_path: Path) -> None:
    """Of each condition that reads the limit the number has moved, and of no other condition."""
    limit = base.limits[name]
    new = salesdx.load(layer(tmp_path, **{limit.home: f"limits: {{{name}: {limit.value + 1}}}\n"}))
    readers = {reader.name for reader in limit_readers(base)[name] if reader.what == "rule"}
    turned = {change.name for change in changes(base, new) if change.what == "rule" and change.meaning}
    assert turned == readers != set()
    assert all(limit.value in numbers_of(base, id) and limit.value + 1 in numbers_of(new, id) for id in readers)


def numbers_of(base: RuleBase, id: str) -> list[Decimal]:
    return [
        Decimal(word)
        for word in base.rule[id].numbered.replace(")", " ").split()
        if word.strip("-.").replace(".", "").isdigit()
    ]


def test_every_limit_of_the_shipped_rules_is_read_and_stands_once(base: RuleBase) -> None:
    assert len(base.limits) > 140
    assert all(limit_readers(base).values())
    told = [str(issue) for issue in check_base(base, CHECKS) if issue.code in ("unread-limit", "literal-limit")]
    assert told == []


def test_the_json_names_the_limit(base: RuleBase) -> None:
    facts = {
        "firm_ships_goods": True,
        "case_attainment_pct": 80,
        "delivery_otif_pct": 80,
        "delivery_orders_n": 40,
        "delivery_cancelled_pct": 4,
    }
    stages = {stage["id"]: stage for stage in quick(base, memory_from(facts, base)).to_dict()["stages"]}
    found = [(part["test"], part["limits"]) for part in stages["delivery"]["standing"]["decisive"]]
    assert ("delivery_otif_pct < 85", ["otif_very_low"]) in found


# --- what is refused --------------------------------------------------------------------------------------------------

RULE = """- id: OUR1
  strength: weak
  title: Below {%s}
  when: delivery_otif_pct < %s
  finding: ours
  because: It is {delivery_otif_pct}, below {%s}.
  source: J
"""


@pytest.mark.parametrize(
    ("files", "told"),
    [
        (
            {"delivery": "limits: {otif_very_lo: 92}\n"},
            ["unknown-limit 1:10 a number alone moves a limit of the rules below, and there is no `otif_very_lo`"],
        ),
        (
            {"delivery": "limits: {csat_low: 92}\n"},
            ["there is no `csat_low` in this file; it is at salesdx/knowledge/service.yaml"],
        ),
        ({"delivery": "limits: {new: {value: much}}\n"}, ["type 1:23 `value` of limit `new` must be a number"]),
        ({"delivery": "limits: {new: {unit: days}}\n"}, ["missing-key 1:10 limit `new` needs the key `value`"]),
        ({"delivery": "limits: {delivery_otif_pct: {value: 1}}\n"}, ["duplicate-name"]),
        ({"delivery": "limits: {otif_low: {value: 1}}\n"}, ["duplicate-name 1:10 there are two of"]),
        ({"delivery": "limits: {status: {value: 1}}\n"}, ["`status` means something else in the ladder"]),
        ({"delivery": "limits: {goals: {value: 1}}\n"}, ["`goals` means something else in the ladder"]),
        ({"rules_delivery": RULE % (("otif_goud",) * 3)}, ["which is no limit; did you mean `otif_good`?",
             "unknown-term 4:29", "unknown-term 6:"]),
        ({"rules_delivery": RULE % ("delivery_otif_pct", "otif_good", "otif_good")}, ["unknown-limit 3:16"]),
    ],
)  # fmt: skip
def test_faults(files: dict[str, str], told: list[str], tmp_path: Path) -> None:
    found = faults(layer(tmp_path, **files))
    assert [words for words in told if not any(words in fault for fault in found)] == [], found


def test_a_layers_rule_may_name_a_limit_of_the_base(tmp_path: Path) -> None:
    base = salesdx.load(layer(tmp_path, rules_delivery=RULE % (("otif_good",) * 3)))
    assert (base.rule["OUR1"].title, base.rule["OUR1"].because) == ("Below 90", "It is {delivery_otif_pct}, below 90.")


# --- what is told -----------------------------------------------------------------------------------------------------


def test_diff_says_what_a_moved_limit_makes_of_each_condition(tmp_path: Path) -> None:
    home = layer(tmp_path, delivery="limits: {delivery_orders_min: 40}\n")
    found = json.loads(run_salesdx("diff", "salesdx", str(home), "--no-prove", "--format", "json").stdout)
    limits = {change["name"]: change for change in found["changes"] if change["what"] == "limit"}
    assert limits["delivery_orders_min"]["parts"] == [{"key": "value", "before": "30", "after": "40"}]
    assert [(r["name"], r["meaning"]) for r in limits["delivery_orders_min"]["readers"]] == [
        ("D1", "stricter"),
        ("D6", "stricter"),
        ("delivery: ruled_out_when", "stricter"),
    ]
    assert limits["delivery_orders_min"]["path_to_person"] == "closes"
    text = " ".join(run_salesdx("diff", "salesdx", str(home), "--no-prove").stdout.split())
    line = "- limit delivery_orders_min 30 → 40: D1 stricter, D6 stricter, delivery: ruled_out_when stricter; closes "
    assert line in text


@pytest.mark.slow
def test_each_moved_limit_is_told_by_itself(base: RuleBase, tmp_path: Path) -> None:
    """Together they open; what opens is one of them, one closes, and one is beside the path."""
    home = layer(
        tmp_path,
        training="limits: {training_completed_good: 80}\n",
        delivery="limits: {delivery_orders_min: 40}\n",
        service="limits: {csat_low: 72}\n",
    )
    new = salesdx.load(home)
    path = path_to_person(base, new, home)
    assert path.word == "opens"
    words = limit_words(base, new, path)
    assert {name: words[name] for name in ("training_completed_good", "delivery_orders_min")} == {
        "training_completed_good": "opens", "delivery_orders_min": "closes",
    }  # fmt: skip


def test_fmt_orders_the_keys_of_a_limit(tmp_path: Path) -> None:
    home = layer(tmp_path, delivery="stage: delivery\nlimits:\n  new:\n    source: J\n    value: 1\n")
    assert run_salesdx("fmt", "--home", str(home)).returncode == 0
    assert (
        home / "knowledge/delivery.yaml"
    ).read_text() == "stage: delivery\nlimits:\n  new:\n    value: 1\n    source: J\n"


def test_with_identifiers_the_limits_stand_behind_the_condition(moved: RuleBase, tmp_path: Path) -> None:
    told = run_salesdx("explain-rule", "D1", "--home", str(tmp_path)).stdout
    assert "92% of orders (limit `otif_very_low`)" in " ".join(told.split())
