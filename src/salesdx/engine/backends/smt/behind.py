"""What a computed term follows from, and when what a hand wrote of it comes to light after a change."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from salesdx.base.model import RuleBase
from salesdx.case.memory import asked_behind
from salesdx.engine.backends.smt.formulas import same_value
from salesdx.engine.backends.smt.logic import FALSE, Formula, all_of, any_of, implies, negated
from salesdx.language.conditions import CONDITIONS, Arithmetic, Call, Expr, Literal, Name, names, walk


def read_behind(base: RuleBase, name: str) -> frozenset[str]:
    """The terms and findings that a computed term reads, directly or through others."""
    queue = [name]
    for each in queue:
        term = base.terms.get(each)
        exprs = term.expressions if term is not None else [rule.when for rule in base.findings[each]]
        queue += dict.fromkeys(read for expr in exprs for read in names(expr) if read not in queue)
    return frozenset(queue[1:])


@lru_cache(maxsize=1024)
def is_plain(base: RuleBase, name: str) -> bool:
    """Whether a term is asked and never calculated, or computed alone and known only where all that it reads is, which
    is plain: it divides by nothing that may be zero, makes no choice, reads no finding, and tests nothing."""
    term = base.terms.get(name)
    if term is None or term.or_formula is not None or term.choose:
        return False
    if term.formula is None:
        return True
    parts = list(walk(term.formula))
    divisors = [part.right for part in parts if isinstance(part, Arithmetic) and part.op == "/"]
    low = [base.terms[each.id].low if isinstance(each, Name) and each.id in base.terms else None for each in divisors]
    return (
        not (term.respondent or term.only)
        and all(isinstance(part, Arithmetic | Call | Literal | Name) for part in parts)
        and all(end is not None and end > 0 for end in low)
        and all(is_plain(base, read) for read in names(term.formula))
    )


def follows_no_test(base: RuleBase, name: str) -> bool:
    """Whether a term follows from no test: then it is known only where all that it reads is."""
    read = [base.terms.get(each) for each in (name, *read_behind(base, name))]
    return not any(term is None or term.choose or any(map(_has_tests, term.expressions)) for term in read)


def _has_tests(expr: Expr) -> bool:
    """Whether a test stands in an expression, which a part may decide."""
    return any(isinstance(part, CONDITIONS) for part in walk(expr))


def by_hand(change: Any, name: str) -> Formula:
    """A value that was written by hand. What was computed before needs something that is known no more: what
    people state, or what a hand wrote of another computed term."""
    pairs = [change.facts_of(read) for read in read_behind(change.base, name) if read in change.base.terms]
    lost = any_of([all_of(was.known, negated(now.known)) for was, now in pairs])
    never = negated(change.first.facts[name].known)
    return all_of(_counts_by_hand(change, name), any_of(all_of(lost, *_was_computed(change, name)), never))


def _counts_by_hand(change: Any, name: str) -> Formula:
    """A value of a computed term after the change that meets no floor, where something that the term follows from
    is unknown and nothing that people state of that is vague."""
    asked = asked_behind(change.base)[name]
    behind = [change.second.facts[read] for read in asked]
    sharp = [implies(fact.known, fact.exact) for fact in behind]
    sharp += [negated(change.second.vague[read]) for read in asked if change.base.terms[read].or_formula is None]
    meets = [low.facts[name].known for low in change.second.low.values()]
    unknown = any_of([negated(fact.known) for fact in behind])
    return all_of(change.second.facts[name].known, negated(any_of(meets)), unknown, *sharp)


def _was_computed(change: Any, name: str) -> Iterator[Formula]:
    """What must have been so for a formula to give what was known: else a hand wrote it, and it is as it was."""
    formula = change.base.terms[name].formula
    if formula is not None and not _has_tests(formula):
        yield from (change.first.symbols[read].known for read in names(formula))


def uncovered(change: Any, name: str) -> Formula:
    """A value that was written by hand, where the formula gave one before, and none since what a hand wrote of
    another computed term is less precise."""
    terms = (change.base.terms.get(read) for read in read_behind(change.base, name))
    pairs = [change.facts_of(term.name) for term in terms if term is not None and term.computed and term.measured]
    wide = [all_of(now.known, negated(now.exact), negated(same_value(was, now))) for was, now in pairs]
    if not wide or change.directions.always(name):
        return FALSE
    return all_of(any_of(wide), _counts_by_hand(change, name), *_was_computed(change, name))
