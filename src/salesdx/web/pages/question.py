"""One question a page: GET shows it, POST takes an answer and goes on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from fastapi import APIRouter, Response

from salesdx.base.model import Term
from salesdx.case.closing import asked_of
from salesdx.interview.conversation import Conversation
from salesdx.interview.turn import Turn
from salesdx.ledger.errors import NoSuch
from salesdx.render.pages.case_words import case_title, stated_words
from salesdx.render.pages.question_page import TypedForm, UndoForm, question_page
from salesdx.render.pages.shell import PageFault
from salesdx.render.prompts import change_words
from salesdx.render.wording import in_quotes, person
from salesdx.services.held_case import Undo, mark_of, standing_of, undo_of
from salesdx.web.pages.guard import OwnForm, SentForm, Visit, Visiting, go_to, is_of_login, shown_page
from salesdx.web.pages.held import HeldPage, held_page, record_answer
from salesdx.web.pages.typed_form import Untaken, as_asked_back, made_of_form, typed_form
from salesdx.web.store import keep_standing

router = APIRouter(include_in_schema=False)
UNDONE = "entered by mistake"
"""The reason of a first answer that is undone: it stays in sight, and counts no more."""


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
    typed, seen = typed_form(form), list[HeldPage]()

    def change(now: HeldPage) -> tuple[Conversation, Undo, tuple[str, ...]]:
        seen.append(now)
        return _answer(now, term, typed, form)

    try:
        if not is_of_login(form, visit.session):
            told = "you have logged in anew meanwhile, and nothing was saved: press the button once more"
            raise Untaken(PageFault(told, "answer"), status=403)
        if form.get("do") in ("later", "keep"):
            return _put_off(visit, case, term, form["do"] == "keep")
        now = record_answer(visit, case, form, term, change)
    except Untaken as error:
        now = seen[-1] if seen else held_page(visit, case)
        with visit.desk.thinking:
            return _page(visit, now, term, as_asked_back(typed, error), error)
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
    made, echo = made_of_form(conversation, term, typed, form, now.today)
    after, turn = conversation.answer(term, made, echo, now.today)
    if turn.kind == "fault":
        raise Untaken(PageFault(turn.text, "answer"))
    return after, Undo(name, before), tuple(_did(after, turn))


def _did(after: Conversation, turn: Turn) -> list[str]:
    """What an answer did, in words."""
    told = [change_words(after.base, change) for change in turn.changes]
    if turn.unneeded:
        names = ", ".join(in_quotes(after.base, name) for name in turn.unneeded)
        told.append(f"These answers no longer matter and are kept: {names}")
    return told


def _page(
    visit: Visit,
    now: HeldPage,
    name: str,
    typed: TypedForm | None = None,
    untaken: Untaken | None = None,
    undo: UndoForm | None = None,
) -> Response:
    conversation, term = now.asked(name)
    shell = visit.shell(
        (now.address("answers"), case_title(now.conversation.memory)),
        faults=untaken.faults if untaken is not None else (),
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
        _send_to(now, term),
    )
    return shown_page(page, untaken.status if untaken else 200)


def _send_to(now: HeldPage, term: Term) -> tuple[str, str] | None:
    """Where a question is sent to whom it goes, and how that is called; None where it goes to the person."""
    conversation = now.conversation
    whom = asked_of(conversation.memory, term.name)
    if not whom or whom == conversation.speaker.by:
        return None
    return now.address(f"requests?to={whom}"), f"Send to {person(conversation.base, whom)}"


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
