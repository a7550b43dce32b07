"""How two conditions stand to each other, over all possible facts."""

from __future__ import annotations

from collections.abc import Mapping

from salesdx.base.model import Term
from salesdx.engine.backends.smt.formulas import Formulas, point
from salesdx.engine.backends.smt.logic import TRUTH, Formula, free, negated
from salesdx.engine.backends.smt.solving import solve
from salesdx.engine.program import RuleRefused
from salesdx.language.conditions import Expr, names

SAME, STRICTER, LOOSER, OTHER = "same", "stricter", "looser", "different"
TIME = 2_000
"""Milliseconds for each of the two questions."""


def relation(old: Expr, new: Expr, terms: Mapping[str, Term]) -> str | None:
    """Whether the new condition is true for the same facts as the old one, for fewer, for more, or for others.

    ``terms`` are those that either reads; other names are findings, which may be anything. None where z3 gives up.
    """
    read = dict.fromkeys([*names(old), *names(new)])
    formulas = Formulas([terms[name] for name in read if name in terms])
    for name in read:
        if name not in terms:
            formulas.symbols[name] = point("boolean", free(TRUTH, f"known {name}"), free(TRUTH, name))
    try:
        was, now = formulas.true(old), formulas.true(new)
    except RuleRefused:
        return None
    lost = _possible(formulas, was, negated(now))
    gained = _possible(formulas, now, negated(was))
    if lost is None or gained is None:
        return None
    return {(False, False): SAME, (True, False): STRICTER, (False, True): LOOSER}.get((lost, gained), OTHER)


def _possible(formulas: Formulas, *conditions: Formula) -> bool | None:
    """Whether some facts fulfil all of these; None where it cannot be decided in time."""
    model, why = solve([*formulas.domain, *conditions], timeout=TIME)
    return None if why else model is not None
