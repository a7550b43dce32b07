"""Random cases of the shipped rule base: worked cases with some facts changed, by a seed.

Each fact is said by whoever must know it, signed and dated, so that it meets every floor; changes take that away.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from random import Random

import salesdx
from conftest import ROOT
from random_statements import Source, as_asked
from salesdx.base.model import RuleBase
from salesdx.case.memory import WorkingMemory
from second_model.base import read_base
from second_model.conditions import names

PERIOD = (date(2026, 7, 1), date(2026, 9, 30))
TODAY = date(2026, 12, 31)
UNKNOWN_KINDS = (
    *("not_asked", "not_known", "not_applicable", "unsigned", "unreasoned", "foreign", "stale", "disputed"),
    *("imprecise", "excused"),
)
"""Kinds of not_applicable: `unsigned` names nobody, `unreasoned` gives no reason, `foreign` is by somebody who need
not know it; only `excused` is by the respondent and with a reason. A disputed or imprecise number lies between the
least and the greatest value worth trying."""


def fuzz_cases(least: int) -> int:
    """How many cases to try: SALESDX_FUZZ_CASES for long runs."""
    return max(least, int(os.environ.get("SALESDX_FUZZ_CASES", "0")))


MODEL = read_base(ROOT)
"""The shipped rule base as the second model reads it."""
TERMS = MODEL.terms
BEHIND = {name for term in TERMS.values() if term.or_formula for name in names(term.or_formula)}
"""What an asked term can be calculated from: stated nowhere here, so that the asked term is what is stated."""


# --- the worked cases, as a small table -------------------------------------------------------------------------------


def _table(text: str) -> dict[str, object]:
    """Pairs of a term and its value."""
    words = text.split()
    return {name: _read(name, word) for name, word in zip(words[::2], words[1::2], strict=True)}


def _read(name: str, word: str) -> object:
    match TERMS[name].type:
        case "boolean":
            return word == "true"
        case "enum":
            return word
        case "date":
            return date.fromisoformat(word)
    return Decimal(word)


CLEAN = {name: True for name, term in TERMS.items() if name.startswith("firm_") and term.type == "boolean"}
CLEAN |= _table("""
    case_attainment_pct 71 case_periods_below_goal 2 scope_reps_below_pct 17 scope_gap_concentration_pct 72
    scope_territories_below_pct 15 scope_season_history_months 48 scope_market_change_pct 1
    data_crm_completeness_pct 84 goal_measurable true goal_communicated true goal_backtest_ratio_pct 103
    goal_potential_ratio 1.03 goal_changed_midperiod_pct 0 goal_levels_linked true goal_expectation_talk_held true
    product_lost_reason_share_pct 14 lost_interviews_n 14 product_return_ratio 1.05 product_trend_gap_points -1
    price_index_vs_competitor_pct 102 price_lost_reason_share_pct 14 price_discount_change_points 1
    delivery_otif_pct 95 delivery_orders_n 210 delivery_lead_time_ratio 1.05 delivery_cancelled_pct 0.9
    delivery_unshipped_gap_share_pct 2 service_csat_pct 87 service_survey_n 96 service_churn_change_points 0.5
    service_complaint_ratio 1.0 enable_training_completed_pct 96 enable_last_training_days 70
    enable_team_knowledge_pct 86 enable_tools_available true enable_incentive_aligned true mkt_leads_vs_plan_pct 97
    mkt_icp_fit_pct 78 mkt_leads_peer_ratio 0.98 mkt_target_validated true
""")
PERSON = CLEAN | _table("""
    case_subject person case_attainment_pct 61 ind_tenure_months 26 ind_ramp_norm_months 7 ind_attainment_pct 61
    ind_peer_median_pct 101 ind_peers_n 9 ind_decided_deals_n 48 ind_wins_n 6 ind_peer_decided_n 400
    ind_peer_wins_n 110 ind_activity_ratio 0.98 ind_stale_prospects_pct 14 ind_stale_peer_ratio 1.0
    ind_skill_score 2.3 ind_knowledge_pct 88 ind_can_do_observed false ind_did_before false
    ind_expectations_clear true ind_motivation high ind_capacity_limit none ind_workload_ratio 1.02
    ind_absence_protected_days 0 ind_absence_adjusted false ind_crm_logging_pct 90
    case_period_end 2026-09-30 case_data_until 2026-09-30 ind_people_scanned_n 1 ind_territory_changed false
    ind_mix_index 1 ind_deals_index 1 ind_accounts_ratio 1 ind_activity_low_periods_n 2
""")
LOOKED = _table("""
    scope_season_adjusted_attainment_pct 51 product_sales_hold false price_increase_recent_pct 0
    service_lost_reason_share_pct 6 goal_growth_vs_market_points 4 goal_forecast_error_pct 12
    product_critical_gaps_n 0 product_nps_n 30 product_competitor_launch false price_quote_turnaround_days 2
    price_discount_dispersion_points 4 pvm_price_effect_pct -1 delivery_stockout_pct 2
    delivery_reorder_gap_points -3 delivery_backlog_ratio 1.0 service_first_response_hours 6
    service_ticket_backlog_days 2 service_fcr_pct 78 service_repeat_change_points 0 enable_coaching_hours_month 4
    enable_selling_time_pct 44 enable_new_product_trained_pct 95 enable_presales_wait_days 2
    enable_feedback_data true mkt_mql_sql_change_points -1 mkt_lead_response_hours 3 mkt_campaign_active true
    mkt_awareness_change_points 0 mkt_spend_vs_plan_pct 98 price_below_cost_pct 0 delivery_credit_hold_pct 0
    staff_vacant_share_pct 2 staff_engaged_pct 80 staff_turnover_pct 8 enable_stale_prospects_pct 12
""")
"""With CLEAN, every rule of the stages before the person has been looked at, and is false."""
FILE = _table("""
    hr_goals_documented true goal_ack_date 2026-01-09 hr_coaching_start_date 2026-03-02
    hr_coaching_end_date 2026-05-29 hr_absence_in_coaching_days 0 hr_coaching_extended false
    hr_training_delivered true hr_coaching_planned_n 12 hr_coaching_held_n 11 hr_coaching_days 88
    hr_coaching_outcome not_effective hr_improvement_plan_days 75 hr_written_warning true hr_final_warning true
    hr_response_heard true hr_peer_same_conditions true hr_consistent_treatment true hr_open_protected_matter false
    hr_alternatives_considered true hr_appeal_offered true hr_decider_named true
""")
MEASURED = _table("hr_coaching_baseline 12.5 hr_coaching_target 27.5 hr_coaching_end_value 13.5")
COMPLETE = PERSON | LOOKED | FILE | MEASURED
SUCCESS = PERSON | _table("""
    case_attainment_pct 128 ind_attainment_pct 128 ind_activity_ratio 0.55 win_unit_attainment_pct 128
    win_technique_users_n 4 win_technique_deals_n 90 win_technique_wins_n 34 win_other_deals_n 310 win_other_wins_n 60
    win_techniques_scanned_n 1
    win_feedback_n 18 win_feedback_positive_pct 67 win_shared_all false rec_goals_sound true rec_quality_ok true
    rec_conduct_ok true rec_periods_above_n 5 rec_days_since_last 140 rec_preference time_off rec_flight_risk medium
""")
NO_BUYERS = PERSON | _table("""
    lost_interviews_n 3 price_win_n 500 price_win_before_n 520 price_win_change_points 0 product_sales_hold false
    price_increase_recent_pct 0
""")
"""Product and pricing are set aside."""
STARTS = (
    NO_BUYERS,
    COMPLETE,
    COMPLETE,
    PERSON,
    {name: value for name, value in PERSON.items() if name != "case_subject"},
    SUCCESS,
    CLEAN | _table("case_subject company scope_reps_below_pct 64 scope_territories_below_pct 70"),
    CLEAN | LOOKED | _table("case_subject territory"),
    CLEAN | _table("case_subject product"),
    PERSON | _table("firm_ships_goods false firm_has_service_desk false firm_repeat_business false"),
    {},
)
FAULTS = tuple(
    map(
        _table,
        (
            "goal_potential_ratio 1.6",
            "goal_ramp_adjusted false ind_tenure_months 3 case_periods_below_goal 1",
            "scope_season_adjusted_attainment_pct 98 scope_reps_below_pct 64",
            "product_return_ratio 2.1 product_returns_n 64",
            "product_sales_hold true",
            "lost_interviews_n 0 price_lost_rep_reported_pct 55",
            "lost_interviews_n 3 price_win_n 500 price_win_before_n 520 price_win_change_points 0 "
            "product_sales_hold false price_increase_recent_pct 0",
            "case_attainment_pct 93 scope_season_adjusted_attainment_pct 98",
            "case_attainment_pct 94 case_periods_below_goal 1 scope_spread_periods_n 12 "
            "scope_attainment_median_pct 101 scope_attainment_spread_points 5",
            "delivery_unshipped_gap_share_pct 85 product_sales_hold false lost_interviews_n 0",
            "product_trend_gap_points -12 product_critical_gaps_n 0 product_competitor_launch false "
            "service_churn_change_points 6 service_lost_reason_share_pct 9 service_exit_interviews_n 11",
            "price_index_vs_competitor_pct 118 price_lost_reason_share_pct 44",
            "delivery_otif_pct 72 delivery_cancelled_pct 6 service_complaint_ratio 2",
            "service_lost_reason_share_pct 30 service_exit_interviews_n 12",
            "enable_training_completed_pct 55",
            "mkt_leads_vs_plan_pct 60",
            "ind_attainment_pct 98",
            "ind_people_scanned_n 2",
            "ind_territory_changed true goal_moved_with_accounts false",
            "ind_wins_n 14 ind_stale_prospects_pct 45 ind_open_prospects_n 60 ind_stale_n 27 ind_peer_open_n 500 "
            "ind_peer_stale_n 110 ind_stale_peer_ratio 2 ind_stale_reason forgotten",
            "hr_training_delivered false hr_coaching_held_n 3 hr_written_warning false",
        ),
    )
)
"""What gives the stages something to conclude."""


# --- one fact ---------------------------------------------------------------------------------------------------------


def said(name: str, value: object, kind: str = "signed record") -> object:
    """A value as a case file has it: by whoever must know it, on that kind of evidence, at the end of the period."""
    term = TERMS[name]
    told = as_asked(term, term.own_roles[0] if term.own_roles else None, value, kind, PERIOD[1])
    return told[0] if len(told) == 1 else told


@dataclass(frozen=True)
class Case:
    """A case: the facts as a case file has them, and the values of those that are simply stated, else None."""

    entries: dict[str, object]
    facts: dict[str, object]

    def known(self, name: str, value: object) -> Case:
        """With a fact that is simply stated."""
        return self._with(name, said(name, value), count(value))

    def bare(self, name: str, value: object) -> Case:
        """With a fact that nobody in particular states, on no day."""
        return self._with(name, value, count(value))

    def unknown(self, name: str, kind: str, base: RuleBase) -> Case:
        """With a fact unknown in one of UNKNOWN_KINDS; where a kind cannot be had, it is not known."""
        if kind == "not_asked":
            return Case(*({k: v for k, v in part.items() if k != name} for part in (self.entries, self.facts)))
        return self._with(name, unknown_entry(name, kind, base), None)

    def contradicted(self, name: str, told: object, rumour: object) -> Case:
        """With a fact on which strong evidence says one thing and an opinion another."""
        weak = {"value": rumour, "by": "sales_manager", "author": "mo", "kind": "opinion", "date": date(2026, 9, 30)}
        strong = said(name, told, "transaction data")
        return self._with(name, [weak, *(strong if isinstance(strong, list) else [strong])], count(told))

    def _with(self, name: str, entry: object, fact: object) -> Case:
        return Case(self.entries | {name: entry}, self.facts | {name: fact})

    def memory(self, base: RuleBase) -> WorkingMemory:
        return in_review(salesdx.memory_from(self.entries, base))


def in_review(memory: WorkingMemory) -> WorkingMemory:
    """A case with the period and the pseudonym that the floor asks for, and always of the same day."""
    return replace(memory, period=PERIOD, subject={"ref": "E-1042"}, today=TODAY)


def case_of(facts: dict[str, object]) -> Case:
    """A case of facts that are simply stated."""
    return Case(
        {name: said(name, value) for name, value in facts.items()},
        {name: count(value) for name, value in facts.items()},
    )


def count(value: object) -> object:
    """A value as the second model counts it, numbers exactly."""
    return value if isinstance(value, bool | str | date) else Fraction(value)  # type: ignore[arg-type]


def unknown_entry(name: str, kind: str, base: RuleBase) -> object:
    """A fact that is unknown, as a case file has it."""
    term, reason = TERMS[name], {"reason": "there is none here"}
    match kind:
        case "not_applicable":
            return "not_applicable"
        case "unsigned":
            return {"value": "not_applicable", **reason}
        case "unreasoned":
            return said(name, "not_applicable")
        case "foreign":
            by = "finance" if "finance" not in term.own_roles else "marketing"
            return {"value": "not_applicable", "by": by, "kind": "signed record", "date": PERIOD[1], **reason}
        case "excused":
            return [entry | reason for entry in _listed(said(name, "not_applicable"))]
        case "stale" if "valid_for" in term.keys and not term.computed:
            return [entry | {"date": date(2020, 1, 31)} for entry in _listed(said(name, values_of(name, base)[0]))]
        case "disputed" if not term.computed:
            return [
                entry | {"author": author}
                for author, value in zip(("ana", "ben"), _apart(name, base), strict=True)
                for entry in _listed(said(name, value))[:1]
            ]
        case "imprecise" if not term.computed and term.type not in ("boolean", "enum"):
            low, high = _apart(name, base)
            return said(name, {"low": low, "high": high})
    return said(name, "not_known")


def _apart(name: str, base: RuleBase) -> tuple[object, object]:
    """Two values of a term; of what has an order, the least and the greatest worth trying."""
    values = values_of(name, base)
    return (values[0], values[1]) if TERMS[name].type in ("boolean", "enum") else (min(values), max(values))


def _listed(entry: object) -> list[dict[str, object]]:
    return entry if isinstance(entry, list) else [entry]  # type: ignore[list-item]


def values_of(name: str, base: RuleBase) -> list[object]:
    """The values worth trying: at, just below and just above every number a term is compared with, and the ends."""
    term = base.terms[name]
    match term.type:
        case "boolean":
            return [True, False]
        case "enum":
            return list(term.values)
        case "date":
            return [date(2026, 3, 2) + timedelta(days) for days in (0, -1, 1, -60, 59, 60, 61, 88, 400)]
    step = Decimal(1) if term.type == "integer" else Decimal("0.01")
    found = {term.low, term.high, term.low + 1}
    for limit in LIMITS.get(name, ()):
        found |= {limit - step, limit, limit + step}
    return sorted(v for v in found if term.low <= v <= term.high)


LIMITS = {
    name: {Decimal(limit.numerator) / limit.denominator for limit in limits}
    for name, limits in Source(MODEL, []).limits.items()
}
"""The numbers that each term is compared with."""
DATES = ("hr_coaching_start_date", "hr_coaching_end_date")
COMPARED = (  # what is compared with another fact: how far the one lies from a multiple of the other
    ("ind_attainment_pct", Decimal("0.8"), "ind_peer_median_pct"),
    ("ind_attainment_pct", Decimal("0.9"), "ind_peer_median_pct"),
    ("ind_tenure_months", Decimal(1), "ind_ramp_norm_months"),
    ("hr_coaching_held_n", Decimal("0.8"), "hr_coaching_planned_n"),
    ("goal_ack_date", None, "hr_coaching_start_date"),
    ("case_data_until", None, "case_period_end"),
)


# --- random cases -----------------------------------------------------------------------------------------------------


def random_case(random: Random, base: RuleBase) -> Case:
    """A worked case with up to 12 facts changed, now and then with many more."""
    start = random.choice(STARTS)
    for fault in random.sample(FAULTS, random.choice((0, 0, 0, 1, 1, 2, 3))):
        start = start | fault
    case = case_of(start)
    changes = random.choice((0, 1, 1, 2, 2, 3, 4, 6, 8, 12)) if random.random() < 0.95 else 60
    for change in _changes(random, base, start, changes):
        case = change(case)
    return case


def _changes(random: Random, base: RuleBase, start: dict[str, object], n: int) -> list[Callable[[Case], Case]]:
    here, everywhere = [name for name in start if name in base.terms], [name for name in TERMS if name not in BEHIND]
    made: list[Callable[[Case], Case]] = []
    for _ in range(n):
        if random.random() < 0.1:
            made.append(beside(*random.choice(COMPARED), random.choice((-1, 0, 1))))
            continue
        name = random.choice(here if here and random.random() < 0.6 else everywhere)
        if name == "scope_pattern":  # read by no rule
            continue
        if random.random() < 0.35:
            kind = random.choice(UNKNOWN_KINDS)
            made.append(lambda case, name=name, kind=kind: case.unknown(name, kind, base))
        elif random.random() < 0.15 and not TERMS[name].computed and name not in DATES:
            told, rumour = random.choice(values_of(name, base)), random.choice(values_of(name, base))
            made.append(lambda case, name=name, told=told, rumour=rumour: case.contradicted(name, told, rumour))
        else:
            value, how = random.choice(values_of(name, base)), random.choice((Case.known,) * 4 + (Case.bare,))
            made.append(lambda case, name=name, value=value, how=how: how(case, name, value))
    return made


def beside(name: str, factor: Decimal | None, other: str, side: int) -> Callable[[Case], Case]:
    """Puts a fact at, just below or just above a multiple of another one (a date: on the day, before, after)."""

    def change(case: Case) -> Case:
        against = case.facts.get(other)
        if against is None:
            return case
        if factor is None:
            return case.known(name, against + timedelta(side))
        exact = factor * Decimal(against.numerator) / against.denominator
        whole = TERMS[name].type == "integer"
        value = exact.to_integral_value() + side if whole else exact + side * Decimal("0.01")
        return case.known(name, min(max(value, Decimal(0)), Decimal(TERMS[name].keys["range"][1])))

    return change
