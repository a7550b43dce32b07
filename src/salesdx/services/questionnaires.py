"""A questionnaire for one respondent, with the questions that are still open."""

from __future__ import annotations

from salesdx.base.model import RuleBase
from salesdx.case.memory import WorkingMemory
from salesdx.interview.open_questions import questions_by_respondent
from salesdx.questionnaire import Questionnaire, questionnaire


def open_questionnaire(base: RuleBase, memory: WorkingMemory, respondent: str) -> Questionnaire:
    """The questions to one respondent that can still change the result, in the order of the ladder."""
    return questionnaire(base, memory, respondent, questions_by_respondent(base, memory).get(respondent, ()))
