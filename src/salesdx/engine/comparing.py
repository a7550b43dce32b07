"""How two diagnoses differ."""

from __future__ import annotations

from dataclasses import dataclass

from salesdx.base.model import Stage
from salesdx.engine.diagnosis import Diagnosis


@dataclass(frozen=True, slots=True)
class StageChange:
    """A stage whose status changed; ``overturned`` if it had been settled before."""

    stage: Stage
    before: str
    after: str
    overturned: bool


def stage_changes(before: Diagnosis, after: Diagnosis) -> tuple[StageChange, ...]:
    """The stages whose status differs between two diagnoses on one rule base."""
    both = zip(before.standings, after.standings, strict=True)
    return tuple(
        StageChange(was.stage, was.status, now.status, overturned=not was.asked and not was.by_file)
        for was, now in both
        if was.status != now.status
    )
