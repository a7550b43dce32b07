"""What the worked cases of a rule base show: the rules, comparisons, boundaries and statuses that some case exercises.

The truth of a comparison is its own, under the values of the case: an `and` that is already false, or a stage that the
ladder never reached, hides none of its comparisons.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from salesdx.authoring.coverage.boundaries import Boundary, seen_boundaries
from salesdx.authoring.coverage.comparisons_seen import RULE, Condition, seen_conditions
from salesdx.authoring.coverage.statuses import (
    Shown,
    seen_interventions,
    seen_modes,
    seen_properties,
    seen_statuses,
    seen_verdicts,
)
from salesdx.authoring.expectations import CaseRun
from salesdx.base.model import RuleBase

COUNTED = ("rules", "comparisons", "statuses")
"""The measures that make the overall percentage."""


@dataclass(frozen=True, slots=True)
class Measure:
    """How many of something are covered. A measure of nothing is complete."""

    name: str
    seen: int
    of: int

    @property
    def percent(self) -> Fraction:
        return Fraction(100 * self.seen, self.of) if self.of else Fraction(100)


@dataclass(frozen=True)
class Coverage:
    """What the cases, by path, show of a rule base. ``odd`` are those that do not come out as expected."""

    base: RuleBase
    cases: tuple[str, ...]
    odd: tuple[str, ...]
    conditions: tuple[Condition, ...]
    boundaries: tuple[Boundary, ...]
    statuses: tuple[Shown, ...]
    modes: tuple[Shown, ...]
    verdicts: tuple[Shown, ...]
    interventions: tuple[Shown, ...]
    properties: tuple[Shown, ...]

    def measures(self, home: str = "") -> dict[str, Measure]:
        """How much is covered, of everything or of one stage or group, by the name of the measure."""

        def here(its: str) -> bool:
            return not home or its == home

        conditions = [condition for condition in self.conditions if here(condition.home)]
        rules = [condition.seen for condition in conditions if condition.kind == RULE]
        parts = [part.seen for condition in conditions for part in condition.comparisons]
        found = {
            "rules": [bool(seen.true) for seen in rules],
            "comparisons": [not seen.missing for seen in parts],
            "statuses": [bool(shown.cases) for shown in self.statuses if here(shown.home)],
            "boundaries": [boundary.covered for boundary in self.boundaries if here(boundary.home)],
            "rules_false": [bool(seen.false) for seen in rules],
            "rules_unknown": [bool(seen.unknown) for seen in rules],
            "comparisons_unknown": [bool(seen.unknown) for seen in parts],
            "modes": [bool(shown.cases) for shown in self.modes if here(shown.home)],
            "verdicts": [bool(shown.cases) for shown in self.verdicts if here(shown.home)],
            "interventions": [bool(shown.cases) for shown in self.interventions if here(shown.home)],
            "properties": [bool(shown.cases) for shown in self.properties if here(shown.home)],
        }
        return {name: Measure(name, sum(covered), len(covered)) for name, covered in found.items()}

    @cached_property
    def overall(self) -> Measure:
        """The measures that count, together."""
        measures = self.measures()
        return Measure(
            "overall", sum(measures[name].seen for name in COUNTED), sum(measures[name].of for name in COUNTED)
        )


def cover(base: RuleBase, outcomes: Sequence[CaseRun]) -> Coverage:
    """What worked cases show of the rule base that they were run on."""
    runs = [(outcome.case.path, outcome.diagnosis) for outcome in outcomes]
    conditions = tuple(seen_conditions(base, runs))
    return Coverage(
        base,
        tuple(path for path, _ in runs),
        tuple(outcome.case.path for outcome in outcomes if outcome.differences),
        conditions,
        tuple(seen_boundaries(base, runs, conditions)),
        tuple(seen_statuses(base, runs)),
        tuple(seen_modes(base, runs)),
        tuple(seen_verdicts(base, runs)),
        tuple(seen_interventions(base, runs)),
        tuple(seen_properties(base, runs)),
    )
