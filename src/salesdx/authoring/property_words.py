"""What a property says of one diagnosis: of which stages or rules it speaks, and what its words mean there."""

from __future__ import annotations

from collections.abc import Iterator

from salesdx.base.model import Property, Rule, RuleBase, Stage
from salesdx.base.properties import (
    CONCLUDED,
    LOOKED_AT,
    NAMED_OPEN,
    NO_CAUSE,
    NONE,
    PERSONNEL,
    RULE_FALSE,
    RULE_TRUE,
    THIS,
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
    found: dict[str, Value | None] = {
        **diagnosis.matches.values,
        **statuses,
        "mode": diagnosis.mode,
        CONCLUDED: concluded.stage.id if concluded else NONE,
        NAMED_OPEN: NONE if concluded else asked,
        NO_CAUSE: proved,
        PERSONNEL: any(r.intervention.personnel for r in (*diagnosis.recommendations, *diagnosis.alternatives)),
    }
    if isinstance(of, Stage):
        found[THIS] = statuses[of.id]
    elif isinstance(of, Rule):
        found[THIS] = statuses[of.home]
        held = diagnosis.matches.truths[of.id]
        found[RULE_TRUE], found[RULE_FALSE] = held is TRUE, held is FALSE
        found[LOOKED_AT] = of.id not in {unexamined.rule.id for unexamined in diagnosis.unexamined}
    return found
