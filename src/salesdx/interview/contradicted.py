"""Whether an answer goes against what follows from others."""

from __future__ import annotations

from salesdx.base.model import Term
from salesdx.case.formula_results import as_good_as_equal
from salesdx.case.memory import WorkingMemory
from salesdx.case.settling import computed
from salesdx.case.statement import shown_value
from salesdx.language.conditions import Value, names
from salesdx.text.english import listed


def contradicted(memory: WorkingMemory, term: Term, answer: Value | None) -> str:
    """Why what is computed cannot be stated otherwise; empty where it can."""
    known = computed(term, memory.values) if term.computed else None
    if known is None or answer is None or as_good_as_equal(term, answer, known):
        return ""
    terms = memory.base.terms
    inputs = dict.fromkeys(name for expr in term.expressions for name in names(expr))
    read = listed([f"“{terms[name].called}”" for name in inputs if name in terms])
    unit = f" {term.unit}" if term.unit else ""
    return f"{read} on file give {shown_value(known)}{unit}: correct one of them or withdraw it"
