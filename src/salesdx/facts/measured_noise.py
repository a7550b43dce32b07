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
from salesdx.facts.resampling import bootstrap, permutation_p

Figure = float | bool | date | str
"""A value as a query gives it."""
Ends = tuple[float, float]
OF_COUNTS = ("binomial", "fisher", "poisson", "bounds")
"""The kinds of noise that follow from figures over the rows."""


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
    return noise.arguments if noise is not None and noise.kind in OF_COUNTS else ()


def measure(source: DrawSource, term: DrawnTerm, rows: EvidenceRows, row: Sequence[Any]) -> Measured:
    """Value, count and noise from what the query gave: value, n, and the arguments of the noise.

    ``rows`` are those of the one unit that is measured.
    """
    value, n, *arguments = row
    count = int(n) if isinstance(n, int | float) else 0
    noise = term.noise
    if noise is None or value is None or count < term.least:
        return Measured(value, count)
    if noise.kind == "bounds":
        low, high = (float(end) if end is not None else None for end in arguments)
        ends = (-inf if low is None else low, inf if high is None else high)
        return Measured(value, count, ends if low != high or low is None else None)
    if noise.kind == "bootstrap":
        p = permutation_p(source.warehouse, term, noise, rows, float(value)) if term.compare else None
        return Measured(value, count, bootstrap(source.warehouse, term, noise, rows) or (-inf, inf), "permutation", p)
    found = _of_median(source, noise, rows) if noise.kind == "median" else _of_counts(noise, arguments)
    ends = found or (-inf, inf)
    return Measured(
        value, count, (ends[0] * noise.scale + noise.shift, ends[1] * noise.scale + noise.shift), noise.kind
    )


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


def _of_median(source: DrawSource, noise: Noise, rows: EvidenceRows) -> Ends | None:
    """The values between which a median lies, by their ranks; None where there are too few for any."""
    (column,) = noise.arguments
    [(count,)] = source.warehouse.query(rows.asked(f"count({column})"), rows.parameters).rows
    ranks = median_ranks(int(count))
    if ranks is None:
        return None
    at = (
        rows.asked(f"{column} as value, row_number() over (order by {column}) as rank") + f" where {column} is not null"
    )
    sql = f"select value from ({at}) where rank in ({ranks[0]}, {ranks[1]}) order by rank"
    found = [float(value) for (value,) in source.warehouse.query(sql, rows.parameters).rows]
    return found[0], found[-1]
