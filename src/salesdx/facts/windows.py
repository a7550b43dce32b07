"""Windows of time that facts are drawn for: a quarter, a month, a year, or any days; and the windows before."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

_QUARTER = re.compile(r"([0-9]{4})-?Q([1-4])", re.I)
_HALF = re.compile(r"([0-9]{4})-?H([12])", re.I)
_MONTH = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")
_YEAR = re.compile(r"[0-9]{4}")
_DAYS = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:/|\.\.)([0-9]{4}-[0-9]{2}-[0-9]{2})")
MONTHS_OF = {3: "quarter", 6: "half-year", 12: "year", 1: "month"}


@dataclass(frozen=True, slots=True, order=True)
class TimeWindow:
    """Days from ``start`` to ``end``, both inside."""

    start: date
    end: date

    @property
    def days(self) -> int:
        return (self.end - self.start).days + 1

    @property
    def months(self) -> int:
        """How many whole months it has; 0 where it is not made of whole months."""
        whole = self.start.day == 1 and self.end.day == monthrange(self.end.year, self.end.month)[1]
        return _month(self.end) - _month(self.start) + 1 if whole else 0

    @property
    def called(self) -> str:
        """What people call a window of its length: quarter, month, period.

        >>> TimeWindow(date(2026, 7, 1), date(2026, 9, 30)).called
        'quarter'
        """
        return MONTHS_OF.get(self.months, "period")

    def earlier(self, steps: int = 1) -> TimeWindow:
        """The window of the same length that ended ``steps`` windows before.

        >>> str(TimeWindow(date(2026, 1, 1), date(2026, 3, 31)).earlier(2))
        '2025-07-01 to 2025-09-30'
        """
        if not self.months:
            by = timedelta(self.days * steps)
            return TimeWindow(self.start - by, self.end - by)
        return _of_months(_month(self.start) - steps * self.months, self.months)

    @property
    def year_ago(self) -> TimeWindow:
        """The same days a year before; the last of a February is the last of the other one."""
        if self.months:
            return _of_months(_month(self.start) - 12, self.months)
        return TimeWindow(_year_before(self.start), _year_before(self.end))

    def before(self, first: date) -> Iterator[TimeWindow]:
        """The windows of its length before it that begin no earlier than ``first``, the newest first."""
        window = self.earlier()
        while window.start >= first:
            yield window
            window = window.earlier()

    def __str__(self) -> str:
        return f"{self.start} to {self.end}"


def parse_window(text: str, year_starts: tuple[int, int] = (1, 1)) -> TimeWindow:
    """A window as it is written: `2026-Q3`, `2026-H1`, `2026-07`, `2026`, `2026-07-01/2026-08-15`.

    ``year_starts`` is month and day on which the firm's year begins, whose number it bears. Raises ValueError.

    >>> str(parse_window("2026-Q1", (4, 1)))
    '2026-04-01 to 2026-06-30'
    """
    text = text.strip()
    if found := _DAYS.fullmatch(text):
        start, end = (date.fromisoformat(part) for part in found.groups())
        if end < start:
            raise ValueError(f"the period ends on {end}, before it begins")
        return TimeWindow(start, end)
    if found := _MONTH.fullmatch(text):
        return _of_months(int(found[1]) * 12 + int(found[2]) - 1, 1)
    for pattern, months in ((_QUARTER, 3), (_HALF, 6)):
        if found := pattern.fullmatch(text):
            return _part_of_year(int(found[1]), int(found[2]) - 1, months, year_starts)
    if _YEAR.fullmatch(text):
        return _part_of_year(int(text), 0, 12, year_starts)
    raise ValueError("a period is written as 2026-Q3, 2026-07, 2026 or 2026-07-01/2026-09-30")


def year_of(day: date, year_starts: tuple[int, int] = (1, 1)) -> TimeWindow:
    """The firm's year that a day is in.

    >>> str(year_of(date(2026, 2, 1), (4, 1)))
    '2025-04-01 to 2026-03-31'
    """
    year = _part_of_year(day.year, 0, 12, year_starts)
    return year if day >= year.start else _part_of_year(day.year - 1, 0, 12, year_starts)


def last_window(months: int, until: date, year_starts: tuple[int, int] = (1, 1)) -> TimeWindow:
    """The last part of a firm's year, so many months long, that had ended on a day.

    >>> str(last_window(3, date(2026, 12, 1)))
    '2026-07-01 to 2026-09-30'
    >>> str(last_window(3, date(2026, 3, 31), (2, 1)))
    '2025-11-01 to 2026-01-31'
    """
    years = range(until.year, until.year - 3, -1)
    parts = (_part_of_year(year, part, months, year_starts) for year in years for part in reversed(range(12 // months)))
    return next(window for window in parts if window.end <= until)


def _part_of_year(year: int, part: int, months: int, year_starts: tuple[int, int]) -> TimeWindow:
    month, day = year_starts
    whole = _of_months(year * 12 + month - 1 + part * months, months)
    moved = timedelta(day - 1)  # a firm's year may begin on any day of a month
    return TimeWindow(whole.start + moved, whole.end + moved) if day > 1 else whole


def _month(day: date) -> int:
    return day.year * 12 + day.month - 1


def _of_months(first: int, months: int) -> TimeWindow:
    last = first + months - 1
    end = date(last // 12, last % 12 + 1, monthrange(last // 12, last % 12 + 1)[1])
    return TimeWindow(date(first // 12, first % 12 + 1, 1), end)


def _year_before(day: date) -> date:
    last = monthrange(day.year - 1, day.month)[1]
    at_end = day.day == monthrange(day.year, day.month)[1]
    return day.replace(year=day.year - 1, day=last if at_end else min(day.day, last))
