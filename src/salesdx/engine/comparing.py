"""How two diagnoses differ."""

from __future__ import annotations

from dataclasses import dataclass

from salesdx.base.model import RuleBase, Stage
from salesdx.engine.diagnosis import Diagnosis
from salesdx.language.truth import TRUE


@dataclass(frozen=True, slots=True)
class StageChange:
    """A stage whose status changed; ``overturned`` if it had been settled before."""

    stage: Stage
    before: str
    after: str
    overturned: bool


def stage_changes(base: RuleBase, before: Diagnosis, after: Diagnosis) -> tuple[StageChange, ...]:
    """The stages whose status differs between two diagnoses of one case."""
    found = []
    for stage in base.stages:
        was, now = (str(d.ladder[f"{stage.id}.status"]) for d in (before, after))
        if was != now:
            asked = before.ladder[f"{stage.id}.ask"] is TRUE
            file = any(f.stage is stage for f in before.files)
            found.append(StageChange(stage, was, now, overturned=not asked and not file))
    return tuple(found)
