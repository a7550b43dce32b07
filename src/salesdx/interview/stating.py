"""An answer as a statement of whoever speaks, or why it cannot be taken."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from salesdx.base.applying import always_applies
from salesdx.base.model import Term
from salesdx.case.bounds import AnswerError
from salesdx.case.memory import WorkingMemory
from salesdx.case.statement import Statement, Unknown
from salesdx.case.typed import answer_form
from salesdx.interview.contradicted import contradicted
from salesdx.interview.opening import ALWAYS
from salesdx.interview.speaker import Speaker


def stated_by(speaker: Speaker, memory: WorkingMemory, term: Term, made: Statement, today: date) -> Statement:
    """The speaker's statement. ``made`` holds value or why there is none, kind, source, day, reason and note; without a
    day it is of today. Raises AnswerError."""
    if against := contradicted(memory, term, made.value):
        raise AnswerError(against)
    if made.unknown is Unknown.NOT_APPLICABLE and always_applies(term, memory.base.ladder.subject_term):
        raise AnswerError(ALWAYS.format(answer_form(term)))
    said = speaker.said(memory, term, made, today)
    return replace(said, date=made.date or said.date)
