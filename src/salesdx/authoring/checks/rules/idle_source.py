"""A source that nothing cites."""

from __future__ import annotations

from collections.abc import Iterator

from salesdx.authoring import written as places
from salesdx.authoring.checks.check import NOTE, Check
from salesdx.base.limits import Limit
from salesdx.base.model import Intervention, Rule, RuleBase, Term
from salesdx.text.source import Place

PAGE = """\
No term, limit, rule or intervention cites it. It may be read for other reasons;
or the number that rested on it is gone, or cites something else by a slip.
"""
FILE = "knowledge/sources.yaml"


def idle_source(base: RuleBase) -> Iterator[tuple[Place, str, str]]:
    named: tuple[Term | Limit | Intervention, ...] = (
        *base.terms.values(), *base.limits.values(), *base.interventions.values(),
    )  # fmt: skip
    entries: tuple[Term | Limit | Intervention | Rule, ...] = (*named, *base.rules)
    cited = {id for entry in entries for id in entry.source}
    for id in base.sources:
        if id not in cited:
            yield places.key_at(base, FILE, id), f"nothing cites the source `{id}`", ""


CHECK = Check("idle-source", NOTE, "A source that nothing cites", PAGE, idle_source)
