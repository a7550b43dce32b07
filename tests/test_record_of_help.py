"""The last stage reads the record: what sessions state, which count, and that taking help away completes no file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from on_record import action, days, help_given, on_record
from salesdx.base.model import RuleBase
from salesdx.case.file import case_from_values
from salesdx.case.followed import Confirmation, Contest, Event, Followed, Judged, Session
from salesdx.case.memory import WorkingMemory
from salesdx.case.persons import Persons
from salesdx.engine.diagnose import quick
from salesdx.followup.actions import due, under_remedy
from salesdx.followup.outcomes import Became, outcome
from salesdx.followup.sessions import confirmed, record_statements
from salesdx.text.issues import CaseError
from trail_cases import complete

START = date(2026, 1, 12)
ELIGIBLE = "eligible_for_human_review"


@pytest.fixture(scope="module")
def whole(base: RuleBase) -> WorkingMemory:
    """A complete file by its sessions alone: eight of coaching were planned, and held."""
    made = on_record(complete(base))
    return replace(made, followed=help_given(START), today=date(2026, 7, 12))


def status(case: WorkingMemory, sessions: tuple[Session, ...] | None = None) -> str:
    followed = case.followed if sessions is None else replace(case.followed, sessions=sessions)
    return quick(case.base, replace(case, followed=followed)).files[0].status


def test_a_file_is_complete_by_its_sessions_and_not_a_day_earlier(whole: WorkingMemory) -> None:
    assert status(whole) == ELIGIBLE
    assert status(replace(whole, today=date(2026, 7, 11))) == "open"  # the coaching can still work on its last day
    typed = complete(whole.base)
    assert status(replace(whole, statements=typed.statements, followed=Followed(whole.followed.actions))) != ELIGIBLE


CHANGES: dict[str, Callable[[Session], Session | None]] = {
    "missing": lambda one: None,
    "not held": lambda one: replace(one, held=False),
    "contested": lambda one: replace(one, contested=Contest(one.date, "It was not so")),
    "late": lambda one: replace(one, date=one.date + days(200)),
    "not confirmed": lambda one: replace(one, confirmed=()),
    "confirmed by its writer": lambda one: replace(one, confirmed=(Confirmation("sales_rep", "P-2", one.date),)),
}


@pytest.mark.parametrize("change", CHANGES)
def test_each_session_missing_or_bad_keeps_the_file_open(whole: WorkingMemory, change: str) -> None:
    for one in whole.followed.sessions:
        bad = CHANGES[change](one)
        if change == "late" and one.what in ("warning", "hearing"):
            bad = replace(one, date=date(2026, 7, 13))  # these have no window: they are late on the day after
        left = tuple(bad if s is one else s for s in whole.followed.sessions if s is not one or bad is not None)
        assert status(whole, tuple(s for s in left if s is not None)) in ("open", "blocked"), one


def test_no_two_sessions_can_be_taken_away(whole: WorkingMemory) -> None:
    for pair in combinations(whole.followed.sessions, 2):
        assert status(whole, tuple(s for s in whole.followed.sessions if s not in pair)) in ("open", "blocked"), pair


def test_no_action_can_be_taken_away(whole: WorkingMemory) -> None:
    for one in whole.followed.actions:
        left = tuple(action for action in whole.followed.actions if action is not one)
        sessions = tuple(session for session in whole.followed.sessions if session.action != one.id)
        assert quick(whole.base, replace(whole, followed=Followed(left, sessions))).files[0].status != ELIGIBLE


PLACES = st.integers(0, 30)
SPOILT = st.sampled_from(sorted(CHANGES.keys() - {"missing"}))


@settings(max_examples=60, deadline=None)
@given(
    held=st.integers(6, 11),
    more=st.integers(0, 3),
    lasts=st.integers(58, 62),
    spoilt=st.dictionaries(PLACES, SPOILT, max_size=2),
    gone=st.sets(PLACES, min_size=1, max_size=3),
)
def test_less_help_never_completes_a_file(
    whole: WorkingMemory, held: int, more: int, lasts: int, spoilt: dict[int, str], gone: set[int]
) -> None:
    """Over random records: held and missed rows, more or fewer than are needed, contested and unconfirmed ones.

    A row that does not count as held still counts as planned, so it protects: the trail brings it back when it is cut.
    """
    made = help_given(START, held, held + more, lasts)
    rows = list(made.sessions)
    for place, change in spoilt.items():
        row = CHANGES[change](rows[place % len(rows)])
        assert row is not None
        rows[place % len(rows)] = row
    case = replace(whole, followed=made)
    help_in_it = [row for row in rows if confirmed(whole.base, case, row)]
    taken = [help_in_it[place % len(help_in_it)] for place in gone]
    if status(case, tuple(row for row in rows if row not in taken)) == ELIGIBLE:
        assert status(case, tuple(rows)) == ELIGIBLE


def test_what_the_record_states(whole: WorkingMemory) -> None:
    said = record_statements(whole.base, whole, whole.today)
    assert {name: said[name].value for name in sorted(said)} == {
        "hr_coaching_held_n": 8, "hr_coaching_outcome": "not_effective", "hr_coaching_planned_n": 8,
        "hr_coaching_start_date": START, "hr_final_warning": True, "hr_improvement_plan_days": 60,
        "hr_response_heard": True, "hr_training_delivered": True, "hr_written_warning": True,
    }  # fmt: skip
    assert said["hr_coaching_held_n"].record == tuple(f"C{n}" for n in range(8))
    assert said["hr_coaching_outcome"].record == ("A2",)
    assert said["hr_response_heard"].date == START + days(121)


def test_where_people_are_known_a_typed_name_confirms_nothing(whole: WorkingMemory) -> None:
    (first, *_) = whole.followed.sessions
    assert confirmed(whole.base, whole, first)
    known = replace(whole, persons=Persons({(f"session {first.id}", "sales_manager", "P-2"): "P-2"}))
    assert not confirmed(whole.base, known, first)
    said = {
        (f"session {first.id}", role, name): name for role, name in (("sales_manager", "P-2"), ("sales_rep", "P-3"))
    }
    assert confirmed(whole.base, replace(whole, persons=Persons(said)), first)
    assert confirmed(whole.base, replace(known, persons=Persons({(f"session {first.id}", "hr", "P-4"): "P-4"})),
                     replace(first, confirmed=(Confirmation("hr", "P-4", first.date),)))  # fmt: skip


# --- outcomes ---------------------------------------------------------------------------------------------------------


def case(base: RuleBase, told: Any, *actions: Any, events: Any = ()) -> WorkingMemory:
    made = case_from_values(
        {"subject": {"kind": "company"}, "period": {"from": "2026-07-01", "to": "2026-09-30"}, "facts": told}, base
    )
    return replace(made, followed=Followed(actions, (), tuple(events)))


def otif(value: Any, day: str = "2026-11-10") -> dict[str, Any]:
    return {"delivery_otif_pct": {"value": value, "by": "production", "kind": "transaction data", "date": day}}


REPAIR = action("A1", "promise_date", date(2026, 10, 5))  # its window is 2 to 30 November


@pytest.mark.parametrize(
    ("told", "today", "became"),
    [
        (otif(95), date(2026, 11, 1), Became.TOO_EARLY),
        (otif(95), date(2026, 11, 10), Became.WORKED),
        (otif({"low": 92, "high": 97}), date(2026, 12, 1), Became.WORKED),
        (otif({"low": 91, "high": 97}), date(2026, 12, 1), Became.NOT_MEASURED),
        (otif({"low": 80, "high": 91}), date(2026, 11, 30), Became.TOO_EARLY),
        (otif({"low": 80, "high": 91}), date(2026, 12, 1), Became.NOT_WORKED),
        (otif(95, "2026-10-04"), date(2026, 12, 1), Became.NOT_MEASURED),
        (otif(95, "2026-12-01"), date(2026, 12, 1), Became.NOT_MEASURED),
        ({}, date(2026, 11, 30), Became.TOO_EARLY),
        ({}, date(2026, 12, 1), Became.NOT_MEASURED),
    ],
)
def test_an_outcome_is_what_the_facts_inside_the_window_say(
    base: RuleBase, told: Any, today: date, became: Became
) -> None:
    assert outcome(base, case(base, told, REPAIR), REPAIR, today).result is became


def test_a_change_inside_the_window_voids_it_where_the_measure_can_be_moved_by_it(base: RuleBase) -> None:
    today = date(2026, 12, 1)
    moved, away = Event("territory", date(2026, 11, 3)), Event("absence", date(2026, 11, 1), 9)
    free = outcome(base, case(base, otif(95), REPAIR, events=[moved]), REPAIR, today)
    assert (free.result, base.interventions["promise_date"].judge.voided_by) == (Became.WORKED, ())  # type: ignore[union-attr]
    coaching = action("A2", "coaching_plan", date(2026, 5, 1))
    told = {"firm_cycle_days": 30}
    for events, void in (
        ([moved], None), ([Event("territory", date(2026, 4, 30))], None), ([Event("goal", date(2026, 5, 1))], "goal"),
        ([replace(away, date=date(2026, 6, 1))], None), ([replace(away, date=date(2026, 6, 1), days=10)], "absence"),
        ([replace(away, date=date(2026, 6, 1)), replace(away, date=date(2026, 8, 1), days=1)], "absence"),
        ([replace(away, date=date(2026, 4, 20), days=20)], None),
    ):  # fmt: skip
        found = outcome(base, case(base, told, coaching, events=events), coaching, today)
        assert (found.voided_by and found.voided_by.change) == void, events
        assert found.result is Became.NOT_MEASURED


def test_a_yes_by_hand_counts_of_the_respondent_and_inside_the_window(base: RuleBase) -> None:
    yes = Judged(True, "sales_manager", "P-2", date(2026, 10, 25))
    for judged, became in (
        ((), Became.NOT_MEASURED), ((yes,), Became.WORKED), ((replace(yes, by="hr"),), Became.NOT_MEASURED),
        ((replace(yes, date=date(2026, 10, 6)),), Became.NOT_MEASURED),
        ((yes, replace(yes, worked=False, date=date(2026, 10, 30))), Became.NOT_WORKED),
    ):  # fmt: skip
        plan = action("A1", "systemic_plan", date(2026, 10, 5), judged=judged)
        assert outcome(base, case(base, {}, plan), plan, date(2026, 12, 1)).result is became


def test_what_nobody_can_judge_runs_on_and_waits(base: RuleBase) -> None:
    kit = action("A1", "competitor_kit", date(2025, 1, 1))  # by cycles, and nobody said how long one is
    made = case(base, {}, kit)
    assert outcome(base, made, kit, date(2026, 12, 1)).result is Became.NOT_MEASURED
    assert [row.action.id for row in due(base, made, date(2026, 12, 1))] == ["A1"]
    assert under_remedy(base, made, date(2026, 12, 1)) == {"product": (kit,)}
    person = action("A2", "coaching_plan", date(2026, 11, 1))
    assert under_remedy(base, case(base, {}, person), date(2026, 11, 2)) == {}


def test_nobody_states_an_outcome(base: RuleBase) -> None:
    with pytest.raises(CaseError, match="no term `outcome"):
        case_from_values({"facts": {"outcome(promise_date)": "worked"}}, base)
