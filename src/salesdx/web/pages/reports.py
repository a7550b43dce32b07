"""The report by groups: whether groups of people come out otherwise. Each one is a record, and none tells of few."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from fastapi import APIRouter, Response

from salesdx.ledger.errors import Refused
from salesdx.render.pages.giving_page import ReportsPage
from salesdx.render.pages.shell import PageFault
from salesdx.render.trail.report_tables import impact_page
from salesdx.services.trail_acts import ReportByGroups
from salesdx.text.issues import IssuesError
from salesdx.trail.lookalike import MAX_REASON
from salesdx.web.pages.guard import OwnUpload, Visit, Visiting, check_act, go_to, shown_page
from salesdx.web.pages.held import new_key

router = APIRouter(include_in_schema=False)
HERE = "/hr/reports"
WIDTH = 80
MOST_TOLD = 20
"""So many faults of a file are told."""


@router.get(HERE)
def reports_page(visit: Visiting) -> Response:
    """What is a report by groups to tell?"""
    check_act(visit, ReportByGroups)
    return _page(visit, {})


@router.post(HERE)
def make_report(visit: Visiting, sent: OwnUpload) -> Response:
    """Make a report, which is recorded before it is shown."""
    check_act(visit, ReportByGroups)
    form = sent.fields
    faults = [] if sent.file else [PageFault("choose the file with everybody who could have been looked at", "people")]
    try:
        people = sent.file.decode("utf-8-sig")
    except UnicodeDecodeError:
        people, faults = "", [PageFault("the file is no text in UTF-8; save it as “CSV UTF-8”", "people")]
    reference: dict[str, str] = {}
    for line in filter(str.strip, form.get("reference", "").splitlines()):
        column, _, group = (part.strip() for part in line.partition("="))
        if not column or not group or reference.setdefault(column, group) != group:
            faults.append(PageFault("name one group of a column on each line, such as sex=male", "reference"))
    if faults:
        return _page(visit, form, *faults)
    columns = tuple(filter(None, (name.strip() for name in form.get("by", "").split(","))))
    since, until, small = (form.get(name, "").strip() for name in ("since", "until", "leave_out"))
    named = sent.name.rpartition("/")[2] or "the file"
    act = ReportByGroups(people, named, columns, reference, small, since, until, form.get("why") == "yes")
    render = partial(impact_page, format="html", width=WIDTH)
    try:
        done = visit.desk.server.perform(act, visit.by, render, form.get("key"))
    except IssuesError as error:
        told = [f"line {issue.place.line}: {issue.message}" for issue in error.issues[:MOST_TOLD]]
        return _page(visit, form, *(PageFault(each, "people") for each in told))
    except Refused as error:
        return _page(visit, form, PageFault(str(error)))
    return go_to(f"/records/{done.record}/page")


def _page(visit: Visit, form: Mapping[str, str], *faults: PageFault) -> Response:
    page = ReportsPage(
        visit.shell(("/", "First page"), faults=faults),
        "Report by groups",
        new_key(),
        MAX_REASON,
        form.get("since", "")[:16],
        form.get("until", "")[:16],
        form.get("by", "")[:300],
        form.get("reference", "")[:1000],
        form.get("leave_out", "")[:MAX_REASON],
        form.get("why") == "yes",
    )
    return shown_page(page, 422 if faults else 200)
