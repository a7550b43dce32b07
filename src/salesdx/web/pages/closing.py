"""A review is closed by who began it, and opened again: what was recorded stays as it is."""

from __future__ import annotations

from fastapi import APIRouter, Response

from salesdx.ledger.errors import NoSuch
from salesdx.ledger.moments import stamp
from salesdx.trail.seats import OWNER
from salesdx.web.pages.guard import OwnForm, Visit, Visiting, go_to
from salesdx.web.pages.held import check_works

router = APIRouter(include_in_schema=False)


@router.post("/cases/{case}/close")
def close_review(case: str, visit: Visiting, form: OwnForm) -> Response:
    """Close a case: nobody answers in it any more, and links to it are worth nothing while it is closed."""
    return _stands(visit, case, stamp(visit.desk.server.now()))


@router.post("/cases/{case}/open")
def open_again(case: str, visit: Visiting, form: OwnForm) -> Response:
    """Open a case that was closed; it goes on where it stood."""
    return _stands(visit, case, None)


def _stands(visit: Visit, case: str, closed: str | None) -> Response:
    check_works(visit.desk, visit.by)
    mine = (*visit.desk.store.cases(visit.by.name), *visit.desk.store.cases(visit.by.name, closed=True))
    if not any(row.id == case and row.seat == OWNER for row in mine):
        raise NoSuch("there is no such case")
    visit.desk.store.close(case, closed)
    return go_to("/cases" if closed else f"/cases/{case}/answers")
