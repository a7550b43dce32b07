"""What a respondent is asked about a case by a link, and what they see of it: their own words, and nothing else."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from hashlib import sha256
from typing import Any

from salesdx.base.model import RuleBase, Term
from salesdx.case.file import case_from_text
from salesdx.case.memory import WorkingMemory
from salesdx.case.statement import Statement
from salesdx.case.writing import write_fact
from salesdx.interview.conversation import Conversation
from salesdx.interview.speaker import Speaker

BY_LINK = "link"
"""The way in which these answers come, as their records tell it."""
AUTHOR = "link:"
"""Before what stands for the receiver of a link: no identifier of a person has a colon."""
LONGEST_NAME = 80
_NOT_PLAIN = re.compile(r"[^a-z0-9.@_-]+")


@dataclass(frozen=True)
class AskedQuestions:
    """What somebody was asked, as it was asked: what the case is ``about``, ``asker`` by name, and each question behind
    its term. What is said in the case later changes nothing of it."""

    about: str
    asker: str
    questions: tuple[tuple[str, str], ...]

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> AskedQuestions:
        """From its JSON."""
        return cls(told["about"], told["asker"], tuple((name, question) for name, question in told["questions"]))

    def still(self, base: RuleBase) -> tuple[Term, ...]:
        """The terms that are asked in the same words by these rules."""
        found = ((base.terms.get(name), question) for name, question in self.questions)
        return tuple(term for term, question in found if term is not None and term.question == question)


def asked_questions(about: str, asker: str, terms: Iterable[Term]) -> AskedQuestions:
    """The questions of some terms as they are asked now."""
    return AskedQuestions(about, asker, tuple((term.name, term.question) for term in terms))


def link_speaker(respondent: str, receiver: str) -> Speaker:
    """Who answers by a link: the respondent, on the word of an author who can be nobody of the register.

    Whoever is called otherwise is another author.

    >>> link_speaker("finance", "Finn Olsen").author
    'link:finn-olsen'
    """
    plain = unicodedata.normalize("NFKD", receiver).casefold()
    name = _NOT_PLAIN.sub("-", plain).strip("-")[:40]
    if len(name) < len(receiver) or not plain.isascii():  # something of it was left out
        name = f"{name}-{sha256(receiver.encode()).hexdigest()[:8]}".strip("-")
    return Speaker(respondent, AUTHOR + name, (respondent,))


def asked_interview(base: RuleBase, text: str, shown: str, speaker: Speaker, today: date) -> Conversation:
    """The interview of a respondent on a case in which nobody else has said anything. Raises CaseError."""
    memory = case_from_text(text, shown, base)
    own = {name: said for name in memory.statements if (said := memory.said_by(name, speaker.voice)) is not None}
    alone = WorkingMemory(
        base, {name: (said,) for name, said in own.items()}, shown, memory.subject, memory.period, today=today
    )
    return Conversation(base, alone, speaker=speaker)


def case_with(
    base: RuleBase, text: str, shown: str, name: str, said: Statement, today: date
) -> tuple[str, WorkingMemory]:
    """The text of a case with another statement of somebody, and the case; what others said stays as it is."""
    memory = replace(case_from_text(text, shown, base), today=today).saying(name, said)
    return write_fact(text, shown, base, memory, name), memory
