"""How it is told whether an intervention worked: by what, from when, until when, and who says so."""

from __future__ import annotations

import re
from dataclasses import dataclass

from salesdx.base.shapes import CONDITION, TOLD, Demand, Field, Form, ListOf, NameOf, OneOf, Prose
from salesdx.language.conditions import Expr, names

VOIDS = ("territory", "goal", "prices", "absence")
"""What makes a window say nothing: a move of territory, accounts, range or team, a change of the goal or of the price
list, and an absence of ten days."""
SET = "set"
_PART = r"(?:0|[1-9][0-9]{0,3}) (?:days?|periods?|cycles?)|months of [a-z_][a-z0-9_]*"
_SUM = rf"(?:{_PART})(?: \+ (?:{_PART}))*"
DURATION = rf"{_SUM}|later of {_SUM} and {_SUM}|{SET}"
"""The form of a duration as it is written."""
_LATER = re.compile(rf"later of ({_SUM}) and ({_SUM})")
MONTHS = re.compile(r"months of ([a-z_][a-z0-9_]*)")
TIME = Prose(DURATION, "a duration, such as `28 days + 1 cycle`")
JUDGE = Form(
    "a judge",
    (
        Field("holds", CONDITION, "true: it worked; false when `until` has passed: it did not"),
        Field("by_hand", TOLD, "in the place of `holds`: what the respondent says yes or no to"),
        Field("after", TIME, "how long after the start it is too early", True, beyond="its terms are numbers"),
        Field("until", TIME, "how long after the start it has worked or has not", True, beyond="its terms are numbers"),
        Field("by", NameOf("respondent"), "who states the measure, or says yes or no", required=True),
        Field(
            "voided_by",
            ListOf(OneOf(VOIDS), distinct=True),
            "the changes after which the measure says nothing. Left out: all of them",
        ),
    ),
    (Demand(("holds", "by_hand"), needed=True, together=False),),
)


@dataclass(frozen=True, slots=True)
class Span:
    """A sum of days, whole periods, usual lengths of a sale, and months that terms of the case give."""

    days: int = 0
    periods: int = 0
    cycles: int = 0
    months_of: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Duration:
    """A time after the start of an action: the latest of some sums; with none the day is set at the start."""

    text: str
    latest: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Judge:
    """When an action is judged, and by what."""

    after: Duration
    """Before this it is too early."""
    until: Duration
    """What does not hold then has not worked; what is unknown then was not measured."""
    by: str
    """The respondent who states the measure, or says yes or no."""
    holds: Expr | None = None
    by_hand: str = ""
    """In the place of ``holds``: what the respondent says yes or no to."""
    voided_by: tuple[str, ...] = VOIDS
    """The changes, of ``VOIDS``, after which the measure says nothing."""

    @property
    def reads(self) -> tuple[str, ...]:
        """The terms and findings that it reads."""
        months = [name for time in (self.after, self.until) for span in time.latest for name in span.months_of]
        return tuple(dict.fromkeys([*(names(self.holds) if self.holds is not None else ()), *months]))


def duration(text: str) -> Duration:
    """The duration that a text of the form ``DURATION`` says."""
    later = _LATER.fullmatch(text)
    sums = later.groups() if later else () if text == SET else (text,)
    return Duration(text, tuple(map(_span, sums)))


def _span(text: str) -> Span:
    counts = dict.fromkeys(("days", "periods", "cycles"), 0)
    for number, unit in re.findall(r"([0-9]+) (day|period|cycle)", text):
        counts[f"{unit}s"] += int(number)
    return Span(**counts, months_of=tuple(MONTHS.findall(text)))
