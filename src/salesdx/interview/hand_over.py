"""What is left to others when somebody has answered all that his or her role knows."""

from __future__ import annotations

from salesdx.base.model import Term
from salesdx.interview.conversation import Conversation
from salesdx.interview.open_questions import questions_by_respondent


def handed_over(conversation: Conversation) -> dict[str, tuple[Term, ...]]:
    """Respondent -> the questions to him or her that can still change the result, but for those of the speaker.

    What is likely or could turn the result needs comes first, the respondent of the first such question first.
    """
    diagnosis = conversation.survey.diagnosis
    needed = [term.name for cause in diagnosis.provisional.likely for term in cause.needs]
    order = {name: place for place, name in enumerate(dict.fromkeys([*needed, *diagnosis.turning_terms]))}
    questions = questions_by_respondent(conversation.base, conversation.memory)

    def place(term: Term) -> int:
        return order.get(term.name, len(order))

    found = {role: tuple(sorted(terms, key=place)) for role, terms in questions.items()}
    roles = sorted(found, key=lambda role: place(found[role][0]))
    return {role: found[role] for role in roles if role != conversation.speaker.by}
