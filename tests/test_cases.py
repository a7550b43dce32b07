"""The worked cases hold on every back end and together show every rule, status and intervention; and their reader."""

from __future__ import annotations

import json
import re
import shutil
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import salesdx
from conftest import ROOT
from salesdx.authoring.expectations import CaseRun, run_case, unmet
from salesdx.authoring.worked_cases import case_files, read_worked_case
from salesdx.base.model import RuleBase
from salesdx.case.statement import Statement, Unknown
from salesdx.cli import cli
from salesdx.engine.diagnose import ENGINES, quick, rete_loads
from salesdx.engine.diagnosis import Diagnosis
from salesdx.language.conditions import Expr, names
from salesdx.language.intervals import between
from salesdx.text.issues import CaseError

FOLDER = ROOT / "rules" / "cases"
PATHS = case_files([FOLDER])
OWN_ENGINES = [name for name in ENGINES if name != "auto" and not (name == "rete" and rete_loads())]

PRAISE = ("public_praise", "private_praise")


@cache
def shipped() -> RuleBase:
    return salesdx.load()


@cache
def outcome(name: str) -> CaseRun:
    return run_case(shipped(), read_worked_case(FOLDER / f"{name}.yaml", shipped()), "compiled")


@cache
def diagnoses() -> Mapping[str, Diagnosis]:
    return {path.stem: outcome(path.stem).diagnosis for path in PATHS}


# --- the shipped cases ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_case_comes_out_as_expected_on_every_back_end(path: Path, base: RuleBase) -> None:
    case = read_worked_case(path, base)
    for engine in OWN_ENGINES:
        found = run_case(base, case, engine)
        assert not found.differences, f"{engine}:\n" + "\n".join(map(str, found.differences))


def test_cases_come_out_as_expected_on_the_chosen_engine(base: RuleBase) -> None:
    failed = [path.stem for path in PATHS if run_case(base, read_worked_case(path, base)).differences]
    assert failed == []


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_case_is_complete(path: Path, base: RuleBase) -> None:
    case = read_worked_case(path, base)
    first, *_ = path.read_text(encoding="utf-8").splitlines()
    assert first.startswith("# ") and len(first) <= 120, "a case opens with a line that says what it shows"
    assert case.title and case.why
    assert path.stem.partition("-")[0] in base.home, "a file is named after the stage or group that it is about"
    assert {e.key for e in case.expect} - {"verdict"} == {
        "mode", "concluded", "fired", "recommend", "may_recommend", "never_recommend", "next_questions",
        *(f"stages.{s.stage.id}" for s in outcome(path.stem).diagnosis.stages),
        *(f.stage.id for f in outcome(path.stem).diagnosis.files),
    }  # fmt: skip


def test_no_two_cases_have_one_name() -> None:
    names = [diagnosis.memory.case for diagnosis in diagnoses().values()]
    assert len(set(names)) == len(names)


def test_every_rule_fires_in_a_case(base: RuleBase) -> None:
    fired = {rule.id for diagnosis in diagnoses().values() for rule in diagnosis.fired}
    assert [rule.id for rule in base.rules if rule.id not in fired] == []


def test_every_stage_stands_in_every_status_that_it_can_have(base: RuleBase) -> None:
    seen: dict[str, set[str]] = defaultdict(set)
    for diagnosis in diagnoses().values():
        for stage in diagnosis.stages:
            seen[stage.stage.id] |= {stage.status, "held"} if stage.held else {stage.status}
            seen[stage.stage.id] |= {"concluded"} if stage.concluded else set()
        for file in diagnosis.files:
            seen[file.stage.id].add(file.status)
    everywhere = {"confirmed", "ruled_out", "open", "concluded", "not_run"}
    assert "under_remedy" in seen["delivery"], "as any stage can stand whose remedy runs: one case is enough"
    seen["delivery"].remove("under_remedy")
    aside = {stage.id: {"set_aside"} for stage in base.stages if stage.set_aside_when is not None}
    assert aside.keys() == {"product", "pricing"}
    first, *later = (s.stage for s in next(iter(diagnoses().values())).stages)
    assert seen.pop(first.id) == everywhere, "the first stage is never held, since nothing stands before it"
    for stage in later:
        applies = {"not_applicable"} if stage.applies_when is not None else set()
        assert seen.pop(stage.id) == everywhere | {"held"} | applies | aside.get(stage.id, set())
    assert seen == {"termination": {"not_reached", "blocked", "open", "eligible_for_human_review"}}


def test_every_verdict_is_given_in_a_case_that_says_so(base: RuleBase) -> None:
    stated = {run.case.wanted("verdict") for run in map(outcome, diagnoses())}
    assert {line.name for line in base.ladder.verdicts} - stated == set()


def test_every_intervention_is_recommended_in_a_case(base: RuleBase) -> None:
    given = {r.intervention.id for diagnosis in diagnoses().values() for r in diagnosis.recommendations}
    assert set(base.interventions) - given == set()


def test_relief_is_given_while_a_limit_shuts_the_gate(base: RuleBase) -> None:
    memory = diagnoses()["individual-can-but-does-not-want"].memory
    assert quick(base, memory).concluded is not None
    for term, value in (
        ("ind_capacity_limit", "temporary"),
        ("ind_capacity_limit", "lasting"),
        ("ind_workload_ratio", 2),
    ):
        limited = quick(base, memory.with_fact(term, value))
        assert "IN7" in [rule.id for rule in limited.fired]
        assert limited.concluded is None
        assert [r.intervention.id for r in limited.recommendations] == ["capacity_relief"]


def test_every_personnel_action_needs_the_persons_stage(base: RuleBase) -> None:
    for name, diagnosis in diagnoses().items():
        acted = [r.intervention.id for r in diagnosis.recommendations if r.intervention.personnel]
        concluded = diagnosis.concluded
        assert not acted or (concluded and concluded.stage.id == base.ladder.personnel_stage), name


# --- single cases: what `expect` cannot say -------------------------------------------------------------------------


def listed(diagnosis: Diagnosis, key: str) -> list[str]:
    return [found["intervention"] for found in diagnosis.to_dict()[key]]


def test_the_review_is_suppressed_where_the_season_explains_the_gap() -> None:
    found = outcome("goals-garden-furniture-in-january").diagnosis
    assert listed(found, "suppressed") == ["systemic_plan"]
    assert found.suppressed[0].why == "SC13: After the season it is 97%: there is no real gap."


@pytest.mark.parametrize(
    ("name", "preferred", "others"),
    [
        (
            "success-top-performer-who-makes-few-calls",
            "time_off_trip",
            [*PRAISE, "cash_bonus", "office_status", "development"],
        ),
        ("success-one-star-twelve-deals", "office_status", [*PRAISE, "cash_bonus", "time_off_trip", "development"]),
        ("recognition-cash", "cash_bonus", [*PRAISE, "time_off_trip", "development"]),
        ("recognition-chooses-a-course", "development", [*PRAISE, "cash_bonus", "time_off_trip"]),
        ("recognition-no-preference", "public_praise", []),
    ],
)
def test_recognition_follows_the_preference(name: str, preferred: str, others: list[str]) -> None:
    found = outcome(name).diagnosis
    assert preferred in listed(found, "recommendations")
    assert sorted(listed(found, "alternatives")) == sorted(others)


def test_exactly_the_excused_rules_are_looked_at() -> None:
    excused = outcome("termination-complete-with-what-does-not-apply").diagnosis
    assert [u.rule.id for u in excused.unexamined] == []
    assert [id for id in ("R5", "R6", "D5", "D7", "T8") if excused.matches.truths[id] is not None] == []
    nameless = outcome("termination-does-not-apply-without-a-name").diagnosis
    assert [(u.rule.id, u.terms) for u in nameless.unexamined] == [
        ("D5", ("delivery_stockout_pct",)),
        ("T8", ("enable_new_product_trained_pct",)),
    ]


def test_no_fact_of_ten_years_ago_completes_a_file() -> None:
    memory = salesdx.read_case(ROOT / "examples" / "complete-file.yaml", shipped())
    assert quick(shipped(), memory).files[0].status == "eligible_for_human_review"
    decides = []
    for name, stated in memory.statements.items():
        if name in memory.fixed or name in memory.profile:
            continue
        then = tuple(replace(said, date=date(2016, 9, 15)) for said in stated)
        files = [
            quick(shipped(), memory.with_statements(name, said)).files[0].status == "eligible_for_human_review"
            for said in (then, ())
        ]
        decides += [] if files[1] else [(name, files[0])]
    assert len(decides) > 80
    assert [name for name, complete in decides if complete] == []


def test_a_stronger_source_is_used_and_the_conflict_shown() -> None:
    for name, term, used in (
        ("pricing-premium-and-loose-discounts", "price_index_vs_competitor_pct", 118),
        ("termination-coaching-works", "hr_coaching_outcome", "partly_effective"),
    ):
        (conflict,) = outcome(name).diagnosis.to_dict()["conflicts"]
        assert (conflict["term"], conflict["used"]) == (term, used)
        assert len(conflict["statements"]) == 2


def test_a_disputed_number_is_a_span_and_each_turn_told() -> None:
    found = outcome("pricing-two-surveys-disagree").diagnosis
    (conflict,) = found.conflicts
    assert (conflict.fact.disputed, conflict.fact.value) == (True, between(Decimal(104), Decimal(118)))
    assert (found.standing("pricing").status, found.concluded) == ("open", None)
    assert [(int(str(value)), result) for value, result in conflict.turns] == [
        (118, "Pricing is concluded"),
        (104, "nothing is concluded"),
    ]


def test_evidence_that_is_too_old_is_unknown() -> None:
    memory = outcome("marketing-audience-check-too-old").diagnosis.memory
    assert memory.fact("mkt_target_validated").unknown is Unknown.STALE


# --- single facts: what must hold before anything is done to a person -----------------------------------------------

COMPLETE = "termination-everything-was-tried-and-is-on-file"
BLOCKING = [
    ("hr_goals_documented", False), ("hr_training_delivered", False), ("hr_coaching_held_n", 9),
    ("hr_coaching_days", 59),
    ("hr_absence_in_coaching_days", 11), ("hr_coaching_start_date", date(2026, 1, 8)),
    ("hr_coaching_outcome", "effective"), ("hr_coaching_outcome", "partly_effective"), ("hr_written_warning", False),
    ("hr_final_warning", False), ("hr_response_heard", False), ("hr_peer_same_conditions", False),
    ("hr_consistent_treatment", False), ("hr_open_protected_matter", True), ("hr_alternatives_considered", False),
    ("hr_appeal_offered", False), ("hr_decider_named", False),
]  # fmt: skip


EARLIER = [
    rule.id
    for rule in shipped().rules
    if shipped().ladder.strengths[rule.strength].examined and rule.home != shipped().ladder.personnel_stage
]


def with_fact(name: str, term: str, value: object) -> Diagnosis:
    memory = outcome(name).diagnosis.memory
    if term == "hr_coaching_days":  # it follows from the dates
        begin = memory.values["hr_coaching_start_date"]
        assert isinstance(begin, date)
        end = begin + timedelta(value) if type(value) is int else value
        return quick(shipped(), memory.with_fact("hr_coaching_end_date", end))  # type: ignore[arg-type]
    return quick(shipped(), memory.with_fact(term, Decimal(value) if type(value) is int else value))  # type: ignore[arg-type]


@pytest.mark.parametrize(("term", "value"), BLOCKING)
def test_one_item_that_is_wrong_blocks_a_complete_file(term: str, value: object) -> None:
    assert [file.status for file in with_fact(COMPLETE, term, value).files] == ["blocked"]


MORE = {"hr_improvement_plan_days", "goal_ack_date"}


@pytest.mark.parametrize("term", sorted({term for term, _ in BLOCKING} | MORE))
def test_one_item_that_is_not_known_leaves_a_complete_file_open(term: str) -> None:
    found = with_fact(COMPLETE, term, Unknown.NOT_KNOWN)
    assert [file.status for file in found.files] == ["open"]
    assert "hr_review" not in listed(found, "recommendations")


@pytest.mark.parametrize("end", [None, Unknown.NOT_KNOWN])
def test_days_that_were_counted_by_hand_do_not_complete_a_file(end: Unknown | None) -> None:
    """Not even where who must know the last day says that it is not known, so that the days count."""
    memory = outcome(COMPLETE).diagnosis.memory.with_fact("hr_coaching_end_date", end)
    counted = Statement(Decimal(88), by="hr", kind="signed record")
    found = quick(shipped(), memory.with_statements("hr_coaching_days", (counted,)))
    assert found.matches.values.get("hr_coaching_days") == (None if end is None else 88)
    assert [file.status for file in found.files] == ["open"]


def test_a_plan_that_was_too_short_leaves_a_complete_file_open() -> None:
    assert [file.status for file in with_fact(COMPLETE, "hr_improvement_plan_days", 59).files] == ["open"]


def asked_behind(expr: Expr) -> set[str]:
    """The terms that an expression reads, also what computed ones are made of."""
    read = {name for name in names(expr) if name in shipped().terms}
    return read.union(*(asked_behind(inner) for name in read for inner in shipped().terms[name].expressions))


@pytest.mark.parametrize("rule", EARLIER)
def test_one_sign_that_nobody_looked_at_leaves_a_complete_file_open(rule: str) -> None:
    memory = outcome(COMPLETE).diagnosis.memory
    for term in asked_behind(shipped().rule[rule].when):
        memory = memory.with_fact(term, None)
    found = quick(shipped(), memory)
    assert [file.status for file in found.files] != ["eligible_for_human_review"]
    assert "hr_review" not in listed(found, "recommendations")


@pytest.mark.parametrize(
    ("term", "value"),
    [
        ("ind_peers_n", 4), ("ind_tenure_months", 6), ("case_periods_below_goal", 1), ("ind_attainment_pct", 80),
        ("ind_peer_median_pct", 76), ("goal_potential_ratio", Decimal("1.16")), ("ind_workload_ratio", Decimal("1.26")),
        ("ind_capacity_limit", "temporary"), ("ind_capacity_limit", "lasting"), ("ind_absence_protected_days", 1),
        ("ind_decided_deals_n", 29), ("ind_wins_n", 7), ("ind_wins_n", 22),
    ],
)  # fmt: skip
def test_one_condition_of_a_fair_comparison_that_fails_protects_the_person(term: str, value: object) -> None:
    name = "individual-ramped-seller-who-cannot-close"
    assert outcome(name).diagnosis.concluded is not None
    for changed in (value, Unknown.NOT_KNOWN):
        found = with_fact(name, term, changed)
        assert found.concluded is None or found.concluded.stage.id != shipped().ladder.personnel_stage
        assert [r.intervention.id for r in found.recommendations if r.intervention.personnel] == []


@pytest.mark.parametrize(
    ("term", "value"),
    [("rec_goals_sound", False), ("rec_quality_ok", False), ("rec_conduct_ok", False), ("case_attainment_pct", 99)],
)
def test_one_condition_of_a_reward_that_fails_holds_it(term: str, value: object) -> None:
    for changed in (value, Unknown.NOT_KNOWN):
        found = with_fact("recognition-no-preference", term, changed)
        assert {"cash_bonus", "time_off_trip", "office_status"}.isdisjoint(listed(found, "recommendations"))


# --- differences ----------------------------------------------------------------------------------------------------

CASE = """\
# A small case
case: T1
title: Grey band
facts:
  case_subject: company
  case_attainment_pct: 90
  goal_measurable: true
  goal_communicated: true
  goal_backtest_ratio_pct: 108
  goal_potential_ratio: 1.2
  goal_levels_linked: false
expect:
"""


def differences(tmp_path: Path, expect: str, text: str = CASE) -> list[str]:
    path = tmp_path / "case.yaml"
    path.write_text(text + expect, encoding="utf-8")
    case = read_worked_case(path, shipped(), "case.yaml", firm=FOLDER / "firm.yaml")
    return [str(d) for d in unmet(case, quick(shipped(), case.memory))]


def test_only_the_keys_that_are_present_are_compared(tmp_path: Path) -> None:
    assert differences(tmp_path, "  {}\n") == []
    assert differences(tmp_path, "  stages: {goals: open}\n  fired: [G11]\n") == []
    assert differences(tmp_path, "  may_recommend: []\n  next_questions: []\n  concluded: null\n") == []


def test_a_rule_that_differs_is_shown_with_its_condition_and_values(tmp_path: Path) -> None:
    assert differences(tmp_path, "  fired: [G4, G5, G11]\n") == [
        """\
`fired` differs (case.yaml:13)
   expected  G4, G5, G11
   found     G11
   help: G4 is false, it was expected to be true: goal_potential_ratio > 1.25
         case_subject is company, goal_potential_ratio is 1.2"""
    ]
    assert differences(tmp_path, "  fired: [G5, G11]\n")[0].splitlines()[3:] == [
        "   help: G5 is unknown, it was expected to be true: "
        "goal_changed_midperiod_pct >= 10 and not goal_change_agreed",
        "         goal_changed_midperiod_pct is not asked, goal_change_agreed is not asked",
    ]
    assert differences(tmp_path, "  fired: []\n")[0].splitlines()[1:] == [
        "   expected  none",
        "   found     G11",
        "   help: G11 is true, it was not expected to be true: not goal_levels_linked",
        "         firm_quota_by_person is yes, goal_levels_linked is no",
    ]


def test_one_hint_is_enough_for_all_that_follows_from_a_rule(tmp_path: Path) -> None:
    stage, fired = differences(tmp_path, "  stages: {goals: confirmed}\n  fired: [G4, G11]\n")
    assert stage == (
        "`stages.goals` differs (case.yaml:13)\n   expected  confirmed\n   found     open\n"
        "   help: G4 is false, it was expected to be true: goal_potential_ratio > 1.25\n"
        "         case_subject is company, goal_potential_ratio is 1.2"
    )
    assert fired == "`fired` differs (case.yaml:14)\n   expected  G4, G11\n   found     G11"


def test_a_status_is_shown_with_what_it_rests_on(tmp_path: Path) -> None:
    (text,) = differences(tmp_path, "  stages: {goals: ruled_out}\n  fired: [G11]\n")
    assert text.splitlines()[3:] == [
        "   help: true rules of goals: G11 (moderate)",
        "         goals is ruled out when goal_measurable and goal_communicated and "
        "goal_backtest_ratio_pct <= 110 and goal_potential_ratio <= 1.15",
        "         goal_measurable is yes, goal_communicated is yes, goal_backtest_ratio_pct is 108, "
        "case_subject is company, goal_potential_ratio is 1.2",
    ]


def test_rules_in_another_order_are_told_so(tmp_path: Path) -> None:
    text = CASE.replace("goal_measurable: true", "goal_measurable: false")
    (found,) = differences(tmp_path, "  fired: [G11, G2]\n", text)
    assert found.splitlines()[-1] == "   help: the rules are the same, in another order: list them in rule order"


def test_mode_conclusion_and_questions_differ_without_a_rule(tmp_path: Path) -> None:
    mode, concluded, questions = differences(
        tmp_path, "  mode: success\n  concluded: goals\n  next_questions: [goal_measurable]\n"
    )
    assert mode == "`mode` differs (case.yaml:13)\n   expected  success\n   found     diagnosis"
    assert concluded.startswith(
        "`concluded` differs (case.yaml:14)\n   expected  goals\n   found     null\n   help: goals is open; product is"
    )
    assert questions == "`next_questions` differs (case.yaml:15)\n   expected  goal_measurable\n   found     none"


def test_advice_is_shown_with_the_rule_that_gave_it_or_why_it_was_not_given(tmp_path: Path) -> None:
    def of(name: str, expect: str) -> list[list[str]]:
        text = (FOLDER / f"{name}.yaml").read_text(encoding="utf-8").partition("expect:")[0]
        return [found.splitlines()[1:] for found in differences(tmp_path, expect, text + "expect:\n")]

    assert of("goals-garden-furniture-in-january", "  recommend: [goal_phase_season, systemic_plan]\n") == [
        [
            "   expected  goal_phase_season, systemic_plan",
            "   found     hold_course, goal_phase_season",
            "   help: systemic_plan: SC13: After the season it is 97%: there is no real gap.",
        ]
    ]
    allowed, never = of(
        "goals-never-written-down",
        "  recommend: [goal_write_mbo]\n  may_recommend: [goal_communicate]\n  never_recommend: [expectation_talk]\n",
    )
    shown = "   found     collect_more_data, goal_write_mbo, goal_communicate, expectation_talk"
    assert allowed == [
        "   expected  not collect_more_data, expectation_talk", shown,
        "   help: collect_more_data: given by SC5", "         expectation_talk: given by G3, G12",
    ]  # fmt: skip
    assert never == ["   expected  never expectation_talk", shown, "   help: expectation_talk: given by G3, G12"]


def test_a_file_is_shown_with_what_blocks_it_and_what_nobody_looked_at(tmp_path: Path) -> None:
    def of(name: str) -> list[str]:
        text = (FOLDER / f"{name}.yaml").read_text(encoding="utf-8").partition("expect:")[0]
        (found,) = differences(tmp_path, "  termination: eligible_for_human_review\n", text + "expect:\n")
        return found.splitlines()[1:]

    assert of("termination-does-not-apply-without-a-name") == [
        "   expected  eligible_for_human_review", "   found     open", "   help: nobody looked at D5, T8",
    ]  # fmt: skip
    assert of("termination-protected-matter")[1:] == ["   found     blocked", "   help: it is blocked by X1"]


# --- faults ---------------------------------------------------------------------------------------------------------


def faults(tmp_path: Path, text: str) -> list[tuple[str, str, str, str]]:
    """Code, the underlined words, message and help of every fault."""
    path = tmp_path / "case.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CaseError) as caught:
        read_worked_case(path, shipped(), "case.yaml")
    lines = text.splitlines() or [""]
    return [
        (
            i.code,
            lines[i.place.line - 1][i.place.column - 1 : i.place.end_column - 1],
            i.message,
            i.help,
        )
        for i in caught.value.issues
    ]


def near(name: str) -> str:
    base = shipped()
    place = (base.terms.get(name) or base.interventions.get(name) or base.rule[name]).place
    return f"did you mean `{name}`? ({place.path}:{place.line})"


def test_all_faults_of_facts_and_expectations_in_one_run(tmp_path: Path) -> None:
    text = (
        CASE.replace("goal_measurable: true", "goal_measurabel: true")
        + """\
  mod: diagnosis
  mode: sucess
  stages:
    goals: confirmd
    termination: open
    pricings: open
  concluded: prising
  termination: eligible
  fired: [G11, G111, G11]
  recommend: [expectation_talk]
  may_recommend: goal_write_mbo
  never_recommend: [coaching_plans, expectation_talk]
  next_questions: [{term: goal_measurable}, price_indx_vs_competitor_pct]
"""
    )
    statuses = "not_run, not_applicable, under_remedy, confirmed, ruled_out, set_aside, open"
    assert faults(tmp_path, text) == [
        ("unknown-term", "goal_measurabel", "the vocabulary has no term `goal_measurabel`",
         near("goal_measurable")),
        ("unknown-key", "mod", "`expect` has no key `mod`", "did you mean `mode`?"),
        ("unknown-mode", "sucess", "`mode`: there is no mode `sucess`", "did you mean `success`?"),
        ("unknown-status", "confirmd", "`stages.goals`: there is no status `confirmd`", "did you mean `confirmed`?"),
        ("unknown-key", "termination", "`stages` has no key `termination`", "its keys are goals, product, pricing, "
         "delivery, service, training, marketing, individual"),
        ("unknown-key", "pricings", "`stages` has no key `pricings`", "did you mean `pricing`?"),
        ("unknown-stage", "prising", "`concluded`: there is no stage `prising`", "did you mean `pricing`?"),
        ("unknown-status", "eligible", "`termination`: there is no status `eligible`",
         "it may be not_reached, blocked, eligible_for_human_review, open"),
        ("unknown-rule", "G111", "`fired`: there is no rule `G111`", near("G11")),
        ("duplicate-name", "G11", "`fired` names `G11` twice", ""),
        ("type", "goal_write_mbo", "`may_recommend` must be a list of names", "write `[]` for none"),
        ("unknown-intervention", "coaching_plans", "`never_recommend`: there is no intervention `coaching_plans`",
         near("coaching_plan")),
        ("contradiction", "expectation_talk", "`expectation_talk` stands in `recommend` and in `never_recommend`", ""),
        ("type", "{term: goal_measurable}", "`next_questions` must be a list of names, this is a mapping", ""),
        ("unknown-term", "price_indx_vs_competitor_pct",
         "`next_questions`: there is no term `price_indx_vs_competitor_pct`",
         near("price_index_vs_competitor_pct")),
    ]  # fmt: skip
    assert statuses in faults(tmp_path, CASE + "  stages: {goals: held}\n")[0][3]


def test_a_case_without_expectations_is_no_worked_case(tmp_path: Path) -> None:
    ((code, _, message, help),) = faults(tmp_path, CASE.replace("expect:\n", ""))
    assert (code, message) == ("missing-key", "a worked case needs the key `expect`")
    assert help == "a case without expectations is read by `salesdx diagnose`"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the case file is empty"),
        ("facts: {}\nexpect: confirmed\n", "`expect` must be a mapping (`key: value` lines), this is `confirmed`"),
        ("facts: {}\nexpect: {mode: [success]}\n", "`mode` must be text, this is a list"),
        ("facts: {}\nexpect: {concluded: 'null'}\n", "`concluded`: there is no stage `null`"),
        ("facts: {}\nexpect: {fired: }\n", "`fired` must be a list of names"),
        ("facts: {}\nexpect: {stages: open}\n", "`stages` must be a mapping (`key: value` lines), this is `open`"),
        ("- facts\n", "the case must be a mapping (`key: value` lines), this is a list"),
    ],
)
def test_files_that_say_something_else(tmp_path: Path, text: str, message: str) -> None:
    assert message in [found[2] for found in faults(tmp_path, text)]


def test_files_and_folders(tmp_path: Path) -> None:
    for name in ("b.yaml", "a.json", "notes.txt"):
        (tmp_path / name).write_text("{}", encoding="utf-8")
    a, b = tmp_path / "a.json", tmp_path / "b.yaml"
    assert case_files([tmp_path]) == [a, b]
    assert case_files([b, tmp_path]) == [b, a]
    (tmp_path / "empty").mkdir()
    with pytest.raises(CaseError, match="there is no worked case in this folder"):
        case_files([tmp_path / "empty"])


# --- the command ----------------------------------------------------------------------------------------------------


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, ["test", *map(str, arguments)])


def test_command_runs_the_shipped_cases() -> None:
    found = run("--engine", "compiled")
    assert found.exit_code == 0
    lines = found.stdout.splitlines()
    assert sum(line.startswith("ok ") for line in lines) == len(PATHS)
    quiet, last = " ".join(line.strip() for line in lines[len(PATHS) : -1]), lines[-1]
    assert re.fullmatch(r"silenced: \d+ checks \(unused-term at .* and \d+ more\)", quiet)
    assert "ok       V05  Sold, but not shipped" in lines
    assert last == f"{len(PATHS)} cases run, all as expected"


def test_command_shows_what_a_changed_rule_changes(tmp_path: Path) -> None:
    for room in ("knowledge", "rules"):
        shutil.copytree(ROOT / room, tmp_path / room)
    rules = tmp_path / "rules" / "pricing.yaml"
    text = rules.read_text(encoding="utf-8")
    rules.write_text(
        text.replace("price_index_vs_competitor_pct > price_index_high and", "price_index_vs_competitor_pct > 112 and"),
        encoding="utf-8",
    )
    found = run("--home", tmp_path, "--engine", "compiled")
    assert found.exit_code == 1
    assert found.stdout.splitlines()[-1] == f"{len(PATHS)} cases run, 1 not as expected"
    assert "R1 is false, it was expected to be true:" in found.stdout
    assert f"({tmp_path}/rules/cases/pricing-the-eight-percent-price-rise.yaml:" in found.stdout
    assert "expected because: Buyer-verified price losses" in found.stdout


def test_command_gives_json_and_runs_what_can_be_read(tmp_path: Path) -> None:
    good, bad, odd = tmp_path / "good.yaml", tmp_path / "bad.yaml", tmp_path / "odd.yaml"
    good.write_text(CASE + "  fired: [G11]\n", encoding="utf-8")
    bad.write_text(CASE + "  fired: [G99]\n", encoding="utf-8")
    odd.write_text(CASE + "  fired: []\n", encoding="utf-8")
    found = run(tmp_path, "--format", "json", "--engine", "reference")
    assert found.exit_code == 1
    passed, differs, unread = json.loads(found.stdout)
    assert passed == {
        "path": str(good), "case": "T1", "title": "Grey band", "passed": True, "engine": "reference", "differences": [],
    }  # fmt: skip
    assert differs["passed"] is False
    assert {key: differs["differences"][0][key] for key in ("key", "expected", "found", "line")} == {
        "key": "fired", "expected": "none", "found": "G11", "line": 13,
    }  # fmt: skip
    assert (unread["path"], unread["passed"], unread["issues"][0]["code"]) == (str(bad), False, "unknown-rule")
    text = run(bad, good, "--engine", "reference")
    assert text.exit_code == 1
    assert text.stdout.splitlines() == ["ok       T1  Grey band", "1 case run, all as expected"]
    assert text.stderr.splitlines()[-1] == "1 fault in 1 file"


def test_command_on_a_file_that_is_not_there(tmp_path: Path) -> None:
    found = run(tmp_path / "nothing.yaml")
    assert found.exit_code == 1
    assert "cannot read the file: no such file or directory" in found.stderr
