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
    TRUTH,
    Formula,
    all_of,
    any_of,
    either,
    fixed,
    free,
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
    hand = hand_counts(encoding, term) if by_hand else FALSE
    if gives is None:
        known = [encoding.symbols[name].known for name in sorted(inputs(term))]
        taken = (part for statistic in _statistics(term) for part in statistic.arguments)
        known += [encoding.symbols[part.id].exact for part in taken if isinstance(part, Name)]
        known += [symbol.exact] if term.formula in _statistics(term) else []
        yield implies(symbol.known, any_of(all_of(known), hand))
    else:
        off = _off(encoding.base, term)
        surely, maybe = (all_of(gives.known, *inside(term, gives, by)) for by in (ZERO, -off))
        near = all_of(_near(symbol, gives, off), *_in_order(encoding, term, symbol, gives, off))
        if term.type != "integer" or off is ZERO:  # which the loader sees to
            yield implies(surely, all_of(symbol.known, near))
        yield implies(symbol.known, any_of(all_of(maybe, near), hand))
    yield from _why_unknown(encoding, term)


def _off(base: RuleBase, term: Term) -> Formula:
    """How far a result may be from what is kept of it; a table has it as it is kept."""
    kept = term.formula is None or is_whole(base.terms, term.formula) or _statistics(term)
    return ZERO if kept else ROUNDING


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


def _statistics(term: Term) -> list[Call]:
    """The statistics in a formula: they take exact numbers alone."""
    parts = walk(term.formula) if term.formula is not None else ()
    return [part for part in parts if isinstance(part, Call) and part.function not in ("min", "max")]


def hand_counts(encoding: Encoding, term: Term) -> Formula:
    """Whether what a hand wrote can count: some of what it follows from is unknown, and each that is was said to be so;
    the others are sharp."""
    behind = asked_behind(encoding.base)[term.name]
    unknown = any_of([negated(encoding.facts[name].known) for name in behind])
    return all_of(unknown, *(any_of(encoding.facts[name].exact, declared(encoding, name)) for name in behind))


def declared(encoding: Encoding, name: str) -> Formula:
    """Whether an asked term is unknown since somebody said so, and neither disputed nor too old."""
    said = free(TRUTH, f"{encoding.prefix}said to be unknown {name}")
    vague = negated(encoding.vague[name]) if encoding.base.terms[name].or_formula is None else TRUE
    return all_of(said, negated(encoding.facts[name].known), vague)


def _why_unknown(encoding: Encoding, term: Term) -> Iterator[Formula]:
    """What a computed term reads makes it vague, or excuses it; of one that is asked as well its respondent may say
    that it does not apply, but not where it can be calculated from what is imprecise. That meets no floor."""
    unknown, excused = negated(encoding.facts[term.name].known), encoding.excused[term.name]
    blurred, looked = _behind(encoding, term)
    if not encoding.is_low:
        yield encoding.vague[term.name] == all_of(unknown, blurred)
    yield implies(all_of(unknown, looked), excused)
    if encoding.is_low or not (term.respondent or term.only):
        yield implies(excused, looked)
    elif term.formula is not None and not _reads_findings(encoding.base, term.name):
        read = [encoding.symbols[name] for name in names(term.formula)]
        told = any_of(*(negated(each.known) for each in read), all_of([each.exact for each in read]))
        yield implies(excused, any_of(looked, told))


def value_by_hand(encoding: Encoding, term: Term) -> Formula:
    """Whether a computed term surely has a value that a hand wrote."""
    if (gives := written(encoding, term)) is None:
        made = [encoding.symbols[name].known for name in sorted(inputs(term))]
    else:
        made = [gives.known, *inside(term, gives, -_off(encoding.base, term))]
    return all_of(encoding.facts[term.name].known, negated(all_of(made)))


def excused_by_hand(encoding: Encoding, term: Term) -> Formula:
    """Whether a computed term is excused, and not by what it reads."""
    _, looked = _behind(encoding, term)
    return all_of(encoding.excused[term.name], negated(looked))


def _behind(encoding: Encoding, term: Term) -> tuple[Formula, Formula]:
    """Whether what a computed term reads leaves it unknown through something vague, and whether only through what is
    excused."""
    return _chosen_unknown(encoding, term) if term.formula is None else _calculated_unknown(encoding, term)


def _calculated_unknown(encoding: Encoding, term: Term) -> tuple[Formula, Formula]:
    """Whether a formula is unknown through what is imprecise or disputed, and whether only through what is excused."""
    assert term.formula is not None
    return any_of([encoding.blurred_name(name) for name in names(term.formula)]), encoding.excused_test(term.formula)


def _chosen_unknown(encoding: Encoding, term: Term) -> tuple[Formula, Formula]:
    """The same of a choice: the tests count that are undecided before one is true."""
    blurred, looked, undecided = [], [], []
    reached: Formula = TRUE
    for choice in term.choose:
        true, false = encoding.true(choice.when), encoding.false(choice.when)
        undecided.append(all_of(reached, negated(true), negated(false)))
        blurred.append(all_of(reached, encoding.blurred(choice.when)))
        looked.append(implies(reached, encoding.looked(choice.when)))
        reached = all_of(reached, negated(true))
    return any_of(blurred), all_of(any_of(undecided), *looked)


@lru_cache(maxsize=1024)
def _reads_findings(base: RuleBase, name: str) -> bool:
    """Whether a term is computed from a finding, directly or through others."""
    return name not in base.terms or any(_reads_findings(base, read) for read in inputs(base.terms[name]))


def in_a_file(encoding: Encoding, term: Term, known: Samples) -> Iterator[Formula]:
    """What helps to find a file that states a case: a formula that cannot be written is known at some samples alone,
    and no result is rounded."""
    symbol = encoding.facts[term.name]
    if (gives := written(encoding, term)) is not None:
        yield implies(all_of(gives.known, symbol.known, *inside(term, gives, ZERO)), _near(symbol, gives, ZERO))
    else:
        at = [all_of(_reads(encoding, values), told(encoding, term, values, result)) for values, result in known]
        yield implies(all_of([encoding.symbols[name].known for name in sorted(inputs(term))]), any_of(at))
        yield implies(symbol.known, symbol.exact)


def also_follows(encoding: Encoding, term: Term) -> Iterator[Formula]:
    """An asked term that can be calculated is known where its `or_formula` gives something, and excused only where it
    is not too vague for that. It is unknown through something vague only where an input is so; one without a range may
    also be disputed between values without a bound."""
    assert term.or_formula is not None
    symbol, gives = encoding.facts[term.name], also_calculated(encoding, term)
    read = [encoding.symbols[name] for name in names(term.or_formula)]
    sharp = all_of([each.exact for each in read])
    if gives is not None:
        yield implies(all_of(gives.known, *inside(term, gives, ZERO)), symbol.known)
    yield implies(encoding.excused[term.name], any_of(*(negated(each.known) for each in read), sharp))
    if term.low is not None and term.high is not None:
        blurred = any_of([encoding.blurred_name(name) for name in names(term.or_formula)])
        yield encoding.vague[term.name] == all_of(negated(symbol.known), blurred)


def calculated_alone(encoding: Encoding, term: Term) -> Formula:
    """That an asked term has the value that its `or_formula` gives, where that gives one: nobody says otherwise."""
    symbol, gives = encoding.facts[term.name], also_calculated(encoding, term)
    if gives is None:
        return TRUE
    return implies(all_of(gives.known, *inside(term, gives, ZERO)), all_of(symbol.known, _near(symbol, gives, ZERO)))


def also_calculated(encoding: Encoding, term: Term) -> Symbol | None:
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


def inside(term: Term, gives: Symbol, by: Formula) -> Iterator[Formula]:
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
        return _tabled(encoding, term)


def _tabled(encoding: Encoding, term: Term) -> Symbol | None:
    """What a statistic of few whole numbers gives, by a table of all; None where it takes others."""
    plain = isinstance(term.formula, Call) and all(isinstance(part, Name | Literal) for part in term.formula.arguments)
    if not plain or (every := _every(encoding.base, term.name)) is None:
        return None
    read = [encoding.symbols[name] for name in sorted(inputs(term))]
    results = {tuple(values[name] for name in sorted(values)): exact(result) for values, result in every}  # type: ignore[arg-type]
    known = _by_table(read, dict.fromkeys(results, TRUE), FALSE)
    return point("number", all_of(*(each.exact for each in read), known), _by_table(read, results, ZERO))


def _by_table(read: list[Symbol], rows: Mapping[tuple[Value, ...], Formula], otherwise: Formula) -> Formula:
    """The formula in the row of what is read."""
    if not read:
        return rows[()]
    below: dict[Value, dict[tuple[Value, ...], Formula]] = {}
    for (value, *rest), result in rows.items():
        below.setdefault(value, {})[tuple(rest)] = result
    found = otherwise
    for value, left in below.items():
        found = either(read[0].low == exact(value), _by_table(read[1:], left, otherwise), found)  # type: ignore[arg-type]
    return found


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
    if (every := _every(base, term.name)) is not None:
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


@lru_cache(maxsize=1024)
def _every(base: RuleBase, name: str) -> Samples | None:
    """What a formula gives at all its inputs, where these are few whole numbers; else None."""
    term = base.terms[name]
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
