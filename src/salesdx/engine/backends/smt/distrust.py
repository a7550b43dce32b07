"""Kinds of evidence that a case shows to be of no use for single persons."""

from __future__ import annotations

from salesdx.engine.backends.smt.encoding import Encoding
from salesdx.engine.backends.smt.logic import FALSE, Formula, any_of


def distrusted(encoding: Encoding, kind: str) -> Formula:
    """Whether some rule says of a kind of evidence that it is of no use for single persons."""
    found = [any_of(encoding.rules[rule.id][0], encoding.unsettled(rule))
             for rule in encoding.base.rules if rule.distrusts == kind]  # fmt: skip
    return any_of(found) if found else FALSE
