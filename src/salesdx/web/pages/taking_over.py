"""A review goes on when whoever owned it works on none any more: somebody else takes it over."""

from __future__ import annotations

from collections.abc import Iterator

from fastapi import APIRouter, Response
from sqlalchemy import Connection

from salesdx.ledger.errors import NoSuch
from salesdx.ledger.moments import stamp
from salesdx.render.pages.case_pages import LeftLine
from salesdx.render.pages.case_words import Send, case_title
from salesdx.services.arranging import TakeOver, may_sit, successor
from salesdx.services.held_case import held_interview, speaker_of
from salesdx.text.issues import IssuesError
from salesdx.trail.seats import TAKEN_OVER
from salesdx.web.links import end_links
from salesdx.web.pages.guard import OwnForm, Visit, Visiting, go_to
from salesdx.web.pages.held import check_works, form_key, new_key, today_at
from salesdx.web.store import Overtaken, change_owner

router = APIRouter(include_in_schema=False)


@router.post("/cases/{case}/take")
def take_it_over(case: str, visit: Visiting, form: OwnForm) -> Response:
    """Take a review over; links that its owner made end."""
    check_works(visit.desk, visit.by)
    left = next((one for one in _left(visit) if one[0] == case), None)
    if left is None:
        raise NoSuch("there is no such case")
    _, owner, subject, _ = left
    desk, me = visit.desk, visit.by.name
    act = TakeOver(TAKEN_OVER, case, subject, {"person": me, "name": desk.person(me), "from": owner})

    def take(connection: Connection) -> None:
        change_owner(connection, case, owner, me)
        end_links(connection, case, stamp(desk.server.now()), owner)

    try:
        desk.server.perform_beside(act, visit.by, str, form_key(case, form.get("key", ""), TAKEN_OVER, me), take)
    except Overtaken:
        raise NoSuch("somebody else owns this review by now") from None
    return go_to(f"/cases/{case}/people")


def left_lines(visit: Visit) -> tuple[LeftLine, ...]:
    """The reviews that the person may take over, since their owners work on none any more."""
    return tuple(
        LeftLine(title, visit.desk.person(owner), Send(f"/cases/{case}/take", new_key()))
        for case, owner, _, title in _left(visit)
    )


def _left(visit: Visit) -> Iterator[tuple[str, str, str, str]]:
    """Of each such review: the case, its owner, whom it is about, and its title."""
    desk, me = visit.desk, visit.by.name
    register, rules, now = desk.server.register(), desk.server.in_force(), stamp(desk.server.now())
    working = {one.id for one in may_sit(register, rules, "", now)}
    gone = register.members.keys() - working
    for owner, row in desk.store.owned(gone) if gone else ():
        try:
            memory = held_interview(
                desk.base, row.text, row.id, speaker_of(me, visit.by.role), {}, today_at(desk)
            ).memory
        except IssuesError:  # the rules have changed, and it cannot be read: who takes it over closes it
            subject, title = "", row.id
        else:
            subject, title = memory.subject.get("ref", ""), case_title(memory)
        able = {one.id for one in may_sit(register, rules, subject, now)}
        if me in able and (me in desk.store.seats(row.id) or successor(register, owner, able) == me):
            yield row.id, owner, subject, title
