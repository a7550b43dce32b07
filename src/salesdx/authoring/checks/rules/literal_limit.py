"""A number that stands in a condition and once more in a text beside it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from salesdx.authoring import written as places
from salesdx.authoring.checks.check import NOTE, Check
from salesdx.authoring.limit_readers import numbers_in
from salesdx.base.model import Intervention, Rule, RuleBase
from salesdx.language.conditions import Expr, Literal, walk
from salesdx.text.source import Place

PAGE = """\
A text of a rule or intervention has the number by which its own condition goes.
Whoever changes the one will forget the other, and readers are told a number by
which nobody decides.

Give the number a name under `limits`, and write the name in the condition and
in braces in the text: `{otif_low}`.
"""
TEXTS = {Rule: ("title", "because", "note"), Intervention: ("title", "do", "worked_when", "note")}


def literal_limit(base: RuleBase) -> Iterator[tuple[Place, str, str]]:
    base = base.as_written
    for rule in base.rules:
        yield from _of(base, rule, f"rule `{rule.id}`", rule.when)
    for made in base.interventions.values():
        if made.judge is not None and made.judge.holds is not None:
            yield from _of(base, made, f"intervention `{made.id}`", made.judge.holds)


def _of(base: RuleBase, entry: Rule | Intervention, what: str, expr: Expr) -> Iterator[tuple[Place, str, str]]:
    compared = {part.value: part for part in walk(expr) if isinstance(part, Literal) and type(part.value) is Decimal}
    for key in TEXTS[type(entry)]:
        for number, words in dict(numbers_in(places.text_of_key(base, entry, key))).items():
            if number in compared:
                limit = compared[number].limit
                message = f"{what}: `{words}` stands in `{key}` and in the condition"
                help = f"write `{{{limit}}}`" if limit else "give it a name under `limits`, and write that in both"
                yield places.of_words(base, entry, key, words), message, help


CHECK = Check("literal-limit", NOTE, "A number that stands in a condition and in its text", PAGE, literal_limit)
