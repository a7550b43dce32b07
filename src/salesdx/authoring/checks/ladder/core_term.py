"""A core fact that its stage does without."""

from __future__ import annotations

from collections.abc import Iterator

from salesdx.authoring import written as places
from salesdx.authoring.checks.check import WARNING, Check
from salesdx.authoring.fact_lists import quoted
from salesdx.authoring.reasoning import reasoning
from salesdx.base.model import RuleBase
from salesdx.language.conditions import names
from salesdx.text.source import Place

PAGE = """\
`core: true` says that its stage is not to be ruled out before the term is
known. The stage's `ruled_out_when` does not read it, directly or through what
it reads, so the stage is ruled out without it.

Let `ruled_out_when` read it, or delete `core`.
"""


def core_term(base: RuleBase) -> Iterator[tuple[Place, str, str]]:
    inputs = reasoning(base).inputs
    read: dict[str, set[str]] = {}
    for stage in base.stages:
        own = names(stage.ruled_out_when) if stage.ruled_out_when is not None else ()
        for name in own:
            for term in (name, *inputs.get(name, ())):
                read.setdefault(term, set()).add(stage.id)
    for term in base.terms.values():
        if term.core and term.home not in read.get(term.name, ()):
            others = read.get(term.name, set())
            message = f"`{term.name}` is a core fact, and `{term.home}` is ruled out without it"
            help = f"it is read by {quoted(sorted(others))}" if others else ""
            yield places.of_key(base, term, "core"), message, help


CHECK = Check("core-term", WARNING, "A core fact that its stage does without", PAGE, core_term)
