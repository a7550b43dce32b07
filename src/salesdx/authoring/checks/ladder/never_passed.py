"""A stage that is never passed."""

from __future__ import annotations

from collections.abc import Iterator

from salesdx.authoring import written as places
from salesdx.authoring.checks.check import ERROR, Check
from salesdx.authoring.confirming import passes
from salesdx.authoring.fact_lists import quoted
from salesdx.authoring.reasoning import HOLDS, reasoning
from salesdx.base.model import RuleBase
from salesdx.text.source import Place

PAGE = """\
The stage can never be ruled out: it has no `ruled_out_when`, or one that no
case makes true. What stands behind it on the ladder is never concluded,
whatever is found there, unless the stage does not apply.

Say under `ruled_out_when` what evidence clears the stage, or correct the number
that makes it impossible.
"""


def never_passed(base: RuleBase) -> Iterator[tuple[Place, str, str]]:
    made = reasoning(base)
    for number, stage in enumerate(base.stages[:-1]):
        passing = frozenset(
            line.name for line in base.ladder.decisions[stage.decided_by] if passes(base.ladder, line.name)
        )
        if not made.possible((made.own(stage, "status"), passing), (made.own(stage, "applies"), HOLDS)):
            after = quoted(later.id for later in base.stages[number + 1 :])
            why = "has no `ruled_out_when`" if stage.ruled_out_when is None else "can never be ruled out"
            where = " where it applies" if stage.applies_when is not None else ""
            yield (
                places.of_stage(base, stage.id, "ruled_out_when"),
                f"`{stage.id}` {why}, so what stands after it is never concluded{where}",
                f"it holds {after}",
            )


CHECK = Check("never-passed", ERROR, "A stage that is never ruled out", PAGE, never_passed)
