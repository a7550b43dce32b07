"""A question whose answer changes nothing."""

from __future__ import annotations

from collections.abc import Iterator

from salesdx.authoring.checks.check import WARNING, Check
from salesdx.authoring.checks.questions.unused_term import told_names, used_names
from salesdx.authoring.checks.rules.unreachable_rule import effective, nothing_but_shown
from salesdx.authoring.reasoning import Reasoning, reasoning
from salesdx.base.model import RuleBase
from salesdx.interview.diagrams import Node
from salesdx.language.conditions import names
from salesdx.text.source import Place

PAGE = """\
Something reads the term, and still no answer makes a difference: it is read
only by rules that can never be true or from which nothing can follow, only
beside parts of a condition that decide without it, or only shown in a text.

See to the rule that reads it first; or delete the question.
"""


def idle_question(base: RuleBase) -> Iterator[tuple[Place, str, str]]:
    made = reasoning(base)
    possible = [rule for rule in base.rules if True in made.values(made.rules[rule.id])]
    counts = {base.ladder.subject_term, *told_names(base, possible)}
    for node in _deciding(base, made):
        for index in made.diagrams.support(node):
            counts.update(made.by_index[index].reads)
    counts |= {name for i in base.interventions.values() if i.judge is not None for name in i.judge.reads}
    counts |= {name for read in counts for name in made.inputs.get(read, ())}
    counts |= {name for term in base.terms.values() if term.computed for name in made.inputs[term.name]}
    counts |= {name for term in base.terms.values() if term.or_formula is not None for name in names(term.or_formula)}
    used = set(used_names(base))
    for term in base.terms.values():
        if term.question and term.name in used and term.name not in counts:
            yield term.place, f"no answer to the question of `{term.name}` changes a result", ""


def _deciding(base: RuleBase, made: Reasoning) -> Iterator[Node]:
    """The functions that a result depends on."""
    alive = effective(base)
    yield made.word("mode")
    for rule in base.rules:
        if True in made.values(made.rules[rule.id]) and (rule.id in alive or nothing_but_shown(base, rule)):
            yield made.rules[rule.id]
    for stage in base.stages:
        yield from map(made.condition, stage.conditions.values())
    for intervention in base.interventions.values():
        if intervention.preferred_when is not None:
            yield made.condition(intervention.preferred_when)


CHECK = Check("idle-question", WARNING, "A question whose answer changes nothing", PAGE, idle_question)
