"""An intervention that is never recommended."""

from __future__ import annotations

from collections.abc import Iterator

from salesdx.authoring.checks.check import WARNING, Check
from salesdx.authoring.fact_lists import quoted
from salesdx.authoring.reasoning import reasoning
from salesdx.base.model import RuleBase
from salesdx.text.source import Place

PAGE = """\
No rule recommends it, or only rules whose advice is never given. Somebody wrote
down what helps, and nobody is ever told.

Name it under `recommend` of the rule that it answers, or delete it.
"""


def idle_intervention(base: RuleBase) -> Iterator[tuple[Place, str, str]]:
    made = reasoning(base)
    for id, intervention in base.interventions.items():
        giving = [rule for rule in base.rules if id in rule.recommend]
        if not any(made.advises(rule) for rule in giving):
            help = f"the advice of {quoted(rule.id for rule in giving)} is never given" if giving else ""
            yield intervention.place, f"intervention `{id}` is never recommended", help


CHECK = Check("idle-intervention", WARNING, "An intervention that is never recommended", PAGE, idle_intervention)
