"""Formulas as z3's own objects, each made once and kept for every question that is asked of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import chain
from typing import Any

import z3
from z3 import z3core

from salesdx.engine.backends.smt.logic import (
    AND,
    AT_MOST,
    COUNT,
    EITHER,
    EQUAL,
    FIXED,
    IS_WHOLE,
    LIFTED,
    NOT,
    NUMBER,
    OR,
    TRUTH,
    VARIABLE,
    WHOLE,
    Formula,
    parts_first,
)

PLAIN: Mapping[str, Callable[..., Any]] = {
    NOT: z3core.Z3_mk_not, EQUAL: z3core.Z3_mk_eq, AT_MOST: z3core.Z3_mk_le, EITHER: z3core.Z3_mk_ite,
    LIFTED: z3core.Z3_mk_int2real, IS_WHOLE: z3core.Z3_mk_is_int, "/": z3core.Z3_mk_div,
}  # fmt: skip
LISTED: Mapping[str, Callable[..., Any]] = {
    AND: z3core.Z3_mk_and, OR: z3core.Z3_mk_or, COUNT: z3core.Z3_mk_add, "+": z3core.Z3_mk_add,
    "-": z3core.Z3_mk_sub, "*": z3core.Z3_mk_mul,
}  # fmt: skip
"""What z3 makes of some parts, and of a list of them."""


class Z3Objects:
    """A context of z3 with what was made in it, for many questions that share parts: as text, which is as quick for
    one, each would be read anew. z3's functions are called as they are: its library's operators take ten times as long.
    """

    def __init__(self) -> None:
        self.context = z3.Context()
        self.ref = self.context.ref()
        self._sorts = {TRUTH: z3core.Z3_mk_bool_sort(self.ref), WHOLE: z3core.Z3_mk_int_sort(self.ref),
                       NUMBER: z3core.Z3_mk_real_sort(self.ref)}  # fmt: skip
        self._made: dict[int, Any] = {}
        self._variables = 0
        self._zero, self._one = (z3core.Z3_mk_int(self.ref, value, self._sorts[WHOLE]) for value in (0, 1))
        for kept in chain((self._zero, self._one), self._sorts.values()):
            z3core.Z3_inc_ref(self.ref, kept)

    def solver(self, settings: Mapping[str, int]) -> z3.Solver:
        """A solver of this context; none of z3's longer ways to begin pays here."""
        solver = z3.SimpleSolver(ctx=self.context)
        solver.set(**settings)
        return solver

    def tell(self, solver: z3.Solver, conditions: Iterable[Formula]) -> None:
        """Have a solver of this context take conditions as true."""
        for condition in conditions:
            z3core.Z3_solver_assert(self.ref, solver.solver, self.of(condition))

    def truth(self, formula: Formula) -> z3.BoolRef:
        """A truth as the library has it."""
        return z3.BoolRef(self.of(formula), self.context)

    def of(self, formula: Formula) -> Any:
        """z3's object of a formula."""
        for part in parts_first([formula], self._made):
            made = self._new(part)
            z3core.Z3_inc_ref(self.ref, made)
            self._made[part.id] = made
        return self._made[formula.id]

    def _new(self, formula: Formula) -> Any:
        op, ref = formula.op, self.ref
        if op == VARIABLE:
            self._variables += 1
            name = z3core.Z3_mk_int_symbol(ref, self._variables)
            return z3core.Z3_mk_const(ref, name, self._sorts[formula.sort])
        if op == FIXED:
            if formula.sort == TRUTH:
                return z3core.Z3_mk_true(ref) if formula.value else z3core.Z3_mk_false(ref)
            return z3core.Z3_mk_numeral(ref, str(formula.value), self._sorts[formula.sort])
        parts = [self._made[part.id] for part in formula.parts]
        if op in PLAIN:
            return PLAIN[op](ref, *parts)
        if op == COUNT:
            parts = [z3core.Z3_mk_ite(ref, part, self._one, self._zero) for part in parts]
        return LISTED[op](ref, len(parts), (z3core.Ast * len(parts))(*parts))
