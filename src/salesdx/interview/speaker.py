"""Who answers an interview, and which questions are put to this one."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date

from salesdx.base.model import PERIOD, Term
from salesdx.case.closing import awaits_subject, is_closed
from salesdx.case.memory import WorkingMemory
from salesdx.case.statement import Statement, Untimely, untimely


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who answers: a role and an identifier, and the roles whose questions are put; all questions where there is none.

    A role without a name is nobody: whose word meets no floor, and who is asked everything.
    """

    by: str = ""
    author: str = ""
    roles: tuple[str, ...] = ()

    @property
    def voice(self) -> tuple[str, str, bool]:
        """Whose statements are made: each voice has one standing statement on a fact."""
        return self.by, self.author, False

    def knows(self, term: Term) -> bool:
        """Whether a question is to one of the roles: it is its respondent, or may answer in his or her place."""
        return not self.roles or term.respondent in self.roles or any(role in self.roles for role in term.may_answer)

    def is_asked(self, memory: WorkingMemory, term: Term, kept: Collection[str]) -> bool:
        """Whether a question is still to be put to this one: neither closed, nor answered so that asking again would
        give no better answer."""
        if not self.knows(term) or awaits_subject(memory, term.name) or is_closed(memory, term.name, self.by, kept):
            return False
        said = memory.said_by(term.name, self.voice)
        if said is None:
            return True
        return said.value is not None and untimely(term, said, memory.period, memory.today) in (None, Untimely.OLD)

    def said(self, memory: WorkingMemory, term: Term, answer: Statement, today: date) -> Statement:
        """An answer as this one's statement of today; what covers the whole period is of its last day.

        So is an answer that comes so long after the period that today would be too late for it.
        """
        made = replace(answer, by=self.by, author=self.author, date=today)
        if memory.period is None or made.value is None or (end := memory.period[1]) > today:
            return made
        late = untimely(term, made, memory.period, today) is Untimely.LATE
        return replace(made, date=end) if late or term.covers == PERIOD else made


EVERYBODY = Speaker()
"""Nobody in particular, who is asked everything."""
