"""A question to z3, and what it answers."""

from __future__ import annotations

import signal
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from math import inf
from time import monotonic
from typing import Any

import z3

from salesdx.engine.backends.smt.logic import (
    CALCULATE,
    COUNT,
    FIXED,
    NOT,
    NUMBER,
    TRUTH,
    VARIABLE,
    WHOLE,
    Formula,
    Number,
    any_of,
    parts_first,
)
from salesdx.engine.backends.smt.z3_objects import Z3Objects

PROVER = f"z3 {z3.get_version_string()}"
DIGITS = 40
"""Decimals that are read of a number that is no short fraction, of which a file holds twelve."""
CONSTANTS = {TRUTH: z3.Bool, WHOLE: z3.Int, NUMBER: z3.Real}
RELEVANT = {"smt.relevancy": 0}
"""z3 looks at all parts of a formula alike: to leave some out pays only where most cases are allowed."""
LONGEST = 4_000
"""Letters of a fraction that Python reads."""


def solve(conditions: Iterable[Formula], **settings: int) -> tuple[Model | None, str]:
    """A model, or None with why z3 gives up; with no word where there is none.

    It is asked in a context of its own: where z3 looks first hangs on the order in which formulas were made, and what a
    process has made before must change no result. z3 keeps Ctrl-C to itself while it searches, so it is sent again.
    """
    text, variables = smt_lib(conditions)
    solver = _solver(text, settings)
    found, why = _asked(solver, settings)
    return (Model(solver.model(), variables) if found == z3.sat else None), why


def allowed(conditions: Iterable[Formula], questions: Sequence[Formula], **settings: int) -> list[bool | str]:
    """For each question whether the conditions allow it, or why z3 gives up, one asked behind the other in one context:
    what they do not allow helps with the rest."""
    text, _ = smt_lib(conditions, questions)
    solver = _solver(text, {**settings, **RELEVANT})
    answers: list[bool | str] = []
    for number in range(len(questions)):
        question = z3.Bool(f"q{number}", ctx=solver.ctx)
        found, why = _asked(solver, settings, question)
        answers.append(why or found == z3.sat)
        if found == z3.unsat:
            solver.add(z3.Not(question))
    return answers


class Impossible:
    """Small questions to one solver, each by itself: whether none of all cases is so, found in few steps."""

    def __init__(self, objects: Z3Objects, steps: int) -> None:
        self.objects, self.limits = objects, {"rlimit": steps}
        self.solver = objects.solver({**RELEVANT, **self.limits})

    def __call__(self, conditions: Iterable[Formula], ways: Iterable[Formula]) -> set[Formula]:
        """Those of some truths of which z3 proves that none holds where conditions do; nothing, where it gives up."""
        maybe = list(ways)
        self.solver.push()
        try:
            self.objects.tell(self.solver, conditions)
            while maybe:
                self.objects.tell(self.solver, [any_of(maybe)])
                if (found := _asked(self.solver, self.limits)[0]) != z3.sat:
                    return set(maybe) if found == z3.unsat else set()
                model = self.solver.model()
                possible = [way for way in maybe if z3.is_true(model.eval(self.objects.truth(way), True))]
                maybe = [way for way in maybe if way not in set(possible)] if possible else []
            return set()
        finally:
            self.solver.pop()


def _solver(text: str, settings: Mapping[str, int]) -> z3.Solver:
    solver = z3.SimpleSolver(ctx=z3.Context())  # none of z3's longer ways to begin pays here
    solver.set(**settings)
    solver.from_string(text)
    return solver


def _asked(solver: z3.Solver, limits: Mapping[str, int], *questions: z3.BoolRef) -> tuple[z3.CheckSatResult, str]:
    """What z3 answers, and why it gives up, if it does: for both of its limits and for Ctrl-C its word is one."""
    spent, began = _steps(solver), monotonic()
    found = solver.check(*questions)
    why = str(solver.reason_unknown()) if found == z3.unknown else ""
    counted = _steps(solver) - spent >= limits.get("rlimit", inf)
    timed = (monotonic() - began) * 1000 >= limits.get("timeout", inf)
    if why == "canceled" and not (counted or timed):
        signal.raise_signal(signal.SIGINT)
    return found, why


def _steps(solver: z3.Solver) -> int:
    """How many steps z3 has made so far."""
    counts = solver.statistics()
    return int(counts.get_key_value("rlimit count")) if "rlimit count" in counts.keys() else 0  # noqa: SIM118


def smt_lib(conditions: Iterable[Formula], questions: Sequence[Formula] = ()) -> tuple[str, list[Formula]]:
    """Conditions in SMT-LIB, and their variables: the first is `v0` there. `q0` stands for the first question."""
    stated = list(conditions)
    words: dict[int, str] = {}
    lines: list[str] = []
    variables: list[Formula] = []
    for formula in parts_first([*stated, *questions], words):
        if formula.op == VARIABLE:
            words[formula.id] = name = f"v{len(variables)}"
            variables.append(formula)
            lines.append(f"(declare-const {name} {formula.sort})")
        elif formula.op == FIXED:
            words[formula.id] = _constant(formula.value)
        else:
            written = _written(formula, [words[part.id] for part in formula.parts])
            if formula.op == NOT:
                words[formula.id] = written
            else:
                words[formula.id] = name = f"n{len(words)}"
                lines.append(f"(define-fun {name} () {formula.sort} {written})")
    lines += [f"(assert {words[formula.id]})" for formula in stated]
    for number, question in enumerate(questions):
        lines.append(f"(declare-const q{number} Bool)(assert (= q{number} {words[question.id]}))")
    return "\n".join(lines), variables


def _constant(value: bool | Number) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            word = f"{abs(value)}"
        case _:
            word = f"(/ {abs(value.numerator)}.0 {value.denominator}.0)"
    return word if value >= 0 else f"(- {word})"


def _written(formula: Formula, parts: list[str]) -> str:
    if formula.op == COUNT:
        return f"(+ 0 {' '.join(f'(ite {part} 1 0)' for part in parts)})"
    return f"({formula.op} {' '.join(parts)})"


class Model:
    """What a formula is in a case that z3 found; what it left open is false, or 0."""

    def __init__(self, found: z3.ModelRef, variables: list[Formula]) -> None:
        self._given: dict[int, bool | Number] = {}
        for number, variable in enumerate(variables):  # by name: z3 also lists whatever was defined, ten times as much
            value = found[CONSTANTS[variable.sort](f"v{number}", found.ctx)]
            if value is not None:
                self._given[variable.id] = _value(value)
        self._values = dict(self._given)

    def put(self, instead: Mapping[Formula, Formula]) -> None:
        """Give variables the values of what stood in their place in the question."""
        self._given |= {part.id: self._value(asked) for part, asked in instead.items()}
        self._values = dict(self._given)

    def holds(self, truth: Formula) -> bool:
        """Whether a truth holds."""
        return bool(self._value(truth))

    def number(self, formula: Formula) -> Number:
        """What a number is."""
        return self._value(formula)

    def _value(self, formula: Formula) -> bool | Number:
        for part in parts_first([formula], self._values):
            self._values[part.id] = _result(part, [self._values[each.id] for each in part.parts])
        return self._values[formula.id]


def _value(value: Any) -> bool | Number:
    if z3.is_bool(value):
        return bool(z3.is_true(value))
    if z3.is_int_value(value):
        return int(value.as_long())
    if z3.is_algebraic_value(value):
        value = value.approx(20)
    text = value.as_string()
    return Fraction(text) if len(text) < LONGEST else Fraction(Decimal(value.as_decimal(DIGITS).rstrip("?")))


def _result(formula: Formula, parts: list[Any]) -> Any:
    match formula.op:
        case "variable":
            return False if formula.sort == TRUTH else 0 if formula.sort == WHOLE else Fraction(0)
        case "fixed":
            return formula.value
        case "not":
            return not parts[0]
        case "and":
            return all(parts)
        case "or":
            return any(parts)
        case "=":
            return parts[0] == parts[1]
        case "<=":
            return parts[0] <= parts[1]
        case "ite":
            return parts[1] if parts[0] else parts[2]
        case "count":
            return sum(parts)
        case "to_real":
            return Fraction(parts[0])
        case "is_int":
            return Fraction(parts[0]).denominator == 1
    if formula.op == "/" and parts[1] == 0:
        return Fraction(0)  # anything, for z3
    return CALCULATE[formula.op](*parts)
