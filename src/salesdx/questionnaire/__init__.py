"""Questionnaires: what one respondent is asked about a case, on a form that can be sent away, and what comes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from salesdx.base.model import RuleBase, Term
from salesdx.case.memory import WorkingMemory
from salesdx.case.typed import answer_form
from salesdx.engine.diagnosis import OpenQuestion

VERSION = 2
INPUTS = ("answer", "kind", "source", "date", "reason", "note")
"""What a respondent fills in; the rest of a form is printed."""
NOT_KNOWN, NOT_APPLICABLE = "not known", "not applicable"


@dataclass(frozen=True, slots=True)
class Questionnaire:
    """What one respondent is asked about one case. It holds no fact, no result and nobody else's question."""

    about: Mapping[str, Any]
    """Case, subject and period, as far as the case file has them."""
    respondent: str
    who: str
    """The respondent in words."""
    rule_base: str
    """The digest of the rule base that the questions are from."""
    questions: tuple[Term, ...]
    kinds: tuple[str, ...] = ()
    """The kinds of evidence that an answer may be of, the strongest first, as people read them."""
    whys: Mapping[str, str] = field(default_factory=dict)
    """Term -> why it is asked although something is known of it; nothing of what that is."""

    def to_dict(self) -> dict[str, Any]:
        """The form as data: what it is about, the questions, and room for the answers."""
        head = {"questionnaire": VERSION, **self.about, "respondent": self.respondent, "rule_base": self.rule_base}
        head["asked"] = [term.name for term in self.questions]  # what comes back cut off lacks some of them
        return {**head, "questions": [self.printed(term) | dict.fromkeys(INPUTS, "") for term in self.questions]}

    def printed(self, term: Term) -> dict[str, str]:
        """The printed part of a question, with why it is asked again."""
        return printed(term) | ({"why": self.whys[term.name]} if self.whys.get(term.name) else {})

    @property
    def title(self) -> str:
        """Whom the questions are for, and about which case."""
        return f"Questions for {self.who}: case {self.about['case']}"


def questionnaire(
    base: RuleBase, memory: WorkingMemory, respondent: str, questions: tuple[OpenQuestion, ...]
) -> Questionnaire:
    """A form with questions to one respondent about a case."""
    return Questionnaire(
        about_case(memory),
        respondent,
        base.respondents[respondent],
        base.digest,
        tuple(base.terms[question.term] for question in questions),
        tuple(map(shown_kind, base.evidence_ranks)),
        {question.term: question.why for question in questions if question.why},
    )


def about_case(memory: WorkingMemory) -> dict[str, Any]:
    """What a questionnaire says of its case: name, pseudonym and period. All of it must fit when answers come back."""
    found: dict[str, Any] = {"case": memory.case}
    if memory.subject:
        found["subject"] = dict(memory.subject)
    if memory.period:
        found["period"] = {"from": memory.period[0].isoformat(), "to": memory.period[1].isoformat()}
    return found


def shown_kind(name: str) -> str:
    """A kind of evidence as people read and write it."""
    return name.replace("_", " ")


def printed(term: Term) -> dict[str, str]:
    """The printed part of a question. The term's limits and cautions are left out: they would lead the answer."""
    parts = {"term": term.name, "question": term.question, "answer_as": answer_form(term)}
    return parts | {key: text for key, text in (("look_in", term.evidence), ("how", term.derive)) if text}
