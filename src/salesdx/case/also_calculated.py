"""Asked terms that can also be calculated: what their `or_formula` states."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from salesdx.base.model import RuleBase, Term
from salesdx.case.formula_results import as_good_as_equal, formula_result
from salesdx.case.settling import Fact
from salesdx.case.statement import COMPUTED, Statement, evidence_kind
from salesdx.language.conditions import names
from salesdx.language.intervals import Interval


@lru_cache(maxsize=8)
def or_formulas(base: RuleBase) -> tuple[str, ...]:
    """The asked terms that can also be calculated."""
    return tuple(name for name, term in base.terms.items() if term.or_formula is not None)


@lru_cache(maxsize=8)
def calculated_from(base: RuleBase) -> Mapping[str, frozenset[str]]:
    """An asked term that can also be calculated -> what it is calculated from."""
    found = {name: base.terms[name].or_formula for name in or_formulas(base)}
    return {name: frozenset(names(expr)) for name, expr in found.items() if expr is not None}


def calculated(term: Term, facts: Mapping[str, Fact], base: RuleBase) -> Statement | None:
    """What the `or_formula` of an asked term states: its result, with the weakest kind of evidence of its inputs.

    None where an input is unknown. ``facts`` are those of the inputs, and the term's own: a value that people state
    and that agrees with the result is the one that counts, so that the result says the same.
    """
    assert term.or_formula is not None
    inputs = [facts[name] for name in names(term.or_formula) if name in facts]
    known = formula_result(term, term.or_formula, {f.term: f.value for f in inputs if f.value is not None})
    used = [fact.used for fact in inputs if fact.used is not None]
    kinds = [evidence_kind(base, said) for said in used]
    if known is None or not kinds:
        return None
    stated = facts[term.name].value if term.name in facts else None
    says = stated if as_good_as_equal(term, stated, known) else known
    return Statement(says, kind=max(kinds, key=lambda kind: base.evidence_ranks[kind]), source=COMPUTED)


def is_too_vague(term: Term, facts: Mapping[str, Fact]) -> bool:
    """Whether all inputs of an `or_formula` are known, and some only between two ends: what gives no result then is
    imprecise, and neither not asked nor excused."""
    assert term.or_formula is not None
    read = [facts[name].value if name in facts else None for name in names(term.or_formula)]
    return None not in read and any(isinstance(value, Interval) for value in read)


def is_calculated(term: Term, statement: Statement) -> bool:
    """Whether nobody made a statement: it is what a term's `or_formula` gives."""
    return term.or_formula is not None and statement.source == COMPUTED and statement.place is None
