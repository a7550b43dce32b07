"""A number that stands in a condition and once more in a text beside it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from salesdx.authoring import written as places
from salesdx.authoring.checks.check import NOTE, Check
from salesdx.authoring.limit_readers import numbers_in
from salesdx.base.model import Intervention, Rule, RuleBase
from salesdx.language.conditions import Compare, Expr, Literal, names, walk
from salesdx.text.source import Place

PAGE = """\
A text of a rule or intervention has the number by which its own condition goes.
Whoever changes the one will forget the other, and readers are told a number by
which nobody decides.

Give the number a name under `limits`, and write the name in the condition and
in braces in the text: `{late_high}`.
"""
NO_NAME = "give it a name under `limits`, and write that in both"
TEXTS = {Rule: ("title", "because", "note"), Intervention: ("title", "do", "worked_when", "note")}


def literal_limit(base: RuleBase) -> Iterator[tuple[Place, str, str]]:
    base = base.as_written
    for rule in base.rules:
        yield from _of(base, rule, f"rule `{rule.id}`", rule.when)
    for made in base.interventions.values():
        if made.judge is not None and made.judge.holds is not None:
            yield from _of(base, made, f"intervention `{made.id}`", made.judge.holds)


def _of(base: RuleBase, entry: Rule | Intervention, what: str, expr: Expr) -> Iterator[tuple[Place, str, str]]:
    compared = list(_compared(base, expr))
    for key in TEXTS[type(entry)]:
        text = places.text_of_key(base, entry, key)
        for number, words, percent in dict.fromkeys(numbers_in(text)):
            limits = [limit for value, limit, of_percent in compared if value == number and percent <= of_percent]
            if limits and not any(limit and f"{{{limit}}}" in text for limit in limits):
                message = f"{what}: `{words}` stands in `{key}` and in the condition"
                help = f"write `{{{limits[0]}}}`" if limits[0] else NO_NAME
                yield places.of_words(base, entry, key, words), message, help


def _compared(base: RuleBase, expr: Expr) -> Iterator[tuple[Decimal, str, bool]]:
    """Each number that a term is compared with, the limit that it is, and whether it is a percentage."""
    for part in (part for part in walk(expr) if isinstance(part, Compare)):
        for number, other in ((part.left, part.right), (part.right, part.left)):
            if isinstance(number, Literal) and isinstance(number.value, Decimal):
                terms = [base.terms[name] for name in names(other) if name in base.terms]
                percent = any(term.type == "percent" or term.unit.startswith("%") for term in terms)
                yield number.value, number.limit, percent


CHECK = Check("literal-limit", NOTE, "A number that stands in a condition and in its text", PAGE, literal_limit)
