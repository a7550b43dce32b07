"""What a property says of one diagnosis: of which stages or rules it speaks, and what its words mean there."""

from __future__ import annotations

from collections.abc import Iterator

from salesdx.base.model import PRESSURE, Property, Rule, RuleBase, Stage
from salesdx.base.properties import (
    CONCLUDED,
    LOOKED_AT,
    NAMED_OPEN,
    NO_CAUSE,
    NONE,
    ON_FLOOR,
    PERSONNEL,
    PRESSING,
    RULE_FALSE,
    RULE_TRUE,
    THIS,
    floor_of,
)
from salesdx.engine.diagnosis import Diagnosis
from salesdx.language.conditions import Expr, Value, Values, truth
from salesdx.language.truth import FALSE, TRUE


def instances(base: RuleBase, property: Property) -> Iterator[Stage | Rule | None]:
    """The stages or rules of which a property speaks, or None once."""
    if property.stages is None:
        yield None
        return
    for stage in (stage for stage in base.stages if stage.id in property.stages):
        if not property.strengths:
            yield stage
        yield from (rule for rule in base.rules_of[stage.id] if rule.strength in property.strengths)


def property_holds(expr: Expr, diagnosis: Diagnosis, of: Stage | Rule | None) -> bool:
    """Whether a side of a property is true in one diagnosis."""
    return truth(expr, words_of(diagnosis, of)) is TRUE


def words_of(diagnosis: Diagnosis, of: Stage | Rule | None = None) -> Values:
    """The values of everything that a property may speak of, in one diagnosis."""
    concluded = diagnosis.concluded
    asked = next((stage.stage.id for stage in diagnosis.stages if stage.asked), NONE)
    proved = all(stage.proved or stage.applies is FALSE for stage in diagnosis.stages)
    statuses = {standing.stage.id: standing.status for standing in diagnosis.standings}
    acting = [r.intervention for r in (*diagnosis.recommendations, *diagnosis.alternatives) if r.intervention.personnel]
    found: dict[str, Value | None] = {
        **diagnosis.matches.values,
        **statuses,
        "mode": diagnosis.mode,
        CONCLUDED: concluded.stage.id if concluded else NONE,
        NAMED_OPEN: NONE if concluded else asked,
        NO_CAUSE: proved,
        PERSONNEL: bool(acting),
        PRESSING: any(intervention.weight == PRESSURE for intervention in acting),
    }
    if of is not None:
        found[ON_FLOOR] = _on_floor(diagnosis, of)
    if isinstance(of, Stage):
        found[THIS] = statuses[of.id]
    elif isinstance(of, Rule):
        found[THIS] = statuses[of.home]
        held = diagnosis.matches.truths[of.id]
        found[RULE_TRUE], found[RULE_FALSE] = held is TRUE, held is FALSE
        found[LOOKED_AT] = not diagnosis.looks.open([of.id])  # also where the stage is not passed
    return found


def _on_floor(diagnosis: Diagnosis, of: Stage | Rule) -> bool:
    """Whether a stage does not apply or is ruled out, or a rule is true, by the facts alone that meet the floor."""
    floor = floor_of(diagnosis.base, of)
    matches = diagnosis.looks.low(floor).matches if floor else diagnosis.matches
    if isinstance(of, Rule):
        return matches.truths[of.id] is TRUE
    out = of.ruled_out_when is not None and truth(of.ruled_out_when, matches.values) is TRUE
    return out or (of.applies_when is not None and truth(of.applies_when, matches.values) is FALSE)
