"""Values of what does not apply by the profile of the firm: one of both is wrong, and every report says so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache

from salesdx.base.applying import conditions_of
from salesdx.base.model import RuleBase, Term
from salesdx.case.memory import WorkingMemory
from salesdx.case.settling import is_own
from salesdx.case.statement import Statement, untimely
from salesdx.language.conditions import And, Expr, names, truth
from salesdx.language.truth import FALSE
from salesdx.text.english import listed

SHOWN = 3
"""Terms that a note names; it counts the others."""


def known_anyway(memory: WorkingMemory) -> Iterator[str]:
    """A note for each fact of the profile by which something does not apply of which those who must know it state a
    current value. It decides nothing: a hold that a statement brings would end where the statement is forgotten."""
    for name, settled in settled_by(memory.base).items():
        if name not in memory.values:
            continue
        without = {told: value for told, value in memory.values.items() if told != name}
        known = [
            term.name
            for term, under in settled
            if any(_is_known(memory, term, said) for said in memory.statements.get(term.name, ()))
            and truth(under, memory.values) is FALSE
            and truth(under, without) is not FALSE
        ]
        if known:
            more = [f"{len(known) - SHOWN} more"] if len(known) > SHOWN else []
            yield f"stated, though by the profile it does not apply: {listed([*known[:SHOWN], *more])}, by {name}"


@lru_cache(maxsize=8)
def settled_by(base: RuleBase) -> Mapping[str, tuple[tuple[Term, Expr], ...]]:
    """Fact of the profile -> the asked terms that it settles, each with the condition under which it applies."""
    found: dict[str, tuple[tuple[Term, Expr], ...]] = {}
    for name, conditions in conditions_of(base).items():
        under, term = And(conditions), base.terms[name]
        for read in names(under) if not term.computed else ():
            if read in base.profile:
                found[read] = (*found.get(read, ()), (term, under))
    return found


def _is_known(memory: WorkingMemory, term: Term, said: Statement) -> bool:
    """Whether a statement is a current value of those who must know it."""
    stands = said.stands and said.value is not None and is_own(term, said)
    return stands and not untimely(term, said, memory.period, memory.today)
