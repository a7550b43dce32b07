"""A number that may be anything."""

from __future__ import annotations

from collections.abc import Iterator

from salesdx.authoring.checks.check import WARNING, Check
from salesdx.base.model import NUMERIC, RuleBase
from salesdx.text.source import Place

PAGE = """\
Without a range nobody notices that 0.93 was typed for 93, or a number of euros
for a percentage: the rules take it as it is, and the case comes out wrong. With
one the value is refused, with its line, before anything is concluded.

Write the smallest and the largest value that can be true: `range: [0, 100]`.
"""


def no_range(base: RuleBase) -> Iterator[tuple[Place, str, str]]:
    for term in base.terms.values():
        if term.type in NUMERIC and term.question and term.low is None:
            yield term.place, f"`{term.name}` has no range, so a mistyped number is taken as it is", ""


CHECK = Check("no-range", WARNING, "A number that may be anything", PAGE, no_range)
