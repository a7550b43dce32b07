"""The provisional answer: what is missing, what is likely, what contributes, what was suspected. Nothing personal."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest

import salesdx
from conftest import ROOT
from homes import load_home, memory_of, one_stage, write_home
from pages import shown_files
from random_cases import fuzz_cases, random_case
from salesdx.base.model import RuleBase
from salesdx.case.file import case_from_text
from salesdx.case.formula_results import as_good_as_equal
from salesdx.case.statement import Statement, Unknown, doubtful
from salesdx.case.writing import new_case, write_fact
from salesdx.engine.diagnose import quick
from salesdx.engine.diagnosis import Diagnosis
from salesdx.engine.likely import Gap, rule_share
from salesdx.interview.question import next_question
from salesdx.language.intervals import Interval, high_end, low_end
from salesdx.render import SHORT, render
from salesdx.text.issues import CaseError, RuleBaseError
from tiny_bases import base_of, tiny_case

MONEY = {"case_goal_amount": 500_000, "case_reached_amount": 388_000}
SHARES: dict[str, tuple[dict[str, Any], int]] = {
    "G1": ({"goal_backtest_ratio_pct": 130, "case_attainment_pct": 77.5}, 100),
    "G15": ({"goal_backtest_ratio_pct": 119, "case_attainment_pct": 84}, 100),
    "G4": ({"goal_potential_ratio": 1.25, "case_attainment_pct": 60}, 50),
    "G5": ({"goal_changed_midperiod_pct": 25, "case_attainment_pct": 60}, 50),
    "G6": ({"ind_tenure_months": 3, "ind_ramp_norm_months": 4, "case_attainment_pct": 50}, 50),
    "G7": (
        {"ind_absence_protected_days": 60, "ind_window_working_days": 2600, "case_attainment_pct": 84},
        14,
    ),
    "SC13": ({"scope_season_adjusted_attainment_pct": 99, "case_attainment_pct": 90}, 90),
    "SC14": ({"scope_market_change_pct": -5, "case_attainment_pct": 80}, 25),
    "SC15": ({"pvm_volume_effect_pct": -6, "case_attainment_pct": 91}, 67),
    "SC16": ({"pvm_mix_effect_pct": -5, "case_attainment_pct": 91}, 56),
    "D9": ({"delivery_credit_hold_pct": 7, "case_attainment_pct": 88}, 55),
    "T12": ({"staff_vacant_share_pct": 14, "case_attainment_pct": 86}, 100),
    "G8": ({"scope_season_adjusted_attainment_pct": 95, "case_attainment_pct": 90}, 50),
    "G13": ({"goal_growth_vs_market_points": 12, "scope_market_change_pct": -9, "case_attainment_pct": 85}, 78),
    "R2": (
        {
            "price_increase_recent_pct": 9,
            "price_volume_after_increase_pct": -14,
            "price_category_change_pct": 1,
            "case_attainment_pct": 80,
        },
        36,
    ),
    "R7": ({"pvm_price_effect_pct": -5, "case_attainment_pct": 80}, 25),
    "D1": ({"delivery_cancelled_pct": 5.5, "case_attainment_pct": 88}, 43),
    "D2": ({"delivery_unshipped_gap_share_pct": 80}, 80),
    "D3": ({"delivery_cancelled_pct": 5.5, "case_attainment_pct": 88}, 43),
    "M1": (
        MONEY | {"mkt_leads_planned_n": 1200, "mkt_leads_n": 660, "funnel_win_rate_pct": 18, "funnel_deal_amount": 900},
        78,
    ),
}
SMALL: dict[str, Any] = {
    "early": {
        "terms": {
            "clean": "boolean", "sign_a": "boolean", "share_a": "percent", "share_b": "percent", "half": "boolean",
        },
        "rules": {
            "A1": {"strength": "strong", "when": "sign_a", "explains": "share_a"},
            "A2": {"strength": "moderate", "when": "half"},
        },
        "ruled_out_when": "clean",
        "interventions": {"act": {}},
    },
    "middle": {
        "terms": {"tidy": "boolean", "sign_b": "boolean", "weak_b": "boolean"},
        "rules": {
            "B1": {"strength": "strong", "when": "sign_b", "explains": "share_b"},
            "B2": {"strength": "moderate", "when": "weak_b", "explains": "share_b * 2"},
            "B3": {"strength": "weak", "when": "weak_b", "explains": "share_a"},
        },
        "ruled_out_when": "tidy",
    },
    "individual": {
        "terms": {"fine": "boolean", "sign_p": "boolean"},
        "rules": {"P1": {"strength": "strong", "when": "sign_p", "explains": "share_a"}},
        "ruled_out_when": "fine",
        "applies_when": "case_subject == 'person'",
    },
    "last": {"decided_by": "file", "rules": {"X1": {"strength": "block", "when": "sign_p"}}},
}  # fmt: skip


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> RuleBase:
    """Two stages of the company, one of a person, and a file."""
    return load_home(tmp_path_factory.mktemp("small"), SMALL)


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> RuleBase:
    """The small rule base of the language reference."""
    folder = tmp_path_factory.mktemp("reference")
    files = {"knowledge/examples.yaml": "group: examples\ntitle: Examples\n"}
    for name, text in (shown_files(ROOT / "docs" / "language.md") | files).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return salesdx.load(folder)


def diagnosed(base: RuleBase, text: str) -> Diagnosis:
    return salesdx.diagnose(base, case_from_text(text, "case.yaml", base), "reference")


def of(small: RuleBase, **facts: Any) -> Diagnosis:
    return quick(small, memory_of(small, {"case_attainment_pct": 80} | facts))


def faults(base: RuleBase, text: str) -> list[tuple[str, int, int]]:
    with pytest.raises(CaseError) as error:
        case_from_text(text, "case.yaml", base)
    return [(issue.message, issue.place.line, issue.place.column) for issue in error.value.issues]


# --- shares -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", SHARES)
def test_the_shares_of_the_shipped_rules_by_value(rule: str, base: RuleBase) -> None:
    facts, wanted = SHARES[rule]
    share = rule_share(base.rule[rule], salesdx.memory_from(facts, base).values)
    assert isinstance(share, Decimal)
    assert round(share) == wanted


@pytest.mark.parametrize("rule", SHARES)
def test_a_share_is_unknown_where_a_part_is(rule: str, base: RuleBase) -> None:
    facts, _ = SHARES[rule]
    for name in facts:
        known = salesdx.memory_from({key: value for key, value in facts.items() if key != name}, base).values
        assert rule_share(base.rule[rule], known) is None


def test_a_share_is_cut_to_the_gap_by_its_ends(base: RuleBase) -> None:
    rule = base.rule["D3"]
    values = dict(salesdx.memory_from({"case_attainment_pct": 88}, base).values)
    for cancelled, wanted in (((5, 6), (39, 47)), ((10, 20), (81, 100)), ((30, 40), (100, 100))):
        known = rule_share(rule, values | {"delivery_cancelled_pct": Interval(*map(Decimal, cancelled))})
        assert (round(low_end(known)), round(high_end(known))) == wanted
    assert rule_share(rule, values | {"delivery_cancelled_pct": Interval(Decimal(50), None)}) is None


# --- likely -----------------------------------------------------------------------------------------------------------

ROW_53 = """
case: north
subject: {kind: company}
facts: {firm_ships_goods: true, on_time_pct: 80, orders_counted_n: 40}
"""


def test_a_confirmed_stage_is_likely_provided_that_the_open_ones_before_it_are_ruled_out(reference: RuleBase) -> None:
    (cause,) = diagnosed(reference, ROW_53).to_dict()["likely"]
    assert {key: cause[key] for key in ("stage", "sign", "signs", "provided", "explains_pct")} == {
        "stage": "delivery",
        "sign": "strong",
        "signs": ["D1"],
        "provided": ["price"],
        "explains_pct": None,
    }
    assert [need["term"] for need in cause["needs"]] == ["price_index", "lost_on_price_pct", "buyers_asked_n"]


def test_a_person_who_is_suspected_is_not_tested_and_moves_no_question(reference: RuleBase) -> None:
    without = diagnosed(reference, ROW_53).to_dict()
    found = diagnosed(reference, f"{ROW_53}suspects: [{{stage: seller, by: sales}}]\n").to_dict()
    assert found["suspects"] == [{"stage": "seller", "answer": "not_tested", "by": "sales", "because": []}]
    assert {**found, "suspects": []} == without


def test_confirmed_stages_stand_before_open_ones_and_in_each_the_largest_share_first(small: RuleBase) -> None:
    def order(**facts: Any) -> list[tuple[str, str, object]]:
        likely = of(small, **facts).to_dict()["likely"]
        return [(cause["stage"], cause["sign"], cause["explains_pct"]) for cause in likely]

    assert order(half=True, sign_b=True) == [("middle", "strong", None), ("early", "moderate", None)]
    assert order(half=True, weak_b=True, share_b=5) == [("middle", "moderate", 10), ("early", "moderate", None)]
    assert order(half=True, weak_b=True, share_b=5, share_a=30) == [
        ("middle", "moderate", 30),  # also by a weak rule that is true
        ("early", "moderate", None),
    ]
    assert order(half=True, weak_b=True) == [("early", "moderate", None), ("middle", "moderate", None)]
    assert order(weak_b=False) == []


def test_nothing_is_likely_where_the_goal_was_met_or_a_cause_is_concluded(small: RuleBase) -> None:
    assert of(small, sign_b=True, case_attainment_pct=100).provisional.likely == ()
    assert of(small, sign_b=True, clean=True).provisional.likely == ()
    assert [cause.standing.stage.id for cause in of(small, sign_b=True).provisional.likely] == ["middle"]


def test_what_is_needed_is_what_keeps_the_earlier_stages_open(small: RuleBase) -> None:
    (cause,) = of(small, sign_b=True).to_dict()["likely"]
    assert cause["provided"] == ["early"]
    clean = {"term": "clean", "label": "clean", "respondent": "finance", "effort": 3, "declined": False}
    assert cause["needs"] == [clean]


def test_after_a_conclusion_the_others_contribute_and_the_rest_is_not_explained(small: RuleBase) -> None:
    def rest(**facts: Any) -> tuple[list[str], object, bool]:
        found = of(small, sign_a=True, **facts)
        told = found.to_dict()
        return [cause["stage"] for cause in told["contributing"]], told["not_explained_pct"], found.provisional.overlap

    assert rest(share_a=60) == ([], 40, False)
    assert rest(share_a=60, sign_b=True, share_b=30) == (["middle"], 10, False)
    assert rest(share_a=60, sign_b=True) == (["middle"], {"low": 0, "high": 40}, False)
    assert rest(share_a=60, sign_b=True, share_b=70) == (["middle"], 0, True)
    assert rest(sign_b=True) == (["middle"], None, False)
    assert rest() == ([], None, False)


def personal(diagnosis: Diagnosis) -> list[str]:
    """The stages of a provisional answer that are about a person, and what acts on one beside it."""
    stages = [stage.id for stage in diagnosis.base.stages]
    person = diagnosis.base.ladder.personnel_stage
    last = stages[stages.index(person) :] if person else []
    told = diagnosis.to_dict()
    stages = [cause["stage"] for cause in [*told["likely"], *told["contributing"]] if cause["stage"] in last]
    acting = [each.intervention for each in (*diagnosis.recommendations, *diagnosis.alternatives) if told["likely"]]
    return stages + [intervention.id for intervention in acting if intervention.personnel]


def test_no_personal_likely(base: RuleBase) -> None:
    """Over the worked cases with facts changed, and over cases of small bases: never a person, by whatever sign."""
    found = 0
    for seed in range(fuzz_cases(100)):
        diagnosis = quick(base, random_case(Random(f"likely {seed}"), base).memory(base))
        assert personal(diagnosis) == []
        found += bool(diagnosis.provisional.likely)
    assert found >= 10
    for seed in range(fuzz_cases(100)):
        tiny = base_of(seed % 50)
        assert personal(quick(tiny, tiny_case(tiny, Random(seed)))) == []


def test_a_person_is_never_likely_by_every_case_of_a_small_base(small: RuleBase) -> None:
    told = ("clean", "tidy", "sign_a", "sign_b", "sign_p", "half")
    seen = set()
    for choice in range(3 ** len(told)):
        facts = {name: (None, True, False)[choice // 3**n % 3] for n, name in enumerate(told)}
        diagnosis = of(small, case_subject="person", **{name: fact for name, fact in facts.items() if fact is not None})
        assert personal(diagnosis) == []
        assert not (diagnosis.provisional.likely and diagnosis.concluded)
        seen |= {cause.standing.stage.id for cause in diagnosis.provisional.likely}
    assert seen == {"early", "middle"}


# --- suspicions -------------------------------------------------------------------------------------------------------


def test_each_suspicion_is_answered(small: RuleBase) -> None:
    def answers(facts: str, subject: str = "company") -> list[tuple[str, str, list[str]]]:
        suspects = "[{stage: early, by: hr}, {stage: middle}, {stage: individual}]"
        text = f"subject: {{kind: {subject}}}\nsuspects: {suspects}\nfacts: {{case_attainment_pct: 80, {facts}}}"
        found = diagnosed(small, text).to_dict()["suspects"]
        return [(one["stage"], one["answer"], one["because"]) for one in found]

    assert answers("clean: true, sign_b: true, sign_p: true") == [
        ("early", "refuted", ["clean"]),
        ("middle", "confirmed", ["B1"]),
        ("individual", "not_tested", []),
    ]
    assert answers("sign_b: true, sign_p: true", "person") == [
        ("early", "not_tested", ["clean"]),
        ("middle", "confirmed", ["B1"]),  # held
        ("individual", "not_tested", []),  # confirmed by its signs, held by what is open
    ]
    assert answers("clean: true, tidy: true, sign_p: true", "person")[2] == ("individual", "confirmed", ["P1"])
    assert answers("clean: true, fine: true", "person")[2] == ("individual", "refuted", ["fine"])


def test_the_questions_of_a_suspected_stage_come_first(small: RuleBase) -> None:
    def asked(suspects: str) -> list[str]:
        text = f"subject: {{kind: person}}\nsuspects: {suspects}\nfacts: {{case_attainment_pct: 80}}"
        return [term.name for term in diagnosed(small, text).next_questions]

    assert asked("[]") == ["clean"]
    assert asked("[{stage: middle}]") == ["tidy"]
    assert asked("[{stage: individual}]") == ["clean"]


def test_an_interview_asks_about_a_suspected_stage_first(small: RuleBase) -> None:
    def asked(suspects: str, facts: str = "") -> str | None:
        text = f"subject: {{kind: person}}\nsuspects: {suspects}\nfacts: {{case_attainment_pct: 80{facts}}}"
        question = next_question(small, case_from_text(text, "case.yaml", small))
        assert question is not None and question.why.stage is not None
        return question.why.stage.id

    assert asked("[]") == "early"
    assert asked("[{stage: middle}]") == "middle"
    assert asked("[{stage: middle}]", ", tidy: true, sign_b: false, weak_b: false") == "early"
    assert asked("[{stage: individual}]") == "early"


# --- goal and result --------------------------------------------------------------------------------------------------

RESULT = "result: {goal: 1200000, reached: 948000, currency: EUR, by: finance, date: 2026-10-02}\n"


def test_a_result_states_goal_and_result_and_the_share_follows(base: RuleBase) -> None:
    found = diagnosed(base, f"{RESULT}facts: {{}}\n")
    assert found.memory.values["case_attainment_pct"] == 79
    assert found.to_dict()["gap"] == {"goal": 1200000, "reached": 948000, "missing": 252000, "currency": "EUR"}
    (said,) = found.memory.statements["case_goal_amount"]
    assert (said.by, str(said.date)) == ("finance", "2026-10-02")
    assert diagnosed(base, "facts: {}\n").to_dict()["gap"] is None


def test_what_the_same_file_states_of_the_share_agrees_with_the_result(base: RuleBase) -> None:
    agreed = case_from_text(f"{RESULT}facts: {{case_attainment_pct: 79.5}}\n", "case.yaml", base)
    assert len(agreed.statements["case_attainment_pct"]) == 1
    message = "`case_attainment_pct` is 79 by the case's `result`, here it is 79.6"
    assert faults(base, f"{RESULT}facts:\n  case_attainment_pct: 79.6\n") == [(message, 3, 24)]
    vague = case_from_text(f"{RESULT}facts: {{case_attainment_pct: {{value: {{low: 75}}}}}}\n", "case.yaml", base)
    assert vague.fact("case_attainment_pct").disputed


def test_a_share_that_its_author_withdrew_does_not_contradict_the_result(base: RuleBase) -> None:
    withdrawn = "{value: 60, by: sales_ops, withdrawn: {date: 2026-10-05, reason: another season}}"
    read = case_from_text(f"{RESULT}facts: {{case_attainment_pct: [{withdrawn}]}}\n", "case.yaml", base)
    assert read.fact("case_attainment_pct").value == 79


def test_faults_of_a_head_have_their_place(base: RuleBase) -> None:
    assert faults(base, "result: {goal: -5}\nfacts: {}\n")[0][1:] == (1, 16)
    assert faults(base, "result: {by: finance}\nfacts: {}\n") == [
        ("`result` needs `goal`, `reached` or `currency`", 1, 9)
    ]
    assert faults(base, "facts: {}\nsuspects:\n  - {stage: termination}\n") == [
        ("`termination` is no stage that can be suspected", 3, 13)
    ]
    assert faults(base, "facts: {}\nasked_by: {by: nobody}\n") == [("the ladder has no respondent `nobody`", 2, 16)]
    head = "facts:\n  product_nps: "
    assert faults(base, head + "{value: 10, by: sales manager}\n") == [
        ("the ladder has no respondent `sales manager`", 2, 32)
    ]
    assert faults(base, "facts:\n  ind_wins_n: {value: 5, by: system, kind: CRM fields}\n") == [
        ("the ladder has no respondent `system`", 2, 30)
    ]
    assert faults(base, head + "{value: {low: 10, high: 20, best: 30}}\n") == [
        ("`best` of `product_nps` lies outside its ends", 2, 50)
    ]
    assert faults(base, head + "{low: 10, high: 20}\n") == [
        ("the ends of a value that is not known exactly stand under `value`", 2, 16)
    ]
    assert faults(base, "facts: {}\nsuspects: pricing\n") == [
        ("`suspects` must be a list (`- {stage: ...}`), this is `pricing`", 2, 11)
    ]


HEAD = f"""case: head
subject: {{kind: company, ref: N-7}}
period: {{from: 2026-07-01, to: 2026-09-30}}
{RESULT}asked_by: {{by: sales_manager, author: ana}}
suspects:
  - {{stage: pricing, by: sales_manager, date: 2026-10-01}}
  - {{stage: delivery}}
facts:
  firm_ships_goods: true
  delivery_otif_pct: 70
"""


def test_a_head_is_written_as_it_was_read(base: RuleBase) -> None:
    memory = case_from_text(HEAD, "case.yaml", base)
    again = case_from_text(new_case(memory), "case.yaml", base)
    assert (again.head, again.statements) == (memory.head, memory.statements)
    assert again.head.asked_by.author == "ana"
    assert "  case_goal_amount" not in new_case(memory)
    said = memory_of(base, {"delivery_orders_n": 40}).statements["delivery_orders_n"]
    more = memory.with_statements("delivery_orders_n", said)
    assert write_fact(HEAD, "case.yaml", base, more, "delivery_orders_n") == HEAD + "  delivery_orders_n: 40\n"


def test_a_fact_that_replaces_what_a_head_says_is_written(base: RuleBase) -> None:
    memory = case_from_text(HEAD, "case.yaml", base).with_fact("case_reached_amount", Decimal(900000))
    text = write_fact(HEAD, "case.yaml", base, memory, "case_reached_amount")
    assert case_from_text(text, "case.yaml", base).values["case_attainment_pct"] == 75


# --- what is asked, or calculated -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stated", "known"),
    [
        ("79.5", 79.5),  # no further off than the tolerance: what people state counts, and nothing disagrees
        ("{value: 79.5, by: sales_manager}", 79.5),
        ("80", (79, 80)),  # of one kind, further off: disputed
        ("{value: 80, kind: transaction data}", 80),
        ("not_known", 79),
        ("[{value: 79.5, by: finance}, {value: 90, by: sales_manager}]", (79, 90)),
    ],
)
def test_a_stated_share_stands_beside_the_calculated_one(
    stated: str, known: float | tuple[float, float], base: RuleBase
) -> None:
    facts = f"{{case_goal_amount: 1200000, case_reached_amount: 948000, case_attainment_pct: {stated}}}"
    fact = case_from_text(f"facts: {facts}", "case.yaml", base).fact("case_attainment_pct")
    ends = [Decimal(str(end)) for end in known] if isinstance(known, tuple) else []
    assert fact.value == (Interval(*ends) if isinstance(known, tuple) else Decimal(str(known)))
    assert fact.disputed == isinstance(known, tuple)


def test_what_if_of_an_amount_takes_a_stated_share_along(base: RuleBase) -> None:
    text = "facts: {case_goal_amount: 1200000, case_attainment_pct: 79}"
    memory = case_from_text(text, "case.yaml", base)
    assert memory.with_fact("case_reached_amount", Decimal(600000)).values["case_attainment_pct"] == 50
    assert memory.with_fact("case_goal_amount", Decimal(600000)).values["case_attainment_pct"] == 79
    assert memory.with_fact("case_reached_amount", Unknown.NOT_KNOWN).values["case_attainment_pct"] == 79


def test_what_if_of_a_share_is_not_calculated_against_it(base: RuleBase) -> None:
    memory = case_from_text(f"{RESULT}facts: {{}}\n", "case.yaml", base)
    assert memory.with_fact("case_attainment_pct", Decimal(101)).values["case_attainment_pct"] == 101
    assert memory.with_fact("case_reached_amount", Decimal(600000)).values["case_attainment_pct"] == 50


def test_amounts_that_are_imprecise_leave_an_imprecise_gap(small: RuleBase, reference: RuleBase) -> None:
    amounts = "{goal_amount: 1000, reached_amount: {value: {low: 700, high: 800}}}"
    memory = case_from_text(f"facts: {amounts}", "case.yaml", reference)
    found = quick(reference, memory).provisional.gap
    assert found is not None
    assert found.to_dict()["missing"] == {"low": 200, "high": 300}
    said = memory.fact("attainment_pct")
    assert said.value == Interval(Decimal(70), Decimal(80))


# --- faults of rule files ---------------------------------------------------------------------------------------------

FAULTS: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "a computed term": (
        {"total": {"type": "number", "formula": "a + 1", "or_formula": "a"}},
        {},
        "`total` is computed and has `or_formula`",
    ),
    "an input that is computed": (
        {"total": {"type": "number", "formula": "a + 1"}, "b": {"type": "number", "or_formula": "total * 2"}},
        {},
        "`or_formula` of `b` reads `total`, which is not a plain asked term",
    ),
    "an input that is calculated": (
        {"b": {"type": "number", "or_formula": "a"}, "c": {"type": "number", "or_formula": "b"}},
        {},
        "`or_formula` of `c` reads `b`, which is not a plain asked term",
    ),
    "a share that is no number": ({}, {"explains": "a > 1"}, "must be a number"),
    "a share of a finding": ({}, {"explains": "found * 2"}, "needs a number"),
}


@pytest.mark.parametrize("what", FAULTS)
def test_what_is_refused_in_rule_files(what: str, tmp_path: Path) -> None:
    terms, rule, wanted = FAULTS[what]
    with pytest.raises(RuleBaseError) as error:
        one_stage(tmp_path, {"a": "number", **terms}, {"R1": {"when": "a > 1", "finding": "found", **rule}})
    assert wanted in str(error.value)


def test_the_terms_of_a_result_are_numbers(tmp_path: Path) -> None:
    home = write_home(tmp_path, SMALL)
    ladder = home / "knowledge" / "ladder.yaml"
    text = ladder.read_text(encoding="utf-8")
    ladder.write_text(f"{text}result_terms: {{goal: case_attainment_pct, reached: clean}}\n", encoding="utf-8")
    with pytest.raises(RuleBaseError) as error:
        salesdx.load(home)
    assert [issue.message for issue in error.value.issues] == ["`reached` must be a number, it is true or false"]


# --- in reports -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("format", ["short", "text", "markdown", "html"])
def test_goal_conclusion_and_what_is_likely_come_first(format: str, base: RuleBase) -> None:
    shown = render([diagnosed(base, HEAD + "  delivery_orders_n: 400\n  delivery_cancelled_pct: 4\n")], format)
    money = ["EUR 1,200,000", "EUR 948,000", "EUR 252,000"]
    parts = [*money, "provided that steps", "What is likely", "The ladder"]
    places = [shown.index(part) for part in parts]
    assert places == sorted(places)
    assert "What to do" not in shown


MACHINES = (
    HEAD
    + """\
  delivery_orders_n: 400
  delivery_cancelled_pct: 4
  delivery_unshipped_gap_share_pct: 80
  firm_gets_leads: true
  mkt_leads_n: 400
  mkt_leads_planned_n: 800
"""
)


def section(shown: str, title: str) -> str:
    """The text of one section of a report for a terminal, in one line."""
    return " ".join(shown.split(f"── {title} ─")[1].split("── ")[0].strip("─ \n").split())


def test_a_screen_says_what_is_likely_in_money_what_it_needs_and_from_whom(base: RuleBase) -> None:
    shown = render([diagnosed(base, MACHINES)], "short")
    assert section(shown, "What is likely") == (
        "- 4 Production and delivery: confirmed (explains 80% of what is missing, EUR 201,600) sign Only 70% of 400 "
        "orders arrived complete on the promised date, and customers cancel or leave because of it. (D1) if steps 1 "
        "“Goals sound?” and 2 “Product” are ruled out needs 11 facts, from the sales manager (4), finance (1), "
        "marketing (1), product management (4) and customer service (1) - 7 Marketing: confirmed sign Only 50% of the "
        "planned leads came into this scope. (M1) if steps 1 “Goals sound?”, 2 “Product”, 4 “Production and "
        "delivery”, 5 “Customer service” and 6 “Training and support” are ruled out needs 13 more facts, from the "
        "sales manager (3), customer service (4), marketing (2), human resources (3) and the seller (1)"
    )
    assert section(shown, "What was suspected") == (
        "- 3 Pricing: not yet tested, set aside (suspected by the sales manager, 2026-10-01) "
        "- 4 Production and delivery: confirmed, held by steps 1 “Goals sound?” and 2 “Product”"
    )


def test_the_whole_report_names_each_needed_fact_once(base: RuleBase) -> None:
    likely = section(render([diagnosed(base, MACHINES)], "text"), "What is likely")
    assert likely.count("“Goal against capacity”") == 1
    assert "needs from finance: “Goal against capacity” (effort 4)" in likely
    assert "needs 11 facts named above, and from the sales manager: “Has people who answer requests”" in likely
    assert likely.endswith(
        "A questionnaire for one of them: salesdx ask CASE --respondent sales_manager (or finance, marketing, product, "
        "customer_service, hr or sales_rep). An effort of 1 is a look-up, one of 5 a study."
    )


def test_what_is_likely_stands_before_other_advice(base: RuleBase) -> None:
    text = MACHINES + "  goal_review_held: false\n"
    for format in ("short", "text", "markdown", "html"):
        shown = render([diagnosed(base, text)], format)
        assert 0 < shown.index("What is likely") < shown.index("What to do") < shown.index("What was suspected")


@pytest.mark.parametrize(
    ("missing", "share", "wanted"),
    [
        (252000, 80, 201600),
        (100, Decimal("33.333"), 33),
        (Interval(Decimal(200), Decimal(300)), 50, Interval(Decimal(100), Decimal(150))),
        (100, Interval(Decimal(20), Decimal(30)), Interval(Decimal(20), Decimal(30))),
        (Interval(Decimal(200), None), 50, Interval(Decimal(100), None)),
        (-5, 80, None),
        (None, 80, None),
    ],
)
def test_a_share_of_the_gap_in_money(missing: Any, share: Any, wanted: Any) -> None:
    known = Decimal(missing) if isinstance(missing, int) else missing
    assert Gap(None, None, known, None).part(Decimal(share) if isinstance(share, int) else share) == wanted


def test_the_likely_cause_is_named_in_the_first_ten_lines(base: RuleBase) -> None:
    text = HEAD + "  delivery_orders_n: 400\n  delivery_cancelled_pct: 4\n"
    first = " ".join(" ".join(render([diagnosed(base, text)], "short").splitlines()[:10]).split())
    assert (
        "Step 4 “Production and delivery” is confirmed, provided that steps 1 “Goals sound?”, 2 “Product” and 3 "
        "“Pricing” are ruled out." in first
    )


def test_two_values_of_any_type_say_the_same_or_not(base: RuleBase) -> None:
    share, subject = base.terms["case_attainment_pct"], base.terms["case_subject"]
    assert as_good_as_equal(share, Decimal("79.5"), Decimal(79))
    assert not as_good_as_equal(share, Decimal("79.6"), Decimal(79))
    assert not as_good_as_equal(share, Interval(Decimal(70), Decimal(90)), Decimal(79))
    assert as_good_as_equal(subject, "person", "person")
    assert not as_good_as_equal(subject, "person", "company")
    assert not as_good_as_equal(base.terms["goal_ack_date"], date(2026, 1, 1), date(2026, 1, 2))
    assert not as_good_as_equal(share, None, Decimal(79))
    assert as_good_as_equal(share, Interval(Decimal(70), Decimal(90)), Interval(Decimal("70.5"), Decimal("89.5")))
    rough = base.terms["goal_potential_ratio"]
    assert rough.tolerance is None
    assert as_good_as_equal(rough, Decimal("1.2"), Decimal("1.25"))
    assert not as_good_as_equal(rough, Decimal("1.20"), Decimal("1.25"))


def test_an_imprecise_percentage_is_doubtful_where_an_end_of_it_is(base: RuleBase) -> None:
    """0 to 5 is not: whoever writes it says that 80% cannot be meant."""
    share = base.terms["price_lost_reason_share_pct"]
    told = {(0, 5): False, (0, "0.8"): True, ("0.8", 5): True, ("0.8", "0.8"): True, (0, 0): False, (2, 5): False}
    for (low, high), wanted in told.items():
        known = Decimal(low) if low == high else Interval(Decimal(low), Decimal(high))
        assert doubtful(share, Statement(known)) is wanted, known


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("case_attainment_pct", "1.05"),  # the goal was met
        ("goal_backtest_ratio_pct", "1.3"),  # the goal is above capacity
        ("price_index_vs_competitor_pct", "1.18"),  # the price is above the rival's
        ("ind_attainment_pct", "0.49"),
    ],
)
def test_no_person_is_concluded_on_a_fraction_in_the_place_of_a_percentage(
    name: str, written: str, base: RuleBase
) -> None:
    """Of a file that is complete, one percentage is written as a fraction that reads as harmless, or as a failure."""
    memory = salesdx.read_case(ROOT / "examples" / "complete-file.yaml", base)
    assert salesdx.diagnose(base, memory).concluded is not None
    (said,) = memory.statements[name]
    found = salesdx.diagnose(base, memory.saying(name, replace(said, value=Decimal(written))))
    assert found.concluded is None
    assert not any(one.intervention.personnel for one in found.recommendations)
    assert f"taken as {written}% and may be meant as a fraction: {name}" in found.notes


@pytest.mark.parametrize(
    ("number", "wanted"), [("1.99", True), ("2", False), ("1", True), ("0", False), ("103", False)]
)
def test_what_can_be_twice_its_whole_is_doubtful_below_two(number: str, wanted: bool, base: RuleBase) -> None:
    assert doubtful(base.terms["goal_backtest_ratio_pct"], Statement(Decimal(number))) is wanted
    assert doubtful(base.terms["lost_interviews_n"], Statement(Decimal(number))) is False


def test_what_its_respondent_does_not_know_is_named_apart_and_nobody_is_sent_to_ask(base: RuleBase) -> None:
    """Production is likely, provided that pricing is ruled out, which needs a price that finance does not know."""
    text = """\
case: a
subject: {kind: company, ref: C}
period: {from: 2026-07-01, to: 2026-09-30}
facts:
  case_attainment_pct: 75
  firm_ships_goods: {value: true, by: sales_manager}
  delivery_otif_pct: {value: 70, by: production, kind: transaction data, date: 2026-09-30}
  delivery_orders_n: {value: 300, by: production, kind: transaction data, date: 2026-09-30}
  price_index_vs_competitor_pct: {value: not_known, by: WHO}
"""
    other, own = (quick(base, case_from_text(text.replace("WHO", who), "a.yaml", base)) for who in ("hr", "finance"))
    told_apart = "“Our price against the rival's” [not known] (nobody left to ask)"
    for found, told in ((other, False), (own, True)):
        needs = {need["term"]: need for need in found.to_dict()["likely"][0]["needs"]}
        assert [name for name, need in needs.items() if need["declined"]] == ["price_index_vs_competitor_pct"] * told
        assert "price_index_vs_competitor_pct" in needs
        page = " ".join(render([found], "text", width=2000).split())
        assert (told_apart in page) is told
        assert ("nobody left to ask: “Our price against the rival's”" in page) is told
        short = " ".join(render([found], SHORT, width=2000).split())
        assert (", 1 with nobody left to ask" in short) is told
        assert ("finance (3)" in short) is not told


def test_where_nobody_is_left_to_ask_the_report_asks_nobody(tmp_path: Path) -> None:
    small = load_home(tmp_path, SMALL)
    facts = {"case_attainment_pct": 70, "clean": {"value": "not_known", "by": "finance"}}
    found = quick(small, memory_of(small, facts))
    assert [(one["term"], one["declined"]) for one in found.to_dict()["next_questions"]] == [("clean", True)]
    assert "clean" not in [need.term for needs in found.needs().values() for need in needs]
    full = render([found], "text")
    assert "Ask first:" not in full
    assert "nobody left to ask  clean [not known]" in full
    assert "- finance, 8 questions: tidy, case_subject, fine, sign_a, half and 3 more" in render([found], SHORT)


def test_what_is_too_vague_to_settle_a_sign_is_needed(base: RuleBase) -> None:
    """The goals are ruled out by their own words, and a vague attainment keeps a sign of them unsettled."""
    text = """\
case: a
subject: {kind: company, ref: C}
period: {from: 2026-07-01, to: 2026-09-30}
facts:
  case_attainment_pct: {value: {low: 85, high: 92}}
  goal_measurable: true
  goal_communicated: true
  goal_backtest_ratio_pct: 103
  scope_season_adjusted_attainment_pct: 98
  scope_season_history_months: 48
  product_lost_reason_share_pct: 43
  lost_interviews_n: 14
"""
    (likely,) = quick(base, case_from_text(text, "a.yaml", base)).to_dict()["likely"]
    assert (likely["stage"], likely["provided"]) == ("product", ["goals"])
    assert [need["term"] for need in likely["needs"]] == ["case_attainment_pct"]
