"""What a model of z3 says of a symbol, as a value of a case."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import z3

from salesdx.engine.backends.smt.formulas import Symbol
from salesdx.language.conditions import Value
from salesdx.language.intervals import between
from salesdx.language.statistics import rounded


def value_in(model: Any, symbol: Symbol, names: Mapping[int, str]) -> Value | None:
    """The value of a known symbol in a model."""
    ends: tuple[Any, ...] = tuple(
        _python(symbol.kind, model.eval(end, model_completion=True), names)
        if z3.is_true(model.eval(has, model_completion=True))
        else None
        for end, has in ((symbol.low, symbol.has_low), (symbol.high, symbol.has_high))
    )
    low, high = ends
    return between(low, high)


def _python(kind: str, value: Any, names: Mapping[int, str]) -> Value:
    match kind:
        case "boolean":
            return bool(z3.is_true(value))
        case "text":
            return names[value.as_long()]
        case "date":
            return date.fromordinal(value.as_long())
    if z3.is_int_value(value):
        return Decimal(value.as_long())
    if z3.is_algebraic_value(value):
        value = value.approx(20)
    return rounded(Fraction(value.numerator_as_long(), value.denominator_as_long()))  # a file holds no thirds
