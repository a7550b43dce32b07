"""Who is compared with whom, which windows are void, and who records otherwise: by value, on plain rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from salesdx.facts.firm_settings import PeerRule
from salesdx.facts.peer_group import Employed, months_later, peer_groups, peers_of, potential_of, too_few
from salesdx.facts.void_windows import (
    Away,
    ConditionChange,
    GoalVersion,
    HeldUnit,
    absence_changes,
    account_changes,
    goal_changes,
    territory_changes,
)
from salesdx.facts.ways_of_recording import offices_apart, recorded_apart

FIRST, LAST = date(2026, 4, 1), date(2026, 9, 30)
QUARTERS = ((FIRST, date(2026, 6, 30)), (date(2026, 7, 1), LAST))
RULE = PeerRule(potential_within_pct=None)


def seller(person: str, **other: object) -> Employed:
    usual = {"alike": ("seller", "north"), "sells": True, "started_on": date(2020, 1, 1), "ramp_months": 6.0}
    return Employed(person, **{**usual, **other})  # type: ignore[arg-type]


TEAM = [seller(name) for name in "abcdef"]
NO_PEERS = [
    seller("x", ended_on=date(2026, 9, 29)),
    seller("x", started_on=date(2026, 4, 2), ramp_months=0.0),
    seller("x", started_on=date(2025, 10, 2)),
    seller("x", started_on=None),
    seller("x", ramp_months=None),
    seller("x", sells=False),
    seller("x", alike=("seller", "south")),
    seller("x", alike=("seller", None)),
]
"""Left within the window, came within it, still in ramp-up, a house account, no ramp known, no seller, another team."""


@pytest.mark.parametrize("other", NO_PEERS)
def test_who_is_no_peer(other: Employed) -> None:
    everyone = [*TEAM, other]
    group = peer_groups(everyone, ())["a"]
    assert peers_of(TEAM[0], [each for each in everyone if each.person in group], RULE, (FIRST, LAST), ()) == tuple(
        "bcdef"
    )


def test_managers_and_whose_window_is_void_are_no_peers() -> None:
    groups = peer_groups(TEAM, {"b"})
    assert groups == {name: frozenset("acdef") for name in "acdef"}
    group = [each for each in TEAM if each.person in groups["a"]]
    assert peers_of(TEAM[0], group, RULE, (FIRST, LAST), {"c"}) == tuple("def")


def test_peers_hold_territories_of_like_potential_on_both_days() -> None:
    rule = PeerRule(potential_within_pct=15)
    team = [
        seller("a", potential=(100.0, 100.0)),
        seller("b", potential=(115.0, 85.0)),
        seller("c", potential=(115.1, 100.0)),
        seller("d", potential=(100.0, 84.9)),
        seller("e"),
    ]
    assert peers_of(team[0], team, rule, (FIRST, LAST), ()) == ("b",)
    assert (potential_of(["n", "s"], {"n": 2.0, "s": 3.5}), potential_of(["n", "w"], {"n": 2.0})) == (5.5, None)


def test_five_are_needed_whatever_the_mapping_says() -> None:
    assert too_few("bcde", PeerRule(at_least=2, potential_within_pct=None)) == "4 comparable colleagues, 5 needed"
    assert too_few("bcdef", PeerRule(at_least=2, potential_within_pct=None)) == ""
    assert too_few("bcdef", PeerRule(at_least=8)) == "5 comparable colleagues, 8 needed"


@given(st.dates(date(2000, 1, 1), date(2090, 1, 1)), st.integers(0, 60))
def test_whole_months_later_is_the_same_day_of_a_month_or_its_last(day: date, months: int) -> None:
    later = months_later(day, months)
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    assert later.day == day.day or ((later + timedelta(1)).day == 1 and later.day < day.day)


def changes_of(held: Sequence[HeldUnit]) -> list[ConditionChange]:
    return [*territory_changes(held, FIRST, LAST)]


def test_another_territory_inside_the_window_is_a_change_and_the_same_one_again_is_none() -> None:
    moved = [HeldUnit("North", date(2020, 1, 1), date(2026, 8, 13)), HeldUnit("South", date(2026, 8, 14))]
    assert changes_of(moved) == [ConditionChange(date(2026, 8, 14), "the territory changed", moved=True)]
    renewed = [HeldUnit("North", date(2020, 1, 1), date(2026, 6, 30)), HeldUnit("North", date(2026, 7, 1))]
    assert changes_of(renewed) == []
    before = [HeldUnit("North", date(2020, 1, 1), date(2026, 3, 31)), HeldUnit("South", FIRST)]
    assert changes_of(before) == []
    added = [HeldUnit("North", date(2020, 1, 1)), HeldUnit("South", LAST)]
    assert [change.day for change in changes_of(added)] == [LAST]


def test_the_reason_bears_the_day() -> None:
    change = ConditionChange(date(2026, 8, 14), "the territory changed", moved=True)
    assert change.reason == "the territory changed on 2026-08-14: before and after are not compared"


@pytest.mark.parametrize(("gone", "void"), [(0, False), (2, False), (3, True), (12, True)])
@pytest.mark.parametrize("lost", [True, False])
def test_a_quarter_of_the_accounts(gone: int, void: bool, lost: bool) -> None:
    """Of 12 accounts three are a quarter, whether they go, or as many come."""
    day = date(2026, 5, 4)
    stays = [HeldUnit(f"C{n}", date(2020, 1, 1)) for n in range(12 - gone if lost else 12)]
    moves = [HeldUnit(f"M{n}", *((date(2020, 1, 1), day - timedelta(1)) if lost else (day, None))) for n in range(gone)]
    assert [change.day for change in account_changes([*stays, *moves], FIRST, LAST)] == [day] * void


def test_a_new_version_inside_a_period_is_a_change_of_the_goal_and_a_new_period_is_none() -> None:
    usual = [GoalVersion(first, last, "1", "revenue", date(2025, 12, 1)) for first, last in QUARTERS]
    assert [*goal_changes(usual, QUARTERS)] == []
    months = [GoalVersion(date(2026, m, 1), date(2026, m, 30), "1", "revenue") for m in range(4, 10)]
    assert [*goal_changes(months, QUARTERS)] == []
    later = GoalVersion(*QUARTERS[1], version="2", metric="revenue", set_on=date(2026, 8, 3))
    assert [change.day for change in goal_changes([*usual, later], QUARTERS)] == [date(2026, 8, 3)]
    halves = [GoalVersion(FIRST, date(2026, 5, 14)), GoalVersion(date(2026, 5, 15), date(2026, 6, 30))]
    assert [change.day for change in goal_changes(halves, QUARTERS)] == [date(2026, 5, 15)]
    other = GoalVersion(date(2026, 5, 15), date(2026, 6, 30), metric="margin")
    assert [*goal_changes([usual[0], other], QUARTERS)] == []


def test_more_than_ten_protected_days_inside_the_window() -> None:
    long = Away(date(2026, 3, 25), date(2026, 4, 10), 11)
    assert [(c.day, c.moved) for c in absence_changes([long], FIRST, LAST)] == [(FIRST, False)]
    short = [Away(date(2026, 5, 4), date(2026, 5, 8), 5), Away(date(2026, 6, 8), date(2026, 6, 12), 5)]
    assert [*absence_changes(short, FIRST, LAST)] == []
    assert [c.day for c in absence_changes([*short, Away(LAST, LAST, 1)], FIRST, LAST)] == [date(2026, 5, 4)]
    assert [*absence_changes([Away(date(2026, 1, 5), date(2026, 3, 31), 60)], FIRST, LAST)] == []


def test_what_one_side_alone_records_is_a_difference_in_recording() -> None:
    others = [{"won": 60, "lost": 140}] * 10
    assert recorded_apart("deals.outcome", {"won": 30, "lost": 120, "none": 50}, others)[0].told("a", "b") == (
        "outcome 'none' is used by a and never by b"
    )
    apart = recorded_apart("deals.outcome", {"won": 60}, others)
    assert [(each.word, each.used) for each in apart] == [("lost", False)]
    assert recorded_apart("deals.outcome", {"won": 2, "lost": 5}, [{"won": 60, "lost": 120, "none": 20}]) == []
    assert recorded_apart("deals.outcome", {}, others) == []


def test_an_office_that_uses_a_stage_alone_is_named() -> None:
    offices = {"North": {"first talk": 80, "offer": 90}, "South": {"offer": 120}, "West": {"offer": 75}}
    assert [(office, each.word) for office, each in offices_apart("deal_stages.stage", offices)] == [
        ("North", "first talk")
    ]
    assert offices_apart("deal_stages.stage", {"North": {"first talk": 80}}) == []
