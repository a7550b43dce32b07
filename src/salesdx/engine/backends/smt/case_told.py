"""A case that z3 found: its facts, and who says what so that they come about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from salesdx.engine.backends.smt.computed_terms import declared, excused_by_hand
from salesdx.engine.backends.smt.distrust import distrusted
from salesdx.engine.backends.smt.encoding import Encoding
from salesdx.engine.program import UnderRemedy
from salesdx.language.conditions import Value

Facts = Mapping[str, Value | None]
"""Term -> its value, None where its absence is excused."""


@dataclass(frozen=True)
class Told:
    """What is said of facts beside their values. ``values`` and ``excuses``: of what meets a floor, fact -> the weakest
    kind of evidence that does for all floors which it meets."""

    values: Mapping[str, str] = field(default_factory=dict)
    excuses: Mapping[str, str] = field(default_factory=dict)
    disputed: frozenset[str] = frozenset()
    """The asked terms that are unknown since people say different things."""
    declared: frozenset[str] = frozenset()
    """The asked terms that somebody says to be unknown."""
    remedied: frozenset[str] = frozenset()
    """The stages for which a remedy of the company runs."""


def told_in(encoding: Encoding, model: Any) -> Told:
    """How the facts of a model are said."""
    asked = [term for term in encoding.base.terms.values() if not term.computed]
    disputed = (term.name for term in asked if term.or_formula is None and model.holds(encoding.vague[term.name]))
    unknown = (term.name for term in asked if model.holds(declared(encoding, term.name)))
    steps = (
        step for step in encoding.program.ladder if isinstance(step, UnderRemedy) and step.name in encoding.symbols
    )
    remedied = (step.stage for step in steps if model.number(encoding.symbols[step.name].value) > 0)
    return Told(*_met(encoding, model), frozenset(disputed), frozenset(unknown), frozenset(remedied))


def _met(encoding: Encoding, model: Any) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """The values, and the excuses, that meet a floor, with their evidence."""
    ranks = encoding.base.evidence_ranks
    trusted = [kind for kind in ranks if not model.holds(distrusted(encoding, kind))]
    values, excuses = dict[str, str](), dict[str, str]()
    for low in encoding.low.values():
        for name, kind in low.kinds.items():
            for meets, found in ((low.facts[name].known, values), (low.excused[name], excuses)):
                if model.holds(meets):
                    weakest = max((each for each in trusted if ranks[each] <= ranks[kind]), key=ranks.__getitem__)
                    found[name] = min(weakest, found.get(name, weakest), key=ranks.__getitem__)
    return values, excuses


def facts_in(encoding: Encoding, model: Any) -> Facts:
    """The facts of a model; a computed term is excused among them only by who must know it."""
    facts, terms = encoding.facts_of(model), encoding.base.terms
    computed = (terms[name] for name, value in facts.items() if value is None and terms[name].computed)
    follow = {term.name for term in computed if not model.holds(excused_by_hand(encoding, term))}
    return {name: value for name, value in facts.items() if name not in follow}
