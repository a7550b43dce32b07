"""Asking others: who could answer what, a link for each receiver, what came of it, and links that are taken back."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from salesdx.base.model import Term
from salesdx.case.memory import WorkingMemory
from salesdx.interview.hand_over import handed_over
from salesdx.ledger.errors import NoSuch
from salesdx.ledger.moments import moment, stamp
from salesdx.render.pages.case_words import Send, case_title, day_words
from salesdx.render.pages.request_page import (
    AskedGroup,
    LinkLine,
    NewLink,
    RequestsPage,
    reminding_letter,
    sent_letter,
)
from salesdx.render.pages.shell import PageFault
from salesdx.render.wording import person
from salesdx.services.arranging import Arrange
from salesdx.services.asked_case import LONGEST_NAME, asked_questions, link_speaker
from salesdx.text.english import capital, listed, many
from salesdx.trail.own_words import came_by_link
from salesdx.trail.seats import LINK_ENDED, LINK_MADE
from salesdx.web.links import OPEN, OPEN_DAYS, OVER, Link, mark_link
from salesdx.web.pages.guard import OwnForm, Visit, Visiting, go_to, origin_of, shown_page
from salesdx.web.pages.held import HeldPage, form_key, held_page, new_key, stored_now

router = APIRouter(include_in_schema=False)
FIELD = "receiver-"
"""The field of a receiver, before the role that is asked."""


@router.get("/cases/{case}/requests")
def who_is_asked(case: str, visit: Visiting, to: str = "") -> Response:
    """Who could answer what, and what was sent; ``to`` is the one who is to be asked."""
    return _page(visit, held_page(visit, case), to)


@router.post("/cases/{case}/requests/{respondent}")
def make_link(request: Request, case: str, respondent: str, visit: Visiting, form: OwnForm) -> Response:
    """A link for a receiver, with the questions that are open now; it is shown in this answer, and never again."""
    now = held_page(visit, case)
    base = now.conversation.base
    if respondent not in base.respondents:
        raise NoSuch("there is no such respondent")
    receiver = plain_receiver(form.get(FIELD + respondent, ""))
    with visit.desk.thinking:
        terms = handed_over(now.conversation).get(respondent, ())
    if told := link_fault(receiver, terms):
        return _page(visit, now, respondent, receiver, told)
    key = form_key(case, form.get("key", ""), respondent, receiver)
    secret = made_link(now, respondent, receiver, terms, key)
    if secret is None:  # the same form once more, and what it made was shown already
        return go_to(now.address("requests"))
    address = f"{origin_of(request)}/r/{secret}"
    until = moment(visit.desk.links.of_case(case)[0].until).date()
    letter = sent_letter(receiver, visit.session.name, len(terms), address, until)
    new = NewLink(receiver, person(base, respondent), day_words(until), letter)
    return _page(visit, now, respondent, new=new)


@router.post("/cases/{case}/requests/{link}/revoke")
def revoke_link(case: str, link: str, visit: Visiting, form: OwnForm) -> Response:
    """Take a link back: it is worth nothing from now on, and what was answered by it stays."""
    now = held_page(visit, case)
    found = next((one for one in visit.desk.links.of_case(now.id) if one.id == link), None)
    if found is None:
        raise NoSuch("there is no such link")
    taken_back(now, found)
    return go_to(now.address("requests"))


def came_in(visit: Visit, case: str) -> str:
    """What has come in by links since the last diagnosis of a case, in words; empty where nothing has."""
    with visit.desk.server.trail.read() as reader:
        found = came_by_link(reader, case)
    base = visit.desk.base
    told = [f"{many(count, 'answer')} of {person(base, role)}" for role, count in found.items()]
    return f"{capital(listed(told))} came in by link, and no diagnosis has them yet" if told else ""


def plain_receiver(typed: str) -> str:
    """Who gets a link, in one line and without what cannot be seen."""
    return "".join(filter(str.isprintable, " ".join(typed.split())))


def made_link(now: HeldPage, respondent: str, receiver: str, terms: tuple[Term, ...], key: str) -> str | None:
    """The secret of a new link, which is recorded; None where it was made under this key already."""
    base, desk = now.conversation.base, now.desk
    asked = asked_questions(case_title(now.conversation.memory), desk.person(now.by.name), terms)
    made = desk.links.new(now.row, now.by, respondent, receiver, asked, key)
    sent = {"respondent": person(base, respondent), "receiver": receiver, "until": made.row["until"][:10]}
    return made.secret if stored_now(now, Arrange(LINK_MADE, now.id, now.subject, sent), key, made.store) else None


def taken_back(now: HeldPage, link: Link) -> None:
    """Take a link back, where that has not happened before, and record it."""
    if link.revoked:
        return
    when, key = stamp(now.desk.server.now()), form_key(now.id, "revoked", link.id)
    told = {"respondent": person(now.conversation.base, link.respondent), "receiver": link.receiver}
    act = Arrange(LINK_ENDED, now.id, now.subject, told)
    stored_now(now, act, key, lambda connection: mark_link(connection, link.id, revoked=when))


def link_fault(receiver: str, terms: tuple[Term, ...]) -> str:
    """Why no link is made for a receiver and these questions; empty where one is."""
    if not terms:
        return "no question to them is open any more"
    if not receiver:
        return "say who gets it: a name or a mail address"
    return f"this has {LONGEST_NAME} characters at most" if len(receiver) > LONGEST_NAME else ""


def _page(
    visit: Visit, now: HeldPage, role: str, receiver: str = "", told: str = "", new: NewLink | None = None
) -> Response:
    faults = (PageFault(told, FIELD + role),) if told else ()
    shell = visit.shell((now.address("answers"), case_title(now.conversation.memory)), faults=faults)
    base, sent = now.conversation.base, visit.desk.links.of_case(now.id)
    with visit.desk.thinking:
        open_ = handed_over(now.conversation)
    roles = list(dict.fromkeys([*(link.respondent for link in sent), *open_, *([role] if told else [])]))
    roles.sort(key=lambda each: each != role)
    groups = tuple(
        AskedGroup(
            each,
            capital(person(base, each)),
            person(base, each),
            tuple(term.question for term in open_.get(each, ())),
            each == role and new is None,
            now.send("requests", each) if open_.get(each) else None,
            receiver if each == role else "",
            tuple(_line(visit, now, link, new) for link in sent if link.respondent == each),
        )
        for each in roles
    )
    page = RequestsPage(shell, "Ask others", groups, new, LONGEST_NAME, OPEN_DAYS)
    return shown_page(page, 422 if told else 200)


def _line(visit: Visit, now: HeldPage, link: Link, new: NewLink | None) -> LinkLine:
    """A link that was sent, and how it stands; of a ``new`` one nobody is reminded yet."""
    state, until = link.state(stamp(visit.desk.server.now())), moment(link.until).date()
    made = moment(link.made).date()
    answered, asked = answered_by_link(now.conversation.memory, link), len(link.asked.questions)
    ends = {OPEN: f"good until {day_words(until)}", OVER: f"its days were over on {day_words(until)}"}
    told = [f"Made on {day_words(made)}, {ends.get(state, 'taken back')}"]
    opened = f"Begun on {day_words(moment(link.begun).date())}" if link.begun else "Not begun"
    ended = f", finished on {day_words(moment(link.finished).date())}" if link.finished else ""
    told.append(f"{opened}{ended}; {answered} of {many(asked, 'question')} answered")
    if state != OPEN:
        return LinkLine(link.receiver, tuple(told), None, None)
    left = asked - answered
    remind = reminding_letter(link.receiver, visit.session.name, made, left, until)
    revoke = Send(now.address("requests", link.id, "revoke"), new_key())
    return LinkLine(
        link.receiver, tuple(told), revoke, None if not left or link.finished or new is not None else remind
    )


def answered_by_link(memory: WorkingMemory, link: Link) -> int:
    """How many of its questions its receiver has answered."""
    voice = link_speaker(link.respondent, link.receiver).voice
    return sum(memory.said_by(name, voice) is not None for name, _ in link.asked.questions)
