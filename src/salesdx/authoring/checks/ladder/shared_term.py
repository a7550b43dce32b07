"""Rules that count together and share a term."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from salesdx.authoring.checks.check import WARNING, Check
from salesdx.authoring.confirming import confirming
from salesdx.authoring.fact_lists import quoted
from salesdx.authoring.reasoning import reasoning
from salesdx.base.model import Rule, RuleBase
from salesdx.language.conditions import names
from salesdx.text.source import Place

PAGE = """\
One rule of this strength does not confirm its stage, two do: they are meant to
be two signs that are independent. Where both read one term, directly or through
a finding or a formula, one measurement counts twice and confirms the stage
alone.

Join the two rules by `or` into one, or let one of them read something else. A
sample, which only says that enough was looked at (`sample: true`), may be
shared.
"""


def shared_term(base: RuleBase) -> Iterator[tuple[Place, str, str]]:
    made = reasoning(base)
    for stage in base.stages:
        together = {strength for strength, least in confirming(base, stage, made.most).items() if least > 1}
        rules = [rule for rule in base.rules_of[stage.id] if rule.strength in together]
        reads = {rule.id: _measured(base, made.written_inputs, rule) for rule in rules}
        for first, second in combinations(rules, 2):
            shared = [term for term in reads[second.id] if term in reads[first.id]]
            if shared and first.strength == second.strength:
                message = f"rules `{first.id}` and `{second.id}` count as two signs and share {quoted(shared)}"
                yield second.place, message, f"`{first.id}` is in {first.place.path}:{first.place.line}"


def _measured(base: RuleBase, inputs: object, rule: Rule) -> list[str]:
    """The asked terms that a rule rests on, but for samples."""
    assert isinstance(inputs, dict)
    found: dict[str, None] = {}
    for name in names(base.as_written.rule[rule.id].when):
        found.update(dict.fromkeys([*([name] if name in base.terms else []), *sorted(inputs.get(name, ()))]))
    return [name for name in found if not base.terms[name].sample]


CHECK = Check("shared-term", WARNING, "Rules that count together and share a term", PAGE, shared_term)
