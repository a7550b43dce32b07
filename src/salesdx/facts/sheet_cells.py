"""A cell of a sheet -> a value of its column, or what is wrong with it, in words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import date, datetime, time
from math import isfinite

from salesdx.facts.canonical_tables import BOOLEAN, DATE, TEXT
from salesdx.facts.sheet_kinds import NO, YES, SheetColumn, Value, heading_key
from salesdx.text.issues import did_you_mean

_PLAIN = re.compile(r"-?[0-9]+(\.[0-9]{1,2})?")
"""A number in a text that can be read in one way."""
_DAY = re.compile(r"([0-9]{1,2})[./-]([0-9]{1,2})[./-]([0-9]{4})")
_FORMULA = re.compile(r"[=@\t\r]|[+-](?![0-9])")
MAX_TEXT = 500


class UnfitCell(ValueError):
    """Why a cell holds no value of its column; ``help`` says what to type, ``code`` what it is."""

    def __init__(self, message: str, help: str = "", code: str = "cell") -> None:
        super().__init__(message)
        self.help, self.code = help, code


def empty(value: object) -> bool:
    """Whether nothing stands in a cell."""
    return value is None or (isinstance(value, str) and not value.strip())


def shown_text(value: object) -> str:
    """What stands in a cell, as a text."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return unicodedata.normalize("NFKC", str(value)).strip()


def cell_value(column: SheetColumn, value: object, today: date) -> Value | None:
    """What a cell holds for its column; None where nothing stands in it and nothing has to. Raises UnfitCell."""
    if empty(value):
        if column.required:
            raise UnfitCell(
                "this is empty, and it is needed", f"the row needs it: {column.guide}" if column.guide else ""
            )
        return None
    if column.words:
        return _word(column, value)
    if column.of.type == DATE:
        return _date(column, value, today)
    if column.of.type == BOOLEAN:
        return _truth(value)
    return _text(value) if column.of.type == TEXT else _number(column, value)


def _text(value: object) -> str:
    if isinstance(value, bool | date | time):
        raise UnfitCell(f"the spreadsheet made {shown_text(value)} of what was typed here", "type a ' in front of it")
    text = shown_text(value)
    if _FORMULA.match(text):
        raise UnfitCell(f"`{text[:40]}` begins like a formula", "write it without the sign in front", "formula")
    if len(text) > MAX_TEXT or not text.isprintable():
        raise UnfitCell("a number or a short name belongs here", "leave longer words to the column `Note`")
    return text


def _word(column: SheetColumn, value: object) -> str:
    known = {heading_key(word): name for name, word in column.words.items()}
    known |= {heading_key(name): name for name in column.words}
    text = shown_text(value)
    if heading_key(text) in known:
        return known[heading_key(text)]
    help = did_you_mean(text, column.words.values()) or f"the list has {', '.join(column.words.values())}"
    raise UnfitCell(f"`{text[:40]}` is no word of the list", help, "unknown-word")


def _truth(value: object) -> bool:
    if isinstance(value, bool):
        return value
    text = heading_key(shown_text(value))
    if text not in (YES, NO):
        raise UnfitCell(
            f"`{shown_text(value)[:40]}` is neither {YES} nor {NO}", did_you_mean(text, (YES, NO)), "unknown-word"
        )
    return text == YES


def _number(column: SheetColumn, value: object) -> float:
    if isinstance(value, str) and _PLAIN.fullmatch(value.strip()):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        help = "type digits alone, with no unit and nothing between thousands"
        raise UnfitCell(f"`{shown_text(value)[:40]}` is no number", help, "bad-number")
    number = float(value)
    if not isfinite(number):
        raise UnfitCell(f"`{number}` is no number", code="bad-number")
    if column.percent and 0 < abs(number) <= 1:
        help = f"80% is written 80: write {number * 100:g} if that is meant, or leave it empty"
        raise UnfitCell(f"is this {number:g}% or {number * 100:g}%?", help, "percentage")
    if (column.least is not None and number < column.least) or (column.most is not None and number > column.most):
        ends = f"{column.least:g} is the least" + (f", {column.most:g} the most" if column.most is not None else "")
        raise UnfitCell(f"{number:g} lies outside of what is possible", ends, "bad-number")
    if column.whole and not number.is_integer():
        raise UnfitCell(f"{number:g} is no whole number", code="bad-number")
    return number


def _date(column: SheetColumn, value: object, today: date) -> date | datetime:
    moment = _moment(value)
    day = moment.date()
    if not 1990 <= day.year <= today.year + 20:
        raise UnfitCell(f"{day} lies in no year of a sheet", "see that the year has four digits", "bad-date")
    if column.past and day > today:
        raise UnfitCell(f"{day} is still to come", exchanged_help(day, lambda other: other <= today), "bad-date")
    return moment if column.of.moment else day


def _moment(value: object) -> datetime:
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)
    if isinstance(value, date):
        return datetime.combine(value, time.min)
    text = shown_text(value)
    try:
        if isinstance(value, str) and len(text) >= 10:
            return datetime.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        pass
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise UnfitCell(f"{text} is a number, not a date", "give the cell the format of a date", "bad-date")
    readings = [day for day in possible_days(text) if day]
    help = f"type {' or '.join(map(str, dict.fromkeys(readings)))}" if readings else "type it as 2026-03-12"
    raise UnfitCell(f"`{text[:40]}` is a text, not a date", help, "bad-date")


def possible_days(text: str) -> tuple[date | None, date | None]:
    """What a text may mean, with the day first and with the month first; None for what is no day.

    >>> possible_days("13/02/2026")
    (datetime.date(2026, 2, 13), None)
    """
    found = _DAY.match(text)
    if found is None:
        return None, None
    first, second, year = map(int, found.groups())
    return day_of(year, second, first), day_of(year, first, second)


def day_of(year: int, month: int, day: int) -> date | None:
    """The day of these numbers; None where there is none."""
    try:
        return date(year, month, day)
    except ValueError:
        return None


def exchanged(day: date) -> date | None:
    """The day with day and month exchanged; None where there is none, or the same."""
    other = day_of(day.year, day.day, day.month)
    return other if other != day else None


def exchanged_help(day: date, fits: Callable[[date], bool]) -> str:
    """What to look at where a date cannot be: the day that it is with day and month exchanged, if that one can be."""
    other = exchanged(day)
    return f"with day and month exchanged it is {other}" if other is not None and fits(other) else ""
