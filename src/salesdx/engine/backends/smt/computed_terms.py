"""Computed terms in the search for a case: what a formula makes of what it reads.

A proof is first tried with computed terms left free, then with what follows of every file, and a case that somebody can
state must have the values that its formulas give.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from itertools import product
from math import prod
from random import Random

from salesdx.base.calculated import is_whole
from salesdx.base.model import RuleBase, Term
from salesdx.case.memory import asked_behind
from salesdx.case.settling import computed
from salesdx.engine.backends.smt.encoding import Encoding
from salesdx.engine.backends.smt.formulas import Symbol, exact, point, same_value
from salesdx.engine.backends.smt.logic import (
    FALSE,
    TRUE,
    Formula,
    all_of,
    any_of,
    either,
    fixed,
    implies,
    negated,
)
from salesdx.engine.program import RuleRefused
from salesdx.language.conditions import Call, Compare, Literal, Name, Value, names, walk
from salesdx.language.statistics import PLACES

Samples = tuple[tuple[Mapping[str, Value], Value], ...]
"""Inputs of a formula, and what it gives for them."""
SAMPLES, DRAWN, LARGEST, FEW = 8, 400, 60, 150
ZERO, ROUNDING = fixed(0), fixed(Fraction(1, 10**PLACES))


def inputs(term: Term) -> set[str]:
    """The terms and findings that a computed term reads."""
    return {name for expr in term.expressions for name in names(expr)}


def follows(encoding: Encoding, term: Term, by_hand: bool) -> Iterator[Formula]:
    """A computed term is what its formula gives, rounded, and where that gives nothing what a hand wrote, if anything:
    that counts only where something is unknown and nothing vague. So much holds of every file."""
    symbol, gives = encoding.facts[term.name], written(encoding, term)
    reads = sorted(inputs(term))
    hand = _hand(encoding, term) if by_hand else FALSE
    if gives is None:
        known = [encoding.symbols[name].known for name in reads]
        known += [encoding.symbols[name].exact for name in _of_statistics(term)]
        known += (
            [symbol.exact] if isinstance(term.formula, Call) and term.formula.function not in ("min", "max") else []
        )
        yield implies(symbol.known, any_of(all_of(known), hand))
    else:
        off = ZERO if term.formula is None or is_whole(encoding.base.terms, term.formula) else ROUNDING
        surely, maybe = (all_of(gives.known, *_inside(term, gives, by)) for by in (ZERO, -off))
        near = all_of(_near(symbol, gives, off), *_in_order(encoding, term, symbol, gives, off))
        if term.type != "integer" or off is ZERO:  # which the loader sees to
            yield implies(surely, all_of(symbol.known, near))
        yield implies(symbol.known, any_of(all_of(maybe, near), hand))
    if term.formula is not None:
        yield from _why_unknown(encoding, term, reads)


def told(encoding: Encoding, term: Term, values: Mapping[str, Value], result: Value | None) -> Formula:
    """A computed term is what its formula gives for these values of what it reads."""
    read = _reads(encoding, values)
    symbol = encoding.facts[term.name]
    if result is None:  # what a hand wrote counts only where something is unknown
        behind = [encoding.facts[name].known for name in asked_behind(encoding.base)[term.name]]
        return implies(all_of(read, *behind), negated(symbol.known))
    return implies(read, all_of(symbol.exact, symbol.low == encoding.constant(result).low))


def _reads(encoding: Encoding, values: Mapping[str, Value]) -> Formula:
    """That terms have these exact values."""
    facts = ((encoding.facts[name], encoding.constant(value).low) for name, value in values.items())
    return all_of([all_of(fact.exact, fact.low == low) for fact, low in facts])


def _of_statistics(term: Term) -> Iterator[str]:
    """The names of which a statistic takes exact numbers alone."""
    for part in walk(term.formula) if term.formula is not None else ():
        if isinstance(part, Call) and part.function not in ("min", "max"):
            yield from names(part)


def _hand(encoding: Encoding, term: Term) -> Formula:
    """Whether what a hand wrote can count."""
    behind = asked_behind(encoding.base)[term.name]
    unknown = [negated(encoding.facts[name].known) for name in behind]
    sharp = [implies(encoding.facts[name].known, encoding.facts[name].exact) for name in behind]
    return all_of(any_of(unknown), *sharp, *(negated(encoding.vague[name]) for name in behind))


def _why_unknown(encoding: Encoding, term: Term, reads: list[str]) -> Iterator[Formula]:
    """What a formula reads makes its term vague, or excuses it."""
    symbol = encoding.facts[term.name]
    blurred = all_of(negated(symbol.known), any_of([encoding.blurred_name(name) for name in reads]))
    if not encoding.is_low:
        yield encoding.vague[term.name] == blurred
    excused = [any_of(encoding.symbols[name].exact, encoding.excused_name(name)) for name in reads]
    missing = any_of([negated(encoding.symbols[name].exact) for name in reads])
    by_inputs = all_of(negated(symbol.known), missing, *excused)
    if encoding.is_low or not (term.respondent or term.only):
        yield implies(encoding.excused[term.name], by_inputs)


def in_a_file(encoding: Encoding, term: Term, known: Samples) -> Iterator[Formula]:
    """What helps to find a file that states a case: a formula that cannot be written is known at some samples alone,
    and nobody excuses what is computed but by what it is computed from."""
    symbol = encoding.facts[term.name]
    if (gives := written(encoding, term)) is not None:  # no result is off by what it may be rounded
        yield implies(all_of(gives.known, symbol.known, *_inside(term, gives, ZERO)), _near(symbol, gives, ZERO))
    else:
        at = [all_of(_reads(encoding, values), told(encoding, term, values, result)) for values, result in known]
        yield implies(all_of([encoding.symbols[name].known for name in sorted(inputs(term))]), any_of(at))
        yield implies(symbol.known, symbol.exact)
    for name in sorted(inputs(term)):
        read = encoding.symbols[name].known
        yield implies(encoding.excused[term.name], any_of(read, encoding.excused_name(name)))


def calculated_alone(encoding: Encoding, term: Term) -> Formula:
    """That an asked term has the value that its `or_formula` gives, where that gives one: nobody says otherwise."""
    symbol, gives = encoding.facts[term.name], _also(encoding, term)
    if gives is None:
        return TRUE
    return implies(all_of(gives.known, *_inside(term, gives, ZERO)), all_of(symbol.known, _near(symbol, gives, ZERO)))


def vague_as_its_inputs(encoding: Encoding, term: Term) -> Iterator[Formula]:
    """That an asked term which can be calculated is unknown through something vague only where an input is so. One
    without a range may also be disputed between values without a bound."""
    if term.or_formula is not None and term.low is not None and term.high is not None:
        blurred = any_of([encoding.blurred_name(name) for name in names(term.or_formula)])
        yield encoding.vague[term.name] == all_of(negated(encoding.facts[term.name].known), blurred)


def _also(encoding: Encoding, term: Term) -> Symbol | None:
    try:
        return encoding.symbol(term.or_formula) if term.or_formula is not None else None
    except RuleRefused:
        return None


def _in_order(encoding: Encoding, term: Term, symbol: Symbol, gives: Symbol, off: Formula) -> Iterator[Formula]:
    """Rounding keeps the order, and numbers of so few places: no result crosses one with which it is compared."""
    for number in limits(encoding.base).get(term.name, ()) if off is not ZERO else ():
        limit = exact(number)
        for end, given, has in ((symbol.low, gives.low, gives.has_low), (symbol.high, gives.high, gives.has_high)):
            yield implies(all_of(has, given >= limit), end >= limit)
            yield implies(all_of(has, given <= limit), end <= limit)


@lru_cache(maxsize=8)
def limits(base: RuleBase) -> Mapping[str, frozenset[Decimal]]:
    """Computed term -> the numbers with which conditions compare it."""
    found: dict[str, set[Decimal]] = {}
    stages = (when for stage in base.stages for when in (stage.ruled_out_when, stage.set_aside_when))
    sides = (side for property in base.properties for side in (property.premise, property.conclusion))
    every = (*(rule.when for rule in base.rules), *stages, *sides,
             *(expr for term in base.terms.values() for expr in term.expressions))  # fmt: skip
    for part in (part for expr in every if expr is not None for part in walk(expr)):
        match part:
            case Compare(_, Name(name), Literal(Decimal() as number)) if round(number, PLACES) == number:
                found.setdefault(name, set()).add(number)
    return {name: frozenset(numbers) for name, numbers in found.items()}


def _inside(term: Term, gives: Symbol, by: Formula) -> Iterator[Formula]:
    """That a result is inside the range of its term, and so far from its ends."""
    if term.low is not None and term.high is not None:
        low, high = exact(term.low) + by, exact(term.high) - by
        yield all_of(gives.has_low, gives.has_high, gives.low >= low, gives.high <= high)


def _near(symbol: Symbol, gives: Symbol, off: Formula) -> Formula:
    """That both ends are what is given, or so close to it."""
    bounds = [symbol.has_low == gives.has_low, symbol.has_high == gives.has_high]
    if symbol.low is symbol.high or off is ZERO:
        return all_of(same_value(symbol, gives), *bounds)
    ends = [(symbol.low, gives.low, gives.has_low), (symbol.high, gives.high, gives.has_high)]
    return all_of(*bounds, *(implies(has, all_of(a - b <= off, b - a <= off)) for a, b, has in ends))


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
    chosen, known = encoding.constant(term.choose[-1].value), FALSE
    value = chosen.value
    for choice in reversed(term.choose):
        true, false = encoding.true(choice.when), encoding.false(choice.when)
        value = either(true, encoding.constant(choice.value).value, value)
        known = any_of(true, all_of(false, known))
    return point(chosen.kind, known, value)


def samples(base: RuleBase, term: Term, earlier: Mapping[str, Samples]) -> Samples:
    """What a formula gives at some inputs, spread over what it can give; ``earlier`` are samples of what it reads."""
    if (every := _every(base, term)) is not None:
        return every
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


def _every(base: RuleBase, term: Term) -> Samples | None:
    """What a formula gives at all its inputs, where these are few whole numbers; else None."""
    read = [base.terms[name] for name in sorted(inputs(term)) if name in base.terms]
    few = all(each.type == "integer" and each.low is not None and each.high is not None for each in read)
    spans = [range(int(each.low or 0), int(each.high or 0) + 1) for each in read] if few else []
    if not few or len(read) < len(inputs(term)) or prod(map(len, spans)) > FEW:
        return None
    drawn = ({each.name: Decimal(n) for each, n in zip(read, numbers, strict=True)} for numbers in product(*spans))
    return tuple((values, result) for values in drawn if (result := computed(term, values)) is not None)


def _draw(term: Term, known: Samples, random: Random) -> Value:
    if known:
        return random.choice(known)[1]
    low, high = int(term.low or 0), int(min(term.high or LARGEST, LARGEST))
    return Decimal(random.randint(low, max(low, high)))
