"""The window of an action: from when it can be judged, and until when."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil

from salesdx.base.judges import SET, Duration, Span
from salesdx.base.model import RuleBase
from salesdx.case.followed import Action
from salesdx.case.memory import WorkingMemory
from salesdx.language.intervals import high_end

ONE_DAY = timedelta(days=1)
FAR = date(9000, 1, 1)
"""No window ends later: a calendar has an end."""


@dataclass(frozen=True, slots=True)
class JudgingTime:
    """When an action can be judged. ``missing`` says in a reader's words why nobody can tell; else both days are there.

    Before ``after`` it is too early; what does not hold once ``until`` is over has not worked.
    """

    start: date | None = None
    after: date | None = None
    until: date | None = None
    missing: str = ""


class _Missing(Exception):
    """What a window needs and nobody has said, in a reader's words."""


def window_of(base: RuleBase, case: WorkingMemory, action: Action) -> JudgingTime:
    """The window of an action, by the `judge` of its intervention. Of an imprecise length the longest counts."""
    judge = base.interventions[action.intervention].judge if action.intervention in base.interventions else None
    if action.start is None:
        return JudgingTime(missing="it has no start")
    if judge is None:
        return JudgingTime(action.start, missing="nothing says how it is judged")
    try:
        after, until = (_end(base, case, action, time) for time in (judge.after, judge.until))
    except _Missing as missing:
        return JudgingTime(action.start, missing=str(missing))
    return JudgingTime(action.start, min(after, until), until)


def _end(base: RuleBase, case: WorkingMemory, action: Action, time: Duration) -> date:
    assert action.start is not None
    if time.text == SET:
        if action.until is None:
            raise _Missing("the day on which it is judged was not set")
        return action.until
    return max(_later(base, case, action.start, span) for span in time.latest)


def _later(base: RuleBase, case: WorkingMemory, start: date, span: Span) -> date:
    days = span.days + (span.cycles * _known(case, base.ladder.cycle_term, "a usual sale") if span.cycles else 0)
    months = sum(ceil(_known(case, name, base.terms[name].called)) for name in span.months_of)
    try:
        day = _periods_later(case, start, span.periods) if span.periods else start
        return min(months_later(day, months) + timedelta(days=ceil(days)), FAR)
    except (OverflowError, ValueError):
        return FAR


def _known(case: WorkingMemory, name: str, what: str) -> int:
    """A number of the case, rounded up; of an imprecise one the highest that it may be."""
    end = high_end(case.values.get(name))
    if end is None:
        raise _Missing(f"how long it takes depends on {what}, which is not known")
    whole: int = ceil(end)
    return whole


def _periods_later(case: WorkingMemory, start: date, periods: int) -> date:
    """The last day of so many periods of the case, counted from the first that begins after a day."""
    if case.period is None:
        raise _Missing("it is judged by periods, and the case has none")
    shifted = _grid(*case.period)
    first = 0
    while shifted(first) <= start:
        first += 1
    while shifted(first - 1) > start:
        first -= 1
    return shifted(first + periods) - ONE_DAY


def _grid(begin: date, end: date) -> Callable[[int], date]:
    """The first days of the periods before and after one: by months where it is of whole ones, else by days."""
    behind = end + ONE_DAY
    if begin.day == behind.day == 1:
        months = (behind.year - begin.year) * 12 + behind.month - begin.month
        return lambda number: months_later(begin, number * months)
    return lambda number: begin + (behind - begin) * number


def next_period(period: tuple[date, date]) -> tuple[date, date]:
    """The period after one, as long as it.

    >>> next_period((date(2026, 7, 1), date(2026, 9, 30)))
    (datetime.date(2026, 10, 1), datetime.date(2026, 12, 31))
    """
    shifted = _grid(*period)
    return shifted(1), shifted(2) - ONE_DAY


def months_later(day: date, months: float) -> date:
    """The day so many months later, the part of a month cut to whole days of 30.

    >>> str(months_later(date(2026, 1, 31), 1.5))
    '2026-03-15'
    """
    whole = day.year * 12 + day.month - 1 + int(months)
    year, month = divmod(whole, 12)
    later = date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
    return date.fromordinal(later.toordinal() + int(months % 1 * 30))


def overlap(begin: date, days: int, window: Iterable[date]) -> int:
    """How many of some days from ``begin`` on lie between the first and the last day of a window."""
    first, last = window
    return max(0, (min(begin + timedelta(days=days - 1), last) - max(begin, first)).days + 1)
