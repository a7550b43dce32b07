"""What is drawn: a fact with its value, or the reason why there is none; and where the rule base's limits cut it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from functools import lru_cache
from math import isfinite

from salesdx.base.model import RuleBase, Term
from salesdx.case.statement import shown_value
from salesdx.facts.drawn_terms import DrawnTerm
from salesdx.facts.scope import Subject
from salesdx.facts.windows import TimeWindow
from salesdx.language.conditions import Compare, Expr, Literal, Name, Value, truth, walk
from salesdx.language.intervals import Interval
from salesdx.language.truth import UNKNOWN

PLACES, DIGITS = 9, 15
"""Places, and digits, of a drawn number in a case file, which holds 15 of either."""


@dataclass(frozen=True, slots=True)
class LimitCrossed:
    """A limit of the rule base that an interval spans: the data cannot decide what is compared with it."""

    limit: Decimal | date
    name: str = ""
    """The name of the limit, where it has one."""


@dataclass(frozen=True, slots=True)
class DrawnFact:
    """A term as it was drawn for a subject in a window.

    ``stated`` is the value, or its 95% interval; None where it is not known, for ``reason``. ``best`` is the value in
    full. ``n`` is what it rests on. ``p`` and ``p_adjusted`` belong to ``test``.
    """

    term: str
    subject: Subject
    window: TimeWindow
    definition: DrawnTerm
    stated: Value | None = None
    reason: str = ""
    best: float | bool | date | str | None = None
    n: int = 0
    least: int = 1
    sql: str = ""
    parameters: Mapping[str, object] = field(default_factory=dict)
    closed: date | None = None
    interval: tuple[float, float] | None = None
    test: str = ""
    p: float | None = None
    p_adjusted: float | None = None
    people_scanned: int | None = None
    crossed: tuple[LimitCrossed, ...] = ()
    proxy: bool = False
    """It rests on something that stands for what the firm does not record."""

    @property
    def known(self) -> bool:
        return self.stated is not None


def count_in_words(n: int, what: str) -> str:
    """A number of what is counted, which is written in the plural.

    >>> count_in_words(1, "won deals"), count_in_words(1, "opportunities asked"), count_in_words(1200, "losses")
    ('1 won deal', '1 opportunity asked', '1,200 losses')
    """
    if n == 1:
        for plural, one in ((r"\b(\w+)ies\b", r"\1y"), (r"\b(\w+ss)es\b", r"\1"), (r"\b(\w+[^s])s\b", r"\1")):
            if re.search(plural, what):
                what = re.sub(plural, one, what, count=1)
                break
    return f"{n:,} {what}"


def rests_on_words(fact: DrawnFact) -> str:
    """What a known fact rests on: "26 orders due, interval 35 to 71, spans the limit 65"."""
    words = [count_in_words(fact.n, fact.definition.counted)]
    if isinstance(fact.stated, Interval):
        words.append(f"interval {shown_value(replace(fact.stated, best=None))}")
    words += [f"spans the limit {shown_value(each.limit)}" for each in fact.crossed]
    return ", ".join(words)


def stated_value(term: Term, value: object, interval: tuple[float, float] | None) -> Value | None:
    """A value as a case states it: within what the term can be, an interval with its ends rounded outward.

    None where it is no value of the term: no number, or out of its range.
    """
    if value is None or (isinstance(value, float) and not isfinite(value)):
        return None
    if term.type == "boolean":
        return bool(value)
    if term.type in ("date", "enum"):
        return value if isinstance(value, date | str) else None
    best = as_decimal(value)
    if best is None or not _inside(term, best):
        return None
    if interval is None:
        return best
    ends = (_end(term, end, mode) for end, mode in zip(interval, (ROUND_FLOOR, ROUND_CEILING), strict=True))
    low, high = ends
    return best if low == high else Interval(low, high, best)


def _end(term: Term, end: float, mode: str) -> Decimal | None:
    """An end of an interval, outward, and no further than the term's range."""
    bound = term.low if mode == ROUND_FLOOR else term.high
    if not isfinite(end):
        return bound
    rounded = _rounded(Decimal(end), 0 if term.type == "integer" else PLACES, mode)
    if bound is None:
        return rounded
    return max(rounded, bound) if mode == ROUND_FLOOR else min(rounded, bound)


def _inside(term: Term, value: Decimal) -> bool:
    return (term.low is None or value >= term.low) and (term.high is None or value <= term.high)


def as_decimal(value: object) -> Decimal | None:
    return _rounded(Decimal(value), PLACES, ROUND_HALF_EVEN) if isinstance(value, int | float | Decimal) else None


def _rounded(value: Decimal, places: int, mode: str) -> Decimal:
    """A number with no more places and digits than a case file holds."""
    whole = max(0, value.adjusted() + 1)
    found = value.quantize(Decimal(1).scaleb(-max(0, min(places, DIGITS - whole))), mode)
    return (found.normalize() if found != found.to_integral_value() else found.quantize(Decimal(1))) + 0  # no -0


def crossed(base: RuleBase, term: str, stated: Value | None) -> tuple[LimitCrossed, ...]:
    """The limits with which the rule base compares a term that an interval cannot be decided against."""
    if not isinstance(stated, Interval):
        return ()
    found: dict[Value, LimitCrossed] = {}
    for test, limit in _limits(base).get(term, ()):
        if truth(test, {term: stated}) is UNKNOWN and isinstance(limit.value, Decimal | date):
            found.setdefault(limit.value, LimitCrossed(limit.value, limit.limit))
    return tuple(found[value] for value in sorted(found, key=str))


@lru_cache(maxsize=4)
def _limits(base: RuleBase) -> Mapping[str, Sequence[tuple[Expr, Literal]]]:
    """Term -> each comparison of it with a constant, in the conditions of rules, stages and computed terms."""
    found: dict[str, list[tuple[Expr, Literal]]] = {}
    for part in (part for expr in _conditions(base) for part in walk(expr)):
        if isinstance(part, Compare):
            for name, literal in ((part.left, part.right), (part.right, part.left)):
                if isinstance(name, Name) and isinstance(literal, Literal):
                    found.setdefault(name.id, []).append((part, literal))
    return found


def _conditions(base: RuleBase) -> Iterator[Expr]:
    yield from (rule.when for rule in base.rules)
    for stage in base.stages:
        yield from stage.conditions.values()
    for term in base.terms.values():
        yield from term.expressions
    for mode in base.ladder.modes:
        yield mode.when
