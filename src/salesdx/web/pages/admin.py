"""Administration: who the people are, which logins and links are open, how the trail stands, which rules are in force.

Whoever administers sees no case: of a link it is told who made it and when, and nothing of what it leads to.
"""

from __future__ import annotations

from collections.abc import Iterator

from fastapi import APIRouter, Response

from salesdx.ledger.errors import NoSuch, Refused
from salesdx.ledger.moments import moment, stamp
from salesdx.ledger.standalone.register import CHANGES, Registered
from salesdx.render.pages.admin_page import AdminPage, LinkOpen, LoginLine, PersonLine, TrailLine
from salesdx.render.pages.case_words import Send, day_words, moment_words
from salesdx.services.acts import check_may
from salesdx.services.arranging import EndAnyLink
from salesdx.services.trail_acts import ChangePeople
from salesdx.text.english import listed, many
from salesdx.trail.book import UNSEEN, Book
from salesdx.trail.rule_bases import short_digest
from salesdx.trail.seats import LINK_ENDED
from salesdx.web.links import OPEN, Link, mark_link
from salesdx.web.pages.guard import OwnForm, Visit, Visiting, go_to, shown_page
from salesdx.web.pages.held import form_key, new_key, stored_now
from salesdx.web.pages.signing import change_told
from salesdx.web.pages.systems import MAPPINGS, mapping_set
from salesdx.web.person_links import PersonLink, mark_person_link

router = APIRouter(include_in_schema=False)


def administers(visit: Visit) -> bool:
    """Whether the role in use says who the people are."""
    try:
        check_may(ChangePeople, visit.by, visit.desk.server.in_force())
    except Refused:
        return False
    return True


def _check_administers(visit: Visit) -> None:
    if not administers(visit):
        raise NoSuch(UNSEEN)


@router.get("/admin")
def administration(visit: Visiting) -> Response:
    """The people, logins, links, the trail and the rules."""
    _check_administers(visit)
    desk = visit.desk
    register, now = desk.server.register(), stamp(desk.server.now())
    people = tuple(_person(visit, one, now) for one in sorted(register.members.values(), key=lambda one: one.name))
    waiting = tuple(
        f"{change_told(desk, kind, dict(told))} ({desk.person(by)}, {_when(time)})"
        for seq, (kind, told, by, time) in sorted(register.waiting.items())
        if kind in CHANGES
    )
    page = AdminPage(
        visit.shell(("/", "First page")),
        "Administration",
        tuple(_trail(visit)),
        tuple(_rules(visit)),
        waiting,
        people,
        tuple(_logins(visit)),
        tuple(_links(visit)),
        _drawn_by(visit),
    )
    return shown_page(page)


@router.post("/admin/logins/{login}/end")
def end_login(login: str, visit: Visiting, form: OwnForm) -> Response:
    """End a login: whoever has it logs in anew."""
    _check_administers(visit)
    if not visit.desk.accounts.end_login(login):
        raise NoSuch(UNSEEN)
    return go_to("/admin")


@router.post("/admin/links/{link}/end")
def end_link(link: str, visit: Visiting, form: OwnForm) -> Response:
    """Take a link back, with a record in the case to which it leads."""
    _check_administers(visit)
    desk, when = visit.desk, stamp(visit.desk.server.now())
    told = {"by": "an administrator"}
    key = form_key("admin", "revoked", link)
    if (asked := next((one for one in desk.links.all_open() if one.id == link), None)) is not None:
        with desk.server.trail.read() as reader:
            named = Book(reader).pseudonym("case", asked.case)
            subject = next((r.subject.name or "" for r in Book(reader).records(case=named) if r.subject), "")
        act = EndAnyLink(LINK_ENDED, asked.case, subject, told)
        stored_now(visit, act, key, lambda connection: mark_link(connection, link, revoked=when))
        return go_to("/admin")
    letter = next((one for one in desk.person_links.of_letter() if one.id == link and not one.revoked), None)
    if letter is None:
        raise NoSuch(UNSEEN)
    with desk.server.trail.read() as reader:
        record = Book(reader).record(letter.letter)
    case, subject = ((named.name if named else "") or "" for named in (record.case, record.subject))
    act = EndAnyLink(LINK_ENDED, case, subject, told)
    stored_now(visit, act, key, lambda connection: mark_person_link(connection, link, revoked=when))
    return go_to("/admin")


def _when(time: str) -> str:
    return moment_words(moment(time))


def _person(visit: Visit, one: Registered, now: str) -> PersonLine:
    roles = [
        visit.desk.role(held.role) + (f" until {day_words(moment(held.until).date())}" if held.until else "")
        for held in one.roles
        if held.at(now)
    ]
    kinds = [key.kind for key in one.keys.values()]
    keys = [f"{many(kinds.count(kind), 'key')} of the kind {kind}" for kind in dict.fromkeys(kinds)]
    told = [listed(roles) if roles else "no role now", listed(keys) if keys else "no key"]
    if one.reports_to:
        told.append(f"reports to {visit.desk.person(one.reports_to)}")
    return PersonLine(one.name, one.id, "; ".join(told))


def _logins(visit: Visit) -> Iterator[LoginLine]:
    for one in visit.desk.accounts.open_logins():
        told = f"Since {_when(one.begun)}, last used {_when(one.used)}"
        who = f"{visit.desk.person(one.person)}, {visit.desk.role(one.role)}"
        yield LoginLine(who, told, Send(f"/admin/logins/{one.id}/end", new_key()))


def _links(visit: Visit) -> Iterator[LinkOpen]:
    now = stamp(visit.desk.server.now())
    found: list[tuple[Link | PersonLink, str]] = [(one, "to questions") for one in visit.desk.links.all_open()]
    found += [(one, "to a letter") for one in visit.desk.person_links.of_letter() if one.state(now) == OPEN]
    for one, what in found:
        who, until = visit.desk.person(one.maker.name), day_words(moment(one.until).date())
        told = f"Made by {who} on {day_words(moment(one.made).date())}, good until {until}"
        begun = f"begun on {day_words(moment(one.begun).date())}" if one.begun else "not begun"
        yield LinkOpen(f"A link {what}", f"{told}, {begun}", Send(f"/admin/links/{one.id}/end", new_key()))


def _trail(visit: Visit) -> Iterator[TrailLine]:
    with visit.desk.server.trail.read() as reader:
        head, signed = reader.head(), reader.cosignatures()
        witnesses = sum(1 for _ in reader.rows(types=("witness",)))
    yield TrailLine("Records", f"{head.size:,}, the last one of {_when(head.time)}")
    if signed:
        last = signed[-1]
        since = head.size - last.size
        told = f"record {last.size - 1}, by {last.witness}; {many(since, 'record')} since then"
        yield TrailLine("Last signature from outside", told)
    else:
        named = f"{witnesses} witness{'es' * (witnesses > 1)} entered" if witnesses else "no witness is entered"
        yield TrailLine("Last signature from outside", f"none: {named}, so the key alone covers all records")
    yield TrailLine("Verification", "not kept here: each who verifies keeps their own")


def _drawn_by(visit: Visit) -> tuple[str, str] | None:
    """Where the mapping of the firm's systems is set, and which is; None where the service has no folder of them."""
    if visit.desk.systems is None:
        return None
    set_ = mapping_set(visit.desk)
    return MAPPINGS, f"Figures are taken by {set_.name}." if set_ is not None else "No figures are taken yet."


def _rules(visit: Visit) -> Iterator[TrailLine]:
    server = visit.desk.server
    adopted, base = server.register().adoptions.adopted, server.base
    yield TrailLine("This service diagnoses by", f"{base.version} ({short_digest(base.digest)})")
    if not adopted:
        yield TrailLine("In force", "none: nobody has adopted any, so all that is shown is a trial")
        return
    last = adopted[-1]
    by = listed([visit.desk.person(who) for who in last.proposal.by])
    same = "" if last.rules == base.digest else "; the service runs others, so what it shows is a trial"
    told = f"{last.proposal.version} ({short_digest(last.rules)}), since {_when(last.time)}, adopted by {by}{same}"
    yield TrailLine("In force", told)
