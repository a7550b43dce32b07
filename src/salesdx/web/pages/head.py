"""What a case is about, and its period: changed by its owner before the first diagnosis, and never after it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from fastapi import APIRouter, Response
from sqlalchemy import Connection

from salesdx.interview.opening import SUBJECT
from salesdx.ledger.errors import Refused, TrailError
from salesdx.ledger.moments import stamp
from salesdx.render.pages.case_pages import head_page
from salesdx.render.pages.case_words import case_title
from salesdx.render.pages.shell import PageFault
from salesdx.services.arranging import ChangeHead, DiagnosedAlready
from salesdx.services.held_case import BeginFaults, Headed, changed_head, head_typed
from salesdx.trail.own_words import INTERVIEW
from salesdx.trail.recording import recorded_case
from salesdx.web.links import end_links
from salesdx.web.pages.diagnosis import shown_before
from salesdx.web.pages.guard import OwnForm, Visit, Visiting, go_to, shown_page
from salesdx.web.pages.held import TRIES, HeldPage, form_key, owned_page
from salesdx.web.store import Overtaken, change_row, seats_of

router = APIRouter(include_in_schema=False)


@router.get("/cases/{case}/head")
def what_about(case: str, visit: Visiting) -> Response:
    """What a case is about, and where that is changed."""
    now = owned_page(visit, case)
    return _page(visit, now, head_typed(now.conversation.memory))


@router.post("/cases/{case}/head")
def change_head(case: str, visit: Visiting, form: OwnForm) -> Response:
    """Say that a case is about something else, or about another period."""
    desk = visit.desk
    for _ in range(TRIES):
        now = owned_page(visit, case)
        try:
            found = changed_head(desk.base, now.row.text, now.id, now.conversation.speaker, form, now.today)
        except BeginFaults as error:
            faults = tuple(PageFault(told, field) for field, told in error.faults.items())
            return _page(visit, now, form, faults)
        told = {"before": case_title(found.before), "now": case_title(found.after)}
        if told["before"] == told["now"]:
            return go_to(now.address("answers"))
        seated = desk.store.seats(now.id)
        act = ChangeHead(recorded_case(found.after), desk.base.digest, INTERVIEW, told, tuple(seated))
        key = form_key(now.id, form.get("key", ""), "head", told["now"])
        try:
            desk.server.perform_beside(act, visit.by, str, key, partial(_change, now, found, seated))
        except Overtaken:
            continue
        except DiagnosedAlready:
            return _page(visit, now, {}, late=True)
        except Refused as error:
            return _page(visit, now, form, (PageFault(str(error), SUBJECT),))
        return go_to(now.address("answers"))
    raise TrailError("too many people change this case at the same moment")


def _change(now: HeldPage, found: Headed, seated: Mapping[str, str], connection: Connection) -> None:
    change_row(connection, now.row, found.text, found.after.base.digest)
    if seats_of(connection, now.id) != seated:
        raise Overtaken
    end_links(connection, now.id, stamp(now.desk.server.now()))  # whoever has one was told what it was about


def _page(
    visit: Visit, now: HeldPage, typed: Mapping[str, str], faults: tuple[PageFault, ...] = (), late: bool = False
) -> Response:
    """The page; ``late``: somebody wanted to change it, and it has a diagnosis."""
    shell = visit.shell((now.address("answers"), case_title(now.conversation.memory)), faults=faults)
    change = None if late or shown_before(visit, now) else now.send("head")
    page = head_page(visit.desk.base, shell, change, typed, f"/cases/new?from={now.id}")
    return shown_page(page, 409 if late else 422 if faults else 200)
