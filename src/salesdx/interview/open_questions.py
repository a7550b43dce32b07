"""All questions that can still change a result, not only the next one: for asking several people at once."""

from __future__ import annotations

from salesdx.base.model import RuleBase, Term
from salesdx.case.memory import WorkingMemory
from salesdx.engine.diagnose import quick
from salesdx.engine.diagnosis import OpenQuestion


def questions_by_respondent(base: RuleBase, memory: WorkingMemory) -> dict[str, tuple[Term, ...]]:
    """Respondent -> the questions to him or her that can still change the result, as every report hands them over."""
    found = quick(base, memory.with_base(base)).needs()
    return {who: tuple(base.terms[need.term] for need in needs) for who, needs in found.items()}


def questions_to(base: RuleBase, memory: WorkingMemory, respondent: str) -> tuple[OpenQuestion, ...]:
    """The questions to one respondent; where none can change the result, those that can change what lies behind it.

    None is left only where no answer changes a status, a recommendation, a likely cause, or what nobody looked at.
    """
    diagnosis = quick(base, memory.with_base(base))
    return diagnosis.needs().get(respondent) or diagnosis.needs(everywhere=True).get(respondent, ())
