"""The conditions that a question reaches: what nothing in it reads is not handed to the solver."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import z3


class Cone:
    """Conditions by the variables that they speak of.

    A condition that defines a variable (`name == ...`) is reached through that variable alone, since whatever else it
    reads leaves it a value; any other through each of its variables.
    """

    def __init__(self) -> None:
        self.by: dict[int, list[Any]] = {}
        self.kept: list[Any] = []

    def add(self, conditions: Iterable[Any]) -> None:
        """More conditions."""
        for condition in conditions:
            name = _defined(condition)
            for variable in [name] if name is not None else variables([condition], set()):
                self.reach(variable, condition)

    def reach(self, variable: Any, condition: Any) -> None:
        """A condition that is reached through one variable alone."""
        self.kept.append(variable)
        self.by.setdefault(variable.get_id(), []).append(condition)

    def of(self, question: Any, more: Cone | None = None) -> list[Any]:
        """All conditions that a question reaches, here and in another cone."""
        seen: set[int] = set()
        found: dict[int, Any] = {}
        queue = [question]
        while queue:
            for variable in variables([queue.pop()], seen):
                for cone in (self, more) if more is not None else (self,):
                    for condition in cone.by.get(variable.get_id(), ()):
                        if condition.get_id() not in found:
                            found[condition.get_id()] = condition
                            queue.append(condition)
        return list(found.values())


def variables(formulas: Iterable[Any], seen: set[int]) -> Iterator[Any]:
    """The variables of some formulas, but for what was ``seen``, to which all that is looked at is added."""
    queue = list(formulas)
    while queue:
        part = queue.pop()
        id = part.get_id()
        if id in seen:
            continue
        seen.add(id)
        if part.num_args():
            queue += part.children()
        elif part.decl().kind() == z3.Z3_OP_UNINTERPRETED:
            yield part


def _defined(condition: Any) -> Any:
    """The variable that a condition defines, if it does."""
    if condition.decl().kind() != z3.Z3_OP_EQ:
        return None
    first = condition.arg(0)
    return first if not first.num_args() and first.decl().kind() == z3.Z3_OP_UNINTERPRETED else None
