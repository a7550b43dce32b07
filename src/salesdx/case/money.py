"""Amounts of money, as people read them."""

from __future__ import annotations

from salesdx.base.model import Term
from salesdx.case.bounds import without_range, written_bounds
from salesdx.case.memory import WorkingMemory
from salesdx.language.conditions import Value
from salesdx.language.intervals import Interval

CODE = 3
"""Letters of a currency's code (ISO 4217); another word for a currency is not shown with an amount."""


def money(known: Value | None, currency: str | None) -> str:
    """An amount with its currency: `EUR 1,200,000`, `EUR 900,000 to 1,000,000`; empty where it is not known."""
    if known is None:
        return ""
    told = written_bounds(known).told(_grouped) if isinstance(known, Interval) else _grouped(known)
    return f"{currency.upper()} {told}" if currency and len(currency) == CODE else told


def _grouped(amount: object) -> str:
    return f"{amount:,f}"


def in_currency(memory: WorkingMemory, term: Term | None, known: Value | None) -> str:
    """A value with the currency of its case; empty where it is no money.

    Money is what is of the unit in which the ladder takes the result of a case, if it has a currency.
    """
    ladder = memory.base.ladder
    units = {memory.base.terms[name].unit for name in ladder.result_terms.values()} if ladder.currency_term else set()
    if term is None or not term.unit or term.unit not in units:
        return ""
    currency = memory.values.get(ladder.currency_term)
    return money(without_range(term, known), None if currency is None else str(currency))
