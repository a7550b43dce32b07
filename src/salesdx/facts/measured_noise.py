"""The noise of a value: its 95% interval from the counts behind it, or from drawing its rows again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from salesdx.facts.drawn_terms import DrawnTerm, Noise
from salesdx.facts.evidence_rows import DrawSource, EvidenceRows
from salesdx.facts.noise import binomial, difference, poisson, poisson_ratio

Figure = float | bool | date | str
"""A value as a query gives it."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A value with what it rests on."""

    value: Figure | None = None
    n: int = 0
    interval: tuple[float, float] | None = None
    test: str = ""
    p: float | None = None


def noise_columns(noise: Noise | None) -> tuple[str, ...]:
    """The names under which the arguments of a noise are asked for."""
    if noise is None or noise.kind == "bootstrap":
        return ()
    return tuple(f"noise_{place}" for place in range(len(noise.arguments)))


def measure(source: DrawSource, term: DrawnTerm, rows: EvidenceRows, unit: str, row: Sequence[Any]) -> Measured:
    """Value, count and noise of a unit from what the query gave: value, n, and the arguments of the noise."""
    value, n, *arguments = row
    count = int(n) if isinstance(n, int | float) else 0
    noise = term.noise
    if noise is None or value is None or count < term.least:
        return Measured(value, count)
    interval = _of_counts(noise, arguments)
    return Measured(value, count, interval, noise.kind)


def _of_counts(noise: Noise, arguments: Sequence[Any]) -> tuple[float, float] | None:
    numbers = [float(each) if isinstance(each, int | float) else 0.0 for each in arguments]
    ends: tuple[float, float] | None = None
    if noise.kind == "binomial":
        ends = binomial(round(numbers[0]), round(numbers[1]))
    elif noise.kind == "fisher":
        a, b, c, d = (round(each) for each in numbers)
        ends = difference(a, b, c, d)
    elif len(numbers) == 2 and numbers[1]:
        found = poisson(round(numbers[0]))
        ends = found and (found[0] / numbers[1], found[1] / numbers[1])
    elif len(numbers) == 4 and numbers[1] and numbers[3]:
        found = poisson_ratio(round(numbers[0]), round(numbers[2]))
        per = numbers[3] / numbers[1]
        ends = found and (found[0] * per, found[1] * per)
    return ends and (ends[0] * noise.scale + noise.shift, ends[1] * noise.scale + noise.shift)
