"""Computed terms in the search for a case: what a formula makes of what it reads.

Proofs leave computed terms free. A case that somebody can state must have the values that its formulas give.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from random import Random
from typing import Any

import z3

from salesdx.base.model import RuleBase, Term
from salesdx.case.settling import computed
from salesdx.engine.backends.smt.encoding import Encoding
from salesdx.engine.backends.smt.formulas import FALSE, Symbol, exact, point, same_value
from salesdx.engine.program import RuleRefused
from salesdx.language.conditions import Value, names

Samples = tuple[tuple[Mapping[str, Value], Value], ...]
"""Inputs of a formula, and what it gives for them."""
SAMPLES, DRAWN, LARGEST = 8, 400, 60


def inputs(term: Term) -> set[str]:
    """The terms and findings that a computed term reads."""
    return {name for expr in term.expressions for name in names(expr)}


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


def written(encoding: Encoding, term: Term) -> Symbol | None:
    """What a computed term follows from, as a formula; None where that cannot be written."""
    if term.formula is None:
        return _chosen(encoding, term)
    try:
        return encoding.symbol(term.formula)
    except RuleRefused:
        return None


def _chosen(encoding: Encoding, term: Term) -> Symbol:
    """The value of the first condition that is true, where all before it are false."""
    chosen, known = encoding.constant(term.choose[-1].value), z3.BoolVal(False)
    value = chosen.value
    for choice in reversed(term.choose):
        true, false = encoding.true(choice.when), encoding.false(choice.when)
        value = z3.If(true, encoding.constant(choice.value).value, value)
        known = z3.Or(true, z3.And(false, known))
    return point(chosen.kind, known, value)


def samples(base: RuleBase, term: Term, earlier: Mapping[str, Samples]) -> Samples:
    """What a formula gives at some inputs, spread over what it can give; ``earlier`` are samples of what it reads."""
    random, found = Random(term.name), dict[Value, dict[str, Value]]()
    for _ in range(DRAWN):
        drawn = {name: _draw(base.terms[name], earlier.get(name, ()), random) for name in sorted(inputs(term))}
        result = computed(term, drawn)
        if result is not None:
            found.setdefault(result, drawn)
    ordered = sorted(found.items(), key=lambda item: item[0])  # type: ignore[arg-type, return-value]
    steps = range(SAMPLES) if len(ordered) > SAMPLES else ()
    spread = [ordered[step * (len(ordered) - 1) // (SAMPLES - 1)] for step in steps] or ordered
    return tuple((values, result) for result, values in spread)


def _draw(term: Term, known: Samples, random: Random) -> Value:
    if known:
        return random.choice(known)[1]
    low, high = int(term.low or 0), int(min(term.high or LARGEST, LARGEST))
    return Decimal(random.randint(low, max(low, high)))
