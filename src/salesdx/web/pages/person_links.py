"""Links to a letter about a person: human resources makes one for whom it is about, and takes it back."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter, Request, Response

from salesdx.ledger.errors import NoSuch, Refused
from salesdx.ledger.moments import moment, stamp
from salesdx.render.pages.case_words import Send, day_words
from salesdx.render.pages.person_links_page import PersonLinkLine, PersonLinksPage, person_link_text
from salesdx.render.pages.request_page import NewLink
from salesdx.services.acts import check_may
from salesdx.services.arranging import LinkToLetter
from salesdx.services.case_acts import WriteLetter
from salesdx.services.reads import Desk, ReadFound, ShowRecord
from salesdx.trail.book import UNSEEN, Record
from salesdx.trail.rights import EMPLOYEE
from salesdx.trail.seats import LINK_ENDED, LINK_MADE
from salesdx.web.links import OPEN, OVER
from salesdx.web.pages.guard import OwnForm, Visit, Visiting, go_to, origin_of, shown_page
from salesdx.web.pages.held import form_key, new_key, stored_now
from salesdx.web.person_links import PERSON_DAYS, PersonLink, mark_person_link

router = APIRouter(include_in_schema=False)
WHOM = "the person concerned"


@dataclass(frozen=True)
class LetterPage:
    """A letter about a person, as who may write letters sees it."""

    record: Record

    @property
    def seq(self) -> int:
        return self.record.seq

    @property
    def subject(self) -> str:
        return (self.record.subject and self.record.subject.name) or ""

    def address(self, *parts: str) -> str:
        """The address of a page of its links."""
        return "/".join(("", "records", str(self.seq), "person-links", *parts))

    def act(self, what: str, **told: str) -> LinkToLetter:
        """What is recorded of a link to it."""
        case = (self.record.case and self.record.case.name) or ""
        return LinkToLetter(what, case, self.subject, {"for": WHOM, **told}, (self.seq,))


def letter_page(visit: Visit, record: str) -> LetterPage:
    """A letter to the person concerned. Raises NoSuch for every other record, and for who writes no letters."""
    try:
        check_may(WriteLetter, visit.by, visit.desk.server.in_force())
    except Refused:
        raise NoSuch(UNSEEN) from None
    if not record.isascii() or not record.isdigit() or len(record) > 15:
        raise NoSuch(UNSEEN)
    found, _ = visit.desk.server.read(ShowRecord(record, page=True), visit.by, _no_page)
    if not is_letter(found.shown.record):
        raise NoSuch(UNSEEN)
    return LetterPage(found.shown.record)


def is_letter(record: Record) -> bool:
    """Whether a record is a letter to the person concerned whose content is there."""
    return record.type == "letter" and record.body is not None and record.body["to"] == EMPLOYEE


def _no_page(found: ReadFound, desk: Desk) -> str:
    return ""


@router.get("/records/{record}/person-links")
def links_to_letter(record: str, visit: Visiting) -> Response:
    """The links to a letter, and where one is made."""
    return _page(visit, letter_page(visit, record))


@router.post("/records/{record}/person-links")
def make_person_link(request: Request, record: str, visit: Visiting, form: OwnForm) -> Response:
    """A link for the person concerned; it is shown in this answer, and never again."""
    found = letter_page(visit, record)
    made = visit.desk.person_links.new(found.seq, visit.by)
    until = made.row["until"]
    key = form_key(f"letter-{found.seq}", form.get("key", ""), visit.by.name)
    if not stored_now(visit, found.act(LINK_MADE, until=until[:10]), key, made.store):
        return go_to(found.address())
    ends = day_words(moment(until).date())
    address = f"{origin_of(request)}/p/{made.secret}"
    return _page(visit, found, NewLink(found.subject, WHOM, ends, person_link_text(visit.session.name, address, ends)))


@router.post("/records/{record}/person-links/{link}/revoke")
def revoke_person_link(record: str, link: str, visit: Visiting, form: OwnForm) -> Response:
    """Take a link back; what was said by it stays."""
    found = letter_page(visit, record)
    one = next((one for one in visit.desk.person_links.of_letter(found.seq) if one.id == link), None)
    if one is None:
        raise NoSuch(UNSEEN)
    end_person_link(visit, found, one)
    return go_to(found.address())


def end_person_link(visit: Visit, letter: LetterPage, link: PersonLink) -> None:
    """Take a link back, with a record of it; where it was taken back before, nothing."""
    if link.revoked:
        return
    when = stamp(visit.desk.server.now())
    key = form_key(f"letter-{letter.seq}", "revoked", link.id)
    stored_now(
        visit, letter.act(LINK_ENDED), key, lambda connection: mark_person_link(connection, link.id, revoked=when)
    )


def _page(visit: Visit, found: LetterPage, new: NewLink | None = None) -> Response:
    lines = tuple(_line(visit, found, one) for one in visit.desk.person_links.of_letter(found.seq))
    shell = visit.shell((f"/records/{found.seq}", f"Record {found.seq}"))
    title = f"A link for {found.subject}" if found.subject else "A link for the person"
    page = PersonLinksPage(shell, title, Send(found.address(), new_key()), lines, new, PERSON_DAYS)
    return shown_page(page)


def _line(visit: Visit, found: LetterPage, one: PersonLink) -> PersonLinkLine:
    now, made, until = stamp(visit.desk.server.now()), moment(one.made).date(), moment(one.until).date()
    state = one.state(now)
    ends = {OPEN: f"good until {day_words(until)}", OVER: f"its days were over on {day_words(until)}"}
    told = [f"Made on {day_words(made)} by {visit.desk.person(one.maker.name)}, {ends.get(state, 'taken back')}"]
    told.append(f"Begun on {day_words(moment(one.begun).date())}" if one.begun else "Not begun")
    revoke = Send(found.address(one.id, "revoke"), new_key()) if state == OPEN else None
    return PersonLinkLine(tuple(told), revoke)
