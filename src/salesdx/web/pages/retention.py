"""Retention: what has been kept as long as the policy says, and the next step of its erasure."""

from __future__ import annotations

from fastapi import APIRouter, Response

from salesdx.ledger.errors import Refused
from salesdx.render.pages.console_page import report_article
from salesdx.render.pages.keeping_page import RetentionPage, way_lines
from salesdx.render.pages.shell import PageFault
from salesdx.render.trail.erasure_pages import retention_report
from salesdx.services.file_acts import EraseDue
from salesdx.services.keeping_reads import ReadRetention
from salesdx.web.pages.console import no_page
from salesdx.web.pages.guard import OwnForm, Visit, Visiting, check_act, go_to, shown_page
from salesdx.web.pages.held import new_key
from salesdx.web.pages.proving import perform_proved, proof_need

router = APIRouter(include_in_schema=False)
RETENTION = "/hr/retention"
NOTHING = "nothing could be done now: what is due waits for another person or for its days, or is held"


@router.get(RETENTION)
def retention_page(visit: Visiting) -> Response:
    """How long everything is kept, and what is due."""
    return _page(visit)


@router.post(RETENTION)
def erase_what_is_due(visit: Visiting, form: OwnForm) -> Response:
    """Take the next step of the erasure of all that is due."""
    check_act(visit, EraseDue)
    try:
        done = perform_proved(visit, EraseDue(), lambda found: "", form.get("key", ""))
    except Refused as error:
        return _page(visit, str(error))
    if done.record < 0:
        return _page(
            visit, "nothing could be done now: what is due waits for another person or for its days, or is held"
        )
    if done.ended:
        visit.desk.store.forget_erased()
    return go_to(RETENTION)


def _page(visit: Visit, fault: str = "") -> Response:
    desk = visit.desk
    read, _ = desk.server.read(ReadRetention(desk.server.in_force()), visit.by, no_page)
    found, ways = read.shown
    now = desk.server.now()
    page = RetentionPage(
        visit.shell(("/", "What waits for you"), faults=(PageFault(fault),) if fault else ()),
        "Retention",
        report_article(retention_report(found)._replace(footer=())),  # it tells of a command
        tuple((name, tuple(way_lines(way, visit.by.name, now, desk.person))) for name, way in ways.items()),
        any(case.due(found.day) and not case.holds for case in found.cases),
        new_key(),
        proof_need(visit, RETENTION),
    )
    return shown_page(page, 422 if fault else 200)
