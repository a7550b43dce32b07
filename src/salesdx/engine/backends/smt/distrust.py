"""Kinds of evidence that a case shows to be of no use for single persons."""

from __future__ import annotations

from typing import Any

from salesdx.engine.backends.smt.encoding import Encoding
from salesdx.engine.backends.smt.logic import FALSE, Formula, any_of


def distrusted(encoding: Encoding, kind: str) -> Formula:
    """Whether some rule says of a kind of evidence that it is of no use for single persons."""
    found = [any_of(encoding.rules[rule.id][0], encoding.unsettled(rule))
             for rule in encoding.base.rules if rule.distrusts == kind]  # fmt: skip
    return any_of(found) if found else FALSE


def evidence_of(encoding: Encoding, model: Any) -> dict[str, str]:
    """The facts of a model, known or excused, that meet a floor -> the weakest kind of evidence that does for those."""

    def holds(formula: Formula) -> bool:
        return bool(model.holds(formula))

    ranks = encoding.base.evidence_ranks
    trusted = [kind for kind in ranks if not holds(distrusted(encoding, kind))]
    found: dict[str, str] = {}
    for low in encoding.low.values():
        for name, kind in low.kinds.items():
            if holds(any_of(low.facts[name].known, low.excused[name])):
                weakest = max((each for each in trusted if ranks[each] <= ranks[kind]), key=ranks.__getitem__)
                found[name] = min(weakest, found.get(name, weakest), key=ranks.__getitem__)
    return found
