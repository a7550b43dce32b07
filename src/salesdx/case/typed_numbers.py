"""Numbers as people write them -> exact numbers, or the two ends between which they lie."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from salesdx.base.model import Term
from salesdx.base.reading import plain_number, value_fault, wanted
from salesdx.case.bounds import AnswerError, Bounds
from salesdx.text.source import Scalar, Text

READINGS = "can be read as"
"""What the message on a number with several readings says before them."""
MAX_TYPED = 200
"""Characters of a number or date with all its words."""
PERCENT = {"%", "percent", "pct"}
TIMES = {
    "month": ("month", 1),
    "quarter": ("month", 3),
    "year": ("month", 12),
    "day": ("day", 1),
    "week": ("day", 7),
    "minute": ("minute", 1),
    "hour": ("minute", 60),
}
"""Units of time: what they are counted in, and how many of it they are. Months differ in days, and working days in
hours, so that nothing leads from one count to another."""
OVER = ("over", "more than", "above", "greater than", "higher than", ">")
UNDER = ("under", "less than", "below", "fewer than", "lower than", "<")
LEAST = (
    "at least",
    "from",
    "no less than",
    "not less than",
    "no fewer than",
    "not under",
    "not below",
    "minimum",
    ">=",
)
MOST = ("at most", "up to", "no more than", "not more than", "not over", "not above", "maximum", "<=")
ABOUT = ("about", "around", "roughly", "approximately", "approx.", "approx", "circa", "ca.", "~")
OR_MORE = ("or more", "or above", "or over", "or higher", "at least", "+")
OR_LESS = ("or less", "or fewer", "or below", "or under", "or lower", "at most", "at the most")
_HERE = Text("", "answer")


def _any(words: tuple[str, ...]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


BEFORE_NUMBERS = _any((*OVER, *UNDER, *LEAST, *MOST, *ABOUT, "between"))
"""The words that may stand before a number, as alternatives of a regular expression."""
_BOUND = _any(OVER + UNDER + LEAST + MOST)
_NUMBER = r"[-+]?(?:[0-9]|[.,][0-9])(?:[0-9.,' ]*[0-9])?[.,]?"
_A, _B = (rf"(?P<{x}bound>{_BOUND})?\s*(?P<{x}>{_NUMBER})(?P<{x}unit>[^0-9]*?)" for x in "ab")
_BOTH = rf"(?P<between>between )?{_A}\s*(?P<link>-|to|and|but|until|till)\s*{_B}"
_ONE = rf"(?P<about>{_any(ABOUT)})?{_A}\s*(?P<after>{_any(OR_MORE + OR_LESS)}|or so)?"
_BEST = rf"(.*), probably ({_NUMBER})"
_MARKS = str.maketrans({"\u2010": "-", "\u2011": "-", "–": "-", "—": "-", "−": "-", "’": "'", "≈": "~"})


@dataclass(frozen=True, slots=True)
class TypedNumber:
    """The ends that were written, in the unit of the term, and whether they were made from `about`."""

    bounds: Bounds
    about: bool = False
    converted: bool = False


def read_number(term: Term, typed: str) -> TypedNumber:
    """A number as people write it, with its unit, or between which ends it lies. Raises AnswerError.

    >>> bounds = read_number(Term("share", "home", "percent"), "80 to under 85 %").bounds
    >>> bounds.low, bounds.high, bounds.below
    (Decimal('80'), Decimal('85'), True)
    """
    written = typed.translate(_MARKS).replace("≥", ">=").replace("≤", "<=").replace("per cent", "%")
    text = _without_unit(term, written)
    if found := re.fullmatch(_BEST, text):
        return _probably(term, read_number(term, found[1]), _checked(term, _digits(found[2])))
    if found := re.fullmatch(_BOTH, text):
        return _both(term, found, text != written)
    found = re.fullmatch(_ONE, text)
    if not found or bool(found["about"]) + bool(found["abound"]) + bool(found["after"]) > 1:
        raise _no_number(term, typed)
    number, factor = _digits(found["a"]), _factor(term, found["aunit"], typed)
    converted = factor != 1
    if found["about"] or found["after"] == "or so":
        _checked(term, _times(term, number, factor))
        low, high = (_times(term, end, factor) for end in _around(number))
        return TypedNumber(_cut(term, low, high), True, converted)
    low = _checked(term, _times(term, number, factor))
    bound, after = found["abound"], found["after"]
    if bound in OVER or bound in LEAST or after in OR_MORE:
        return TypedNumber(Bounds(low, None, above=bound in OVER), False, converted)
    if bound or after:
        return TypedNumber(Bounds(None, low, below=bound in UNDER), False, converted)
    return TypedNumber(Bounds(low, low), False, converted)


def _probably(term: Term, number: TypedNumber, best: Decimal) -> TypedNumber:
    """A number with the value that is the likeliest between its ends. Raises AnswerError where that is not inside."""
    low, high = number.bounds.low, number.bounds.high
    if (low is not None and best < low) or (high is not None and best > high):  # type: ignore[operator]
        raise AnswerError(f"{_told(best)} is not within {number.bounds.told(lambda end: _told(Decimal(str(end))))}")
    return replace(number, bounds=replace(number.bounds, best=best))


def _both(term: Term, found: re.Match[str], in_unit: bool) -> TypedNumber:
    """Two ends; ``in_unit``: the unit of the term stood behind the second one."""
    low_bound, high_bound = found["abound"], found["bbound"]
    joined = found["link"] in ("and", "but")
    if (
        low_bound in UNDER + MOST
        or high_bound in OVER + LEAST
        or (joined and not found["between"] and not (low_bound and high_bound))
    ):
        raise _no_number(term, found[0])
    first = found["aunit"].strip() or found["bunit"]
    last = "" if in_unit else found["bunit"].strip() or found["aunit"]
    factors = _factor(term, first, found[0]), _factor(term, last, found[0])
    low, high = (
        _checked(term, _times(term, _digits(found[end]), factor)) for end, factor in zip("ab", factors, strict=True)
    )
    if low > high:
        raise AnswerError(f"`{found[0]}` goes down; write the lower end first, such as {_told(high)}-{_told(low)}")
    return TypedNumber(
        Bounds(low, high, low_bound in OVER, high_bound in UNDER), False, factors != (Fraction(1), Fraction(1))
    )


def _no_number(term: Term, typed: str) -> AnswerError:
    unit = f", in {term.unit}" if term.unit else ""
    ratio = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?) ?(?:%|percent)", typed)
    help = f"; {ratio[1]}% is {_told(Decimal(ratio[1]) / 100)}" if ratio and "/" in term.unit else ""
    return AnswerError(f"this must be {wanted(term)}{unit}{help}")


def _told(number: Decimal) -> str:
    return plain_number(number)


# --- digits -----------------------------------------------------------------------------------------------------------


def _digits(text: str) -> Decimal:
    """An exact number of digits with at most one mark before its places, which may not be a mark between thousands."""
    plain = text.rstrip(".,")
    marks = re.findall("[., ']+", plain)
    grouped = re.fullmatch(r"[-+]?[1-9][0-9]{0,2}[.,][0-9]{3}", plain)
    if not marks or (marks[0] in ".," and len(marks) == 1 and not grouped):
        return Decimal(plain.replace(",", ".").lstrip("+")) or Decimal(0)
    readings = list(_readings(plain, marks))
    if not readings:
        raise AnswerError(f"`{text}` is no number")
    again = "write one of these" if len(readings) > 1 else "write it so"
    raise AnswerError(f"`{text}` {READINGS} {' or '.join(readings)}; {again}")


def _readings(text: str, marks: list[str]) -> Iterator[str]:
    """What a number with marks inside may have been meant to be, each so that it is read in one way only."""
    first, *groups, last = re.split("[., ']+", text)
    if any(len(mark) > 1 for mark in marks):
        return
    if len(set(marks)) == 2 and marks[-1] in ".," and marks[-1] not in marks[:-1]:  # 1.200,50
        yield f"{first}{''.join(groups)}.{last}"
    elif len(set(marks)) == 1 and (marks[0] in " '" or all(len(group) == 3 for group in (*groups, last))):
        yield f"{first}{''.join(groups)}{last}"
    if len(marks) == 1:
        places = last.rstrip("0")
        yield f"{first}.{places}" + "0" * (len(places) == 3) if places else first
    if marks == [" "]:
        yield f"{first}-{last}"


def _around(number: Decimal) -> tuple[Decimal, Decimal]:
    """What `about` a number is: a tenth of it less and more, or half a unit of its last digit where that is larger."""
    exponent = number.as_tuple().exponent
    assert isinstance(exponent, int)
    off = max(abs(number) / 10, Decimal(5).scaleb(min(exponent, 0) - 1))
    return number - off, number + off


def _checked(term: Term, number: Decimal) -> Decimal:
    """A number that is a value of the term. Raises AnswerError."""
    message, _ = value_fault(term, Scalar(_told(number), False, _HERE, 0, 0))
    if message:
        raise AnswerError(message)
    return number


def _cut(term: Term, low: Decimal, high: Decimal) -> Bounds:
    """Two ends within the range of a term; whole ones, rounded away from each other, for a whole number."""
    if term.type == "integer":
        low, high = low.to_integral_value("ROUND_FLOOR"), high.to_integral_value("ROUND_CEILING")
    low = low if term.low is None else max(low, term.low)
    return Bounds(low, high if term.high is None else min(high, term.high))


# --- units ------------------------------------------------------------------------------------------------------------


def _without_unit(term: Term, typed: str) -> str:
    """The text without the whole unit of the term at its end, which may hold digits and stand in brackets."""
    unit = " ".join(term.unit.casefold().split())
    for tail in (f"({unit})", unit) if unit else ():
        rest = typed.removesuffix(tail)
        if rest != typed and not rest[-1:].isalpha():
            return rest.rstrip()
    return typed


def _words(text: str) -> list[str]:
    """The words of a unit, without the plural."""
    said = text.replace("per ", "a ")
    return [word if word in ("%", "pct") else word.rstrip("s") for word in re.findall(r"[a-z]+|%|[^\sa-z]", said)]


def _factor(term: Term, written: str, typed: str) -> Fraction:
    """How many of the term's unit the written unit is: 1 where it is the same. Raises AnswerError where it is none."""
    words, unit = _words(written), _words(term.unit.casefold())
    percent = term.type == "percent" or re.search("%|percent|point", term.unit)  # 150% of a ratio is not 150
    if words and percent and words[0] in PERCENT:
        words = words[1:]
    if unit and unit[0] == "%":
        unit = unit[1:]
    if not words or words == unit[: len(words)] or (words[0] == "a" and words == unit[-len(words) :]):
        return Fraction(1)
    if len(words) == len(unit) == 1 and {*words, *unit} <= TIMES.keys():
        (counted, many), (wanted_in, each) = TIMES[words[0]], TIMES[unit[0]]
        if counted == wanted_in:
            return Fraction(many, each)
        raise AnswerError(f"{written.strip()} are no fixed number of {term.unit}; write it in {term.unit}")
    if set(words) <= set(unit) and not set(words) & TIMES.keys() and any(word.isalnum() for word in words):
        return Fraction(1)
    raise _no_number(term, typed)


def _times(term: Term, number: Decimal, factor: Fraction) -> Decimal:
    """A number in the unit of the term. Raises AnswerError where that cannot be written exactly."""
    if factor == 1:
        return number
    exact = Fraction(number) * factor
    found = Decimal(exact.numerator) / Decimal(exact.denominator)
    if Fraction(found) != exact:
        raise AnswerError(f"that is no exact number of {term.unit}; write it in {term.unit}")
    return found
