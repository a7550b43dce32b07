"""A respondent who came by a link: hello, the own questions, one of them on a page, and what was answered.

A GET consumes nothing. By the first form the browser gets a cookie for this link alone, and from then on no address has
its secret. What is shown here is made of the link and of the respondent's own words: of the case nothing else is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Annotated

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Request, Response

from salesdx.base.model import Term
from salesdx.case.bounds import AnswerError
from salesdx.interview.conversation import Conversation
from salesdx.interview.stating import stated_by
from salesdx.ledger.errors import NoSuch, Refused, TrailError
from salesdx.ledger.moments import moment, stamp
from salesdx.render.pages.asked_page import AskedLine, AskedPage, HelloPage, answered_words, asked_question_page
from salesdx.render.pages.case_words import Send, day_words
from salesdx.render.pages.question_page import TypedForm
from salesdx.render.pages.shell import PageFault, Shell, Visitor
from salesdx.render.wording import person
from salesdx.services.asked_case import BY_LINK, asked_interview, case_with, link_speaker
from salesdx.services.case_acts import RecordAnswers
from salesdx.text.english import many
from salesdx.trail.concerned import link_person
from salesdx.trail.recording import recorded_case
from salesdx.web.accounts import form_token
from salesdx.web.links import Link, cookie_value, use_link
from salesdx.web.pages.guard import (
    AtDesk,
    FrontDesk,
    NoLink,
    SentForm,
    check_form_token,
    go_to,
    link_cookie,
    shown_page,
    wrong_link,
)
from salesdx.web.pages.held import TRIES, form_key, new_key, today_at
from salesdx.web.pages.typed_form import Untaken, as_asked_back, made_of_form, typed_form
from salesdx.web.store import CaseRow, Overtaken, change_row

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class AskedVisit:
    """Somebody who came by a link, as they see its case: their own words alone. ``value`` is that of the cookie."""

    desk: FrontDesk
    link: Link
    row: CaseRow
    value: str

    @property
    def today(self) -> date:
        return today_at(self.desk)

    @property
    def until(self) -> str:
        return day_words(moment(self.link.until).date())

    @property
    def form_token(self) -> str:
        """What the forms carry."""
        return form_token(self.value)

    @property
    def terms(self) -> tuple[Term, ...]:
        """The questions of the link, those that these rules ask no more left out."""
        return self.link.asked.still(self.desk.base)

    def address(self, *parts: str) -> str:
        """The address of a page of the link."""
        return "/".join(("", "asked", self.link.id, *parts))

    def conversation(self) -> Conversation:
        """The interview, of their own words alone."""
        speaker = link_speaker(self.link.respondent, self.link.receiver)
        return asked_interview(self.desk.base, self.row.text, self.row.id, speaker, self.today)

    def term(self, name: str) -> Term:
        """A question of the link. Raises NoSuch."""
        found = next((term for term in self.terms if term.name == name), None)
        if found is None:
            raise NoSuch("there is no such question")
        return found

    def shell(self, back: tuple[str, str] | None = None, **more: object) -> Shell:
        """What is around a page for them."""
        visitor = Visitor(self.link.receiver, self.desk.role(self.link.respondent), self.form_token, "")
        return Shell(visitor, back=back, home=self.address(), **more)  # type: ignore[arg-type]


def _usable(request: Request, desk: FrontDesk, value: str) -> AskedVisit:
    """The link behind a secret. Raises NoLink where it cannot be used, and 429 after too many of those."""
    found = desk.links.by_cookie(value)
    try:
        if found is None:
            raise NoLink
        desk.server.check_asks(found[0].maker)
    except (NoLink, Refused):
        raise wrong_link(request, desk) from None
    return AskedVisit(desk, *found, value)


def _asked(request: Request, link: str, desk: AtDesk) -> AskedVisit:
    value = request.cookies.get(link_cookie(desk, link), "")
    if not value:
        raise NoLink
    found = _usable(request, desk, value)
    if found.link.id != link:
        raise NoLink
    return found


Asked = Annotated[AskedVisit, Depends(_asked)]


def _sent(form: SentForm, asked: Asked) -> Mapping[str, str]:
    check_form_token(form, asked.form_token)
    return form


AskedForm = Annotated[Mapping[str, str], Depends(_sent)]


@router.get("/r/{token}")
def say_hello(request: Request, token: str, desk: AtDesk) -> Response:
    """Who asks, about what, and what becomes of the answers. Whoever looks at a link has not begun."""
    found = _usable(request, desk, cookie_value(token))
    link, asked = found.link, found.link.asked
    title = f"{asked.asker} has {many(len(found.terms), 'question')} for you"
    page = HelloPage(
        Shell(home=""), title, f"/r/{token}", asked.asker, asked.about, person(desk.base, link.respondent),
        link.receiver, found.until, bool(link.begun),
    )  # fmt: skip
    return shown_page(page)


@router.post("/r/{token}")
def begin_link(request: Request, token: str, desk: AtDesk, form: SentForm) -> Response:
    """Begin, or go on in this browser."""
    value = cookie_value(token)
    found = _usable(request, desk, value)
    if not found.link.begun:
        desk.links.mark(found.link, begun=stamp(desk.server.now()))
    answer = go_to(found.address())
    answer.set_cookie(
        link_cookie(desk, found.link.id), value, path="/", secure=desk.secure, httponly=True, samesite="lax"
    )
    return answer


@router.get("/asked/{link}")
def own_questions(visit: Asked, after: str = "") -> Response:
    """The own questions, each with what was answered."""
    now = visit.conversation()
    lines = tuple(
        AskedLine(term.question, term.called, answered_words(now, term), visit.address("questions", term.name))
        for term in visit.terms
    )
    left = [line for line in lines if not line.said]
    finished = bool(visit.link.finished)
    done = Send(visit.address("done"), new_key()) if left and not finished else None
    page = AskedPage(
        visit.shell(told=_understood(visit, now, after)),
        "Your questions",
        f"{len(lines) - len(left)} of {many(len(lines), 'question')} answered",
        visit.link.asked.asker,
        lines,
        left[0].address if left else "",
        done,
        finished,
        visit.until,
    )
    return shown_page(page)


@router.post("/asked/{link}/done")
def say_all(visit: Asked, form: AskedForm) -> Response:
    """That is all they can say; what is open stays open, and they can come back."""
    visit.desk.links.mark(visit.link, finished=stamp(visit.desk.server.now()))
    return go_to(visit.address())


@router.get("/asked/{link}/questions/{term}")
def show_own_question(term: str, visit: Asked, after: str = "") -> Response:
    """A question; ``after`` is the one that was answered before."""
    return _page(visit, visit.conversation(), visit.term(term), after=after)


@router.post("/asked/{link}/questions/{term}")
def answer_by_link(request: Request, term: str, visit: Asked, form: AskedForm) -> Response:
    """Take an answer, and go on to the next question that is open."""
    typed, seen = typed_form(form), list[Conversation]()
    try:
        after = _recorded(request, visit, form, visit.term(term), typed, seen)
    except Untaken as error:
        now = seen[-1]
        return _page(visit, now, visit.term(term), as_asked_back(typed, error), error)
    names = [each.name for each in visit.terms]
    here = names.index(term)
    open_ = [name for name in (*names[here:], *names[:here]) if not answered_words(after, visit.term(name))]
    parts = ("questions", open_[0]) if open_ else ()
    return go_to(f"{visit.address(*parts)}?after={term}")


def _recorded(
    request: Request,
    visit: AskedVisit,
    form: Mapping[str, str],
    term: Term,
    typed: TypedForm,
    seen: list[Conversation],
) -> Conversation:
    """Record an answer with the case as it is by then, in one transaction; the interview after it. Raises Untaken."""
    desk, server, link = visit.desk, visit.desk.server, visit.link
    told = sorted((field, text) for field, text in form.items() if field not in ("form_token", "key"))
    key = form_key(link.case, form.get("key", ""), link.id, term.name, told)
    for _ in range(TRIES):
        now = _usable(request, desk, visit.value)
        conversation = now.conversation()
        seen.append(conversation)
        if server.done(key) is not None:
            return conversation
        made, _ = made_of_form(conversation, term, typed, form, now.today)
        try:
            said = stated_by(conversation.speaker, conversation.memory, term, made, now.today)
        except AnswerError as error:
            raise Untaken(PageFault(str(error), "answer")) from None
        after = replace(conversation, memory=conversation.memory.saying(term.name, said))
        text, memory = case_with(desk.base, now.row.text, now.row.id, term.name, said, now.today)
        left = any(not answered_words(after, each) for each in now.terms)
        act = RecordAnswers(recorded_case(memory), desk.base.digest, BY_LINK)
        by = link_person(link.receiver, link.respondent)
        beside = partial(_store, now, text, link.finished if left else stamp(server.now()))
        try:
            server.perform_beside(act, by, str, key, beside, link.maker)
        except Overtaken:
            continue
        return after
    raise TrailError("too many people change this case at the same moment")


def _store(now: AskedVisit, text: str, finished: str, connection: sa.Connection) -> None:
    change_row(connection, now.row, text, now.desk.base.digest)
    if not use_link(connection, now.link.id, stamp(now.desk.server.now()), finished or None):
        raise NoLink


def _understood(visit: AskedVisit, now: Conversation, after: str) -> tuple[str, ...]:
    """What was understood of the last answer."""
    term = next((term for term in visit.terms if term.name == after), None)
    said = answered_words(now, term) if term is not None else ""
    return (f"Understood: {term.called}: {said}",) if term is not None and said else ()


def _page(
    visit: AskedVisit,
    now: Conversation,
    term: Term,
    typed: TypedForm | None = None,
    untaken: Untaken | None = None,
    after: str = "",
) -> Response:
    names = [each.name for each in visit.terms]
    shell = visit.shell(
        (visit.address(), "Your questions"),
        faults=untaken.faults if untaken is not None else (),
        asks=bool(untaken and untaken.ask_back),
        told=_understood(visit, now, after),
    )
    page = asked_question_page(
        now,
        term,
        shell,
        Send(visit.address("questions", term.name), new_key()),
        f"Question {names.index(term.name) + 1} of {len(names)}",
        visit.address(),
        typed,
        untaken.ask_back if untaken else "",
        untaken.clash if untaken else "",
    )
    return shown_page(page, untaken.status if untaken else 200)
