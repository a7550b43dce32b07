"""Dates as people write them: a day, a month or a year, or between which days something was."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, timedelta

from salesdx.case.bounds import AnswerError, Bounds

MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
DAY_HELP = "write a date as 2026-09-30 or 30 Sep 2026"
_AFTER, _SINCE = ("after", "later than"), ("from", "not before", "no earlier than", "on or after", "at least")
_BEFORE, _UNTIL = (
    ("before", "earlier than"),
    ("until", "till", "up to", "by", "not after", "no later than", "on or before", "at most"),
)
_BEFORE_DATES = sorted(_AFTER + _SINCE + _BEFORE + _UNTIL, key=len, reverse=True)
BEFORE_DATES = "|".join((*_BEFORE_DATES, "between", "in", "on"))
"""The words that may stand before a date, as alternatives of a regular expression."""
_BOUND = re.compile(rf"({'|'.join(_BEFORE_DATES)}) (.+)")
_BOTH = re.compile(r"(?:(between|from) )?(.+?)(?: (to|until|till|and) |( - | ?[–—] ?))(.+)")


def read_dates(text: str, today: date | None) -> Bounds:
    """A day, or between which days something was, as people write it. Raises AnswerError.

    >>> read_dates("in June 2026", None)
    Bounds(low=datetime.date(2026, 6, 1), high=datetime.date(2026, 6, 30), above=False, below=False, best=None)
    """
    low = " ".join(text.split()).casefold()
    both = _BOTH.fullmatch(low)
    if both and (both[3] != "and" or both[1] == "between"):
        first, last = _days(both[2], today)[0], _days(both[5], today)[1]
        if first > last:
            raise AnswerError(f"`{low}` goes back; write the earlier date first")
        return Bounds(first, last)
    if not (found := _BOUND.fullmatch(low)):
        return Bounds(*_days(low, today))
    word, (first, last) = found[1], _days(found[2], today)
    if word in _AFTER:
        return Bounds(last, None, above=True)
    if word in _SINCE:
        return Bounds(first, None)
    return Bounds(None, first, below=True) if word in _BEFORE else Bounds(None, last)


def _days(text: str, today: date | None) -> tuple[date, date]:
    """The first and the last day of a day, a month or a year. Raises AnswerError."""
    text = text.removeprefix("in ").removeprefix("on ")
    if today is not None and text in ("this month", "last month", "this year", "last year"):
        back = text.startswith("last")
        year = today.year - (back and (text.endswith("year") or today.month == 1))
        if text.endswith("year"):
            return _month_days(year, 1)[0], _month_days(year, 12)[1]
        return _month_days(year, (today.month - back - 1) % 12 + 1)
    if found := re.fullmatch(r"[1-9][0-9]{3}", text):
        return _month_days(int(text), 1)[0], _month_days(int(text), 12)[1]
    if found := re.fullmatch(r"([1-9][0-9]{3})-([0-9]{1,2})", text):
        return _month_days(int(found[1]), int(found[2]))
    if found := re.fullmatch(r"([a-z]{3,9})\.?,? (?:of )?([1-9][0-9]{3})", text):
        return _month_days(int(found[2]), _month(found[1]))
    if re.fullmatch(r"[a-z]{3,9}\.?", text) and any(name.startswith(text.rstrip(".")) for name in MONTHS):
        raise AnswerError(f"{text.capitalize()} of which year? write it too, such as {text.capitalize()} 2026")
    day = read_date(text, today)
    return day, day


def _month_days(year: int, month: int) -> tuple[date, date]:
    if not 1 <= month <= 12:
        raise AnswerError(f"there is no such month; {DAY_HELP}")
    return date(year, month, 1), date(year, month, monthrange(year, month)[1])


def read_date(text: str, today: date | None) -> date:
    """A date as people write it. Raises AnswerError."""
    low = " ".join(text.split()).casefold()
    if today is not None and low in ("today", "yesterday"):
        return today - timedelta(low == "yesterday")
    if timed := re.fullmatch(r"(?:(.*[0-9])[ t])?([0-9][0-9]?:[0-9][0-9](?::[0-9][0-9](?:\.[0-9]+)?)?)", low):
        day_part, time_part = timed.groups()
        if not day_part or re.search("[1-9]", time_part):
            raise AnswerError(f"`{time_part}` is a time of day; {DAY_HELP}, without a time")
        low = day_part  # midnight: what a program makes of a date
    if found := re.fullmatch(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})", low):
        year, month, day = (int(part) for part in found.groups())
    elif found := re.fullmatch(r"([0-9]{1,2})\. ?([0-9]{1,2})\. ?([0-9]{4})", low):
        day, month, year = (int(part) for part in found.groups())
    elif found := re.fullmatch(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})", low):
        first, second, year = (int(part) for part in found.groups())
        if first <= 12 and second <= 12 and first != second:
            raise AnswerError(f"`{low}` can be read in two ways; {DAY_HELP}")
        day, month = (first, second) if second <= 12 else (second, first)
    elif found := re.fullmatch(r"([0-9]{1,2})(?:st|nd|rd|th)?\.? ([a-z]{3,9})\.?,? ([0-9]{4})", low):
        day, month, year = int(found[1]), _month(found[2]), int(found[3])
    elif found := re.fullmatch(r"([a-z]{3,9})\.? ([0-9]{1,2})(?:st|nd|rd|th)?,? ([0-9]{4})", low):
        day, month, year = int(found[2]), _month(found[1]), int(found[3])
    else:
        raise AnswerError(DAY_HELP)
    try:
        return date(year, month, day)
    except ValueError:
        raise AnswerError(f"there is no such date; {DAY_HELP}") from None


def _month(word: str) -> int:
    found = [i for i, name in enumerate(MONTHS, 1) if name.startswith(word) or (word == "sept" and i == 9)]
    if len(found) != 1:
        raise AnswerError(DAY_HELP)
    return found[0]
