"""What makes a window void for comparing a person: another territory, other accounts, another goal, or absence.

A comparison needs whole periods under the same conditions. A change splits the window at its day, and no part is as
long as the window has to be; so a window with a change in it is not used, and the reason bears the day.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from fractions import Fraction

ACCOUNTS_MOVED = Fraction(1, 4)
"""The share of the accounts held at the beginning that, lost or gained, makes it another book."""
ABSENT_DAYS = 10
"""Protected days in the window up to which goal and activity are prorated; more of them make it void."""
_DAY = timedelta(days=1)


class HeldEqual(Enum):
    """What a comparison holds equal."""

    TERRITORY = "the territory changed"
    ACCOUNTS = "a quarter of the accounts changed"
    GOAL = "the goal changed"
    PRESENCE = "absence of more than {days} days"


@dataclass(frozen=True, slots=True, order=True)
class ConditionChange:
    """A change of what a comparison holds equal, with the first day on which it is another."""

    day: date
    words: str
    moved: bool
    """Whether it is a move: another territory, or other accounts."""

    @property
    def reason(self) -> str:
        """As a manager reads it, with its day."""
        return f"{self.words} on {self.day}: before and after are not compared"


@dataclass(frozen=True, slots=True)
class HeldUnit:
    """A territory or an account that a person held, both days inside; no last day: still held."""

    what: str
    first: date
    last: date | None = None

    def on(self, day: date) -> bool:
        return self.first <= day and (self.last is None or day <= self.last)


@dataclass(frozen=True, slots=True)
class GoalVersion:
    """A goal of a person for some days, and the day on which it was set (None: not known)."""

    first: date
    last: date
    version: str = ""
    metric: str = ""
    set_on: date | None = None


@dataclass(frozen=True, slots=True)
class Away:
    """A protected absence, both days inside, with the working days that it has."""

    first: date
    last: date
    days: float


def territory_changes(held: Sequence[HeldUnit], first: date, last: date) -> Iterator[ConditionChange]:
    """Days inside the window on which the person has other territories than the day before."""
    for day in _edges(held, first, last):
        if {each.what for each in held if each.on(day)} != {each.what for each in held if each.on(day - _DAY)}:
            yield ConditionChange(day, HeldEqual.TERRITORY.value, moved=True)


def account_changes(held: Sequence[HeldUnit], first: date, last: date) -> Iterator[ConditionChange]:
    """The first day on which ACCOUNTS_MOVED of the accounts held at the beginning are gone, or as many came."""
    at_first = {each.what for each in held if each.on(first)}
    for day in _edges(held, first, last):
        now = {each.what for each in held if each.on(day)}
        if max(len(at_first - now), len(now - at_first)) >= max(Fraction(1), ACCOUNTS_MOVED * len(at_first)):
            yield ConditionChange(day, HeldEqual.ACCOUNTS.value, moved=True)
            return


def goal_changes(goals: Sequence[GoalVersion], periods: Sequence[tuple[date, date]]) -> Iterator[ConditionChange]:
    """Days inside a period on which its goal was set anew, or another began.

    A goal that follows another on the first of a month is none: the months of a quarter have goals of their own.
    """
    for first, last in periods:
        inside = [goal for goal in goals if goal.first <= last and first <= goal.last]
        for goal in inside:
            others = [other for other in inside if other.metric == goal.metric]
            day = goal.set_on or goal.first
            if first < day <= last and any(_replaced(other, goal) for other in others):
                yield ConditionChange(day, HeldEqual.GOAL.value, moved=False)
            elif first < goal.first and goal.first.day != 1 and any(other.last < goal.first for other in others):
                yield ConditionChange(goal.first, HeldEqual.GOAL.value, moved=False)


def absence_changes(away: Sequence[Away], first: date, last: date) -> Iterator[ConditionChange]:
    """The first day of absence inside the window, if the protected days in it are more than ABSENT_DAYS."""
    inside = [each for each in away if each.first <= last and first <= each.last]
    if sum(each.days for each in inside) > ABSENT_DAYS:
        day = max(first, min(each.first for each in inside))
        yield ConditionChange(day, HeldEqual.PRESENCE.value.format(days=ABSENT_DAYS), moved=False)


def _edges(held: Sequence[HeldUnit], first: date, last: date) -> list[date]:
    """The days inside the window on which something begins, or is no longer held."""
    days = {each.first for each in held} | {each.last + _DAY for each in held if each.last is not None}
    return sorted(day for day in days if first < day <= last)


def _replaced(other: GoalVersion, goal: GoalVersion) -> bool:
    """Whether the goal took the place of another for some of the same days."""
    overlap = other.first <= goal.last and goal.first <= other.last
    return overlap and (other.set_on or other.first, other.version) < (goal.set_on or goal.first, goal.version)
