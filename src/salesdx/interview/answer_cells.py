"""The cells of what can be asked: values that no comparison of a rule base tells apart are one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_FLOOR, Decimal
from functools import cached_property
from itertools import combinations, groupby, pairwise

from salesdx.base.model import Term
from salesdx.language.conditions import Expr, Literal, Value, truth, walk
from salesdx.language.intervals import Interval
from salesdx.language.truth import UNKNOWN, Truth


@dataclass(frozen=True)
class Variable:
    """What a variable of the diagrams stands for: an asked term with its cells, or a comparison over several."""

    index: int
    leaf: Expr | None
    term: str
    tests: tuple[Expr, ...]
    samples: tuple[Value, ...]
    """An exact value for each of the first cells. For a comparison: true, false."""
    reads: tuple[str, ...]
    """The names that the comparison reads."""
    runs: tuple[Interval, ...] = ()
    """An imprecise value for each of the next cells, which leaves some of the tests unknown, and not all."""

    @cached_property
    def exact(self) -> tuple[int, ...]:
        """The cells of exact values."""
        return tuple(range(len(self.samples)))

    @cached_property
    def unknown(self) -> int:
        """The last cell: "not known", and what is too imprecise for any test."""
        return len(self.samples) + len(self.runs)

    @property
    def values(self) -> tuple[Value, ...]:
        """A value for each cell that has one."""
        return *self.samples, *self.runs

    @cached_property
    def cells(self) -> Mapping[tuple[Truth, ...], int]:
        """What a value makes of the tests -> its cell."""
        return {self.told(value): cell for cell, value in reversed([*enumerate(self.values)])}

    def told(self, value: Value) -> tuple[Truth, ...]:
        """The truth of each test for a value."""
        return _told(self.term, self.tests, value)


def cell_of(variable: Variable, value: Value) -> int:
    """The cell of a variable that a value is in; what is too imprecise for any test is in the last one."""
    if len(variable.samples) == 1 and not isinstance(value, Interval):
        return 0
    return variable.cells.get(variable.told(value), variable.unknown)


def cells(term: Term, tests: Iterable[Expr], imprecise: bool = False) -> tuple[Value, ...]:
    """One value for each way in which a term's values can answer all comparisons that read it; the exact ones first.

    With ``imprecise`` also intervals, but for those that answer no comparison.
    """
    tests = tuple(tests)
    told = {sample: _told(term.name, tests, sample) for sample in _samples(term, tests)}
    seen: dict[tuple[Truth, ...], Value] = {}
    for sample, known in told.items():
        seen.setdefault(known, sample)
    if imprecise and len(seen) > 1 and term.type not in ("boolean", "enum"):
        ends = [next(alike) for _, alike in groupby(sorted(told), key=told.__getitem__)]  # type: ignore[type-var]
        for run in (Interval(low, high) for low, high in combinations(ends, 2)):  # type: ignore[arg-type]
            seen.setdefault(_told(term.name, tests, run), run)
        seen.pop((UNKNOWN,) * len(tests), None)
    return tuple(seen.values())


def _told(term: str, tests: tuple[Expr, ...], value: Value) -> tuple[Truth, ...]:
    return tuple([truth(test, {term: value}) for test in tests])


def _samples(term: Term, tests: Iterable[Expr]) -> Iterator[Value]:
    if term.type == "boolean":
        yield from (True, False)
    elif term.type == "enum":
        yield from term.values
    else:
        literals = {part.value for test in tests for part in walk(test) if isinstance(part, Literal)}
        if term.type == "date":
            yield from _dates(sorted(literal for literal in literals if isinstance(literal, date)))
        else:
            yield from _decimals(term, sorted(literal for literal in literals if isinstance(literal, Decimal)))


def _dates(limits: list[date]) -> Iterator[date]:
    for limit in limits or [date(2000, 1, 1)]:
        yield from (limit - timedelta(1), limit, limit + timedelta(1))


def _decimals(term: Term, limits: list[Decimal]) -> Iterator[Decimal]:
    low = term.low if term.low is not None else min(limits, default=Decimal(0)) - 1
    high = term.high if term.high is not None else max(limits, default=Decimal(0)) + 1
    yield low
    for limit, following in pairwise([low, *limits, high]):
        between = (limit + following) / 2
        if term.type == "integer" and not term.computed:
            between = between.to_integral_value(ROUND_FLOOR)
            if between == limit:
                between = following
        yield from (value for value in (between, following) if low <= value <= high)
