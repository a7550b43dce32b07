"""What a person types -> a value of a term, or which kind of unknown, with what was understood."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from salesdx.base.model import Term
from salesdx.base.reading import plain_number
from salesdx.case.bounds import AnswerError, Bounds, without_range, written_bounds
from salesdx.case.statement import Unknown, may_be_fraction, shown_value
from salesdx.case.typed_dates import MONTHS, read_dates
from salesdx.case.typed_numbers import MAX_TYPED, read_number
from salesdx.language.conditions import Value
from salesdx.language.intervals import End, Interval
from salesdx.text.issues import nearest

YES = {"yes", "y", "true", "t", "1"}
NO = {"no", "n", "false", "f", "0"}
NOT_KNOWN = {
    *("don't know", "dont know", "do not know", "i don't know", "i dont know", "i do not know", "dunno", "dk", "idk"),
    *("not known", "not_known", "unknown", "nobody knows", "no idea", "no clue", "not sure", "i'm not sure", "unsure"),
    *("can't say", "cannot say", "?"),
}
NOT_APPLICABLE = {
    *("not applicable", "not_applicable", "n/a", "na", "n.a.", "does not apply", "doesn't apply", "doesnt apply"),
    *("it does not apply", "it doesn't apply", "this does not apply", "inapplicable"),
}
RIGHT = ": is that right?"
"""How a question back ends that `yes` answers."""
_LEADING = re.compile(r"(?:(?:the|a|an|one|our|my|this|whole|entire) )+")
_REASON = re.compile(rf"({'|'.join(map(re.escape, NOT_APPLICABLE))})\s*(?:[:,]|because)\s*(.+)", re.I | re.S)


@dataclass(frozen=True, slots=True)
class TypedAnswer:
    """A value, or why there is none; ``echo`` says what was understood.

    ``written`` holds the words where the value alone does not tell them ("over 110", "3 quarters"), for the note of the
    statement. ``ask_back`` is a question that an interview puts before it takes the value; empty: it is clear.
    """

    value: Value | None
    unknown: Unknown | None
    echo: str
    written: str = ""
    ask_back: str = ""


def read_answer(term: Term, text: str, today: date | None, asked: TypedAnswer | None = None) -> TypedAnswer:
    """What a person typed, as an answer to a term's question. Raises AnswerError.

    ``today`` is the day of typing; without it `today` and `last month` are no dates. ``asked`` is the reading that was
    asked back: the same value once more, or `yes` where that answers it, takes it.

    >>> from salesdx.base.model import Term
    >>> share = Term("share", "home", "percent", unit="%")
    >>> read_answer(share, "91,5 %", None).value, read_answer(share, "about 80", None).echo
    (Decimal('91.5'), '72 to 88%')
    >>> read_answer(share, "0.8", None).ask_back
    '0.8% or 80%?'
    """
    typed = " ".join(text.split())
    low = typed.casefold().replace("’", "'")
    if low in NOT_KNOWN:
        return TypedAnswer(None, Unknown.NOT_KNOWN, "not known")
    if low in NOT_APPLICABLE:
        return TypedAnswer(None, Unknown.NOT_APPLICABLE, "does not apply")
    if asked is not None and asked.ask_back:
        if low in YES and not low.isdigit():
            if not asked.ask_back.endswith(RIGHT):
                raise AnswerError(asked.ask_back)
            return replace(asked, ask_back="")
        if low in NO and not low.isdigit():
            raise AnswerError("write it more exactly, or the two ends, such as 80-85")
    if len(typed) > MAX_TYPED:
        raise AnswerError(f"an answer has {MAX_TYPED} characters at most; a remark goes into the note")
    if term.type == "boolean":
        return _told(term, _boolean(low))
    if term.type == "enum":
        return _told(term, _choice(term, low))
    found = _measured(term, typed, low, today)
    return replace(found, ask_back="") if asked is not None and asked.value == found.value else found


def _told(term: Term, value: Value) -> TypedAnswer:
    return TypedAnswer(value, None, echo(term, value))


def _measured(term: Term, typed: str, low: str, today: date | None) -> TypedAnswer:
    """A number or a date, or the two ends between which it lies."""
    if term.type == "date":
        bounds, about, converted = read_dates(low, today), False, False
    else:
        number = read_number(term, low)
        bounds, about, converted = number.bounds, number.about, number.converted
    value = bounds.value(term)
    if value is None:
        raise AnswerError(f"`{typed}` leaves no value: this is {answer_form(term)}")
    shown = _with_unit(term, bounds.told(_exactly))
    written = typed if converted or isinstance(value, Interval) else ""
    ask_back = f"`{typed}` is taken as {shown}{RIGHT}" if about else ""
    return TypedAnswer(value, None, shown, written, _fraction(term, bounds) or ask_back)


def _fraction(term: Term, bounds: Bounds) -> str:
    """Which of two percentages is meant by one that may have been written as a fraction; empty where none may."""
    highest = bounds.low if bounds.high is None else bounds.high
    if not may_be_fraction(term, highest):
        return ""
    if bounds.low == 0:
        return ""
    meant = bounds.hundredfold
    if any(isinstance(end, Decimal) and term.high is not None and end > term.high for end in (meant.low, meant.high)):
        return ""
    return f"{bounds.told(_exactly)}% or {meant.told(_exactly)}%?"


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
    """A value with its unit, as people read it and may type it again."""
    if term.type == "boolean" or isinstance(value, str):
        return shown_value(value)
    if isinstance(shown := without_range(term, value), Interval):
        return _with_unit(term, written_bounds(shown).told(_exactly))
    return _with_unit(term, _exactly(value))  # type: ignore[arg-type]


def _exactly(known: End) -> str:
    if isinstance(known, date):
        return f"{known.day} {MONTHS[known.month - 1][:3].capitalize()} {known.year}"
    return plain_number(known) if isinstance(known, Decimal) else str(known)


def _with_unit(term: Term, shown: str) -> str:
    if term.type == "date" or not term.unit:
        return shown
    return f"{shown}{term.unit}" if term.unit.startswith("%") else f"{shown} ({term.unit})"


def _boolean(low: str) -> bool:
    if low in YES or low in NO:
        return low in YES
    raise AnswerError("answer yes or no")


def _choice(term: Term, low: str) -> str:
    if low.isascii() and low.isdigit() and 1 <= int(low) <= len(term.values):
        return term.values[int(low) - 1]
    for said in (low, _LEADING.sub("", low, count=1)):
        name = re.sub("[ -]+", "_", said)
        begins = [] if name in YES | NO else [v for v in term.values if name and v.casefold().startswith(name)]
        if name in term.values or len(begins) == 1:
            return name if name in term.values else begins[0]
    near = nearest(name, term.values)
    choices = ", ".join(f"{i} {value.replace('_', ' ')}" for i, value in enumerate(term.values, 1))
    raise AnswerError(f"answer with a number or a name: {choices}" + (f"; did you mean {near}?" if near else ""))
