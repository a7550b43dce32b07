"""The person concerned, who came by a link: their letter, how they see it, and which facts they contest.

What is shown here is made of the letter as it was recorded, of the answers on which it rests, which stand in it, of
the person's own words by this link, and of the sessions with them: of the case nothing else is read or told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from salesdx.base.model import RuleBase, Term
from salesdx.case.memory import WorkingMemory
from salesdx.explanation.what_if import read_changes
from salesdx.ledger.errors import NoSuch, Refused
from salesdx.ledger.log import Person
from salesdx.ledger.marks import leave_mark
from salesdx.ledger.moments import moment
from salesdx.render.pages.case_words import Send, day_words, moment_words
from salesdx.render.pages.concerned_page import ContestField, LetterToMePage, MyWords, MyWordsPage, PersonHelloPage
from salesdx.render.pages.diagnosis_page import article_in
from salesdx.render.pages.shell import PageFault, Shell, Visitor
from salesdx.render.plain import answer_words, fact_words, question_words
from salesdx.render.trail import render_page
from salesdx.render.trail.voices import statement_report
from salesdx.services.acts import check_may
from salesdx.services.case_acts import StateView, WriteLetter
from salesdx.text.issues import CaseError
from salesdx.trail.book import Book, Record
from salesdx.trail.concerned import link_person
from salesdx.trail.lookalike import MAX_STATEMENT, alike
from salesdx.trail.rerun_one import recorded_memory
from salesdx.trail.rights import EMPLOYEE
from salesdx.web.accounts import form_token
from salesdx.web.links import cookie_value
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
from salesdx.web.pages.held import form_key, new_key
from salesdx.web.pages.my_sessions import held_text_of, my_card, record_of_mine, shown_sessions
from salesdx.web.pages.person_links import is_letter
from salesdx.web.person_links import PersonLink

router = APIRouter(include_in_schema=False)
FACT = "fact-"
"""The field in which a fact is contested, before its term."""
LONGEST_FACT = 200


@dataclass(frozen=True)
class ConcernedVisit:
    """Somebody who came by a link to a letter about them. ``value`` is that of the cookie."""

    desk: FrontDesk
    link: PersonLink
    letter: Record
    value: str

    @property
    def form_token(self) -> str:
        """What the forms carry."""
        return form_token(self.value)

    @property
    def case(self) -> str:
        return (self.letter.case and self.letter.case.name) or ""

    @property
    def by(self) -> Person:
        """Who speaks by the link."""
        return link_person((self.letter.subject and self.letter.subject.name) or WHO, EMPLOYEE)

    @property
    def until(self) -> str:
        return day_words(moment(self.link.until).date())

    @property
    def maker(self) -> str:
        """Who made the link: whom to turn to."""
        return f"{self.desk.person(self.link.maker.name)}, {self.desk.role(self.link.maker.role)}"

    def address(self, *parts: str) -> str:
        """The address of a page of the link."""
        return "/".join(("", "person", self.link.id, *parts))

    def shell(self, back: tuple[str, str] | None = None, **more: object) -> Shell:
        """What is around a page for them."""
        visitor = Visitor((self.letter.subject and self.letter.subject.name) or WHO, "by link", self.form_token, "")
        return Shell(visitor, back=back, home=self.address(), **more)  # type: ignore[arg-type]


WHO = "the person concerned"


def _usable(request: Request, desk: FrontDesk, value: str) -> ConcernedVisit:
    """The link behind a secret, with its letter. Raises NoLink where it cannot be used, and 429 after too many."""
    link = desk.person_links.by_cookie(value)
    try:
        if link is None:
            raise NoLink
        desk.server.check_holds(link.maker)
        check_may(WriteLetter, link.maker, desk.server.in_force())
        with desk.server.trail.read() as reader:
            letter = Book(reader).record(link.letter)
        if not is_letter(letter):
            raise NoLink
    except (NoSuch, Refused):
        raise wrong_link(request, desk) from None
    return ConcernedVisit(desk, link, letter, value)


def _concerned(request: Request, link: str, desk: AtDesk) -> ConcernedVisit:
    value = request.cookies.get(link_cookie(desk, link), "")
    if not value:
        raise NoLink
    found = _usable(request, desk, value)
    if found.link.id != link:
        raise NoLink
    return found


Concerned = Annotated[ConcernedVisit, Depends(_concerned)]


def _sent(form: SentForm, visit: Concerned) -> Mapping[str, str]:
    check_form_token(form, visit.form_token)
    return form


ConcernedForm = Annotated[Mapping[str, str], Depends(_sent)]


@router.get("/p/{token}")
def greet(request: Request, token: str, desk: AtDesk) -> Response:
    """What there is to read, and what it is for. Whoever looks has not begun, and sees nothing of the letter."""
    found = _usable(request, desk, cookie_value(token))
    page = PersonHelloPage(
        Shell(home=""), "A letter for you", f"/p/{token}", found.maker, found.until, bool(found.link.begun)
    )
    return shown_page(page)


@router.post("/p/{token}")
def begin_reading(request: Request, token: str, desk: AtDesk, form: SentForm) -> Response:
    """Begin, or go on in this browser."""
    value = cookie_value(token)
    found = _usable(request, desk, value)
    if not found.link.begun:
        desk.person_links.begin(found.link)
    answer = go_to(found.address())
    answer.set_cookie(
        link_cookie(desk, found.link.id), value, path="/", secure=desk.secure, httponly=True, samesite="lax"
    )
    return answer


@router.get("/person/{link}")
def read_letter(visit: Concerned) -> Response:
    """The letter as it was recorded, and what was said by this link."""
    body = _body(visit)
    leave_mark(visit.desk.server.trail.storage, visit.by.name, visit.by.role, "letter", (visit.letter.seq,))
    shown = article_in(body["shown"])
    page = LetterToMePage(
        visit.shell(),
        "The letter about you",
        day_words(moment(visit.letter.time).date()),
        shown,
        () if shown else tuple(body["shown"].splitlines()),
        tuple(_my_words(visit)),
        visit.address("statement"),
        visit.maker,
        visit.until,
        visit.address("sessions"),
    )
    return shown_page(page)


@router.get("/person/{link}/statement")
def my_view(visit: Concerned) -> Response:
    """Where the person says how they see it."""
    return _page(visit, {})


@router.post("/person/{link}/statement")
def state_my_view(visit: Concerned, form: ConcernedForm) -> Response:
    """Record how the person sees it, with the facts that they contest."""
    memory, faults = _memory(visit), list[PageFault]()
    text = form.get("text", "").strip()
    if not alike(text):
        faults.append(PageFault("say it in your own words", "text"))
    contest = {}
    for term in _facts(memory):
        if typed := " ".join(form.get(FACT + term.name, "").split()):
            contest[term.name] = typed
            if told := _unread(memory, term, typed):
                faults.append(PageFault(told, FACT + term.name))
    if faults:
        return _page(visit, form, tuple(faults))
    key = form_key(visit.link.id, form.get("key", ""), text, sorted(contest.items()))
    server = visit.desk.server
    try:
        acts = [StateView(visit.case, text, contest)]
        if contest:
            acts.append(StateView(visit.case, _in_words(memory, text, contest)))
        for act in acts:
            try:
                server.perform_beside(act, visit.by, _recorded_page, key, lambda connection: None, visit.link.maker)
            except CaseError:  # the case has gone on, and takes the fact no more; of that nothing is told here
                continue
            break
    except Refused as error:
        return _page(visit, form, (PageFault(str(error), "text"),))
    return go_to(visit.address())


@router.get("/person/{link}/sessions")
def sessions_by_link(visit: Concerned) -> Response:
    """The sessions with the person in the case that the letter is about."""
    return _sessions(visit, {})


@router.post("/person/{link}/sessions/{session}")
def contest_by_link(session: str, visit: Concerned, form: ConcernedForm) -> Response:
    """Say that a session was not so."""
    field = f"reason-{session}"
    reason = form.get(field, "").strip()
    held = held_text_of(visit.desk, visit.case)
    if held is None or held[1].memory.followed.session(session) is None:
        raise NoSuch("there is no such session")
    if not alike(reason):
        return _sessions(visit, form, PageFault("say what was otherwise, in your own words", field))
    try:
        record_of_mine(visit.desk, visit.by, visit.case, session, form.get("key", ""), reason, visit.link.maker)
    except Refused as error:
        return _sessions(visit, form, PageFault(str(error), field))
    return go_to(visit.address("sessions"))


def _sessions(visit: ConcernedVisit, typed: Mapping[str, str], fault: PageFault | None = None) -> Response:
    held = held_text_of(visit.desk, visit.case)
    cards = []
    for one in held[1].memory.followed.sessions if held is not None else ():
        assert held is not None
        cards.append(my_card(held[1], one, None, Send(visit.address("sessions", one.id), new_key())))
    shell = visit.shell((visit.address(), "The letter about you"), faults=(fault,) if fault else ())
    return shown_sessions(shell, cards, dict(typed), fault is not None)


def _recorded_page(stated: Any) -> str:
    return render_page(statement_report(stated), None, "text", 80)


def _body(visit: ConcernedVisit) -> Mapping[str, Any]:
    assert visit.letter.body is not None
    return visit.letter.body


def _memory(visit: ConcernedVisit) -> WorkingMemory:
    """The case of the diagnosis that the letter is about. Raises NoLink where its content is gone."""
    with visit.desk.server.trail.read() as reader:
        book = Book(reader)
        record = book.record(visit.letter.inputs[0])
        if record.body is None or record.rule_base is None:
            raise NoLink
        same = record.rule_base == visit.desk.base.digest
        return recorded_memory(record.body, visit.desk.base if same else book.base(record.rule_base))


def _facts(memory: WorkingMemory) -> Iterator[Term]:
    """What was stated, in the order of the vocabulary: all of it stands in the annex of the letter."""
    for name, term in memory.base.terms.items():
        if name in memory.statements and name not in memory.fixed:
            yield term


def _unread(memory: WorkingMemory, term: Term, typed: str) -> str:
    """Why something that was typed contests no fact; empty where it does."""
    if len(typed) > LONGEST_FACT:
        return f"this has {LONGEST_FACT} characters at most"
    try:
        said = read_changes({term.name: typed}, memory.base)[term.name]
    except CaseError as error:
        return error.issues[0].message.replace(f"`{term.name}`", f"“{question_words(term)}”")
    fact = memory.fact(term.name)
    if said is not None and (said.value, said.unknown) == (fact.value, fact.unknown):
        return "the letter says so, too: leave this empty"
    return ""


def _in_words(memory: WorkingMemory, text: str, contest: Mapping[str, str]) -> str:
    """What is contested, below what was said."""
    terms = memory.base.terms
    lines = (f"{question_words(terms[name])} {typed}" for name, typed in contest.items())
    return "\n".join((text, "", "I contest these facts. As I see it:", *lines))


def _my_words(visit: ConcernedVisit) -> Iterator[MyWords]:
    """What was said by a link in the name of the person, in this case."""
    with visit.desk.server.trail.read() as reader:
        book = Book(reader)
        if visit.letter.case is None:
            return
        for one in book.records(case=visit.letter.case.pseudonym, types=("statement",)):
            if one.body is not None and one.actor.name == visit.by.name:
                contested = tuple(_contested(visit.desk.base, fact) for fact in one.body["contested"])
                yield MyWords(moment_words(moment(one.time)), tuple(one.body["text"].splitlines()), contested)


def _contested(base: RuleBase, fact: Mapping[str, str]) -> tuple[str, str]:
    """A fact that was contested, and what was said, in words."""
    term, stated = base.terms.get(fact["term"]), fact["stated"]
    if term is None:
        return fact["term"], stated
    try:
        said = read_changes({term.name: stated}, base)[term.name]
    except CaseError:
        said = None
    return question_words(term), answer_words(term, said.unknown or said.value) if said is not None else stated


def _page(visit: ConcernedVisit, typed: Mapping[str, str], faults: tuple[PageFault, ...] = ()) -> Response:
    memory = _memory(visit)
    fields = tuple(
        ContestField(
            FACT + term.name,
            question_words(term),
            fact_words(memory.base, memory.fact(term.name)),
            typed.get(FACT + term.name, ""),
        )
        for term in _facts(memory)
    )
    page = MyWordsPage(
        visit.shell((visit.address(), "The letter about you"), faults=faults),
        "How I see it",
        Send(visit.address("statement"), new_key()),
        typed.get("text", ""),
        fields,
        MAX_STATEMENT,
        LONGEST_FACT,
    )
    return shown_page(page, 422 if faults else 200)
