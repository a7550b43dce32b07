"""A result of the model in the words of a diagnosis's JSON, to be compared."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from .base import Term
from .facts import Fact
from .intervals import Range
from .ladder import Result


def shown(result: Result) -> dict[str, Any]:
    """The parts of a diagnosis that the definition decides, texts left out."""
    return {
        "mode": result.mode,
        "statuses": result.statuses,
        "held": result.held,
        "concluded": result.concluded,
        "unexamined": result.unexamined,
        "recommended": result.recommended,
        "suppressed": result.suppressed,
        "alternatives": result.alternatives,
        "verdict": result.verdict,
        "likely": result.likely,
        "rules_for": result.rules_for,
        **result.lacks,
    }


def fact_shown(fact: Fact, term: Term) -> Any:
    """A value, its two ends, or why there is none."""
    if fact.value is None:
        return {"unknown": fact.unknown, **({"why": fact.word} if fact.word else {})}
    if not isinstance(fact.value, Range):
        return fact.value
    if fact.value.point:
        return end_shown(fact.value.low, term)
    return {"low": end_shown(fact.value.low, term), "high": end_shown(fact.value.high, term)}


def end_shown(end: Fraction | None, term: Term) -> Any:
    if end is None:
        return None
    if term.type == "date":
        return date.fromordinal(int(end))
    return int(end) if end.denominator == 1 else Decimal(end.numerator) / end.denominator
