"""Explanations of worked cases, by value: why, why not, what supports it, what if, what would change it."""

from __future__ import annotations

import json
from decimal import Decimal
from functools import cache
from pathlib import Path

import networkx as nx
import pytest

import salesdx
from conftest import ROOT
from homes import load_home, memory_of, one_stage
from salesdx.case.statement import Unknown
from salesdx.engine.diagnose import diagnose
from salesdx.explanation import Derivation, Explanation, UnknownName, derivation_graph, explain
from salesdx.explanation.what_if import read_changes
from salesdx.language.intervals import Interval
from salesdx.text.issues import CaseError

RULED_OUT_BEFORE_PRICING = {
    "goal_measurable", "goal_communicated", "goal_backtest_ratio_pct", "case_subject", "lost_interviews_n",
    "product_lost_reason_share_pct", "firm_takes_returns", "product_return_ratio", "product_trend_gap_points",
}  # fmt: skip


@cache
def of(name: str) -> Explanation:
    """The explanation of a worked case."""
    base = salesdx.load()
    memory = salesdx.read_case(ROOT / "rules" / "cases" / f"{name}.yaml", base)
    return explain(base, memory, diagnose(base, memory, "reference"))


GOALS = salesdx.load().home["goals"].title
PRICE_RISE = "pricing-the-eight-percent-price-rise"
SURVEYS = "pricing-two-surveys-disagree"
VERDICT = "individual-a-quick-verdict-with-the-middle-missing"
COMPLETE = "termination-everything-was-tried-and-is-on-file"
PLANNED = "termination-coaching-was-planned-not-given"
STAR = "success-top-performer-who-makes-few-calls"
JANUARY = "goals-garden-furniture-in-january"


def outline(derivation: Derivation, depth: int = 9) -> list[str]:
    """The texts of a derivation, indented, without facts."""
    below = [
        line for child in derivation.children if depth and child.kind != "fact" for line in outline(child, depth - 1)
    ]
    return [derivation.text + (f" [{derivation.truth}]" if derivation.truth else ""), *(f"  {line}" for line in below)]


def node(derivation: Derivation, kind: str, name: str) -> Derivation:
    """The first step of this kind and name."""
    return next(step for step in derivation.walk() if (step.kind, step.name) == (kind, name))


# --- why --------------------------------------------------------------------------------------------------------------


def test_why_a_rule_is_true() -> None:
    assert outline(of(PRICE_RISE).why("R2")) == [
        "rule R2 (strong): After a price rise of 8% our units moved by -14% while the category moved by -1%. [true]",
        "  `firm_sets_prices` is yes [true]",
        "  `price_increase_recent_pct` 8 >= 5 [true]",
        "  `price_volume_after_increase_pct` -14 <= -10 [true]",
        "  `price_category_change_pct` -1 > -3 [true]",
    ]


def test_why_a_finding_is_found_names_the_rule() -> None:
    derivation = of(PRICE_RISE).why("price_rise_cost_volume")
    assert (derivation.kind, derivation.text, derivation.truth) == (
        "finding",
        "`price_rise_cost_volume` is found",
        "true",
    )
    assert [child.name for child in derivation.children] == ["R2"]


def test_why_a_rule_is_false_gives_one_comparison_that_suffices() -> None:
    assert outline(of(SURVEYS).why("R1"))[1:] == ["  `price_lost_reason_share_pct` 19 >= 30 [false]"]


def test_why_a_stage_is_concluded_goes_down_to_the_asked_facts_of_all_earlier_ones() -> None:
    derivation = of(PRICE_RISE).why("pricing")
    assert outline(derivation, 3) == [
        "Pricing is confirmed and concluded",
        "  Pricing is confirmed",
        "    2 of 2 strong rules of Pricing are true [true]",
        f"      {outline(of(PRICE_RISE).why('R2'))[0]}",
        "  2 of 2 earlier stages are passed [true]",
        f"    {GOALS} is ruled out",
        "      `goal_measurable` is yes [true]",
        "      `goal_communicated` is yes [true]",
        "      `goal_backtest_ratio_pct` 103 <= 110 [true]",
        "      `case_subject` company not in territory, person [true]",
        f"      none of 11 strong rules of {GOALS} is true [true]",
        f"      none of 3 moderate rules of {GOALS} is true [true]",
        "      none of 14 signs turn on what is imprecise or disputed [true]",
        "    Product is ruled out",
        "      `lost_interviews_n` 16 >= 10 [true]",
        "      `product_lost_reason_share_pct` 14 <= 20 [true]",
        "      `firm_takes_returns` is yes [true]",
        "      `product_return_ratio` 1.05 <= 1.25 [true]",
        "      `product_trend_gap_points` -1 >= -5 [true]",
        "      none of 3 strong rules of Product is true [true]",
        "      none of 4 moderate rules of Product is true [true]",
        "      none of 7 signs turn on what is imprecise or disputed [true]",
    ]
    own = {"firm_sets_prices"}
    own |= {"price_increase_recent_pct", "price_volume_after_increase_pct", "price_category_change_pct"}
    assert {fact.term for fact in derivation.facts} == RULED_OUT_BEFORE_PRICING | own


def test_the_other_true_rules_and_those_nobody_looked_at_are_named() -> None:
    derivation = of(PRICE_RISE).why("pricing")
    assert node(derivation, "count", "pricing.strong >= 1").notes == ("also true: R1",)
    assert node(derivation, "count", "product.moderate == 0").notes == ("not known: P5, P6, P7",)


def test_why_an_open_stage_is_open_shows_what_fails_and_what_would_decide_it() -> None:
    derivation = of(VERDICT).why("pricing")
    assert (derivation.text, derivation.status) == ("Pricing is open", "open")
    assert [child.text for child in derivation.children] == [
        "Pricing is not confirmed", "Pricing is not ruled out", "Pricing is not set aside",
    ]  # fmt: skip
    assert "price_index_vs_competitor_pct" in derivation.deciding
    assert "price_win_change_points" in derivation.deciding  # not for R4, which is false
    assert node(derivation, "fact", "price_index_vs_competitor_pct").text == (
        "`price_index_vs_competitor_pct` is not known: by finance, 2026-06-30"
    )
    assert node(derivation, "fact", "price_increase_recent_pct").text == "`price_increase_recent_pct` is not asked"


def test_why_a_stage_is_held_names_the_stages_that_hold_it() -> None:
    derivation = of(VERDICT).why("individual")
    assert derivation.text == "The individual's ability is confirmed and held"
    earlier = node(derivation, "count", "individual.not_passed == 0")
    assert earlier.text == "4 of 7 earlier stages are passed"
    assert list(dict.fromkeys(child.name for child in earlier.children)) == ["product", "pricing", "service"]


def test_why_a_stage_is_set_aside_and_a_person_behind_it_held() -> None:
    assert outline(of("pricing-no-buyer-was-asked").why("product"))[:4] == [
        "Product is set aside", "  `product_sales_hold` is no [true]", "  `firm_takes_returns` is yes [true]",
        "  `product_return_ratio` 1 <= 1.25 [true]",
    ]  # fmt: skip
    laid_out = of("pricing-no-buyer-was-asked").why_not("product")
    assert [child.text for child in laid_out.children][:2] == ["Product is not confirmed", "Product is not ruled out"]
    held = of("individual-set-aside-is-no-proof").why("individual")
    assert held.text == "The individual's ability is confirmed and held"
    earlier = node(held, "count", "individual.not_proved == 0")
    assert earlier.text == "5 of 7 earlier stages are proved"
    assert [child.text for child in earlier.children] == [
        "Product is set aside, not ruled out", "Product is set aside, applicable", "Pricing is set aside",
    ]  # fmt: skip


def test_why_a_stage_does_not_apply() -> None:
    assert outline(of(PRICE_RISE).why("individual")) == [
        "The individual's ability is not applicable",
        "  `case_subject` company == person [false]",
    ]


def test_why_nothing_is_run_when_the_goal_was_met() -> None:
    assert outline(of(STAR).why("goals")) == [
        f"{GOALS} is not run", "  the mode is success", "    `case_attainment_pct` 128 >= 100 [true]",
    ]  # fmt: skip
    assert outline(of(STAR).why("mode"))[0] == "the mode is success"


def test_why_a_computed_term_has_its_value() -> None:
    derivation = of(COMPLETE).why("ind_win_p_value")
    assert derivation.text.startswith("`ind_win_p_value` is 0.004") and derivation.text.endswith(": computed")
    inputs = ["ind_wins_n", "ind_decided_deals_n", "ind_peer_wins_n", "ind_peer_decided_n"]
    assert [child.name for child in derivation.children] == inputs


def test_why_a_recommendation_is_given_names_rule_and_stage() -> None:
    derivation = of(PRICE_RISE).why("price_test")
    assert (derivation.text, derivation.status, derivation.notes) == (
        "Price test in one segment is recommended", "recommended", ("also given by R1",),
    )  # fmt: skip
    assert [(child.kind, child.name, child.status) for child in derivation.children] == [
        ("rule", "R2", ""), ("stage", "pricing", "concluded"),
    ]  # fmt: skip


def test_why_a_recommendation_is_held_back() -> None:
    derivation = of(JANUARY).why("systemic_plan")
    assert derivation.status == "suppressed"
    assert derivation.text.startswith("Company-wide cause review is held back: SC13: ")
    assert [child.name for child in derivation.children if child.kind == "rule"] == ["SC1", "SC13"]


def test_why_help_is_exhausted_when_a_file_is_complete() -> None:
    derivation = of(COMPLETE).why("coaching_plan")
    assert derivation.status == "suppressed"
    assert node(derivation, "stage", "termination").status in ("exhausted", "eligible_for_human_review")


def test_why_a_form_of_recognition_is_an_alternative() -> None:
    derivation = of("recognition-cash").why("time_off_trip")
    assert (derivation.status, derivation.text.partition(": ")[2]) == ("alternative", "the person prefers: Cash bonus")
    assert any(step.text.startswith("`rec_preference` cash == cash") for step in derivation.walk())


def test_why_a_file_is_blocked_and_complete() -> None:
    derivation = of(PLANNED).why("termination")
    blocks = node(derivation, "count", "termination.block >= 1")
    assert [child.name for child in blocks.children] == ["X3"]
    assert blocks.notes == ("not known: X13", "also true: X4")  # X5 reads the days that the dates give
    complete = of(COMPLETE).why("termination")
    looked_at = node(complete, "count", "termination.unexamined == 0")
    assert looked_at.text.endswith(" rules of the stages passed were looked at")
    assert {child.truth for child in looked_at.children} == {"false"}
    assert len(complete.facts) > 80


def test_an_excused_fact_is_cited_where_it_counts_as_looked_at() -> None:
    derivation = of("termination-complete-with-what-does-not-apply").why("termination")
    excused = [fact for fact in derivation.facts if fact.unknown is Unknown.NOT_APPLICABLE]
    assert excused and all(fact.used is not None and fact.used.by and fact.used.reason for fact in excused)


# --- why not ----------------------------------------------------------------------------------------------------------


def test_why_not_gives_every_comparison() -> None:
    assert outline(of(VERDICT).why_not("R1"))[1:] == [
        "  `firm_has_rivals` is yes [true]",
        "  `price_index_vs_competitor_pct` (not known) > 110 [unknown]",
        "  `price_lost_reason_share_pct` (not known) >= 30 [unknown]",
        "  `lost_interviews_n` 0 >= 10 [false]",
    ]
    assert of(VERDICT).why_not("R1").deciding == ()
    assert of(VERDICT).why_not("R3").deciding == ("price_index_vs_competitor_pct", "price_value_premium_supported")


def test_why_not_keeps_the_conditions_shape() -> None:
    lines = outline(of(PRICE_RISE).why_not("pricing"))
    at = lines.index("  Pricing is not ruled out [false]")
    assert lines[at + 1 : at + 10] == [
        "    one of these [false]",
        "      `firm_has_rivals` is yes [false]",
        "      all of these [false]",
        "        `firm_has_rivals` is yes [true]",
        "        one of these [false]",
        "          `price_index_vs_competitor_pct` 112 <= 105 [false]",
        "          all of these [false]",
        "            `price_index_vs_competitor_pct` 112 <= 115 [true]",
        "            `price_value_premium_supported` is no [false]",
    ]


def test_why_not_recommended_tells_what_the_rules_wait_for() -> None:
    derivation = of(VERDICT).why_not("coaching_plan")
    assert derivation.status == "not recommended"
    may = {child.text: child.truth for child in derivation.children if child.kind == "all"}
    assert may["IN1, IN2, IN3 may not recommend now"] == "false"
    assert "price_index_vs_competitor_pct" in derivation.deciding  # pricing is open, and holds the individual stage
    assert "hr_coaching_outcome" not in derivation.deciding  # no answer of the last stage is looked at yet


def test_a_dispute_shows_both_sides_and_how_the_result_would_turn() -> None:
    fact = of(SURVEYS).why("price_index_vs_competitor_pct")
    assert fact.text == (
        "`price_index_vs_competitor_pct` is disputed, 104 to 118% of the rival's net price, 100 = parity: "
        "118 (price survey, by finance, 2026-08-20) against 104 (price survey, by marketing, 2026-09-03)"
    )
    assert fact.notes == (
        "the statements with customer survey disagree",
        "with 118: Pricing is concluded", "with 104: nothing is concluded",
    )  # fmt: skip
    comparison = of(SURVEYS).why_not("R3").children[1]
    assert (comparison.text, comparison.truth) == ("`price_index_vs_competitor_pct` 104 to 118 > 115", "unknown")


def test_a_formula_counts_against_a_statement_which_is_shown() -> None:
    fact = of(PLANNED).why("hr_coaching_days")
    assert (fact.text, fact.value) == ("`hr_coaching_days` is 88 (days): computed", 88)
    assert fact.notes == ("the formula gives 88, 75 was stated and never counts",)
    assert [child.name for child in fact.children] == ["hr_coaching_end_date", "hr_coaching_start_date"]


def test_a_division_by_zero_is_told(tmp_path: Path) -> None:
    base = one_stage(tmp_path, {"calls": "number", "visits": "number"}, {"A1": "calls / visits > 2"})
    memory = memory_of(base, {"calls": 4, "visits": 0})
    derivation = explain(base, memory, diagnose(base, memory, "reference")).why("A1")
    assert derivation.truth == "unknown"
    assert derivation.children[0].notes == ("division by zero: `calls` 4 / `visits` 0",)


def test_old_evidence_is_shown_with_its_date() -> None:
    fact = of("marketing-audience-check-too-old").why("mkt_target_validated")
    assert fact.fact is not None and fact.fact.unknown is Unknown.STALE
    assert fact.text.startswith("`mkt_target_validated` is too old: ")


def test_where_a_fact_comes_from() -> None:
    base = salesdx.load()
    said = {"value": 78, "by": "production", "source": "ERP", "date": "2026-09-30"}
    memory = salesdx.memory_from({"case_attainment_pct": 80, "delivery_otif_pct": said}, base)
    fact = explain(base, memory, diagnose(base, memory, "reference")).why("delivery_otif_pct")
    assert fact.text == "`delivery_otif_pct` is 78% of orders: ERP, by production and logistics, 2026-09-30"
    assert fact.to_dict()["fact"] == {"term": "delivery_otif_pct", **said}


# --- support ----------------------------------------------------------------------------------------------------------


def test_support_of_a_status_a_rule_and_a_conclusion() -> None:
    own = {"firm_sets_prices"}
    own |= {"price_increase_recent_pct", "price_volume_after_increase_pct", "price_category_change_pct"}
    assert set(of(PRICE_RISE).support("R2").terms) == own
    assert set(of(PRICE_RISE).support("pricing").terms) == RULED_OUT_BEFORE_PRICING | own
    goals = of(PRICE_RISE).support("goals")
    assert goals.result == "ruled out"
    assert set(goals.terms) == {term for term in RULED_OUT_BEFORE_PRICING if term.startswith(("goal_", "case_"))}
    assert goals.missing == ()


def test_what_is_open_is_supported_by_nothing_and_lacks_facts() -> None:
    support = of(VERDICT).support("pricing")
    assert (support.result, support.facts) == ("open", ())
    missing = {fact.term: fact.unknown for fact in support.missing}
    assert missing["price_index_vs_competitor_pct"] is Unknown.NOT_KNOWN
    assert missing["price_increase_recent_pct"] is Unknown.NOT_ASKED


def test_the_facts_that_decide_a_stage_in_short() -> None:
    decisive = [fact.term for fact in of(PRICE_RISE).decisive("pricing")]
    assert decisive[0] == "firm_sets_prices"
    assert decisive[1:] == ["price_increase_recent_pct", "price_volume_after_increase_pct", "price_category_change_pct"]
    assert [fact.term for fact in of(PLANNED).decisive("termination")] == ["hr_training_delivered"]


# --- what if ----------------------------------------------------------------------------------------------------------


def differences(name: str, changes: dict[str, object]) -> list[tuple[str, str, object, object]]:
    found = of(name).what_if(changes)
    return [(d.what, d.name, d.before, d.after) for d in found.differences]


def test_what_if_lists_only_what_changed() -> None:
    found = differences(PRICE_RISE, {"price_volume_after_increase_pct": "-9"})
    diagnosis = of(PRICE_RISE).diagnosis
    assert found == [
        ("fired", "R2", diagnosis.because(diagnosis.base.rule["R2"]), None),
        ("recommended", "price_correct", "recommended", None),
    ]


def test_what_if_shows_computed_facts_statuses_and_files() -> None:
    found = differences(COMPLETE, {"ind_wins_n": 11})
    assert [(what, name) for what, name, *_ in found[:5]] == [
        ("fact", "ind_win_p_value"), ("fact", "ind_win_p_adjusted"),
        ("stage", "individual"), ("concluded", "concluded"), ("file", "termination"),
    ]  # fmt: skip
    assert found[2][2:] == ("confirmed, concluded", "open")
    assert found[4][2:] == ("eligible_for_human_review", "not_reached")
    assert of(COMPLETE).diagnosis.memory.fact("ind_wins_n").value == 5  # the case itself stays


def test_what_if_of_an_unknown_fact_reopens_a_stage() -> None:
    assert ("stage", "goals", "ruled_out", "open") in differences(PRICE_RISE, {"goal_backtest_ratio_pct": "unknown"})
    assert differences(PRICE_RISE, {"goal_backtest_ratio_pct": None})
    assert differences(PRICE_RISE, {"goal_backtest_ratio_pct": "103"}) == []
    assert differences(PRICE_RISE, {"goal_potential_ratio": None}) == []  # no company has a quota share


def test_what_if_reads_texts_as_people_type_them() -> None:
    with pytest.raises(CaseError) as error:
        wrong = {"lost_interviews_n": "2.5", "goal_measurable": "perhaps", "no_such": 1, "case_subject": "firm"}
        of(PRICE_RISE).what_if(wrong)
    assert {(issue.code, issue.message.partition(": 1")[0]) for issue in error.value.issues} == {
        ("type", "`lost_interviews_n` must be a whole number, this is `2.5`"),
        ("type", "`goal_measurable`: answer yes or no"),
        ("unknown-term", "the vocabulary has no term `no_such`"),
        ("type", "`case_subject`: answer with a number or a name"),
    }
    typed = {
        "goal_measurable": "no", "price_lost_reason_share_pct": "30-35", "lost_interviews_n": "over 3",
        "case_subject": "the whole company", "goal_potential_ratio": "no idea", "service_csat_pct": "n/a",
    }  # fmt: skip
    read = read_changes(typed, salesdx.load())
    assert {name: said and (said.value, said.unknown) for name, said in read.items()} == {
        "goal_measurable": (False, None),
        "price_lost_reason_share_pct": (Interval(Decimal(30), Decimal(35)), None),
        "lost_interviews_n": (Interval(Decimal(4), Decimal(10_000_000)), None),
        "case_subject": ("company", None),
        "goal_potential_ratio": (None, Unknown.NOT_KNOWN),
        "service_csat_pct": (None, Unknown.NOT_APPLICABLE),
    }
    with pytest.raises(CaseError, match="`delivery_otif_pct` is changed twice"):
        read_changes({"delivery_otif_pct": "80", "Orders complete and on time": "90"}, salesdx.load())
    with pytest.raises(CaseError, match="outside its range"):
        of(PRICE_RISE).what_if({"price_lost_reason_share_pct": 140})


def test_what_if_puts_a_value_in_the_place_of_a_formula() -> None:
    """Earlier it was refused, and how a result turns counted the value as one more estimate."""
    found = differences(COMPLETE, {"ind_win_p_value": "0.4"})
    assert ("stage", "individual", "confirmed, concluded", "open") in found
    assert ("fact", "ind_win_p_adjusted") in [(what, name) for what, name, *_ in found]
    memory = of(COMPLETE).diagnosis.memory.with_fact("ind_win_p_value", Decimal("0.4"))
    assert memory.fact("ind_win_p_value").value == Decimal("0.4")
    back = memory.with_fact("ind_wins_n", Decimal(5))  # the formula counts again once what it reads is said anew
    assert back.fact("ind_win_p_value").value == of(COMPLETE).diagnosis.memory.fact("ind_win_p_value").value


# --- what would change it ---------------------------------------------------------------------------------------------


def turns(name: str, target: str, to: str = "") -> dict[str, list[dict[str, object]]]:
    found: dict[str, list[dict[str, object]]] = {}
    for turn in of(name).what_would_change(target, to).turns:
        changes = {change.term: change.to_dict()["becomes"] for change in turn.changes}
        found.setdefault(turn.outcome, []).append(changes)
    return found


def test_what_keeps_the_last_stage_blocked() -> None:
    found = of(PLANNED).what_would_change("termination", "open")
    assert found.now == "blocked"
    assert [turn.to_dict()["changes"] for turn in found.turns] == [
        [
            {"term": "hr_training_delivered", "was": False, "becomes": True, "unit": "", "effort": 1},
            {"term": "hr_coaching_held_n", "was": 3, "becomes": 10, "unit": "sessions", "effort": 1},
        ]
    ]


def test_what_would_reopen_a_ruled_out_stage() -> None:
    found = turns(PRICE_RISE, "delivery", "open")["open"]
    assert {"delivery_otif_pct": 89} in found
    assert {"delivery_orders_n": 29} in found
    assert all(len(changes) < 3 for changes in found)


def test_what_would_stop_a_stage_being_concluded() -> None:
    found = turns(PRICE_RISE, "pricing")
    assert found["not_run"] == [{"case_attainment_pct": 100}]
    assert {"goal_measurable": False} in found["held"]  # an earlier stage would be open
    assert {"price_increase_recent_pct": 4, "price_index_vs_competitor_pct": 110} in found["open"]


def test_what_would_confirm_or_rule_out_an_open_stage() -> None:
    found = turns("pricing-grey-band", "pricing")
    either = {"price_index_vs_competitor_pct", "price_value_premium_supported", "firm_has_rivals"}
    assert all(not either.isdisjoint(changes) for changes in found["ruled_out"])
    assert {"price_index_vs_competitor_pct": 105} in found["ruled_out"]


def test_the_smallest_and_easiest_come_first_and_the_rest_is_counted() -> None:
    found = of(COMPLETE).what_would_change("termination")
    sizes = [(len(turn.changes), turn.effort) for turn in found.turns]
    assert sizes == sorted(sizes)
    assert dict(found.more)["not_reached"] > 0
    assert found.limit == 3


def test_what_would_change_a_rule() -> None:
    assert turns(SURVEYS, "R1") == {
        "true": [{"price_index_vs_competitor_pct": 111, "price_lost_reason_share_pct": 30}],
    }


# --- shape ------------------------------------------------------------------------------------------------------------


def test_a_proof_is_json_with_numbers_as_numbers() -> None:
    data = json.loads(json.dumps(of(COMPLETE).why("IN1").to_dict()))
    wins = next(step for step in _walk(data) if step.get("name") == "ind_wins_n")
    assert (wins["value"], wins["kind"], wins["fact"]["value"]) == (5, "fact", 5)
    for answer in (of(COMPLETE).what_if({"ind_wins_n": 11}), of(COMPLETE).what_would_change("individual")):
        json.dumps(answer.to_dict())
    json.dumps(of(COMPLETE).support("individual").to_dict())


def _walk(data: dict) -> list[dict]:
    return [data, *(step for child in data.get("children", ()) for step in _walk(child))]


def test_a_proof_is_a_graph_in_which_what_is_used_twice_is_one_node() -> None:
    made = derivation_graph(of(COMPLETE).why("individual"))
    assert nx.is_directed_acyclic_graph(made)
    assert made.nodes["fact:goal_potential_ratio"]["value"] == 1.03
    shared = "comparison:`goal_potential_ratio` 1.03 <= 1.15"
    assert sorted(made.predecessors(shared)) == ["rule:IN0", "stage:goals:ruled_out"]
    assert nx.has_path(made, "stage:individual:concluded", "fact:price_index_vs_competitor_pct")


def test_unknown_names_are_refused_with_the_nearest_known_one() -> None:
    for ask in (of(PRICE_RISE).why, of(PRICE_RISE).why_not, of(PRICE_RISE).support, of(PRICE_RISE).what_would_change):
        with pytest.raises(UnknownName, match="did you mean `pricing`"):
            ask("prcing")
    with pytest.raises(UnknownName, match="stages, rules and findings"):
        of(PRICE_RISE).what_would_change("price_test")


def test_a_ladder_of_ones_own_is_explained_by_its_own_words(tmp_path: Path) -> None:
    """Nothing of the ladder is known to the code: a case of one's own stages is explained alike."""
    home = {
        "terms": {"stock_days": {"type": "integer", "range": [0, 400]}},
        "rules": {"S1": "stock_days < 5"},
        "ruled_out_when": "stock_days >= 10",
    }
    base = load_home(tmp_path, {"stock": home, "later": {"rules": {"L1": "stock_days == 3"}}})
    memory = memory_of(base, {"case_attainment_pct": 80, "stock_days": 3})
    explanation = explain(base, memory, diagnose(base, memory, "reference"))
    assert outline(explanation.why("stock")) == [
        "Stock is confirmed and concluded", "  Stock is confirmed", "    1 of 1 strong rule of Stock is true [true]",
        "      rule S1 (strong): S1 holds [true]", "        `stock_days` 3 < 5 [true]",
    ]  # fmt: skip
    changes = [(turn.outcome, str(turn.changes[0].becomes)) for turn in explanation.what_would_change("stock").turns]
    assert sorted(changes) == [("not_run", "100"), ("open", "5"), ("ruled_out", "10")]
