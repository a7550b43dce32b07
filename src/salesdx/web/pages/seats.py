"""Who works on a case: its owner gives a colleague a seat, takes it back, or hands the case over."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import APIRouter, Response
from sqlalchemy import Connection

from salesdx.ledger.errors import NoSuch, Refused
from salesdx.ledger.moments import stamp
from salesdx.render.pages.case_words import Option, case_title
from salesdx.render.pages.seats_page import SeatLine, SeatsPage
from salesdx.render.pages.shell import PageFault
from salesdx.services.arranging import Arrange, GiveSeat, may_sit
from salesdx.trail.seats import HANDED_OVER, OWNER, SEAT_ENDED, SEAT_GIVEN
from salesdx.web.links import end_links
from salesdx.web.pages.guard import OwnForm, Visit, Visiting, go_to, shown_page
from salesdx.web.pages.held import HeldPage, form_key, held_page, owned_page
from salesdx.web.store import Overtaken, end_seat, give_seat, hand_over

router = APIRouter(include_in_schema=False)
CHOOSE = "choose a colleague"
GONE = "something changed here at the same moment: look again, and decide anew"


@router.get("/cases/{case}/people")
def who_works(case: str, visit: Visiting) -> Response:
    """Who sits at a case; for its owner also how that is changed."""
    return _page(visit, held_page(visit, case))


@router.post("/cases/{case}/people")
def give_a_seat(case: str, visit: Visiting, form: OwnForm) -> Response:
    """Give a colleague a seat."""
    now = owned_page(visit, case)
    person = form.get("person", "")
    if person in visit.desk.store.seats(case):
        return go_to(now.address("people"))
    if person not in dict(_free(visit, now)):
        return _page(visit, now, CHOOSE)

    def sit(connection: Connection, id: str, who: str) -> None:
        give_seat(connection, now.row, who)

    return _done(visit, now, GiveSeat, SEAT_GIVEN, person, form.get("key", ""), sit)


@router.post("/cases/{case}/people/{person}/end")
def end_a_seat(case: str, person: str, visit: Visiting, form: OwnForm) -> Response:
    """Take a seat back; what its holder recorded stays, and links that they made end."""
    now = owned_page(visit, case)
    _check_seated(visit, now, person)

    def end(connection: Connection, id: str, who: str) -> None:
        end_seat(connection, id, who)
        end_links(connection, id, stamp(visit.desk.server.now()), who)  # another seat brings none of them back

    return _done(visit, now, Arrange, SEAT_ENDED, person, form.get("key", ""), end)


@router.post("/cases/{case}/people/{person}/owner")
def hand_it_over(case: str, person: str, visit: Visiting, form: OwnForm) -> Response:
    """Hand the case over to who has a seat; whoever handed it over keeps one."""
    now = owned_page(visit, case)
    _check_seated(visit, now, person)

    def swap(connection: Connection, id: str, to: str) -> None:
        hand_over(connection, id, visit.by.name, to)

    return _done(visit, now, GiveSeat, HANDED_OVER, person, form.get("key", ""), swap)


def _check_seated(visit: Visit, now: HeldPage, person: str) -> None:
    if person not in visit.desk.store.seats(now.id) or person == visit.by.name:
        raise NoSuch("there is no such seat")


def _done(
    visit: Visit,
    now: HeldPage,
    kind: type[Arrange],
    what: str,
    person: str,
    key: str,
    change: Callable[[Connection, str, str], None],
) -> Response:
    """Change a seat, together with the record of it."""
    act = kind(what, now.id, now.subject, {"person": person, "name": visit.desk.person(person)})
    try:
        visit.desk.server.perform_beside(
            act,
            visit.by,
            str,
            form_key(now.id, key, what, person),
            lambda connection: change(connection, now.id, person),
        )
    except Overtaken:
        return _page(visit, held_page(visit, now.id), GONE)
    except Refused as error:
        return _page(visit, now, str(error))
    return go_to(now.address("people"))


def _free(visit: Visit, now: HeldPage) -> list[tuple[str, str]]:
    """Who may have a seat and has none: identifier and name."""
    desk = visit.desk
    found = may_sit(desk.server.register(), desk.server.in_force(), now.subject, stamp(desk.server.now()))
    seated = desk.store.seats(now.id)
    return sorted(((one.id, one.name) for one in found if one.id not in seated), key=lambda one: one[1])


def _page(visit: Visit, now: HeldPage, told: str = "") -> Response:
    owner = now.row.seat == OWNER
    lines = tuple(
        SeatLine(
            visit.desk.person(person),
            role == OWNER,
            person == visit.by.name,
            now.send("people", person, "end") if owner and role != OWNER else None,
            now.send("people", person, "owner") if owner and role != OWNER else None,
        )
        for person, role in visit.desk.store.seats(now.id).items()
    )
    free = [Option("", "Choose a colleague"), *(Option(id, f"{name} ({id})") for id, name in _free(visit, now))]
    page = SeatsPage(
        visit.shell(
            (now.address("answers"), case_title(now.conversation.memory)),
            faults=(PageFault(told, "person"),) if told else (),
        ),
        "Who works on this",
        lines,
        now.send("people") if owner and len(free) > 1 else None,
        tuple(free),
        owner,
    )
    return shown_page(page, 422 if told else 200)
