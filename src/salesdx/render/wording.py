"""Facts, comparisons and who can answer, in words."""

from __future__ import annotations

import re
from collections.abc import Iterable

from salesdx.base.model import RuleBase, Term
from salesdx.case.memory import COMPUTED, Statement, Unknown, shown_value
from salesdx.engine.decisive import Compared
from salesdx.engine.diagnosis import Diagnosis
from salesdx.engine.expression_text import SIGNS
from salesdx.language.conditions import Arithmetic, Call, Compare, Expr, In, Literal, Name, Value, Values, names
from salesdx.render.blocks import TOGETHER, Table
from salesdx.text.english import listed

FACTS = ("fact", "value", "source", "date")


# --- facts ----------------------------------------------------------------------------------------------------------


def amount(term: Term | None, known: Value | None) -> str:
    """A value with its unit.

    >>> from decimal import Decimal
    >>> amount(Term("a", "", "percent", unit="% of orders"), Decimal(78))
    '78% of orders'
    """
    shown = shown_value(known)
    if term is None or not term.unit or known is None:
        return shown
    if term.unit.startswith("%"):
        return shown + term.unit
    return f"{shown} ({term.unit})" if re.search("[/=0-9]", term.unit) else f"{shown} {term.unit}"


def person(base: RuleBase, by: str) -> str:
    """Who stated something, or who can answer."""
    return base.respondents.get(by, by)


def said_by(base: RuleBase, said: Statement) -> str:
    """Where a statement comes from and who made it."""
    return ", ".join(part for part in (said.source, person(base, said.by)) if part) or "no source"


def fact_row(diagnosis: Diagnosis, name: str) -> tuple[str, ...]:
    """A fact, computed value or finding as a row of FACTS."""
    base = diagnosis.base
    known = diagnosis.matches.values.get(name)
    term = base.terms.get(name)
    if term is None:
        return name, shown_value(known), f"finding of {listed([r.id for r in base.findings.get(name, ())])}", ""
    fact = diagnosis.memory.fact(name)
    if known is None:
        return (
            name,
            unknown_words(diagnosis, name),
            person(base, term.respondent) and f"asked of {person(base, term.respondent)}",
            "",
        )
    if fact.used is None or fact.used.source == COMPUTED:
        read = dict.fromkeys(n for expr in term.expressions for n in names(expr))
        return name, amount(term, known), f"computed from {listed(list(read))}", ""
    said = fact.used
    return name, amount(term, known), said_by(base, said), said.date.isoformat() if said.date else ""


def fact_table(diagnosis: Diagnosis, found: Iterable[str]) -> Table | None:
    """Facts with value, source and date; None where there is none."""
    rows = tuple(fact_row(diagnosis, name) for name in dict.fromkeys(found))
    return Table(FACTS, rows) if rows else None


def unknown_words(diagnosis: Diagnosis, name: str) -> str:
    """Why a fact is unknown: the five kinds are kept apart."""
    fact = diagnosis.memory.fact(name)
    kind = fact.unknown or Unknown.NOT_ASKED
    said = fact.used
    if kind is Unknown.STALE and said is not None and said.date:
        return f"{kind}: {amount(diagnosis.base.terms[name], said.value)} is of {said.date.isoformat()}"
    if kind is Unknown.DISPUTED:
        stated = dict.fromkeys(shown_value(s.value) for s in fact.statements if s.value is not None)
        return f"{kind}: {listed(list(stated))} are stated"
    if kind is Unknown.NOT_APPLICABLE and said is not None and said.reason:
        return f"{kind}: {said.reason}"
    return str(kind)


def by_respondent(diagnosis: Diagnosis, terms: Iterable[str]) -> dict[str, list[str]]:
    """Who can answer -> the unknown terms, each with why it is unknown where it is not simply not asked.

    A term that nobody is asked stands under an empty name.
    """
    base, found = diagnosis.base, dict[str, list[str]]()
    for name in dict.fromkeys(terms):
        term, kind = base.terms.get(name), diagnosis.memory.fact(name).unknown
        told = f" [{kind}]" if kind not in (None, Unknown.NOT_ASKED) else ""
        found.setdefault(person(base, term.respondent) if term else "", []).append(name + told)
    return found


def who_answers(diagnosis: Diagnosis, terms: Iterable[str]) -> str:
    """Unknown terms with who can answer them, in a line."""
    return "; ".join(
        f"{', '.join(found)} ({who})" if who else ", ".join(found)
        for who, found in by_respondent(diagnosis, terms).items()
    )


# --- comparisons ----------------------------------------------------------------------------------------------------


def comparison(expr: Expr, values: Values, holds: bool) -> str:
    """A comparison that is true or false, with the values of its names: `rate 78 < 85`, `rate 88 is not ≥ 90`."""
    match expr:
        case Compare("==", Name(), Literal()) | In(Name(), _) if holds:
            return filled(expr.left, values)
        case Compare("==", Name() as left, Literal(known)):
            return f"{filled(left, values)}, not {shown_value(known)}"
        case Compare(op, left, right):
            return f"{filled(left, values)} {'' if holds else 'is not '}{SIGNS.get(op, op)} {filled(right, values)}"
        case In(left, literals):
            among = listed([shown_value(x.value) for x in literals], "or")
            return f"{filled(left, values)} is {'' if holds else 'not '}{among}"
    return filled(expr, values)


def comparisons(found: Iterable[Compared], values: Values) -> str:
    """Comparisons that were decisive, in a line; the words of each are kept together."""
    shown = [comparison(part, values, holds) for part, holds in found]
    return f"{TOGETHER}· ".join(text.replace(" ", TOGETHER) for text in dict.fromkeys(shown))


def filled(expr: Expr, values: Values) -> str:
    """The words of an expression, each name followed by its value."""
    match expr:
        case Literal(known):
            return shown_value(known)
        case Name(id):
            return f"{id} {shown_value(values.get(id))}"
        case Arithmetic(op, left, right):
            return f"{_part(left, values)} {op} {_part(right, values)}"
        case Call(function, arguments):
            return f"{function}({', '.join(filled(argument, values) for argument in arguments)})"
    return comparison(expr, values, True)


def _part(expr: Expr, values: Values) -> str:
    return f"({filled(expr, values)})" if isinstance(expr, Arithmetic) else filled(expr, values)
