"""The rules as generated Python functions: for searches that evaluate a case many times."""

from __future__ import annotations

from functools import lru_cache

from salesdx.case.memory import WorkingMemory
from salesdx.engine.compilation import Match, compile_match
from salesdx.engine.program import Matches, Program
from salesdx.language.conditions import Value

name = "compiled"


def match(program: Program, memory: WorkingMemory) -> Matches:
    """The truth of every rule."""
    truths, made = _function(program, memory.imprecise)(memory.values, memory.late)
    ids, findings = _ids(program)
    values: dict[str, Value | None] = dict(memory.values)
    values.update(zip(findings, truths, strict=True))
    values.update(made)
    return Matches(dict(zip(ids, truths, strict=True)), values)


@lru_cache(maxsize=16)
def _function(program: Program, ends: bool) -> Match:
    return compile_match(program, ends)


@lru_cache(maxsize=8)
def _ids(program: Program) -> tuple[tuple[str, ...], tuple[str, ...]]:
    rules = program.base.rules
    return tuple(rule.id for rule in rules), tuple(rule.finding for rule in rules)
