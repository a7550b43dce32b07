"""The numbers and dates that terms are compared with, and the cases that stand at them or next to them.

A case stands next to a boundary if its value is at most one step away. The step of a whole number is 1, of a date one
day, of any other number one of the last place in which the boundary is written: 1 for `110`, 0.1 for `1.5`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from salesdx.authoring.coverage.comparisons_seen import Condition
from salesdx.authoring.coverage.runs import Runs
from salesdx.base.model import RuleBase, Term
from salesdx.case.statement import shown_value
from salesdx.engine.program import MIRRORED
from salesdx.language.conditions import Compare, Expr, Literal, Name, Value, compare
from salesdx.language.intervals import Interval
from salesdx.language.truth import FALSE, TRUE

LOWER = {">=": ">=", "<": ">=", ">": ">", "<=": ">", "==": "==", "!=": "=="}
"""Comparisons that part the values in the same two get one name."""


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a boundary, and the cases with a value on it that is at most one step away."""

    says: str
    cases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Boundary:
    """A number or date that a term is compared with."""

    home: str
    term: str
    at: Decimal | date
    step: Fraction
    sides: tuple[Side, ...]
    """Those that the term's range leaves."""
    read_by: tuple[str, ...]
    """The conditions that compare the term with it, by name."""

    @property
    def covered(self) -> bool:
        return all(side.cases for side in self.sides)


def seen_boundaries(base: RuleBase, runs: Runs, conditions: Iterable[Condition]) -> Iterator[Boundary]:
    """Every boundary in the conditions of a rule base, by term and number; each once, whoever reads it."""
    found: dict[tuple[str, str, Decimal | date], dict[str, None]] = {}
    for condition in conditions:
        for part in condition.comparisons:
            if (boundary := parting(part.expr)) is not None and boundary[0] in base.terms:
                found.setdefault(boundary, {})[condition.name] = None
    order = {name: n for n, name in enumerate(base.terms)}
    for name, op, at in sorted(found, key=lambda key: (order[key[0]], str(type(key[2])), key[2], key[1])):
        term, step = base.terms[name], step_of(base.terms[name], at)
        known = [(path, diagnosis.matches.values.get(name)) for path, diagnosis in runs]
        exact = [(path, its) for path, its in known if its is not None and not isinstance(its, Interval)]
        near = [(path, its) for path, its in exact if boundary_distance(its, at) <= step]
        sides = tuple(
            Side(says, tuple(path for path, its in near if compare(op, its, at) is above))
            for above, says in zip((False, True), _words(op, at), strict=True)
            if _possible(term, op, at, above)
        )
        yield Boundary(term.home, name, at, step, sides, tuple(found[name, op, at]))


def parting(expr: Expr) -> tuple[str, str, Decimal | date] | None:
    """The term of a comparison, how it parts the values (`>=`, `>` or `==`), and at which number or date."""
    match expr:
        case Compare(op, Name(name), Literal(at)):
            pass
        case Compare(op, Literal(at), Name(name)):
            op = MIRRORED.get(op, op)
        case _:
            return None
    return (name, LOWER[op], at) if isinstance(at, Decimal | date) else None


def step_of(term: Term, at: Decimal | date) -> Fraction:
    """How far from a boundary a value may be to stand next to it."""
    if term.type == "integer" or isinstance(at, date):
        return Fraction(1)
    exponent = at.as_tuple().exponent
    return Fraction(10) ** min(0, exponent if isinstance(exponent, int) else 0)


def boundary_distance(known: Value, at: Decimal | date) -> Fraction:
    """How far a value is from a boundary: in units, or in days."""
    if isinstance(known, date) and isinstance(at, date):
        return Fraction(abs((known - at).days))
    return abs(Fraction(known) - Fraction(at))  # type: ignore[arg-type]


def _possible(term: Term, op: str, at: Decimal | date, above: bool) -> bool:
    """Whether the range of a term has a value on a side."""
    if not isinstance(at, Decimal) or term.low is None or term.high is None:
        return True
    if op == "==":
        return term.low <= at <= term.high if above else term.low < term.high
    return compare(op, term.high, at) is TRUE if above else compare(op, term.low, at) is FALSE


def _words(op: str, at: Decimal | date) -> tuple[str, str]:
    """Where a case stands on the two sides: the one where the comparison fails, and the one where it holds."""
    told = shown_value(at)
    before, after, on = ("before", "after", "on") if isinstance(at, date) else ("below", "above", "at")
    match op:
        case ">=":
            return f"just {before} {told}", f"{on} {told} or just {after}"
        case ">":
            return f"{on} {told} or just {before}", f"just {after} {told}"
        case _:
            return f"next to {told}", f"{on} {told}"
