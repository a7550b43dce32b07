"""What is left to others when somebody has answered all that his or her role knows."""

from __future__ import annotations

from salesdx.base.model import Term
from salesdx.interview.conversation import Conversation
from salesdx.interview.open_questions import ordered_questions


def handed_over(conversation: Conversation) -> dict[str, tuple[Term, ...]]:
    """Respondent -> the questions to him or her that can still change the result, but for those of the speaker: what
    `ask` writes, and what an interview counts."""
    found = ordered_questions(conversation.survey.diagnosis)
    return {role: terms for role, terms in found.items() if role != conversation.speaker.by}
