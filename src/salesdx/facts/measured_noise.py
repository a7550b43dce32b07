"""The noise of a value: its 95% interval from the counts behind it, or from drawing its rows again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from math import inf
from typing import Any

from salesdx.facts.draw_source import DrawSource
from salesdx.facts.drawn_terms import DrawnTerm, Noise
from salesdx.facts.evidence_rows import EvidenceRows
from salesdx.facts.noise import binomial, difference, median_ranks, poisson, poisson_ratio
from salesdx.facts.resampling import resampled

Figure = float | bool | date | str
"""A value as a query gives it."""
Ends = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Measured:
    """A value with what it rests on."""

    value: Figure | None = None
    n: int = 0
    interval: Ends | None = None
    test: str = ""
    p: float | None = None


def noise_arguments(noise: Noise | None) -> tuple[str, ...]:
    """What is asked of the rows for a noise, beside value and count."""
    if noise is None or noise.kind == "bootstrap":
        return ()
    return tuple(f"list({each})" for each in noise.arguments) if noise.kind == "median" else noise.arguments


def measure(term: DrawnTerm, row: Sequence[Any]) -> Measured:
    """Value, count and noise from what the query gave: value, n, and the arguments of the noise."""
    value, n, *arguments = row
    count = int(n) if isinstance(n, int | float) else 0
    noise = term.noise
    if noise is None or value is None or count < term.least:
        return Measured(value, count)
    if noise.kind == "bounds":
        low, high = (float(end) if end is not None else None for end in arguments)
        ends = (-inf if low is None else low, inf if high is None else high)
        return Measured(value, count, ends if low != high or low is None else None)
    found = _of_median(*arguments) if noise.kind == "median" else _of_counts(noise, arguments)
    ends = found or (-inf, inf)
    return Measured(
        value, count, (ends[0] * noise.scale + noise.shift, ends[1] * noise.scale + noise.shift), noise.kind
    )


def measure_again(source: DrawSource, term: DrawnTerm, rows: EvidenceRows) -> Measured:
    """Value, count and noise of a term whose rows are drawn again."""
    assert term.noise is not None
    found = resampled(source.warehouse, term, term.noise, rows)
    count = int(found.n or 0)
    if found.value is None or count < term.least:
        return Measured(found.value, count)
    return Measured(found.value, count, found.interval or (-inf, inf), "permutation" if term.compare else "", found.p)


def _of_counts(noise: Noise, arguments: Sequence[Any]) -> Ends | None:
    """The ends of what counts estimate; None where they estimate nothing."""
    numbers = [float(each) if isinstance(each, int | float) else 0.0 for each in arguments]
    whole = [round(each) for each in numbers]
    if noise.kind == "binomial":
        return binomial(whole[0], whole[1])
    if noise.kind == "fisher":
        return difference(*whole)
    if len(numbers) == 2:
        found = poisson(whole[0]) if numbers[1] > 0 else None
        return found and (found[0] / numbers[1], found[1] / numbers[1])
    found = poisson_ratio(whole[0], whole[2]) if numbers[1] > 0 and numbers[3] > 0 else None
    return found and (found[0] * numbers[3] / numbers[1], found[1] * numbers[3] / numbers[1])


def _of_median(values: Sequence[Any] | None) -> Ends | None:
    """The values between which a median lies, by their ranks; None where there are too few for any."""
    ordered = sorted(float(value) for value in values or () if value is not None)
    ranks = median_ranks(len(ordered))
    return ranks and (ordered[ranks[0] - 1], ordered[ranks[1] - 1])
