"""The definition: every rule's truth by three-valued evaluation, in order. The others are held to it."""

from __future__ import annotations

from salesdx.base.model import Term
from salesdx.case.memory import WorkingMemory
from salesdx.engine.program import Matches, Program
from salesdx.language.conditions import Value, truth
from salesdx.language.truth import Truth, or_

name = "reference"


def match(program: Program, memory: WorkingMemory) -> Matches:
    """The truth of every rule: a finding is known before any rule that reads it."""
    values: dict[str, Value | None] = dict(memory.values)
    truths: dict[str, Truth] = {}
    for step in program.steps:
        if isinstance(step, Term):
            values[step.name] = memory.late(step, values)
            continue
        for rule in program.base.findings[step]:
            truths[rule.id] = truth(rule.when, values)
        values[step] = or_(truths[rule.id] for rule in program.base.findings[step])
    return Matches({rule.id: truths[rule.id] for rule in program.base.rules}, values)
