"""What a respondent sees who came by a link: who asks and about what, the own questions, and one of them on a page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from salesdx.base.applying import always_applies
from salesdx.base.model import Term
from salesdx.case.statement import Unknown
from salesdx.case.typed import answer_form
from salesdx.interview.conversation import Conversation
from salesdx.render.pages.case_words import Send, day_words, stated_words
from salesdx.render.pages.question_page import (
    QuestionPage,
    TypedForm,
    answer_options,
    evidence_options,
    typed_before,
    which_field,
)
from salesdx.render.pages.shell import AppPage, Shell
from salesdx.services.held_case import mark_of


@dataclass(frozen=True)
class HelloPage(AppPage):
    """Who asks, about what, and what becomes of the answers; nothing is begun as yet."""

    template: ClassVar[str] = "hello.html"
    action: str
    asker: str
    about: str
    who: str
    receiver: str
    until: str
    begun: bool


@dataclass(frozen=True)
class AskedLine:
    """A question, what the respondent has answered (empty: nothing), and its address."""

    question: str
    label: str
    said: str
    address: str


@dataclass(frozen=True)
class AskedPage(AppPage):
    """The questions of a link, each with how it stands."""

    template: ClassVar[str] = "asked.html"
    place: str
    asker: str
    lines: tuple[AskedLine, ...]
    next: str
    """The address of the next question that is open; empty where none is."""
    done: Send | None
    """Where the respondent says that this is all; None where they have said so, or nothing is open."""
    finished: bool
    until: str


@dataclass(frozen=True)
class AskedQuestionPage(QuestionPage):
    """One question to a respondent: the fields and mends of any question, and only their own words."""

    template: ClassVar[str] = "asked_question.html"


def answered_words(conversation: Conversation, term: Term) -> str:
    """What the respondent has said of a question; empty where nothing."""
    said = conversation.memory.said_by(term.name, conversation.speaker.voice)
    if said is None:
        return ""
    if said.unknown is Unknown.NOT_KNOWN:
        return "you don’t know"
    day = f" ({day_words(said.date)})" if said.date else ""
    return f"{stated_words(conversation.memory, term, said)}{day}"


def asked_question_page(
    conversation: Conversation,
    term: Term,
    shell: Shell,
    send: Send,
    place: str,
    answers: str,
    typed: TypedForm | None = None,
    ask_back: str = "",
    clash: str = "",
) -> AskedQuestionPage:
    """The page of a question to a respondent. The limits and cautions of its fact are left out: they would lead the
    answer."""
    memory = conversation.memory
    own = memory.said_by(term.name, conversation.speaker.voice)
    typed = typed or typed_before(term, own, whole=True)
    listed, numeric = which_field(term)
    return AskedQuestionPage(
        shell,
        term.question,
        send,
        mark_of(memory, term.name),
        "",
        place,
        " · ".join(_hint(term)),
        answer_options(term, typed.answer),
        listed,
        numeric,
        term.unit,
        typed,
        (f"You said: {answered_words(conversation, term)}",) if own is not None else (),
        ask_back,
        False,
        not always_applies(term, conversation.base.ladder.subject_term),
        (("How to get it", term.derive),) if term.derive else (),
        (),
        evidence_options(conversation.base, typed.kind),
        clash,
        None,
        answers,
        None,
        "",
    )


def _hint(term: Term) -> Iterator[str]:
    yield answer_form(term)
    if term.evidence:
        yield f"look in {term.evidence}"
