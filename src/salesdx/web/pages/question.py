"""One question a page: GET shows it, POST takes an answer and goes on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from fastapi import APIRouter, Response

from salesdx.base.model import Term
from salesdx.case.bounds import AnswerError
from salesdx.case.statement import Statement, Unknown
from salesdx.case.typed import read_answer
from salesdx.case.typed_dates import read_dates
from salesdx.interview.conversation import Conversation
from salesdx.interview.turn import Turn
from salesdx.ledger.errors import NoSuch
from salesdx.render.pages.case_words import case_title, stated_words
from salesdx.render.pages.question_page import TypedForm, UndoForm, question_page
from salesdx.render.pages.shell import PageFault
from salesdx.render.prompts import change_words
from salesdx.render.wording import in_quotes
from salesdx.services.held_case import Undo, mark_of, standing_of, undo_of
from salesdx.web.pages.guard import OwnForm, SentForm, Visit, Visiting, go_to, is_of_login, shown_page
from salesdx.web.pages.held import HeldPage, held_page, record_answer
from salesdx.web.store import keep_standing

router = APIRouter(include_in_schema=False)
LONGEST = {"answer": 200, "reason": 500, "source": 200, "date": 40, "note": 500, "kind": 100}
UNDONE = "entered by mistake"
"""The reason of a first answer that is undone: it stays in sight, and counts no more."""


@dataclass
class Untaken(Exception):
    """An answer that cannot be taken as it is: with a fault of a field, a question put back, or another answer that
    came in between."""

    now: HeldPage
    fault: PageFault | None = None
    ask_back: str = ""
    clash: str = ""
    status: int = 422


@router.get("/cases/{case}/next")
def where_next(case: str, visit: Visiting) -> Response:
    """Where it goes on."""
    now = held_page(visit, case)
    with visit.desk.thinking:
        return go_to(now.next_address())


@router.get("/cases/{case}/questions/{term}")
def show_question(case: str, term: str, visit: Visiting, after: str = "") -> Response:
    """A question; ``after`` is the one that was answered before."""
    now = held_page(visit, case)
    with visit.desk.thinking:
        return _page(visit, now, term, undo=_undo(now) if after else None)


@router.post("/cases/{case}/questions/{term}")
def answer_question(case: str, term: str, visit: Visiting, form: SentForm) -> Response:
    """Take an answer, or what was pressed in its place. What was typed before another login is kept, and not taken."""
    typed = _typed(form)
    try:
        if not is_of_login(form, visit.session):
            told = "you have logged in anew meanwhile, and nothing was saved: press the button once more"
            raise Untaken(held_page(visit, case), PageFault(told, "answer"), status=403)
        if form.get("do") in ("later", "keep"):
            return _put_off(visit, case, term, form["do"] == "keep")
        now = record_answer(visit, case, form, term, lambda now: _answer(now, term, typed, form))
    except Untaken as error:
        with visit.desk.thinking:
            return _page(visit, error.now, term, replace(typed, asked_back=typed.answer * bool(error.ask_back)), error)
    with visit.desk.thinking:
        return go_to(f"{now.next_address()}?after={term}")


@router.post("/cases/{case}/undo")
def undo_answer(case: str, visit: Visiting, form: OwnForm) -> Response:
    """Undo the last answer: what was said before stands again, and a first one is withdrawn."""
    undo = undo_of(visit.desk.base, held_page(visit, case).standing)
    if undo is None:
        return go_to(f"/cases/{case}/next")
    record_answer(visit, case, form, undo.term, lambda now: _undone(now, undo))
    return go_to(f"/cases/{case}/questions/{undo.term}")


def _undone(now: HeldPage, undo: Undo) -> tuple[Conversation, Undo | None, tuple[str, ...]]:
    conversation, term = now.asked(undo.term)
    if conversation.memory.said_by(undo.term, conversation.speaker.voice) is None:
        raise NoSuch("there is nothing to undo")
    if undo.before is None:
        after, _ = conversation.withdraw(undo.term, UNDONE, now.today)
    else:
        after, _ = conversation.answer(term, undo.before, "", now.today)
    return after, None, ()


def _put_off(visit: Visit, case: str, name: str, keep: bool) -> Response:
    """The question is asked again at the end, or never more exactly; that is no answer, and no record."""
    now = held_page(visit, case)
    with visit.desk.thinking:
        conversation, term = now.asked(name)
        after, _ = conversation.keep(term) if keep else conversation.put_off(term)
        address = replace(now, conversation=replace(after, asked="")).next_address()
    with visit.desk.store.writing() as connection:
        keep_standing(connection, now.id, now.by.name, standing_of(after))
    return go_to(address)


def _answer(
    now: HeldPage, name: str, typed: TypedForm, form: Mapping[str, str]
) -> tuple[Conversation, Undo, tuple[str, ...]]:
    """The interview after what was sent. Raises Untaken."""
    conversation, term = now.asked(name)
    before = conversation.memory.said_by(name, conversation.speaker.voice)
    if form.get("mark") != mark_of(conversation.memory, name):
        raise Untaken(now, clash=_meanwhile(now, conversation, term), status=409)
    made, echo = _statement(now, conversation, term, typed, form.get("do", ""))
    after, turn = conversation.answer(term, made, echo, now.today)
    if turn.kind == "fault":
        raise Untaken(now, PageFault(turn.text, "answer"))
    return after, Undo(name, before), tuple(_did(after, turn))


def _statement(
    now: HeldPage, conversation: Conversation, term: Term, typed: TypedForm, do: str
) -> tuple[Statement, str]:
    """What was typed, as a statement, and what was understood. Raises Untaken."""
    for field, most in LONGEST.items():
        if len(getattr(typed, field)) > most:
            raise Untaken(now, PageFault(f"this has {most} characters at most", field))
    if typed.kind and typed.kind not in [kind.name for kind in conversation.base.evidence]:
        raise Untaken(now, PageFault("choose one of the list", "kind"))
    rest = Statement(kind=typed.kind, source=typed.source, date=_day(now, typed.date), note=typed.note)
    if do == "unknown":
        return replace(rest, unknown=Unknown.NOT_KNOWN), "not known"
    if do == "excuse":
        if not typed.reason:
            raise Untaken(now, PageFault("say why it does not apply", "reason"))
        return replace(rest, unknown=Unknown.NOT_APPLICABLE, reason=typed.reason), "does not apply"
    if not typed.answer:
        raise Untaken(now, PageFault("answer, or press one of the other buttons", "answer"))
    try:
        asked = read_answer(term, typed.asked_back, now.today) if typed.asked_back == typed.answer else None
        found = read_answer(term, typed.answer, now.today, asked)
    except AnswerError as error:
        raise Untaken(now, PageFault(str(error), "answer")) from None
    if found.ask_back:
        raise Untaken(now, ask_back=found.ask_back)
    note = typed.note or found.written
    return replace(rest, value=found.value, unknown=found.unknown, note=note), found.echo


def _day(now: HeldPage, typed: str) -> date | None:
    """The day that the evidence is of; None: today. Raises Untaken."""
    if not typed:
        return None
    try:
        bounds = read_dates(typed.casefold(), now.today)
        if bounds.low != bounds.high or not isinstance(bounds.low, date):
            raise AnswerError("one day, such as 2026-09-30 or 30 Sep 2026")
    except AnswerError as error:
        raise Untaken(now, PageFault(str(error), "date")) from None
    return bounds.low


def _did(after: Conversation, turn: Turn) -> list[str]:
    """What an answer did, in words."""
    told = [change_words(after.base, change) for change in turn.changes]
    if turn.unneeded:
        names = ", ".join(in_quotes(after.base, name) for name in turn.unneeded)
        told.append(f"These answers no longer matter and are kept: {names}")
    return told


def _meanwhile(now: HeldPage, conversation: Conversation, term: Term) -> str:
    """What stands of a fact by now, said while the form was open."""
    stands = [said for said in conversation.memory.statements.get(term.name, ()) if said.stands]
    told = "; ".join(stated_words(conversation.memory, term, said) for said in stands)
    return f"This was answered meanwhile: {told or 'the answer was taken back'}. You typed something else: choose."


def _page(
    visit: Visit,
    now: HeldPage,
    name: str,
    typed: TypedForm | None = None,
    untaken: Untaken | None = None,
    undo: UndoForm | None = None,
) -> Response:
    conversation, term = now.asked(name)
    faults: tuple[PageFault, ...] = ()
    if untaken is not None:
        told = untaken.ask_back or untaken.clash
        faults = (untaken.fault or PageFault(told, "answer"),)
    shell = visit.shell(
        (now.address("answers"), case_title(now.conversation.memory)),
        faults=faults,
        asks=bool(untaken and untaken.ask_back),
    )
    page = question_page(
        conversation,
        term,
        shell,
        now.send("questions", name),
        mark_of(conversation.memory, name),
        case_title(conversation.memory),
        now.address("answers"),
        typed,
        untaken.ask_back if untaken else "",
        untaken.clash if untaken else "",
        undo,
    )
    return shown_page(page, untaken.status if untaken else 200)


def _undo(now: HeldPage) -> UndoForm | None:
    """What the last answer was, and how to take it back; None where there is none."""
    undo = undo_of(now.conversation.base, now.standing)
    if undo is None:
        return None
    conversation, term = now.asked(undo.term)
    said = conversation.memory.said_by(undo.term, conversation.speaker.voice)
    if said is None:
        return None
    told = f"{term.called}: {stated_words(conversation.memory, term, said)}"
    return UndoForm(told, tuple(now.standing["undo"]["told"]), now.send("undo"), now.question(undo.term))


def _typed(form: Mapping[str, str]) -> TypedForm:
    """The fields of a form, each in one line and without what cannot be seen."""
    lines = {name: " ".join(form.get(name, "").split()) for name in TypedForm.__dataclass_fields__}
    return TypedForm(**{name: "".join(filter(str.isprintable, line)) for name, line in lines.items()})
