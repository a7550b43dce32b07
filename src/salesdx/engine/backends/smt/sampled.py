"""Computed terms in the search for a case that opens a door: what a formula gives, if need be at samples."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import z3

from salesdx.base.model import Term
from salesdx.engine.backends.smt.computed_terms import Samples, inputs, written
from salesdx.engine.backends.smt.encoding import Encoding
from salesdx.engine.backends.smt.formulas import FALSE, Symbol, exact, same_value


def by_formula(encoding: Encoding, term: Term, known: Samples, by_hand: bool) -> Iterator[Any]:
    """A computed term is what its formula gives, at ``known`` inputs where that cannot be written; ``by_hand`` also
    any other value where the formula gives none."""
    symbol, gives = encoding.facts[term.name], written(encoding, term)
    if gives is None:
        read = [encoding.facts[name].known for name in sorted(inputs(term))]
        yield z3.Implies(z3.And(read), _at_a_sample(encoding, term, known))
    else:
        inside = z3.And(gives.known, *_inside(term, gives))
        yield z3.Implies(inside, z3.And(symbol.known, same_value(symbol, gives)))
    for name in sorted(inputs(term)):  # nobody excuses what is computed but by what it is computed from
        read = encoding.symbols[name].known
        yield z3.Implies(encoding.excused[term.name], z3.Or(read, encoding.excused.get(name, FALSE)))
    hand = z3.And(symbol.known, z3.Not(by_its_formula(encoding, term, known)))
    if not by_hand:
        yield z3.Not(hand)
    for name in sorted(inputs(term) & encoding.facts.keys()):  # what is imprecise or disputed leaves no room for a hand
        fact = encoding.facts[name]
        yield z3.Implies(hand, z3.And(z3.Not(encoding.vague[name]), z3.Implies(fact.known, fact.exact)))


def by_its_formula(encoding: Encoding, term: Term, known: Samples) -> Any:
    """The formula under which the formula of a computed term gives a value."""
    gives = written(encoding, term)
    if gives is None:
        return _at_a_sample(encoding, term, known)
    return z3.And(gives.known, *_inside(term, gives))


def _at_a_sample(encoding: Encoding, term: Term, known: Samples) -> Any:
    """What a term reads is one of some samples, and it is what its formula gives there."""
    made = []
    for values, result in known:
        at = [(encoding.facts[name], value) for name, value in (*values.items(), (term.name, result))]
        made.append(z3.And([z3.And(fact.exact, fact.low == encoding.constant(value).low) for fact, value in at]))
    return z3.Or(made)


def _inside(term: Term, gives: Symbol) -> Iterator[Any]:
    """That a result is inside the range of its term."""
    if term.low is not None and term.high is not None:
        yield z3.And(gives.has_low, gives.has_high, gives.low >= exact(term.low), gives.high <= exact(term.high))
