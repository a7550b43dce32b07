"""The cone of influence: of all formulas of a rule base those that a question reaches.

What is handed over costs more than what is solved. A variable that a formula defines can always be given its value, so
the formula matters only where the variable is reached; what is left out allows no more than it would.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import z3

from salesdx.engine.backends.smt.formulas import Formula, Formulas

Made = Callable[[], Iterable[Formula]]
"""What makes formulas once they are reached."""


class Cone:
    """Formulas, each by the variables through which a question reaches it."""

    def __init__(self) -> None:
        self._by_variable: dict[int, list[Formula]] = {}
        self._indexed: dict[int, int] = {}
        self._variables: dict[int, tuple[Formula, tuple[int, ...]]] = {}
        """Each formula is kept: z3 gives the number of one that is gone to another."""

    def index(self, formulas: Formulas) -> None:
        """Take in the domain of a case, as far as that was not done before."""
        done = self._indexed.get(id(formulas), 0)
        for formula in formulas.domain[done:]:
            defined = formulas.defined.get(formula.get_id())
            for variable in self.variables(formula) if defined is None else (defined,):
                self._by_variable.setdefault(variable, []).append(formula)
        self._indexed[id(formulas)] = len(formulas.domain)

    def of(self, questions: Iterable[Formula], ties: dict[int, list[Made]]) -> list[Formula]:
        """The questions with every formula that they reach; ``ties`` are formulas beside the domains, by variable."""
        found: dict[int, Formula] = {}
        seen: set[int] = set()
        queue = list(questions)
        for formula in queue:
            if formula.get_id() in found:
                continue
            found[formula.get_id()] = formula
            for variable in self.variables(formula):
                if variable not in seen:
                    seen.add(variable)
                    queue += self._by_variable.get(variable, ())
                    queue += [made for make in ties.get(variable, ()) for made in make()]
        return list(found.values())

    def variables(self, formula: Formula) -> tuple[int, ...]:
        """The numbers of the variables in a formula."""
        id = formula.get_id()
        if id not in self._variables:
            self._variables[id] = formula, tuple(_variables(formula))
        return self._variables[id][1]


def _variables(formula: Formula) -> Iterable[int]:
    """Walks the formula by the library itself: wrapped parts cost ten times as much."""
    context = formula.ctx_ref()
    seen: set[int] = set()
    queue = [formula.as_ast()]
    for part in queue:
        id = z3.Z3_get_ast_id(context, part)
        if id in seen or z3.Z3_get_ast_kind(context, part) != z3.Z3_APP_AST:
            continue
        seen.add(id)
        count = z3.Z3_get_app_num_args(context, part)
        if count:
            queue += [z3.Z3_get_app_arg(context, part, at) for at in range(count)]
        elif z3.Z3_get_decl_kind(context, z3.Z3_get_app_decl(context, part)) == z3.Z3_OP_UNINTERPRETED:
            yield id
