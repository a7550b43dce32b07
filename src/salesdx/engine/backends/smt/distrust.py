"""Kinds of evidence that a case shows to be of no use for single persons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from salesdx.engine.backends.smt.encoding import Encoding
from salesdx.engine.backends.smt.logic import FALSE, Formula, any_of


def distrusted(encoding: Encoding, kind: str) -> Formula:
    """Whether some rule says of a kind of evidence that it is of no use for single persons."""
    found = [any_of(encoding.rules[rule.id][0], encoding.unsettled(rule))
             for rule in encoding.base.rules if rule.distrusts == kind]  # fmt: skip
    return any_of(found) if found else FALSE


@dataclass(frozen=True)
class Met:
    """What meets a floor in a case that was found: fact -> the weakest kind of evidence that does for all floors which
    its value, or its excuse, meets."""

    values: Mapping[str, str] = field(default_factory=dict)
    excuses: Mapping[str, str] = field(default_factory=dict)


def met_in(encoding: Encoding, model: Any) -> Met:
    """What meets a floor in a model."""

    def holds(formula: Formula) -> bool:
        return bool(model.holds(formula))

    ranks = encoding.base.evidence_ranks
    trusted = [kind for kind in ranks if not holds(distrusted(encoding, kind))]
    values, excuses = dict[str, str](), dict[str, str]()
    for low in encoding.low.values():
        for name, kind in low.kinds.items():
            for meets, found in ((low.facts[name].known, values), (low.excused[name], excuses)):
                if holds(meets):
                    weakest = max((each for each in trusted if ranks[each] <= ranks[kind]), key=ranks.__getitem__)
                    found[name] = min(weakest, found.get(name, weakest), key=ranks.__getitem__)
    return Met(values, excuses)
