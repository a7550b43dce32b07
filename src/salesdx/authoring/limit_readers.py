"""Who reads a limit, and which numbers stand in texts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from salesdx.base.model import RuleBase
from salesdx.language.conditions import Expr, limits_of

RULE, STAGE = "rule", "stage"
NUMBER = re.compile(r"(?<![\w.,{-])-?\d+(?:,\d{3})*(?:\.\d+)?(?![\w}]|[.,]\d|-\d)")
"""A number in a text for readers; none is a part of a date, of a name, or of the id of a source."""


@dataclass(frozen=True, slots=True)
class LimitReader:
    """A condition or formula that reads limits: ``what`` it belongs to, the ``name`` of that, and the expression."""

    what: str
    name: str
    expr: Expr


def limit_readers(base: RuleBase) -> Mapping[str, tuple[LimitReader, ...]]:
    """Limit -> the conditions and formulas that read it, those of rules first."""
    found: dict[str, tuple[LimitReader, ...]] = dict.fromkeys(base.limits, ())
    for what, name, expr in _expressions(base.as_written):
        for limit in limits_of(expr):
            found[limit] = (*found[limit], LimitReader(what, name, expr))
    return found


def _expressions(base: RuleBase) -> Iterator[tuple[str, str, Expr]]:
    yield from ((RULE, rule.id, rule.when) for rule in base.rules)
    yield from (("share", rule.id, rule.explains) for rule in base.rules if rule.explains is not None)
    for stage in (*base.stages, *base.groups):
        yield from ((STAGE, f"{stage.id}: {key}", expr) for key, expr in stage.conditions.items())
    for term in base.terms.values():
        others = (expr for expr in (term.or_formula, term.applies_when) if expr is not None)
        yield from (("term", term.name, expr) for expr in (*term.expressions, *others))
    for made in base.interventions.values():
        judged = made.judge.holds if made.judge is not None else None
        yield from (("intervention", made.id, expr) for expr in (made.preferred_when, judged) if expr is not None)
    ladder = base.ladder
    for line in (*ladder.modes, *(line for lines in ladder.decisions.values() for line in lines), *ladder.verdicts):
        yield "ladder", line.name, line.when
    follows = {key: getattr(ladder, key) for key in ("passed_when", "proved_when", "concluded_when", "held_when")}
    follows |= {key: getattr(ladder, key) for key in ("exhausted_when", "pressure_when")}
    follows |= {name: strength.recommends_when for name, strength in ladder.strengths.items()}
    yield from (("ladder", key, expr) for key, expr in follows.items() if expr is not None)
    yield from (("ladder", "ask_when", expr) for expr in ladder.ask_when)
    for property in base.properties:
        sides = (property.premise, property.conclusion)
        yield from (("property", property.id, expr) for expr in sides if expr is not None)


def numbers_in(text: str) -> Iterator[tuple[Decimal, str, bool]]:
    """The numbers of a text for readers, each with its words, and whether a sign of percent stands behind it.

    >>> [words for _, words, _ in numbers_in("2 of 1,000 since 2026-01-31 (S12): -3.5%, not {low_85}")]
    ['2', '1,000', '-3.5']
    """
    for found in NUMBER.finditer(text):
        yield Decimal(found[0].replace(",", "")), found[0], text[found.end() : found.end() + 1] == "%"
