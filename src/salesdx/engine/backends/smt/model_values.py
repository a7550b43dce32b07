"""What a model of z3 says of a symbol, as a value of a case."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from salesdx.engine.backends.smt.formulas import Symbol
from salesdx.engine.backends.smt.solving import Model
from salesdx.language.conditions import Value
from salesdx.language.intervals import between
from salesdx.language.statistics import rounded


def value_in(model: Model, symbol: Symbol, names: Mapping[int, str]) -> Value | None:
    """The value of a known symbol in a model."""
    if symbol.kind == "boolean":
        return model.holds(symbol.value)
    ends = ((symbol.low, symbol.has_low), (symbol.high, symbol.has_high))
    found: tuple[Any, ...] = tuple(
        _python(symbol.kind, model.number(end), names) if model.holds(has) else None for end, has in ends
    )
    return between(*found)


def _python(kind: str, number: int | Fraction, names: Mapping[int, str]) -> Value:
    match kind:
        case "text":
            return names[int(number)]
        case "date":
            return date.fromordinal(int(number))
    return Decimal(number) if isinstance(number, int) else rounded(number)  # a file holds no thirds
