"""A text that shows what its rule does not read."""

from __future__ import annotations

from collections.abc import Iterator

from salesdx.authoring import written as places
from salesdx.authoring.checks.check import WARNING, Check
from salesdx.authoring.reasoning import reasoning
from salesdx.base.model import PLACEHOLDER, RuleBase
from salesdx.language.conditions import names
from salesdx.text.source import Place

PAGE = """\
`because` shows the value of a term that the condition does not read, neither
directly nor through a finding or a formula. The rule can be true while nobody
knows that value, and then the reader sees `unknown` in the middle of the
sentence; and where it is known, the sentence gives a reason that was none.

Show what the condition reads. (A name in braces that is no term at all is a
fault: such a rule base does not load.)
"""


def template_term(base: RuleBase) -> Iterator[tuple[Place, str, str]]:
    inputs = reasoning(base).written_inputs
    for rule in base.rules:
        reads = set(names(base.as_written.rule[rule.id].when))
        reads |= {term for name in reads for term in inputs.get(name, ())}
        for name in dict.fromkeys(PLACEHOLDER.findall(rule.because)):
            if name not in reads:
                message = f"rule `{rule.id}` shows `{name}`, which its condition does not read"
                yield places.of_words(base, rule, "because", f"{{{name}}}"), message, "show what it reads"


CHECK = Check("template-term", WARNING, "A text that shows what its rule does not read", PAGE, template_term)
