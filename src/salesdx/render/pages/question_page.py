"""One question on one page: what is asked, what an answer looks like, what is known, and why it is asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from salesdx.base.applying import always_applies
from salesdx.base.model import RuleBase, Term
from salesdx.case.statement import Statement, as_json, shown_value
from salesdx.interview.conversation import Conversation
from salesdx.render.pages.case_words import Option, Send, stated_words, who_words
from salesdx.render.pages.linked import term_address
from salesdx.render.pages.shell import AppPage, Shell
from salesdx.render.prompts import about, outcome_words, reason, revisited
from salesdx.text.english import listed as in_words

RADIOS = 7
"""So many choices at most are shown side by side; more are a list."""


@dataclass(frozen=True)
class TypedForm:
    """What somebody has typed into a question's form, as it came. ``asked_back`` is the answer to which a question was
    put back: the same once more confirms it."""

    answer: str = ""
    reason: str = ""
    kind: str = ""
    source: str = ""
    date: str = ""
    note: str = ""
    asked_back: str = ""


@dataclass(frozen=True)
class UndoForm:
    """What the last answer was, what it did, and where it is undone."""

    understood: str
    did: tuple[str, ...]
    send: Send
    change: str
    """The address of its question."""


@dataclass(frozen=True)
class QuestionPage(AppPage):
    """A question. ``mark`` says of which state of its fact the form was made."""

    template: ClassVar[str] = "question.html"
    send: Send
    mark: str
    case: str
    place: str
    hint: str
    options: tuple[Option, ...]
    listed: bool
    numeric: bool
    unit: str
    typed: TypedForm
    so_far: tuple[str, ...]
    ask_back: str
    keeps: bool
    """Whether what is known can be kept though it is not exact enough."""
    excusable: bool
    how: tuple[tuple[str, str], ...]
    why: tuple[str, ...]
    kinds: tuple[Option, ...]
    clash: str
    """What was answered meanwhile, beside what was typed here; empty: nothing was."""
    undo: UndoForm | None
    answers: str
    """The address of all answers."""
    send_to: tuple[str, str] | None
    """Where it is sent to somebody else, and how that is called."""
    rules: str
    """The address at which the rules tell of the question; empty for who is asked by a link."""


def question_page(
    conversation: Conversation,
    term: Term,
    shell: Shell,
    send: Send,
    mark: str,
    case: str,
    answers: str,
    typed: TypedForm | None = None,
    ask_back: str = "",
    clash: str = "",
    undo: UndoForm | None = None,
    send_to: tuple[str, str] | None = None,
) -> QuestionPage:
    """The page of a question that an interview asks now, or to which its person went back."""
    base, memory = conversation.base, conversation.memory
    own = memory.said_by(term.name, conversation.speaker.voice)
    typed = typed or typed_before(term, own, conversation.asked == term.name)
    listed, numeric = which_field(term)
    return QuestionPage(
        shell,
        term.question,
        send,
        mark,
        case,
        _place(conversation, term),
        about(conversation, term),
        answer_options(term, typed.answer),
        listed,
        numeric,
        term.unit,
        typed,
        tuple(_so_far(conversation, term)),
        ask_back,
        conversation.sharpens(term),
        not always_applies(term, base.ladder.subject_term),
        tuple((label, text) for label, text in (("How to get it", term.derive), ("Note", term.note)) if text),
        tuple(_why(conversation, term)),
        evidence_options(base, typed.kind),
        clash,
        undo,
        answers,
        send_to,
        term_address(term.name),
    )


def which_field(term: Term) -> tuple[bool, bool]:
    """Whether the answer is chosen from a list, and whether it is a number."""
    return term.type == "enum" and len(term.values) > RADIOS, term.type not in ("date", "boolean", "enum")


def evidence_options(base: RuleBase, chosen: str) -> tuple[Option, ...]:
    """The kinds of evidence on which an answer can rest."""
    return (Option("", "not stated"), *(Option(kind.name, kind.name, kind.name == chosen) for kind in base.evidence))


def typed_before(term: Term, own: Statement | None, whole: bool) -> TypedForm:
    """What the person said last, as they may type it again; of a question that is asked anew the answer alone."""
    if own is None:
        return TypedForm()
    answer = "" if own.value is None else _typed(term, own)
    if not whole:
        return TypedForm(answer)
    return TypedForm(answer, own.reason, own.kind, own.source, own.date.isoformat() if own.date else "", own.note)


def _typed(term: Term, own: Statement) -> str:
    if term.type == "boolean":
        return "yes" if own.value else "no"
    return str(as_json(own.value)) if isinstance(own.value, str) else shown_value(own.value)


def _place(conversation: Conversation, term: Term) -> str:
    """Where we are: `Goals sound?, step 1 of 9, 3 answered here, about 2 more`."""
    question = conversation.survey.question
    base = conversation.base
    home = base.home[term.home]
    steps = [stage.id for stage in base.stages]
    step = f", step {steps.index(home.id) + 1} of {len(steps)}" if home.id in steps else ""
    here = [name for name in conversation.answered if base.terms[name].home == term.home]
    told = [f"{home.title}{step}"] + [f"{len(here)} answered here"] * bool(here)
    if question is not None and question.term == term:
        mine = [name for name in question.why.relevant if conversation.speaker.knows(base.terms[name])]
        more = len({*mine} - {term.name})
        told.append(f"about {more} more" if more else "the last one here")
    return ", ".join(told)


def answer_options(term: Term, chosen: str) -> tuple[Option, ...]:
    """The answers to choose from; none where it is typed."""
    if term.type == "boolean":
        return tuple(Option(value, value.capitalize(), value == chosen) for value in ("yes", "no"))
    if term.type == "enum":
        return tuple(Option(value, value.replace("_", " ").capitalize(), value == chosen) for value in term.values)
    return ()


def _so_far(conversation: Conversation, term: Term) -> Iterator[str]:
    """What is known of the term, who said it, and why it is asked again."""
    memory, own = conversation.memory, conversation.speaker.voice
    stated = [said for said in memory.statements.get(term.name, ()) if said.stands]
    for said in stated:
        yield f"So far: {stated_words(memory, term, said)} ({who_words(conversation.base, said, own)})"
    if conversation.sharpens(term):
        limits = [shown_value(limit) for limit in conversation.limits(term)]
        if limits:
            yield f"The limit is {limits[0]}." if len(limits) == 1 else f"The limits are {in_words(limits)}."
        yield "Can you say it more exactly?"
    if conversation.again and not conversation.asked and term.name == conversation.again[0]:
        yield f"It is asked again, since {revisited(conversation)}."


def _why(conversation: Conversation, term: Term) -> Iterator[str]:
    question = conversation.survey.question
    if question is None or question.term != term:
        yield "You went to this question yourself."
        return
    yield reason(conversation.base, question)
    yield from (outcome_words(term, outcome) for outcome in question.why.outcomes)
