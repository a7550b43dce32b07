"""All questions that can still change a result, not only the next one: for asking several people at once."""

from __future__ import annotations

from salesdx.base.model import RuleBase, Term
from salesdx.case.closing import asked_of, awaits_subject
from salesdx.case.memory import WorkingMemory
from salesdx.engine.diagnose import quick
from salesdx.engine.diagnosis import Diagnosis, OpenQuestion


def questions_by_respondent(base: RuleBase, memory: WorkingMemory) -> dict[str, tuple[Term, ...]]:
    """Respondent -> the questions to him or her that can still change the result, as every report hands them over."""
    found = quick(base, memory.with_base(base)).needs()
    return {who: tuple(base.terms[need.term] for need in needs) for who, needs in found.items()}


def ordered_questions(diagnosis: Diagnosis) -> dict[str, tuple[Term, ...]]:
    """Respondent -> the questions to him or her that can still change the result, as many as `ask` writes.

    What is likely or could turn the result needs comes first, the respondent of the first such question first.
    """
    needed = [term.name for cause in diagnosis.provisional.likely for term in cause.needs]
    order = {name: place for place, name in enumerate(dict.fromkeys([*needed, *diagnosis.turning_terms]))}

    def place(term: Term) -> int:
        return order.get(term.name, len(order))

    terms = diagnosis.base.terms
    found = {
        who: tuple(sorted((terms[need.term] for need in needs), key=place)) for who, needs in diagnosis.needs().items()
    }
    return {role: found[role] for role in sorted(found, key=lambda role: place(found[role][0]))}


def subject_awaited(base: RuleBase, memory: WorkingMemory, respondent: str) -> str:
    """The term that says what a review is about, where it keeps back questions to a respondent; else empty."""
    asked = (name for name in base.terms if asked_of(memory, name) == respondent and base.terms[name].question)
    return base.ladder.subject_term if any(awaits_subject(memory, name) for name in asked) else ""


def questions_to(base: RuleBase, memory: WorkingMemory, respondent: str) -> tuple[OpenQuestion, ...]:
    """The questions to one respondent; where none can change the result, those that can change what lies behind it.

    None is left only where no answer changes a status, a recommendation, a likely cause, or what nobody looked at.
    """
    diagnosis = quick(base, memory.with_base(base))
    return diagnosis.needs().get(respondent) or diagnosis.needs(everywhere=True).get(respondent, ())
