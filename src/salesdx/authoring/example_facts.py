"""Facts for a way through the diagrams: what somebody could state so that every variable comes out as on the way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import islice, product

from salesdx.base.model import RuleBase, Term
from salesdx.interview.answer_cells import Variable
from salesdx.language.conditions import Expr, Value, truth

TRIED = 300
"""Combinations of values for the terms that are compared with each other."""

Inputs = Mapping[str, frozenset[str]]
"""Computed term or finding -> the terms that it is computed from."""


def cells_to_try(variable: Variable, cells: int) -> Sequence[int]:
    """The cells in the order in which they are tried; a comparison of several terms is left unknown if it can be.

    Of a count that was left free those that signed and exact facts give; none where no facts are known that give it.
    """
    if variable.leaf is None:
        return range(cells)
    return (2, 0, 1) if variable.reads else range(len(variable.samples))


def facts_of(base: RuleBase, inputs: Inputs, way: Iterable[tuple[Variable, int]]) -> dict[str, Value] | None:
    """Facts that put each variable in its cell, all other terms said to be unknown; None if none were found."""
    chosen = list(way)
    facts = {v.term: v.samples[cell] for v, cell in chosen if v.term and cell < len(v.samples)}
    unknown = {v.term for v, cell in chosen if v.term and cell == len(v.samples)}
    compared = [(v.leaf, (True, False, None)[cell], v.reads) for v, cell in chosen if v.leaf is not None]
    open_names = [name for _, held, reads in compared if held is not None for name in reads if name not in facts]
    names = tuple(dict.fromkeys(open_names))
    if unknown & set(names) or any(name not in base.terms or base.terms[name].computed for name in names):
        return None
    for values in islice(product(*(_candidates(base.terms[name]) for name in names)), TRIED):
        made: dict[str, Value] = facts | dict(zip(names, values, strict=True))
        if _comes_out(compared, made) and _is_stated(base, inputs, made, unknown):
            return made
    return None


def _comes_out(compared: Iterable[tuple[Expr, bool | None, object]], facts: Mapping[str, Value]) -> bool:
    return all(truth(leaf, facts) is held for leaf, held, _ in compared)


def _is_stated(base: RuleBase, inputs: Inputs, facts: Mapping[str, Value], unknown: Iterable[str]) -> bool:
    """Whether no formula gives a computed term another value, or one where it is to be unknown."""
    for name, known in facts.items():
        if inputs.get(name):
            whole = base.terms[name].type != "integer" or known == int(known)  # type: ignore[arg-type]
            if not whole or inputs[name] & facts.keys():
                return False
    return not any(inputs.get(name) and inputs[name] <= facts.keys() for name in unknown)


def _candidates(term: Term) -> Sequence[Value]:
    """Some values of a term, far apart."""
    if term.type == "boolean":
        return (True, False)
    if term.type == "enum":
        return term.values
    if term.type == "date":
        return (date(2025, 1, 15), date(2025, 6, 15), date(2025, 11, 15))
    low = term.low if term.low is not None else Decimal(0)
    high = term.high if term.high is not None else Decimal(1000)
    between = (low + 1, low + (high - low) // 3, low + (high - low) // 2)
    return tuple(dict.fromkeys(value for value in (low, *between, high) if low <= value <= high))
