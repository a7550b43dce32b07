"""Through which facts a rule is unknown."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from salesdx.base.model import RuleBase
from salesdx.case.memory import WorkingMemory
from salesdx.engine.program import Matches
from salesdx.language.conditions import names, unknown_names
from salesdx.language.intervals import Interval
from salesdx.language.unknowns import Reader, reader


def deciding_terms(base: RuleBase, matches: Matches, memory: WorkingMemory, rule: str) -> tuple[str, ...]:
    """The unknown asked facts through which a rule is unknown, also behind findings and computed terms."""
    if matches.truths[rule] is not None:
        return ()
    unknown = _reader(base, rule)(matches.values)
    if _deeper(base).isdisjoint(unknown):
        return unknown
    found: dict[str, None] = {}
    queue = list(unknown)
    seen = set(queue)
    while queue:
        name = queue.pop(0)
        inner = list(_behind(base, matches, memory, name))
        if not inner:
            found[name] = None
        new = [read for read in dict.fromkeys(inner) if read not in seen]
        seen.update(new)
        queue[:0] = new
    return tuple(found)


def _behind(base: RuleBase, matches: Matches, memory: WorkingMemory, name: str) -> Iterator[str]:
    """The unknown names through which an unknown finding or computed term is unknown."""
    for rule in base.findings.get(name, ()):
        if matches.truths[rule.id] is None:
            yield from _reader(base, rule.id)(matches.values)
    term = base.terms.get(name)
    if term is None or not term.computed:
        return
    for expr in term.expressions:
        if isinstance(matches.values.get(name), Interval):
            yield from (read for read in names(expr) if isinstance(matches.values.get(read), Interval))
        elif name not in memory.statements:
            yield from unknown_names(expr, matches.values)


@lru_cache(maxsize=8)
def _deeper(base: RuleBase) -> frozenset[str]:
    """The names that may be unknown through others."""
    return frozenset(base.order)


@lru_cache(maxsize=1 << 15)
def _reader(base: RuleBase, rule: str) -> Reader:
    return reader(base.rule[rule].when)
