"""The conditions that a question reaches: what nothing in it reads is not handed to the solver."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import z3


class Reached:
    """Conditions by the variables that they speak of.

    A condition that defines a variable (`name == ...`) is reached through that variable alone, since whatever else it
    reads leaves it a value; any other through each of its variables.
    """

    def __init__(self) -> None:
        self.by: dict[int, list[Any]] = {}
        self.read: dict[int, tuple[Any, ...]] = {}
        """Condition -> its variables."""
        self.kept: list[Any] = []

    def add(self, conditions: Iterable[Any]) -> None:
        """More conditions."""
        for condition in conditions:
            name = _defined(condition)
            for variable in (name,) if name is not None else self._variables(condition):
                self.reach(variable, condition)

    def reach(self, variable: Any, condition: Any) -> None:
        """A condition that is reached through one variable alone."""
        self.kept.append(variable)
        self.by.setdefault(variable.get_id(), []).append(condition)

    def of(self, question: Any, more: Reached | None = None) -> list[Any]:
        """All conditions that a question reaches, here and in another cone."""
        cones = (self, more) if more is not None else (self,)
        found: dict[int, Any] = {}
        seen: set[int] = set()
        queue = [(self, question)]
        while queue:
            cone, condition = queue.pop()
            for variable in cone._variables(condition):
                id = variable.get_id()
                if id in seen:
                    continue
                seen.add(id)
                for other in cones:
                    for reached in other.by.get(id, ()):
                        if reached.get_id() not in found:
                            found[reached.get_id()] = reached
                            queue.append((other, reached))
        return list(found.values())

    def _variables(self, condition: Any) -> tuple[Any, ...]:
        id = condition.get_id()
        if id not in self.read:
            self.kept.append(condition)  # else another one could get its id
            self.read[id] = tuple(variables(condition))
        return self.read[id]


def variables(formula: Any) -> Iterator[Any]:
    """The variables of a formula, each once."""
    queue, seen = [formula], set[int]()
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
