"""A term that nothing reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from salesdx.authoring.checks.check import WARNING, Check
from salesdx.authoring.reasoning import expressions_behind
from salesdx.base.model import PLACEHOLDER, Rule, RuleBase
from salesdx.language.conditions import names
from salesdx.text.source import Place

PAGE = """\
Nobody's answer to its question changes anything: no rule, formula, stage or
part of the ladder reads it, and no text shows it. People are asked for nothing,
and a reader thinks that it counts.

Delete the term, or write the rule that was meant to read it. Where it is asked
for its own sake, say so:

    # salesdx: allow unused-term - asked for the yearly report only
"""


def unused_term(base: RuleBase) -> Iterator[tuple[Place, str, str]]:
    read = set(used_names(base))
    for term in base.terms.values():
        if term.name not in read:
            yield term.place, f"nothing reads the term `{term.name}`", "delete it, or write the rule that reads it"


def used_names(base: RuleBase) -> Iterator[str]:
    """Every term that something reads or shows, with repetitions."""
    exprs = [rule.when for rule in base.rules]
    exprs += [term.applies_when for term in base.terms.values() if term.applies_when is not None]
    for term in base.terms.values():
        exprs += expressions_behind(base, term.name) if term.computed else []
        exprs += [term.or_formula] if term.or_formula is not None else []
    for stage in base.stages:
        exprs += stage.conditions.values()
    exprs += [line.when for lines in (base.ladder.modes, *base.ladder.decisions.values()) for line in lines]
    exprs += [i.preferred_when for i in base.interventions.values() if i.preferred_when is not None]
    for expr in exprs:
        yield from names(expr)
    for intervention in base.interventions.values():
        yield from intervention.judge.reads if intervention.judge is not None else ()
    yield base.ladder.subject_term
    yield from told_names(base, base.rules)
    for rule in base.rules:
        yield from PLACEHOLDER.findall(rule.because)


def told_names(base: RuleBase, rules: Iterable[Rule]) -> Iterator[str]:
    """The terms that tell how large the gap is and, by these rules, what explains it: they decide nothing."""
    yield from base.ladder.result_terms.values()
    yield base.ladder.currency_term
    for rule in rules:
        yield from names(rule.explains) if rule.explains is not None else ()


CHECK = Check("unused-term", WARNING, "A term that nothing reads", PAGE, unused_term)
