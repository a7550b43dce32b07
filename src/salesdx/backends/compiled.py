"""The rules as one generated Python function: for searches that evaluate a case many times."""

from __future__ import annotations

from functools import lru_cache

from salesdx.compilation import Match, compile_match
from salesdx.memory import WorkingMemory
from salesdx.program import Matches, Program

name = "compiled"


def match(program: Program, memory: WorkingMemory) -> Matches:
    """The truth of every rule."""
    known = memory.values
    truths, made = _function(program)(known, memory.facts)
    return Matches(dict(zip(_ids(program), truths, strict=True)), {**known, **made})


@lru_cache(maxsize=8)
def _function(program: Program) -> Match:
    return compile_match(program)


@lru_cache(maxsize=8)
def _ids(program: Program) -> tuple[str, ...]:
    return tuple(rule.id for rule in program.base.rules)
