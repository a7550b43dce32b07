"""A line of a computed choice that never counts."""

from __future__ import annotations

from collections.abc import Iterator

from salesdx.authoring import written as places
from salesdx.authoring.checks.check import WARNING, Check
from salesdx.authoring.reasoning import HOLDS, reasoning
from salesdx.base.model import RuleBase
from salesdx.text.source import Place

PAGE = """\
The first line of `choose` that is true gives the value, and only if every line
before it is false. This line is never reached so: it is never true, or one
before it is true wherever it is.

Put the narrower condition before the wider one, or delete the line.
"""


def idle_choice(base: RuleBase) -> Iterator[tuple[Place, str, str]]:
    made = reasoning(base)
    for term in base.terms.values():
        nodes = [made.condition(choice.when) for choice in term.choose]
        for number, node in enumerate(nodes):
            before = [(earlier, frozenset({False})) for earlier in nodes[:number]]
            if not made.possible((node, HOLDS), *before):
                message = f"this line of `choose` never gives the value of `{term.name}`"
                yield places.line_of_choice(base, term, number), message, ""


CHECK = Check("idle-choice", WARNING, "A line of a computed choice that never counts", PAGE, idle_choice)
