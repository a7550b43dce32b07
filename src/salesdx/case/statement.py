"""What somebody said about a fact: a value or why there is none, by whom, from where, of which day."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache

from salesdx.base.model import PERIOD, RuleBase, Term
from salesdx.base.reading import plain_number
from salesdx.case.bounds import written_bounds
from salesdx.language.conditions import Value
from salesdx.language.intervals import End, Interval
from salesdx.text.source import Place

COMPUTED = "computed"
"""The source of a value that a formula gave."""


class Unknown(StrEnum):
    """Why a fact is unknown. None of these ever counts as false."""

    NOT_ASKED = "not asked"
    NOT_KNOWN = "not known"
    NOT_APPLICABLE = "not applicable"
    STALE = "too old"
    DISPUTED = "disputed"
    IMPRECISE = "imprecise"
    """A term that is computed, or can also be calculated, whose inputs are known, and not exactly enough."""


class Untimely(StrEnum):
    """Why a statement is not current."""

    OLD = "old"
    LATE = "late"
    FUTURE = "future"
    TRUNCATED = "truncated"

    @property
    def told(self) -> str:
        """That it does not count, and why, as whoever wrote the date is told."""
        why = {
            Untimely.OLD: "it is too old for the period",
            Untimely.LATE: "it is of too long after the period",
            Untimely.FUTURE: "that day is still to come",
            Untimely.TRUNCATED: "the period was not over yet on that day",
        }
        return f"it does not count, since {why[self]}"

    @property
    def label(self) -> str:
        """The same in a column of a table: why what was stated is not known now."""
        return {
            Untimely.OLD: str(Unknown.STALE),
            Untimely.LATE: "of too long after the period",
            Untimely.FUTURE: "of a day to come",
            Untimely.TRUNCATED: "of a day before the period's end",
        }[self]


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """Its author takes a statement back: it stays in sight and does not count."""

    date: date
    reason: str


@dataclass(frozen=True, slots=True)
class ShownIn:
    """The report that shows a value: its name, and the SHA-256 digest of its file."""

    name: str
    digest: str


@dataclass(frozen=True, slots=True)
class Statement:
    """What somebody said about a fact: a value, or why there is none."""

    value: Value | None = None
    unknown: Unknown | None = None
    by: str = ""
    """The role that speaks; empty: nobody, whose word meets no floor."""
    author: str = ""
    """The person who speaks, by an identifier that is typed and not checked."""
    kind: str = ""
    """The kind of evidence; empty: that which the ladder names for it."""
    source: str = ""
    date: date | None = None
    """The day the evidence is of."""
    reason: str = ""
    note: str = ""
    drawn: str = ""
    """The entry of the evidence file from which a program drew it; empty: it was typed."""
    withdrawn: Withdrawn | None = None
    report: ShownIn | None = None
    place: Place | None = field(default=None, compare=False, repr=False)
    supposed: bool = False
    """Said by whoever the floor asks for: in worked cases, and where something is only tried."""
    record: tuple[str, ...] = ()
    """The sessions and actions by which the record states it; empty: somebody said it."""
    of_firm: bool = field(default=False, compare=False, repr=False)
    """Whether it stands in the profile of the firm, and not in the case."""

    @property
    def voice(self) -> tuple[str, str, bool]:
        """Whose statement it is: each voice has one standing statement on a fact."""
        return self.by, self.author, bool(self.drawn or self.record)

    @property
    def stands(self) -> bool:
        """Whether it was not withdrawn."""
        return self.withdrawn is None

    def to_dict(self) -> dict[str, object]:
        """The statement as JSON, empty parts left out."""
        parts: dict[str, object] = {
            "value": as_json(self.value),
            "unknown": self.unknown and self.unknown.value,
            "by": self.by,
            "author": self.author,
            "kind": self.kind,
            "source": self.source,
            "date": self.date and self.date.isoformat(),
            "reason": self.reason,
            "note": self.note,
            "drawn": self.drawn,
            "withdrawn": self.withdrawn and {"date": self.withdrawn.date.isoformat(), "reason": self.withdrawn.reason},
            "report": self.report and {"name": self.report.name, "digest": self.report.digest},
            "record": list(self.record) or None,
        }
        return {key: part for key, part in parts.items() if part not in ("", None)}


# --- evidence ---------------------------------------------------------------------------------------------------------


def evidence_rank(base: RuleBase, statement: Statement) -> int:
    """The rank of a statement's kind of evidence, 0 the strongest."""
    return base.evidence_ranks[evidence_kind(base, statement)]


def evidence_kind(base: RuleBase, statement: Statement) -> str:
    """The kind of evidence of a statement: what it says itself, never what its source sounds like."""
    return statement.kind or base.default_evidence


@lru_cache(maxsize=4096)
def proposed_kind(base: RuleBase, source: str) -> str:
    """The kind of evidence that the words of a source suggest, for its author to confirm; empty where none do.

    Where they suggest several, the weakest: a proposal ranks nothing.
    """
    text = source.casefold()
    found = [kind for kind in base.evidence if any(_holds_word(text, word) for word in kind.words)]
    return max(found, key=lambda kind: kind.rank).name if found else ""


def _holds_word(text: str, word: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text) is not None


# --- age --------------------------------------------------------------------------------------------------------------


def untimely(term: Term, statement: Statement, period: tuple[date, date] | None, today: date | None) -> Untimely | None:
    """Why a statement does not count for a period; None where it is current.

    An undated statement is current, and so is every statement where there is no period. ``today`` is the day of the
    diagnosis; None: no day lies in the future.
    """
    day = statement.date
    if day is None or period is None:
        return None
    begin, end = period
    if today is not None and day > today:
        return Untimely.FUTURE
    if term.valid_for is not None:
        days = (end - begin).days if term.valid_for == PERIOD else int(term.valid_for)
        first = begin if term.valid_for == PERIOD else end - timedelta(min(days, (end - date.min).days))
        if day < first:
            return Untimely.OLD
        if (day - end).days > days:
            return Untimely.LATE
    return Untimely.TRUNCATED if term.covers == PERIOD and day < end else None


def doubtful(term: Term, statement: Statement) -> bool:
    """Whether a percentage may have been written as a fraction, where that is unusual."""
    if statement.drawn:  # a program writes no percentage as a fraction
        return False
    return any(may_be_fraction(term, end) for end in ends(statement.value))


def may_be_fraction(term: Term, end: End | str | None) -> bool:
    """Whether a number above 0 may be a fraction in the place of a percentage: at most 1; and below 2 where the whole
    can be exceeded twice over, so that 1.3 may stand for 130% of a plan."""
    if term.type != "percent" or term.small or not isinstance(end, Decimal) or end <= 0:
        return False
    return end <= 1 or (end < 2 and twice_its_whole(term))


def twice_its_whole(term: Term) -> bool:
    """Whether the range of a term goes from 0 or more to above 200."""
    return term.low is not None and term.low >= 0 and term.high is not None and term.high > 200


def ends(known: Value | None) -> tuple[End | str | None, End | str | None]:
    """The lowest and the highest value that something can have."""
    return (known.low, known.high) if isinstance(known, Interval) else (known, known)


# --- values as people and programs read them --------------------------------------------------------------------------


def shown_value(known: Value | Fraction | None, limit: Value | Fraction | int | None = None) -> str:
    """A value as people read it: a choice in words; a number of more than six places with four significant digits, or
    with as many more as tell it from a number that is its ``limit``.

    >>> shown_value(Decimal("84.9999996")), shown_value(Decimal("84.9999996"), Decimal(85))
    ('85', '84.9999996')
    >>> shown_value(Interval(Decimal(80), Decimal(85))), shown_value(Interval(Decimal("110.000000000000001"), None))
    ('80 to 85', 'over 110')
    >>> shown_value("not_effective")
    'not effective'
    """
    if known is None:
        return "unknown"
    if isinstance(known, Interval):
        return written_bounds(known).told(lambda end: shown_value(Decimal(end) if isinstance(end, int) else end, limit))
    if isinstance(known, bool):
        return "yes" if known else "no"
    if isinstance(known, Decimal):
        exponent = known.as_tuple().exponent
        long = isinstance(exponent, int) and exponent < -6  # only computed numbers have so many places
        return plain_number(_shortened(known, limit) if long else known)
    if isinstance(known, Fraction):
        return shown_value(Decimal(known.numerator) / Decimal(known.denominator), limit)
    return known.replace("_", " ") if isinstance(known, str) else str(known)


def _shortened(known: Decimal, limit: Value | Fraction | int | None) -> Decimal:
    """A long number with four digits, or more where it would else be, or pass, its limit."""
    for digits in range(4, len(known.as_tuple().digits)):
        short = Decimal(f"{known:.{digits}g}")
        if not isinstance(limit, Decimal | Fraction | int):
            return short
        if (short > limit, short < limit) == (known > limit, known < limit):
            return short
    return known


def as_json(known: object) -> object:
    """A value as JSON has it: whole numbers as integers, other numbers as floats that print the same digits, an
    imprecise one by its ends."""
    if isinstance(known, Interval):
        best = {} if known.best is None else {"best": as_json(known.best)}
        return {"low": as_json(known.low), "high": as_json(known.high)} | best
    if isinstance(known, Decimal | Fraction) and not isinstance(known, bool):
        return int(known) if known == int(known) else float(known)
    return known.isoformat() if isinstance(known, date) else known
