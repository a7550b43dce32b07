"""Facts and comparisons in words: names in backticks, values beside them."""

from __future__ import annotations

from collections.abc import Mapping

from salesdx.base.model import RuleBase, Term
from salesdx.case.memory import WorkingMemory
from salesdx.case.money import in_currency
from salesdx.case.settling import Fact, speaker
from salesdx.case.statement import Statement, Unknown, shown_value
from salesdx.engine.expression_text import RANKS, literal
from salesdx.language.conditions import Arithmetic, Call, Compare, Expr, In, Literal, Name, Not, Value, Values, value


def spell(expr: Expr, values: Values, unknown: Mapping[str, str]) -> str:
    """A comparison with the value of each name: "`delivery_otif_pct` 78 < 85".

    ``unknown`` tells of a name without a value why it has none.
    """

    def of(part: Expr, rank: int = 0, beside: Expr | None = None) -> str:
        match part:
            case Literal(known):
                return literal(known)
            case Name(id):
                found, limit = values.get(id), value(beside, values) if beside is not None else None
                told = shown_value(found, limit) if found is not None else f"({unknown.get(id, 'unknown')})"
                return f"`{id}` {told}"
            case Arithmetic(op, left, right):
                own = RANKS[op]
                text = f"{of(left, own)} {op} {of(right, own + (op in '-/'))}"
                return f"({text})" if own < rank else text
            case Call(function, arguments):
                return f"{function}({', '.join(map(of, arguments))})"
            case Compare(op, left, right):
                return f"{of(left, 0, right)} {op} {of(right, 0, left)}"
            case In(left, literals):
                return f"{of(left)} in {', '.join(literal(entry.value) for entry in literals)}"
            case Not(In(left, literals)):
                return f"{of(left)} not in {', '.join(literal(entry.value) for entry in literals)}"
            case Not(inner):
                return of(inner)
        return str(part)

    if isinstance(expr, Name) or (isinstance(expr, Not) and isinstance(expr.part, Name)):
        name = expr.id if isinstance(expr, Name) else expr.part.id  # type: ignore[union-attr]
        found = values.get(name)
        return f"`{name}` is {shown_value(found) if found is not None else unknown.get(name, 'unknown')}"
    return of(expr)


def fact_text(fact: Fact, memory: WorkingMemory) -> str:
    """A fact with its unit and origin: "`delivery_otif_pct` is 78 (% of orders): ERP, by production, 2026-09-12"."""
    origin = origin_text(fact, memory.base)
    known = "" if fact.value is None else quantity(memory, memory.base.terms[fact.term], fact.value)
    known = fact.unknown.value if fact.unknown else known
    disputed = "disputed, " * (fact.disputed and fact.value is not None)
    return f"`{fact.term}` is {disputed}{known}" + (f": {origin}" if origin else "")


def quantity(memory: WorkingMemory, term: Term, known: Value | None) -> str:
    """A value of a case with its unit: "78% of orders", "14 (months)", "EUR 1,200,000"."""
    unit = term.unit if term.unit.startswith("%") or not term.unit else f" ({term.unit})"
    return in_currency(memory, term, known) or f"{shown_value(known)}{unit}"


def origin_text(fact: Fact, base: RuleBase) -> str:
    """Where a fact comes from: source, who said it, when, and the reason given."""

    def said(statement: Statement) -> str:
        who = speaker(base.terms[fact.term], statement)
        by = f"by {base.respondents.get(who, who)}" if who else ""
        return ", ".join(part for part in (statement.source, by, str(statement.date or "")) if part)

    if fact.disputed:
        sides = [(shown_value(s.value), said(s)) for s in fact.statements if s.stands and s.value is not None]
        return " against ".join(f"{value} ({origin})" if origin else value for value, origin in sides)
    if fact.used is None:
        return ""
    stale = f"{shown_value(fact.used.value)}, " if fact.unknown is Unknown.STALE else ""
    return stale + ", ".join(part for part in (said(fact.used), fact.used.reason) if part)
