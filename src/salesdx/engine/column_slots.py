"""The facts of many cases as columns that tests read: what was stated, and what formulas give.

A calculation is made once for each distinct group of values that it reads, by its own definition, so that it is exact.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from salesdx.base.model import RuleBase, Term
from salesdx.case.formula_results import formula_result
from salesdx.case.memory import asked_behind
from salesdx.engine.case_columns import (
    DECLARED,
    DISPUTED,
    EXCUSE,
    CaseColumns,
    Column,
    ends_of,
    is_short,
    value_of,
)
from salesdx.engine.column_numbers import whole_numbers
from salesdx.engine.slot_numbers import is_conditional
from salesdx.language.conditions import Value, Values, names

NOTHING = np.uint8(0)


@dataclass(frozen=True)
class Slots:
    """What tests read of some rows; a term that is not there is known in none of them."""

    base: RuleBase
    rows: int
    low: Mapping[str, Column]
    high: Mapping[str, Column]
    """Only of terms that are imprecise in some row."""
    disputed: Mapping[str, Column]
    excused: Mapping[str, Column]
    refused: Column

    def ends(self, name: str) -> tuple[Column, Column] | None:
        """Both ends of a term; None where it is known in no row."""
        low = self.low.get(name)
        return None if low is None else (low, self.high.get(name, low))

    def rows_of(self, start: int, stop: int) -> Slots:
        """A part of the rows."""
        parts = (
            {k: v[start:stop] for k, v in each.items()} for each in (self.low, self.high, self.disputed, self.excused)
        )
        low, high, disputed, excused = parts
        return Slots(self.base, stop - start, low, high, disputed, excused, self.refused[start:stop])


def settled_slots(base: RuleBase, columns: CaseColumns, read: Container[str]) -> Slots:
    """The facts of rows with what their formulas give, by the table of computed terms in the language's reference; of
    formulas, those that are ``read``."""
    found = _Settling(base, columns)
    if not columns.settled:
        for term in base.terms.values():
            if term.or_formula is not None:
                found.calculate_also(term)
    for name in base.order:
        if name in base.terms:
            term = base.terms[name]
            if is_conditional(term):
                found.choose(term)
            elif name in read:
                found.calculate(term)
    return Slots(base, columns.rows, found.low, found.high, found.disputed, found.excused, found.refused)


class _Settling:
    def __init__(self, base: RuleBase, columns: CaseColumns) -> None:
        self.base, self.columns, self.rows = base, columns, columns.rows
        self.low, self.high = dict(columns.low), dict(columns.high)
        self.disputed = {n: kind == DISPUTED for n, kind in columns.kind.items() if (kind == DISPUTED).any()}
        self.excused = {n: kind == EXCUSE for n, kind in columns.kind.items() if (kind == EXCUSE).any()}
        self.refused = np.zeros(self.rows, bool) if columns.beside is None else columns.beside.copy()

    def choose(self, term: Term) -> None:
        """What follows from conditions is no column: rows in which somebody states it are refused."""
        for column in (self.columns.low.get(term.name), self.columns.kind.get(term.name)):
            if column is not None:
                self.refused |= ~np.isnan(column) if column.dtype.kind == "f" else column != 0
        for columns in (self.low, self.high, self.disputed, self.excused):
            columns.pop(term.name, None)

    def calculate(self, term: Term) -> None:
        """The formula's result; where there is none, what a hand wrote while the inputs are said to be unknown."""
        name = term.name
        assert term.formula is not None
        read = names(term.formula)
        stated, known, wide = self.columns.low.get(name), self._all_known(read), self._some_wide(read)
        low, high = self._results(term)
        vague = np.isnan(low) & known & wide
        if stated is not None:
            by_hand = np.isnan(low) & ~np.isnan(stated) & self._by_hand(term)
            low = np.where(by_hand, stated, low)
            high = np.where(by_hand, self.columns.high.get(name, stated), high)
            if name in self.disputed:
                self.disputed[name] &= by_hand
        else:
            self.disputed.pop(name, None)
        if name in self.excused:
            self.excused[name] = self.excused[name] & np.isnan(low) & ~vague
        self._keep(name, low, high)

    def calculate_also(self, term: Term) -> None:
        """An asked term that can also be calculated: where both are there and differ, kinds of evidence decide, and the
        row is refused."""
        assert term.or_formula is not None
        name, read = term.name, names(term.or_formula)
        low, high = self._results(term)
        stated = self.columns.low.get(name, np.full(self.rows, np.nan))
        stated_high = self.columns.high.get(name, stated)
        made, says = ~np.isnan(low), ~np.isnan(stated)
        vague = self._all_known(read) & self._some_wide(read) & ~made
        self.refused |= made & says & ((low != stated) | (high != stated_high))
        for each in read:
            if each in self.disputed:
                self.refused |= self.disputed[each]
        if (kind := self.columns.kind.get(name)) is not None:
            self.refused |= (kind != 0) & (made | vague)
        self._keep(name, np.where(says, stated, low), np.where(says, stated_high, high))

    def _keep(self, name: str, low: Column, high: Column) -> None:
        self.low.pop(name, None)
        self.high.pop(name, None)
        if not np.isnan(low).all():
            self.low[name] = low
            if not np.array_equal(low, high, equal_nan=True):
                self.high[name] = high

    def _all_known(self, read: Sequence[str]) -> Column:
        known = np.full(self.rows, all(name in self.low for name in read))
        for name in read:
            if name in self.low:
                known &= ~np.isnan(self.low[name])
        return known

    def _some_wide(self, read: Sequence[str]) -> Column:
        wide = np.zeros(self.rows, bool)
        for name in read:
            if name in self.high:
                wide |= self.high[name] > self.low[name]
        return wide

    def _by_hand(self, term: Term) -> Column:
        """An asked fact behind the term is unknown, of each that is somebody said so, and none is disputed or wide."""
        some, all_said = np.zeros(self.rows, bool), np.ones(self.rows, bool)
        for name in asked_behind(self.base)[term.name]:
            low = self.columns.low.get(name)
            unknown = np.ones(self.rows, bool) if low is None else np.isnan(low)
            said = np.isin(self.columns.kind.get(name, np.zeros(self.rows, np.uint8)), DECLARED)
            some |= unknown
            all_said &= ~unknown | said
            if name in self.disputed:
                all_said &= ~self.disputed[name]
            if name in self.columns.high and low is not None:
                all_said &= ~(self.columns.high[name] > low)
        return some & all_said

    def _results(self, term: Term) -> tuple[Column, Column]:
        formula = term.formula or term.or_formula
        assert formula is not None
        read = names(formula)
        low, high = np.full(self.rows, np.nan), np.full(self.rows, np.nan)
        at = np.flatnonzero(self._all_known(read))
        if not len(at):
            return low, high
        columns = {name: (self.low[name][at], self.high.get(name, self.low[name])[at]) for name in read}
        kept = np.ones(len(at), bool)
        for ends in columns.values():
            for end in ends:
                kept &= is_short(end)
        self.refused[at[~kept]] = True
        at, columns = at[kept], {name: (a[kept], b[kept]) for name, (a, b) in columns.items()}

        def result(values: Values) -> tuple[float, float]:
            known = formula_result(term, formula, values)
            return (np.nan, np.nan) if known is None else ends_of(term, known)

        low[at], high[at] = by_values(self.base, len(at), columns, result)
        return low, high


def by_values(
    base: RuleBase,
    rows: int,
    columns: Mapping[str, tuple[Column, Column]],
    result: Callable[[Values], tuple[float, float]],
) -> tuple[Column, Column]:
    """What a calculation gives in each row, made once for each group of values that occurs; all of them are known."""
    first, group = _groups(
        rows, [end for low, high in columns.values() for end in ((low,) if low is high else (low, high))]
    )
    found = np.empty((len(first), 2))
    for n, row in enumerate(first):
        values_here: dict[str, Value | None] = {
            name: value_of(base.terms[name], low[row], high[row]) for name, (low, high) in columns.items()
        }
        found[n] = result(values_here)
    return found[group, 0], found[group, 1]


TABLE = 1 << 22
"""Groups of values that are told apart by their place in a table, without sorting."""


def _groups(rows: int, columns: Sequence[Column]) -> tuple[Column, Column]:
    """A row of each group of equal values, and the group of each row; nothing is unknown."""
    key, span = np.zeros(rows, np.int64), 1
    for column in columns:
        numbers = whole_numbers(column)
        if numbers is None:
            values, place = np.unique(column, return_inverse=True)
            low, size = 0, len(values)
        else:
            place = numbers.whole
            low = int(place.min(initial=0))
            size = int(place.max(initial=0)) - low + 1
        if span * size >= 2**62:
            _, key = np.unique(key, return_inverse=True)
            span = int(key.max(initial=0)) + 1
        if span * size >= 2**62:
            values, place = np.unique(place, return_inverse=True)
            low, size = 0, len(values)
        key, span = key * size + (place - low), span * size
    if span > TABLE:
        _, first, group = np.unique(key, return_index=True, return_inverse=True)
        return first, group
    last = np.full(span, -1, np.int64)
    last[key] = np.arange(rows)
    used = np.flatnonzero(last >= 0)
    number = np.empty(span, np.int64)
    number[used] = np.arange(len(used))
    return last[used], number[key]
