"""A number or date between two ends as it is written, and the value that it is of a term."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from salesdx.base.model import Term
from salesdx.language.conditions import Value
from salesdx.language.intervals import End, Interval, between, left_out, next_after


class AnswerError(ValueError):
    """The text is no answer to the question; the message says what would be."""


PREDICATES = ("is ", "must ", "may ")
"""How messages begin that say something of the value itself, whose name then stands before them."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """The lowest and the highest value as they are written; None where there is none. The lowest is not inside where
    it says ``above``, nor the highest where it says ``below``."""

    low: End | None
    high: End | None
    above: bool = False
    below: bool = False
    best: End | None = None

    def value(self, term: Term) -> Value | None:
        """The value of a term that lies between these ends and in the term's range; None where nothing does."""
        whole = term.type == "integer"
        try:
            low = next_after(self.low, whole, True) if self.above else self.low  # type: ignore[arg-type]
            high = next_after(self.high, whole, False) if self.below else self.high  # type: ignore[arg-type]
        except OverflowError:  # there is no date after the last one
            return None
        low, high = (term.low if low is None else low), (term.high if high is None else high)
        if low is not None and high is not None and low > high:  # type: ignore[operator]
            return None
        return between(low, high, self.best)  # type: ignore[return-value]

    @property
    def hundredfold(self) -> Bounds:
        """A share that was written as a fraction, in percent."""
        low, high = (end * 100 if isinstance(end, Decimal) else end for end in (self.low, self.high))
        return replace(self, low=low, high=high)

    def told(self, show: Callable[[End], str]) -> str:
        """The ends as they were written, in words that can be typed."""
        dated = isinstance(self.high if self.low is None else self.low, date)
        over, least, under, most = (
            ("after", "from", "before", "until") if dated else ("over", "at least", "under", "at most")
        )
        if self.low is None or self.high is None:
            if self.low is not None:
                return f"{over if self.above else least} {show(self.low)}"
            return "any" if self.high is None else f"{under if self.below else most} {show(self.high)}"
        if self.low == self.high:
            return show(self.low)
        begin, end = f"{over} " * self.above + show(self.low), f"{under} " * self.below + show(self.high)
        return f"{begin} to {end}" + ("" if self.best is None else f", probably {show(self.best)}")

    @property
    def keyed(self) -> dict[str, End]:
        """The ends under the keys of a case file.

        >>> Bounds(Decimal(110), None, above=True).keyed
        {'above': Decimal('110')}
        """
        ends = {
            "above" if self.above else "low": self.low,
            "below" if self.below else "high": self.high,
            "best": self.best,
        }
        return {key: end for key, end in ends.items() if end is not None}

    def as_mapping(self) -> str:
        """The ends as a case file has them, in braces."""
        ends = (f"{key}: {f'{end:f}' if isinstance(end, Decimal) else end}" for key, end in self.keyed.items())
        return f"{{{', '.join(ends)}}}"


def written_bounds(known: Interval) -> Bounds:
    """The ends of an imprecise value as they are written: "over 110" where it begins with the next number after it."""
    low, high = known.low, known.high
    over = left_out(low, True) if isinstance(low, Decimal) else None
    under = left_out(high, False) if isinstance(high, Decimal) else None
    return Bounds(
        low if over is None else over,
        high if under is None else under,
        above=over is not None,
        below=under is not None,
        best=known.best,
    )


def without_range(term: Term | None, known: Value | None) -> Value | None:
    """A value as it is shown: an imprecise one without the end that it has from the range of its term alone."""
    if term is None or not isinstance(known, Interval):
        return known
    low, high = (None if known.low == term.low else known.low), (None if known.high == term.high else known.high)
    return known if low is None and high is None else Interval(low, high, known.best)
