"""Cases whose coaching, training, warnings and hearing are on record, as sessions that were held and confirmed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from salesdx.case.followed import ACCEPTED, Action, Confirmation, Followed, Session
from salesdx.case.memory import WorkingMemory
from salesdx.case.statement import Statement

HELP = ("hr_coaching_start_date", "hr_coaching_held_n", "hr_coaching_planned_n", "hr_improvement_plan_days")
MEASURED = ("hr_coaching_baseline", "hr_coaching_target", "hr_coaching_end_value", "hr_coaching_end_date")


def days(number: int) -> timedelta:
    return timedelta(days=number)


def action(id: str, intervention: str, start: date, **more: Any) -> Action:
    """An intervention that somebody took on."""
    return Action(id, intervention, (), "P-1", start, ACCEPTED, by="hr", author="P-1", **more)


def session(id: str, of: str, what: str, day: date, held: bool = True) -> Session:
    """A session that its manager wrote down and the person concerned confirmed."""
    confirmed = (Confirmation("sales_rep", "P-3", day),) if held else ()
    return Session(id, of, what, day, held, "sales_manager", "P-2", confirmed)


def help_given(start: date, held: int = 8, planned: int = 8, plan: int = 60) -> Followed:
    """Training, coaching from a day on, an improvement plan after it with two warnings, and a hearing at its end."""
    began = start + days(61)
    coaching = [session(f"C{n}", "A2", "coaching", start + days(7 * n), n < held) for n in range(planned)]
    others = (
        session("T1", "A1", "training", start - days(7)),
        session("W1", "A3", "warning", began),
        session("W2", "A3", "warning", began + days(30)),
        session("H1", "A3", "hearing", began + days(plan)),
    )
    actions = (
        action("A1", "individual_training", start - days(14)),
        action("A2", "coaching_plan", start),
        action("A3", "improvement_plan", began),
    )
    return Followed(actions, (*coaching, *others))


def on_record(memory: WorkingMemory) -> WorkingMemory:
    """The case with sessions in the place of what was typed of what the record states, and its measure in time."""
    start, held, planned, plan = (memory.values[name] for name in HELP)
    assert isinstance(start, date)
    kept = {
        name: tuple(replace(each, date=start + days(60)) for each in said) if name in MEASURED else said
        for name, said in memory.statements.items()
        if memory.base.terms[name].record is None
    }
    kept.setdefault("firm_cycle_days", (Statement(Decimal(30), by="sales_ops", kind="CRM fields", date=start),))
    followed = help_given(start, int(str(held)), int(str(planned)), int(str(plan)))
    return replace(memory, statements=kept, followed=followed)
