"""The cone of influence: of all formulas of a rule base those that a question reaches.

What is handed over costs more than what is solved. What limits a variable matters only where the variable is reached;
what is left out allows no more than it would.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
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

    def reach(
        self,
        gates: Container[Formula] = (),
        tied: Tied = lambda _: (),
        alike: Mapping[Formula, Formula] = MappingProxyType({}),
    ) -> ReachedFormulas:
        """What questions reach, in all of which ``alike`` variables are replaced.

        ``gates`` are the parts through which more is reached: what is ``tied`` to them.
        """
        return ReachedFormulas(self._by_variable, gates, tied, alike)

    def of(
        self, questions: Sequence[Formula], gates: Container[Formula] = (), tied: Tied = lambda _: ()
    ) -> list[Formula]:
        """Every formula that questions reach."""
        return self.reach(gates, tied).of(questions)


class ReachedFormulas:
    """What is reached through the parts of questions; what was found for one is kept for the next."""

    def __init__(
        self,
        by_variable: Mapping[Formula, Sequence[Formula]],
        gates: Container[Formula],
        tied: Tied,
        alike: Mapping[Formula, Formula],
    ) -> None:
        self._by_variable, self._gates, self._tied, self._alike = by_variable, gates, tied, alike
        self._put: dict[int, Formula] = {}
        self._entries: dict[int, list[Formula]] = {}
        self._behind: dict[Formula, list[Formula]] = {}

    def put(self, formula: Formula) -> Formula:
        """A formula with the variables replaced that are alike."""
        return put_in(formula, self._alike, self._put) if self._alike else formula

    def of(self, questions: Iterable[Formula]) -> list[Formula]:
        """Every formula that questions reach in which alike variables are replaced."""
        seen, walked = set[Formula](), set[int]()
        found: dict[Formula, None] = {}
        queue = list(questions)
        for each in queue:
            known = self._entries.get(each.id)
            for entry in self._parts(each, walked) if known is None else known:
                if entry not in seen:
                    seen.add(entry)
                    new = [formula for formula in self._reached_by(entry) if formula not in found]
                    found |= dict.fromkeys(new)
                    queue += new
        return list(found)

    def entries(self, formula: Formula) -> list[Formula]:
        """The variables in a formula, and its other parts to which something is tied."""
        if formula.id not in self._entries:
            self._entries[formula.id] = list(self._parts(formula, set()))
        return self._entries[formula.id]

    def _parts(self, formula: Formula, walked: set[int]) -> Iterator[Formula]:
        return (part for part in parts(formula, walked) if part.op == VARIABLE or part in self._gates)

    def _reached_by(self, entry: Formula) -> list[Formula]:
        if entry not in self._behind:
            tied = self._tied(entry) if entry in self._gates else ()
            made = (self.put(formula) for formula in (*self._by_variable.get(entry, ()), *tied))
            self._behind[entry] = [formula for formula in dict.fromkeys(made) if formula is not TRUE]
        return self._behind[entry]


def variables(formula: Formula) -> list[Formula]:
    """The variables in a formula."""
    return [part for part in parts(formula, set()) if part.op == VARIABLE]
