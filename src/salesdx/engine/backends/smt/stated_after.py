"""What is stated of terms in the second of two cases, for searches that follow formulas.

Statements are no variables: what they make of facts is told apart here, as far as the facts show it.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from salesdx.base.model import Term
from salesdx.base.properties import ADDED, WIDER
from salesdx.engine.backends.smt.changed_case import ChangedCase
from salesdx.engine.backends.smt.computed_terms import (
    ROUNDING,
    ZERO,
    also_calculated,
    declared,
    excused_by_hand,
    hand_counts,
    inside,
    value_by_hand,
)
from salesdx.engine.backends.smt.encoding import Encoding
from salesdx.engine.backends.smt.formulas import same_value
from salesdx.engine.backends.smt.logic import (
    FALSE,
    NUMBER,
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
from salesdx.engine.backends.smt.statable import HEADED, head_of
from salesdx.language.statistics import PLACES


def stated_after(change: ChangedCase) -> Iterator[Formula]:
    """What is stated of the terms of two cases, of which nobody forgets or moves what the head says."""
    head = zip(head_of(change.first).values(), head_of(change.second).values(), strict=True)
    yield from (implies(HEADED, same_value(was, now)) for was, now in head)
    for name, term in change.base.terms.items():
        if term.computed:
            yield from _computed(change, term)
        elif change.property.restated != ADDED:
            yield _all_or_none(change, name)
            yield from _declared(change, name)
        if term.or_formula is not None and change.property.better:
            yield from _calculated(change, term)


def _computed(change: ChangedCase, term: Term) -> Iterator[Formula]:
    """What is stated of a computed term after a change: no excuse where a hand wrote a value before, and unless more is
    said, no value where its respondent excused it, since who writes a value excuses nothing.

    Where values move, no statement comes or goes, so a value that did not count before does not count behind. Where
    statements are forgotten, one that counts behind, or before, would have counted before, or behind, if it could.
    """
    first, second, property = change.first, change.second, change.property
    values = [value_by_hand(encoding, term) for encoding in (first, second)]
    excuses = [excused_by_hand(encoding, term) for encoding in (first, second)]
    known, known_after = (encoding.facts[term.name].known for encoding in (first, second))
    yield negated(all_of(values[0], excuses[1]))
    if property.restated == ADDED:
        return
    yield negated(all_of(excuses[0], values[1]))
    if property.restated == WIDER and term.name in change.following:  # what a hand wrote in both cases is one statement
        yield implies(all_of(values), all_of(list(change.less_precise(term.name))))
    yield implies(all_of(values[1], negated(known)), negated(hand_counts(first, term)) if property.forget else FALSE)
    if not property.forget or term.name not in change.told:
        yield implies(all_of(values[0], negated(known_after)), negated(hand_counts(second, term)))
    if property.forget and term.name not in change.told:
        yield implies(excuses[0], second.excused[term.name])


def _declared(change: ChangedCase, name: str) -> Iterator[Formula]:
    """Whether an asked term is said to be unknown after a change: as before where nothing is forgotten of it. Else only
    where that was said before, behind what disagreed with nothing, or was too old in a case that has a period."""
    first, second = change.first, change.second
    was, now = declared(first, name), declared(second, name)
    if first.base.terms[name].or_formula is not None:
        return
    if not change.property.forget or name not in change.told:
        yield was == now
        return
    unknown = all_of(negated(first.facts[name].known), negated(first.vague[name]))
    yield implies(all_of(now, unknown), any_of(was, HEADED))
    yield negated(all_of(now, _all_forgotten(first, second, name)))


def _all_or_none(change: ChangedCase, name: str) -> Formula:
    """Where a value and an excuse are stated of an asked term, which disagree, or values that do, all of it is
    forgotten or nothing, and the value does not move."""
    first, second = change.first, change.second
    excused = [any_of([low.excused[name] for low in encoding.low.values()]) for encoding in (first, second)]
    if change.property.forget:
        return negated(all_of(_all_forgotten(first, second, name), excused[1]))
    was, now = first.facts[name], second.facts[name]
    return any_of(same_value(was, now), negated(all_of(was.known, any_of(excused))))


def _all_forgotten(first: Encoding, second: Encoding, name: str) -> Formula:
    """Whether what disagrees of an asked term is forgotten, and then all that was said of it."""
    excused = any_of([low.excused[name] for low in first.low.values()])
    some = any_of(first.vague[name], all_of(first.facts[name].known, excused))
    return all_of(some, negated(second.facts[name].known), negated(second.vague[name]))


def _calculated(change: ChangedCase, term: Term) -> Iterator[Formula]:
    """What becomes of an asked term when what it can be calculated from is better: people state one value in both
    cases, or a better one where it is named itself, or none, and on evidence as strong as before.

    So the result counts in its place, or not at all, or both do and the fact is their span. A value that agrees with
    the result counts itself.
    """
    better, name = change.property.better, term.name
    if term.low is None or term.high is None or not better:
        return
    stated, alone, spans = (free(TRUTH, f"{word} {name}") for word in ("stated", "calculated alone", "calculated too"))
    values = [tuple(free(NUMBER, f"{each.prefix}stated {name} {end}") for end in ("from", "to"))
              for each in (change.first, change.second)]  # fmt: skip
    for was, now in zip(*values, strict=True):
        way = better.get(name)
        yield now == was if way is None else now >= was if way == "higher" else now <= was
    for encoding, (low, high) in zip((change.first, change.second), values, strict=True):
        fact, gives = encoding.facts[name], also_calculated(encoding, term)
        if gives is None:
            return
        surely, maybe = (all_of(gives.known, *inside(term, gives, by)) for by in (ZERO, -ROUNDING))
        far = fixed(max(Fraction(1, 2), Fraction(term.tolerance or 0)) + Fraction(1, 10**PLACES))
        said = all_of(fact.known == stated, implies(stated, all_of(fact.low == low, fact.high == high)))
        agrees = all_of(stated, _close(low, gives.low, far), _close(high, gives.high, far))
        made = all_of(fact.known, _close(fact.low, gives.low), _close(fact.high, gives.high))
        wide = either(low <= gives.low, low, gives.low), either(high >= gives.high, high, gives.high)
        spanned = all_of(fact.known, stated, _close(fact.low, wide[0]), _close(fact.high, wide[1]))
        counts = either(alone, made, either(spans, spanned, all_of(stated, said)))
        yield any_of(all_of(maybe, any_of(counts, all_of(agrees, said))), all_of(negated(surely), said))


def _close(a: Formula, b: Formula, far: Formula = ROUNDING) -> Formula:
    """Whether two numbers are no further apart than rounding puts them, or so far."""
    return all_of(a - b <= far, b - a <= far)
