"""Stages, or lines of a decision list, in the wrong order."""

from __future__ import annotations

from collections.abc import Iterator

from salesdx.authoring import written as places
from salesdx.authoring.checks.check import ERROR, Check
from salesdx.authoring.confirming import completes, concludes
from salesdx.authoring.fact_lists import quoted
from salesdx.authoring.reasoning import HOLDS, NOT_TRUE, reasoning
from salesdx.base.model import RuleBase, Stage
from salesdx.language.conditions import Literal, names
from salesdx.text.source import Place

PAGE = """\
- A stage of the company stands after the stage at which a person is looked at:
  the person is blamed before it was looked at.
- A stage has `applies_when` and stands before others: where it does not apply,
  nothing after it is ever concluded.
- A stage that waits for the one before it (`previous_concluded`) is the first.
- In a decision list the line that makes a file complete stands before lines
  that would stop it.

Change the order in the ladder.
"""


def ladder_order(base: RuleBase) -> Iterator[tuple[Place, str, str]]:
    yield from _after_the_person(base)
    yield from _behind_what_does_not_apply(base)
    first = base.stages[0]
    if any("previous_concluded" in names(line.when) for line in base.ladder.decisions[first.decided_by]):
        yield first.place, f"`{first.id}` waits for the stage before it, and is the first", ""
    for name, lines in base.ladder.decisions.items():
        for number, line in enumerate(lines):
            later = [other for other in lines[number + 1 :] if not isinstance(other.when, Literal)]
            if completes(base.ladder, line.name) and later:
                message = f"`{line.name}` is decided before {quoted(other.name for other in later)}"
                yield places.line_of(base, number, "decisions", name), message, "what stops a file is decided first"


def _after_the_person(base: RuleBase) -> Iterator[tuple[Place, str, str]]:
    ids = [stage.id for stage in base.stages]
    if base.ladder.personnel_stage in ids:
        for stage in base.stages[ids.index(base.ladder.personnel_stage) + 1 :]:
            if _is_a_cause(base, stage):
                message = (
                    f"`{stage.id}` is looked at only after `{base.ladder.personnel_stage}`, which is about a person"
                )
                yield stage.place, message, ""


def _behind_what_does_not_apply(base: RuleBase) -> Iterator[tuple[Place, str, str]]:
    made = reasoning(base)
    for number, stage in enumerate(base.stages):
        if stage.applies_when is None:
            continue
        not_here = (made.own(stage, "applies"), frozenset({False}))
        held = [
            later.id
            for later in base.stages[number + 1 :]
            if _is_a_cause(base, later)
            and made.possible((made.own(later, "status"), _concluding(base, later)), not_here)
            and not made.possible((made.own(later, "concluded"), HOLDS), not_here)
        ]
        if held and made.possible((not_here[0], NOT_TRUE)):
            message = f"where `{stage.id}` does not apply, what stands after it is never concluded"
            yield places.of_stage(base, stage.id, "applies_when"), message, f"it holds {quoted(held)}"


def _is_a_cause(base: RuleBase, stage: Stage) -> bool:
    """Whether a stage can be concluded, and is not only decided on a file."""
    return bool(_concluding(base, stage))


def _concluding(base: RuleBase, stage: Stage) -> frozenset[str]:
    lines = base.ladder.decisions[stage.decided_by]
    return frozenset(line.name for line in lines if concludes(base.ladder, line.name))


CHECK = Check("ladder-order", ERROR, "Stages or lines in the wrong order", PAGE, ladder_order)
