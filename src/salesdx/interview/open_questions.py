"""All questions that can still change a result, not only the next one: for asking several people at once."""

from __future__ import annotations

from salesdx.base.model import RuleBase, Term
from salesdx.case.memory import WorkingMemory
from salesdx.interview.asked import Question
from salesdx.interview.diagrams import Node
from salesdx.interview.question import Interview


def open_questions(base: RuleBase, memory: WorkingMemory) -> tuple[str, ...]:
    """The terms whose answers can still change the result as it stands, in the order of the vocabulary.

    These are the questions of every stage that is still to be settled, not only of the first. None is left exactly when
    an interview has no next question.
    """
    return _Collector(base, memory.with_base(base)).collect()


def questions_by_respondent(base: RuleBase, memory: WorkingMemory) -> dict[str, tuple[Term, ...]]:
    """Respondent -> the questions to him or her that can still change the result."""
    found: dict[str, tuple[Term, ...]] = {}
    for name in open_questions(base, memory):
        term = base.terms[name]
        found[term.respondent] = (*found.get(term.respondent, ()), term)
    return found


class _Collector(Interview):
    """Goes the way of an interview in which no question stops it, and notes what it comes past."""

    def collect(self) -> tuple[str, ...]:
        self.found: set[str] = set()
        self.survey()
        return tuple(name for name in self.base.terms if name in self.found)

    def pinned(self) -> Question | None:
        pinned = (term.name for term in self.base.terms.values() if term.ask_first)
        self.found.update(n for n in pinned if self.asking.asks(n) and n in self.relevance.variables)
        return None

    def examine(self) -> Question | None:
        return None if self.found else super().examine()  # an interview looks there only when nothing else is open

    def of(self, function: Node, stands: object, *_: object) -> Question | None:
        self.found.update(self.names(self.diagrams.support(self.still_open(function, stands))))
        return None
