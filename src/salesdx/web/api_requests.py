"""Links to respondents of a case for programs: made, listed, and taken back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import Field

from salesdx.interview.hand_over import handed_over
from salesdx.ledger.errors import NoSuch, Refused
from salesdx.ledger.moments import stamp
from salesdx.services.acts import RequestBody
from salesdx.web.calling import ToAsk
from salesdx.web.links import Link
from salesdx.web.pages.guard import origin_of
from salesdx.web.pages.held import API, HeldPage, form_key, held_page
from salesdx.web.pages.requests import answered_by_link, link_fault, made_link, plain_receiver, taken_back
from salesdx.web.problems import Faulty, RequestFault

router = APIRouter(tags=["requests"])


@dataclass(frozen=True)
class RequestBodyOf(RequestBody):
    """Who is to be asked, and the name or the mail address of who gets the link."""

    respondent: Annotated[str, Field(max_length=100)]
    receiver: Annotated[str, Field(max_length=200)]


@dataclass(frozen=True)
class RequestOf:
    """A link that was sent: to whom, of which terms, how it stands (`open`, `over`, `revoked`), and how many were
    answered. Moments are empty where it has not happened; `address` stands in the answer that makes it alone."""

    request: str
    respondent: str
    receiver: str
    terms: list[str]
    answered: int
    state: str
    made: str
    until: str
    begun: str
    finished: str
    address: str = ""


@router.get("/cases/{case}/requests")
def list_requests(case: str, calling: ToAsk) -> list[RequestOf]:
    """The links of a case, the newest first."""
    now = held_page(calling, case)
    return [_told(now, link) for link in calling.desk.links.of_case(now.id)]


def _told(now: HeldPage, link: Link, address: str = "") -> RequestOf:
    state = link.state(stamp(now.desk.server.now()))
    return RequestOf(
        link.id,
        link.respondent,
        link.receiver,
        [name for name, _ in link.asked.questions],
        answered_by_link(now.conversation.memory, link),
        state,
        link.made,
        link.until,
        link.begun,
        link.finished,
        address,
    )


@router.post("/cases/{case}/requests", status_code=201)
def make_request(case: str, asked: RequestBodyOf, calling: ToAsk, request: Request) -> RequestOf:
    """A link for a receiver, with the questions that are open now; its address is in this answer, and never again."""
    now = held_page(calling, case)
    base, desk = now.conversation.base, calling.desk
    receiver = plain_receiver(asked.receiver)
    with desk.thinking:
        terms = handed_over(now.conversation).get(asked.respondent, ())
    if asked.respondent not in base.respondents:
        known = ", ".join(base.respondents)
        raise Faulty(RequestFault("unknown-name", "there is no such respondent", "body.respondent", known))
    if told := link_fault(receiver, terms):
        raise Faulty(RequestFault("request", told, "body.receiver" if terms else "body.respondent"))
    key = form_key(case, f"{calling.by.name} {calling.key}", asked.respondent, receiver, door=API)
    secret = made_link(now, asked.respondent, receiver, terms, key)
    if secret is None:
        raise Refused("this request was made already, and its address was shown then")
    address = f"{origin_of(request)}/r/{secret}"
    return _told(now, desk.links.of_case(now.id)[0], address)


@router.delete("/cases/{case}/requests/{request}", status_code=204)
def revoke_request(case: str, request: str, calling: ToAsk) -> None:
    """Take a link back: it is worth nothing from now on, and what was answered by it stays."""
    now = held_page(calling, case)
    found = next((one for one in calling.desk.links.of_case(now.id) if one.id == request), None)
    if found is None:
        raise NoSuch("there is no such link")
    taken_back(now, found)
