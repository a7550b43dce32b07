"""What somebody has typed into the form of a question, as a statement, or why it cannot be taken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from salesdx.base.model import Term
from salesdx.case.bounds import AnswerError
from salesdx.case.statement import Statement, Unknown
from salesdx.case.typed import read_answer
from salesdx.case.typed_dates import read_dates
from salesdx.interview.conversation import Conversation
from salesdx.render.pages.case_words import stated_words
from salesdx.render.pages.question_page import TypedForm
from salesdx.render.pages.shell import PageFault
from salesdx.services.held_case import mark_of

LONGEST = {"answer": 200, "reason": 500, "source": 200, "date": 40, "note": 500, "kind": 100}


@dataclass
class Untaken(Exception):
    """An answer that cannot be taken as it is: with a fault of a field, a question put back, or another answer that
    came in between."""

    fault: PageFault | None = None
    ask_back: str = ""
    clash: str = ""
    status: int = 422

    @property
    def faults(self) -> tuple[PageFault, ...]:
        """What stands above the form."""
        return (self.fault or PageFault(self.ask_back or self.clash, "answer"),)


def typed_form(form: Mapping[str, str]) -> TypedForm:
    """The fields of a form, each in one line and without what cannot be seen."""
    lines = {name: " ".join(form.get(name, "").split()) for name in TypedForm.__dataclass_fields__}
    return TypedForm(**{name: "".join(filter(str.isprintable, line)) for name, line in lines.items()})


def as_asked_back(typed: TypedForm, untaken: Untaken) -> TypedForm:
    """The form once more: where a question was put back, the same answer confirms it."""
    return replace(typed, asked_back=typed.answer * bool(untaken.ask_back))


def made_of_form(
    conversation: Conversation, term: Term, typed: TypedForm, form: Mapping[str, str], today: date
) -> tuple[Statement, str]:
    """What was sent, as a statement without its speaker, and what was understood. Raises Untaken."""
    if form.get("mark") != mark_of(conversation.memory, term.name):
        raise Untaken(clash=_meanwhile(conversation, term), status=409)
    return _statement(conversation, term, typed, form.get("do", ""), today)


def _statement(conversation: Conversation, term: Term, typed: TypedForm, do: str, today: date) -> tuple[Statement, str]:
    """What was typed, as a statement, and what was understood. Raises Untaken."""
    for field, most in LONGEST.items():
        if len(getattr(typed, field)) > most:
            raise Untaken(PageFault(f"this has {most} characters at most", field))
    if typed.kind and typed.kind not in [kind.name for kind in conversation.base.evidence]:
        raise Untaken(PageFault("choose one of the list", "kind"))
    rest = Statement(kind=typed.kind, source=typed.source, date=_day(typed.date, today), note=typed.note)
    if do == "unknown":
        return replace(rest, unknown=Unknown.NOT_KNOWN), "not known"
    if do == "excuse":
        if not typed.reason:
            raise Untaken(PageFault("say why it does not apply", "reason"))
        return replace(rest, unknown=Unknown.NOT_APPLICABLE, reason=typed.reason), "does not apply"
    if not typed.answer:
        raise Untaken(PageFault("answer, or press one of the other buttons", "answer"))
    try:
        asked = read_answer(term, typed.asked_back, today) if typed.asked_back == typed.answer else None
        found = read_answer(term, typed.answer, today, asked)
    except AnswerError as error:
        raise Untaken(PageFault(str(error), "answer")) from None
    if found.ask_back:
        raise Untaken(ask_back=found.ask_back)
    note = typed.note or found.written
    return replace(rest, value=found.value, unknown=found.unknown, note=note), found.echo


def _day(typed: str, today: date) -> date | None:
    """The day that the evidence is of; None: today. Raises Untaken."""
    if not typed:
        return None
    try:
        bounds = read_dates(typed.casefold(), today)
        if bounds.low != bounds.high or not isinstance(bounds.low, date):
            raise AnswerError("one day, such as 2026-09-30 or 30 Sep 2026")
    except AnswerError as error:
        raise Untaken(PageFault(str(error), "date")) from None
    return bounds.low


def _meanwhile(conversation: Conversation, term: Term) -> str:
    """What stands of a fact by now, said while the form was open."""
    stands = [said for said in conversation.memory.statements.get(term.name, ()) if said.stands]
    told = "; ".join(stated_words(conversation.memory, term, said) for said in stands)
    return f"This was answered meanwhile: {told or 'the answer was taken back'}. You typed something else: choose."
