"""Values are tried on the rules: what somebody types for the facts that a rule or a step reads. Nothing is kept."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import lru_cache

from salesdx.base.model import Rule, RuleBase, Stage, Term
from salesdx.case.bounds import AnswerError
from salesdx.case.memory import WorkingMemory
from salesdx.case.typed import read_answer
from salesdx.engine.diagnose import quick
from salesdx.engine.diagnosis import Diagnosis
from salesdx.explanation import Derivation, explain
from salesdx.language.conditions import Expr, names

MOST_TYPED = 120
"""Characters of a value."""


class TriedFaults(Exception):
    """What is wrong with values: term -> what."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__(str(dict(faults)))
        self.faults = dict(faults)


def asked_by(base: RuleBase, *exprs: Expr) -> tuple[str, ...]:
    """The asked terms that conditions read, also through findings and computed terms, each once."""
    behind = _behind(base)
    read = (name for expr in exprs for name in names(expr))
    return tuple(dict.fromkeys(asked for name in read for asked in behind.get(name, (name,)) if asked in base.terms))


@lru_cache(maxsize=8)
def _behind(base: RuleBase) -> Mapping[str, tuple[str, ...]]:
    """Finding or computed term -> the asked terms that it follows from, by the conditions as they run."""
    found: dict[str, tuple[str, ...]] = {}
    for name in base.order:
        term = base.terms.get(name)
        exprs = term.expressions if term is not None else [rule.when for rule in base.findings[name]]
        read = dict.fromkeys(part for expr in exprs for part in names(expr))
        found[name] = tuple(dict.fromkeys(asked for part in read for asked in found.get(part, (part,))))
    return found


def tried_terms(base: RuleBase, of: Rule | Stage) -> tuple[Term, ...]:
    """The terms on which a rule or a step rests, in the order of the vocabulary."""
    if isinstance(of, Rule):
        exprs = [of.when]
    else:
        rules = [rule.when for rule in base.rules_of[of.id]]
        exprs = [*rules, *of.conditions.values(), *(line.when for line in base.ladder.modes)]
    read = set(asked_by(base, *exprs))
    return tuple(term for name, term in base.terms.items() if name in read)


def try_values(base: RuleBase, of: Rule | Stage, typed: Mapping[str, str], today: date) -> tuple[Diagnosis, Derivation]:
    """What values make of a rule or a step, with everything that it depends on. Raises TriedFaults with all faults.

    Whoever calls it holds the lock of what reads diagrams.
    """
    memory, faults = WorkingMemory(base, {}, today=today), dict[str, str]()
    for term in tried_terms(base, of):
        text = typed.get(term.name, "").strip()
        if not text:
            continue
        try:
            if len(text) > MOST_TYPED:
                raise AnswerError(f"a value has {MOST_TYPED} characters at most")
            answer = read_answer(term, text, today)
        except AnswerError as error:
            faults[term.name] = str(error)
            continue
        memory = memory.with_fact(term.name, answer.value if answer.unknown is None else answer.unknown)
    if faults:
        raise TriedFaults(faults)
    found = quick(base, memory)
    return found, explain(base, memory, found).why_not(of.id)
