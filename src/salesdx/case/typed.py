"""What a person types -> a value of a term, or which kind of unknown, with what was understood."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from salesdx.base.model import Term
from salesdx.base.reading import value_fault, wanted
from salesdx.case.statement import Unknown, shown_value
from salesdx.language.conditions import Value
from salesdx.text.issues import nearest
from salesdx.text.source import Scalar, Text

YES = {"yes", "y", "true", "t", "1"}
NO = {"no", "n", "false", "f", "0"}
NOT_KNOWN = {"don't know", "dont know", "do not know", "don’t know", "not known", "not_known", "unknown", "dk", "idk"}
NOT_APPLICABLE = {"not applicable", "not_applicable", "n/a", "na", "does not apply", "doesn't apply"}
MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_HERE = Text("", "answer")
_REASON = re.compile(r"(not applicable|not_applicable|n/a|does not apply)\s*(?:[:,]|because)\s*(.+)", re.I | re.S)


@dataclass(frozen=True, slots=True)
class TypedAnswer:
    """A value, or why there is none; ``echo`` says what was understood."""

    value: Value | None
    unknown: Unknown | None
    echo: str


class AnswerError(ValueError):
    """The text is no answer to the question; the message says what would be."""


def read_answer(term: Term, text: str, today: date | None) -> TypedAnswer:
    """What a person typed, as an answer to a term's question. Raises AnswerError.

    ``today`` is the day of typing; without it `today` and `yesterday` are no dates.

    >>> from salesdx.base.model import Term
    >>> read_answer(Term("share", "home", "percent"), "91,5 %", date(2026, 1, 1)).value
    Decimal('91.5')
    """
    typed = " ".join(text.split())
    low = typed.casefold()
    if low in NOT_KNOWN:
        return TypedAnswer(None, Unknown.NOT_KNOWN, "not known")
    if low in NOT_APPLICABLE:
        return TypedAnswer(None, Unknown.NOT_APPLICABLE, "does not apply")
    match term.type:
        case "boolean":
            value: Value = _boolean(low)
        case "enum":
            value = _choice(term, low)
        case "date":
            value = read_date(low, today)
        case _:
            value = _number(term, low)
    return TypedAnswer(value, None, echo(term, value))


def split_reason(text: str) -> tuple[str, str]:
    """An answer and the reason that was given with it, if any.

    >>> split_reason("not applicable because we have no warehouse")
    ('not applicable', 'we have no warehouse')
    """
    found = _REASON.fullmatch(text.strip())
    return (found[1], found[2]) if found else (text, "")


def answer_form(term: Term) -> str:
    """What an answer to a term's question looks like: its unit and range, or its choices.

    >>> answer_form(Term("share", "home", "percent", unit="% of orders", low=Decimal(0), high=Decimal(100)))
    '% of orders, 0 to 100'
    """
    match term.type:
        case "boolean":
            return "yes or no"
        case "enum":
            return ", ".join(f"{n} {value.replace('_', ' ')}" for n, value in enumerate(term.values, 1))
        case "date":
            return "a date, such as 2026-09-30 or 30 Sep 2026"
    span = (
        f", {shown_value(term.low)} to {shown_value(term.high)}"
        if term.low is not None and term.high is not None
        else ""
    )
    return (term.unit or "a number") + span


def echo(term: Term, value: Value) -> str:
    """A value with its unit, as people read it."""
    if isinstance(value, date):
        return f"{value.day} {MONTHS[value.month - 1][:3].capitalize()} {value.year}"
    if not isinstance(value, Decimal):
        return shown_value(value).replace("_", " ")
    if term.unit.startswith("%"):
        return f"{shown_value(value)}{term.unit}"
    return f"{shown_value(value)} ({term.unit})" if term.unit else shown_value(value)


def _boolean(low: str) -> bool:
    if low in YES or low in NO:
        return low in YES
    raise AnswerError("answer yes or no")


def _choice(term: Term, low: str) -> str:
    if low.isascii() and low.isdigit() and 1 <= int(low) <= len(term.values):
        return term.values[int(low) - 1]
    name = low.replace(" ", "_").replace("-", "_")
    if name in term.values:
        return name
    begins = [value for value in term.values if name and value.startswith(name)]
    if len(begins) == 1:
        return begins[0]
    near = nearest(name, term.values)
    choices = ", ".join(f"{i} {value.replace('_', ' ')}" for i, value in enumerate(term.values, 1))
    raise AnswerError(f"answer with a number or a name: {choices}" + (f"; did you mean {near}?" if near else ""))


def _number(term: Term, low: str) -> Decimal:
    unit = set(re.findall("[a-z]+", term.unit.casefold()))
    if term.type == "percent" or re.search("%|percent|point", term.unit):  # 150% of a ratio is not 150
        unit.add("%")
    found = re.fullmatch(r"([-+]?\d[\d.,' ]*|[-+]?[.,]\d+)\s*([a-z%]*)", low)
    if not found or (
        found[2] and found[2] not in unit and found[2].rstrip("s") not in {word.rstrip("s") for word in unit}
    ):
        raise AnswerError(f"this must be {wanted(term)}" + (f", in {term.unit}" if term.unit else ""))
    digits = found[1].replace(" ", "").replace("'", "")
    if digits.count(",") + digits.count(".") > 1 or re.fullmatch(r"[-+]?\d{1,3},\d{3}", digits):
        plain = re.sub(r"[.,]", "", digits)
        raise AnswerError(f"`{found[1].strip()}` can be read in two ways; write it without separators, such as {plain}")
    digits = digits.replace(",", ".")
    digits = re.sub(r"^([-+]?)\.", r"\g<1>0.", digits).rstrip(".")
    message, _ = value_fault(term, Scalar(digits, False, _HERE, 0, 0))
    if message:
        raise AnswerError(message)
    return Decimal(digits)


def read_date(text: str, today: date | None) -> date:
    """A date as people write it. Raises AnswerError."""
    low = " ".join(text.split()).casefold()
    if today is not None and low in ("today", "yesterday"):
        return today - timedelta(low == "yesterday")
    help = "write a date as 2026-09-30 or 30 Sep 2026"
    if timed := re.fullmatch(r"(?:(.*\d)[ t])?(\d\d?:\d\d(?::\d\d(?:\.\d+)?)?)", low):
        day_part, time_part = timed.groups()
        if not day_part or re.search("[1-9]", time_part):
            raise AnswerError(f"`{time_part}` is a time of day; {help}, without a time")
        low = day_part  # midnight: what a program makes of a date
    if found := re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})", low):
        year, month, day = (int(part) for part in found.groups())
    elif found := re.fullmatch(r"(\d{1,2})\. ?(\d{1,2})\. ?(\d{4})", low):
        day, month, year = (int(part) for part in found.groups())
    elif found := re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4})", low):
        first, second, year = (int(part) for part in found.groups())
        if first <= 12 and second <= 12 and first != second:
            raise AnswerError(f"`{low}` can be read in two ways; {help}")
        day, month = (first, second) if second <= 12 else (second, first)
    elif found := re.fullmatch(r"(\d{1,2})(?:st|nd|rd|th)?\.? ([a-z]{3,9})\.?,? (\d{4})", low):
        day, month, year = int(found[1]), _month(found[2], help), int(found[3])
    elif found := re.fullmatch(r"([a-z]{3,9})\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})", low):
        day, month, year = int(found[2]), _month(found[1], help), int(found[3])
    else:
        raise AnswerError(help)
    try:
        return date(year, month, day)
    except ValueError:
        raise AnswerError(f"there is no such date; {help}") from None


def _month(word: str, help: str) -> int:
    found = [i for i, name in enumerate(MONTHS, 1) if name.startswith(word) or (word == "sept" and i == 9)]
    if len(found) != 1:
        raise AnswerError(help)
    return found[0]
