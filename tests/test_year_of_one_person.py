"""A year of one person, month by month: what was repaired, taught and coached, and what may be said when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from on_record import action, days, session
from salesdx.base.model import RuleBase
from salesdx.case.followed import ACCEPTED, Action, Contest, Event, Followed
from salesdx.case.memory import WorkingMemory
from salesdx.engine.diagnose import quick
from salesdx.engine.diagnosis import Diagnosis
from salesdx.followup.outcomes import Became, outcomes
from trail_cases import complete

LATE, ON_TIME = (
    {"delivery_otif_pct": otif, "delivery_unshipped_gap_share_pct": waiting} for otif, waiting in ((80, 60), (95, 2))
)
UNTAUGHT, TAUGHT = (
    {"enable_team_knowledge_pct": known, "enable_training_completed_pct": done} for known, done in ((60, 60), (86, 96))
)
MOVED = {"ind_territory_changed": True}
RAMP = {"ind_tenure_months": 1, "goal_ramp_adjusted": False}

PROMISE = Action("R1", "promise_date", ("D2",), "P-7", date(2026, 2, 9), ACCEPTED)
TEAM = Action("R2", "team_training", ("T1",), "P-8", date(2026, 4, 6), ACCEPTED)
TRAINING = action("A1", "individual_training", date(2026, 6, 1))
COACHING = action("A2", "coaching_plan", date(2026, 7, 1))
LESSON = session("T1", "A1", "training", date(2026, 6, 10))
COACHED = tuple(session(f"C{n}", "A2", "coaching", date(2026, 7, 6) + days(7 * n), n not in (2, 5)) for n in range(8))
AGAINST = replace(COACHED[3], contested=Contest(date(2026, 8, 3), "We spoke of the holidays"))
NEW_PATCH = Event("territory", date(2026, 11, 5), by="sales_ops", author="P-9")

COMPANY = Followed((PROMISE, TEAM))
TAUGHT_ALONE = Followed((*COMPANY.actions, TRAINING), (LESSON,))
COACHING_RUNS = Followed((*TAUGHT_ALONE.actions, COACHING), (LESSON, *COACHED))
CONTESTED = replace(COACHING_RUNS, sessions=(LESSON, *COACHED[:3], AGAINST, *COACHED[4:]))
AFTER_THE_MOVE = replace(CONTESTED, events=(NEW_PATCH,))
RULED_OUT = ["ruled_out"] * 7


def in_month(base: RuleBase, month: int, facts: Mapping[str, Any], followed: Followed) -> WorkingMemory:
    """The review of a month on its last day, where all else of the person's file is in order."""
    first, last = date(2026, month, 1), date(2026 + month // 12, month % 12 + 1, 1) - days(1)
    memory = complete(base)
    asked = {name for name, term in base.terms.items() if term.record is None and not term.computed}
    known = {name: value for name, value in memory.values.items() if name in asked}
    month_end = {"case_data_until": last, "case_period_end": last, "firm_cycle_days": 30}
    made = replace(memory, statements={}, period=(first, last), today=last, fixed=frozenset())
    for name, value in {**known, **month_end, **facts}.items():
        made = made.with_fact(name, Decimal(value) if type(value) is int else value)
    return replace(made, followed=followed)


def told(diagnosis: Diagnosis) -> list[str]:
    return [stage.status for stage in diagnosis.stages] + [file.status for file in diagnosis.files]


MONTHS: dict[int, tuple[Mapping[str, Any], Followed, list[str]]] = {
    # the goal is missed, since orders wait
    1: (LATE, Followed(), ["ruled_out"] * 3 + ["confirmed"] + ["ruled_out"] * 3 + ["confirmed", "not_reached"]),
    # the company repairs it
    2: (
        LATE,
        Followed((PROMISE,)),
        ["ruled_out"] * 3 + ["under_remedy"] + ["ruled_out"] * 3 + ["confirmed", "not_reached"],
    ),
    # measured as worked, and the goal is still missed
    3: (ON_TIME, Followed((PROMISE,)), [*RULED_OUT, "confirmed", "open"]),
    # nobody had taught the team
    4: (ON_TIME | UNTAUGHT, COMPANY, ["ruled_out"] * 5 + ["under_remedy", "ruled_out", "confirmed", "not_reached"]),
    5: (ON_TIME | UNTAUGHT, COMPANY, ["ruled_out"] * 5 + ["under_remedy", "ruled_out", "confirmed", "not_reached"]),
    # the team is taught, and so is the person
    6: (ON_TIME | TAUGHT, TAUGHT_ALONE, [*RULED_OUT, "confirmed", "open"]),
    # coaching: two sessions are missed, and one is contested
    7: (ON_TIME | TAUGHT, COACHING_RUNS, [*RULED_OUT, "confirmed", "blocked"]),
    8: (ON_TIME | TAUGHT, CONTESTED, [*RULED_OUT, "confirmed", "blocked"]),
    9: (ON_TIME | TAUGHT, CONTESTED, [*RULED_OUT, "confirmed", "blocked"]),
    10: (ON_TIME | TAUGHT, CONTESTED, [*RULED_OUT, "confirmed", "blocked"]),
    # another territory: nothing is said of the person, and ramp-up begins again
    11: (ON_TIME | TAUGHT | MOVED, AFTER_THE_MOVE, [*RULED_OUT, "open", "not_reached"]),
    12: (ON_TIME | TAUGHT | RAMP, AFTER_THE_MOVE, ["confirmed", *RULED_OUT[1:], "open", "not_reached"]),
}
"""Month -> facts, what was done by then, and how the nine stages stand."""
HARSHER = ("not_reached", "blocked", "open", "eligible_for_human_review")


def harshness(diagnosis: Diagnosis) -> tuple[bool, int, int]:
    """How a result stands towards the person: concluded, how far the file is, and what acts on the person."""
    person = next(stage for stage in diagnosis.stages if stage.stage.id == "individual")
    acts = sum(each.intervention.personnel for each in diagnosis.recommendations)
    return person.concluded, HARSHER.index(diagnosis.files[0].status) // 3, acts if person.concluded else 0


@pytest.mark.parametrize("month", MONTHS)
def test_each_month_says_what_was_written_down_for_it(base: RuleBase, month: int) -> None:
    facts, followed, stands = MONTHS[month]
    assert told(quick(base, in_month(base, month, facts, followed))) == stands


@pytest.mark.parametrize("month", MONTHS)
def test_no_month_is_harsher_without_a_record_of_help(base: RuleBase, month: int) -> None:
    facts, followed, _ = MONTHS[month]
    case = in_month(base, month, facts, followed)
    before = harshness(quick(base, case))
    given = [one for one in followed.sessions if one.held and not one.disputed]
    less = [replace(followed, sessions=tuple(s for s in followed.sessions if s is not one)) for one in given]
    ended = {"R1": 3, "R2": 6}  # the month from which a remedy was measured
    measured = [action for action in followed.actions if month >= ended.get(action.id, 13)]
    less += [replace(followed, actions=tuple(a for a in followed.actions if a is not one)) for one in measured]
    for each in less:
        concluded, file, _ = harshness(quick(base, replace(case, followed=each)))
        assert (concluded, file) <= before[:2]


def test_the_repair_was_measured_as_worked_and_the_coaching_is_void_after_the_move(base: RuleBase) -> None:
    facts, followed, _ = MONTHS[3]
    became = outcomes(base, case := in_month(base, 3, facts, followed), case.today)
    assert became["R1"].result is Became.WORKED
    assert became["R1"].decided_by == (("delivery_otif_pct", Decimal(95)),)
    facts, followed, _ = MONTHS[12]
    became = outcomes(base, case := in_month(base, 12, facts, followed), case.today)
    assert (became["A2"].result, became["A2"].voided_by) == (Became.NOT_MEASURED, NEW_PATCH)
