"""A status or a mode that can never come about."""

from __future__ import annotations

from collections.abc import Iterator

from salesdx.authoring import written as places
from salesdx.authoring.checks.check import ERROR, Check
from salesdx.authoring.confirming import passes
from salesdx.authoring.fact_lists import quoted
from salesdx.authoring.reasoning import HOLDS, NOT_TRUE, Reasoning, reasoning
from salesdx.base.ladder_lines import LadderLine
from salesdx.base.model import RuleBase, Stage
from salesdx.engine.program import ladder_name
from salesdx.interview.diagrams import Node
from salesdx.language.conditions import names
from salesdx.text.source import Place

PAGE = """\
A line of the ladder's decision lists is never the first that is true. A stage
that no rule can confirm is never the cause; a last stage that no rule can block
lets every file through; a mode that never comes about leaves its rules without
a voice. Mostly the stage has no rule of the strength that the line counts.

Write the rule, or decide the stage by another list, or delete the line or list
that nothing needs.
"""


def unreachable_status(base: RuleBase) -> Iterator[tuple[Place, str, str]]:
    made = reasoning(base)
    modes = [made.told(line.when) for line in base.ladder.modes]
    for number, line in enumerate(base.ladder.modes):
        if not _reached(made, modes, number):
            yield places.line_of(base, number, "modes"), f"the mode `{line.name}` can never come about", ""
    used = {stage.decided_by for stage in base.stages}
    for name in base.ladder.decisions:
        if name not in used:
            place = places.key_at(base, places.LADDER, "decisions", name)
            yield place, f"no stage is decided by the list `{name}`", "delete it, or name it at a stage"
    for stage in base.stages:
        lines = [node for _, node in made.lines(stage)]
        for number, line in enumerate(base.ladder.decisions[stage.decided_by]):
            told = passes(base.ladder, line.name)  # by the check of what is never passed
            if not told and not _reached(made, lines, number) and not _is_left_out(made, stage, number):
                yield stage.place, f"`{stage.id}` can never be `{line.name}`", _missing(base, stage, line)


def _reached(made: Reasoning, lines: list[Node], number: int) -> bool:
    """Whether a line can be the first that is true."""
    return made.possible((lines[number], HOLDS), *((line, NOT_TRUE) for line in lines[:number]))


def _is_left_out(made: Reasoning, stage: Stage, number: int) -> bool:
    """Whether the line waits only for an `applies_when`, which a stage need not have."""
    if stage.applies_when is not None:
        return False
    free = made.diagrams.apply(bool, made.free(2))
    return _reached(made, [node for _, node in made.lines(stage, {ladder_name(stage.id, "applies"): free})], number)


def _missing(base: RuleBase, stage: Stage, line: LadderLine) -> str:
    own = {rule.strength for rule in base.rules_of[stage.id]}
    lacking = [name for name in names(line.when) if name in base.ladder.strengths and name not in own]
    if lacking:
        return f"it has no rule of the strength {quoted(lacking, 'or')}"
    return "no case makes this line of its decision list the first that is true"


CHECK = Check("unreachable-status", ERROR, "A status that can never come about", PAGE, unreachable_status)
