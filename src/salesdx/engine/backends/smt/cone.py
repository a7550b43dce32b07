"""The cone of influence: of all formulas of a rule base those that a question reaches.

What is handed over costs more than what is solved. What limits a variable matters only where the variable is reached;
what is left out allows no more than it would.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from types import MappingProxyType

from salesdx.engine.backends.smt.formulas import Formulas
from salesdx.engine.backends.smt.logic import TRUE, VARIABLE, Formula, parts, put_in

Tied = Callable[[Formula], Iterable[Formula]]
"""The formulas, beside what limits each variable, that are reached through a part of one."""


class Cone:
    """Formulas, each by the variables through which a question reaches it."""

    def __init__(self) -> None:
        self._by_variable: dict[Formula, list[Formula]] = {}
        self._indexed: dict[int, int] = {}

    def index(self, formulas: Formulas) -> None:
        """Take in the domain of a case, as far as that was not done before."""
        done = self._indexed.get(id(formulas), 0)
        for formula in formulas.domain[done:]:
            defined = formulas.defined.get(formula)
            for variable in variables(formula) if defined is None else (defined,):
                self._by_variable.setdefault(variable, []).append(formula)
        self._indexed[id(formulas)] = len(formulas.domain)

    def of(
        self,
        questions: Sequence[Formula],
        gates: Container[Formula] = (),
        tied: Tied = lambda _: (),
        alike: Mapping[Formula, Formula] = MappingProxyType({}),
    ) -> tuple[list[Formula], list[Formula]]:
        """Every formula that questions reach, and the questions, in all of which ``alike`` variables are replaced.

        ``gates`` are the parts through which more is reached: what is ``tied`` to them.
        """
        seen: set[int] = set()
        made: dict[int, Formula] = {}
        found: list[Formula] = []
        queue = list(questions)
        for each in queue:
            found.append(formula := put_in(each, alike, made) if alike else each)
            for part in parts(formula, seen):
                if part.op == VARIABLE:
                    queue += self._by_variable.get(part, ())
                if part in gates:
                    queue += tied(part)
        reached = dict.fromkeys(found[len(questions) :])
        return [each for each in reached if each is not TRUE], found[: len(questions)]


def variables(formula: Formula) -> list[Formula]:
    """The variables in a formula."""
    return [part for part in parts(formula, set()) if part.op == VARIABLE]
