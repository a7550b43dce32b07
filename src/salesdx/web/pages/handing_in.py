"""What is handed in for a case by its name, by who need not see it: a statement of the works council or of the person
concerned, who have a login, and a paper or a picture; and the file of a record, given back to who sees it."""

from __future__ import annotations

import base64
from functools import partial

from fastapi import APIRouter, Response

from salesdx.ledger.errors import NoSuch, Refused
from salesdx.render.pages.hand_in_page import HandInPage, ViewPage
from salesdx.render.pages.shell import PageFault
from salesdx.render.trail import render_page
from salesdx.render.trail.voices import statement_report
from salesdx.services.case_acts import AttachFile, StateView
from salesdx.services.reads import GetAttachment
from salesdx.trail.attachments import MAX_NAME, kind_of
from salesdx.trail.book import UNSEEN
from salesdx.trail.lookalike import MAX_REASON, MAX_STATEMENT, kept_text
from salesdx.trail.rights import EMPLOYEE, Stated
from salesdx.web.pages.console import no_page
from salesdx.web.pages.guard import OwnForm, OwnUpload, Visit, Visiting, check_act, file_given, go_to, shown_page
from salesdx.web.pages.held import new_key

router = APIRouter(include_in_schema=False)
STATEMENTS, ATTACHMENTS = "/statements", "/attachments"
BACK, REASON = ("/", "First page"), ("a reason", MAX_REASON)
NO_CASE = "there is no case of this name here, or nothing has come out of it yet"


@router.get(STATEMENTS)
def view_page(visit: Visiting) -> Response:
    """Say something about a case."""
    check_act(visit, StateView)
    return _view(visit)


@router.post(STATEMENTS)
def state_own_view(visit: Visiting, form: OwnForm) -> Response:
    """Record what somebody says about a case; what was shown of it is shown from the record."""
    check_act(visit, StateView)
    case, text = form.get("case", "").strip(), form.get("text", "")
    faults = [] if case else [PageFault("name the case", "case")]
    try:
        kept_text(text, "a statement", MAX_STATEMENT)
    except Refused as error:
        faults.append(PageFault(str(error), "text"))
    if faults:
        return _view(visit, case, text, *faults)
    try:
        done = visit.desk.server.perform(StateView(case, text), visit.by, _stated, form.get("key"))
    except (NoSuch, Refused):
        return _view(visit, case, text, PageFault(NO_CASE, "case"))
    return go_to(f"/records/{done.record}/page")


@router.get(ATTACHMENTS)
def hand_in_page(visit: Visiting, case: str = "") -> Response:
    """Keep a file with a case."""
    check_act(visit, AttachFile)
    return _hand_in(visit, case)


@router.post(ATTACHMENTS)
def hand_in(visit: Visiting, form: OwnUpload) -> Response:
    """Keep a file with a case."""
    check_act(visit, AttachFile)
    case, reason = form.fields.get("case", "").strip(), form.fields.get("reason", "")
    name = "".join(filter(str.isprintable, form.name)).strip()[:MAX_NAME]
    faults = [] if case else [PageFault("name the case", "case")]
    for field, check in (("file", partial(_check_file, form.file)), ("reason", partial(kept_text, reason, *REASON))):
        try:
            check()
        except Refused as error:
            faults.append(PageFault(str(error), field))
    if faults:
        return _hand_in(visit, case, reason, *faults)
    act = AttachFile(case, name, base64.b64encode(form.file).decode(), reason)
    try:
        done = visit.desk.server.perform(act, visit.by, str, form.fields.get("key"))
    except NoSuch:
        return _hand_in(visit, case, reason, PageFault(NO_CASE, "case"))
    except Refused as error:
        return _hand_in(visit, case, reason, PageFault(str(error), "file"))
    return go_to(f"/records/{done.record}")


@router.get("/records/{record}/file")
def file_of_record(record: str, visit: Visiting) -> Response:
    """The file that a record keeps, for who sees it."""
    if not record.isascii() or not record.isdigit() or len(record) > 15:
        raise NoSuch(UNSEEN)
    try:
        found, _ = visit.desk.server.read(GetAttachment(int(record)), visit.by, no_page)
    except Refused:
        raise NoSuch(UNSEEN) from None
    kind = found.shown.body["kind"]
    return file_given(found.file, f"record-{record}{ENDINGS[kind]}", kind)


ENDINGS = {"application/pdf": ".pdf", "image/png": ".png", "image/jpeg": ".jpg"}
"""Kind of a file that is kept -> how its name ends where it is given back: a name that somebody typed goes nowhere."""


def _check_file(data: bytes) -> None:
    if not data:
        raise Refused("choose a file")
    kind_of(data)


def _stated(stated: Stated) -> str:
    return render_page(statement_report(stated), None, "html")


def _view(visit: Visit, case: str = "", text: str = "", *faults: PageFault) -> Response:
    own = visit.by.role == EMPLOYEE
    title = "Say how you see it" if own else "Say something about a case"
    page = ViewPage(
        visit.shell(BACK, faults=faults), title, own, new_key(), MAX_STATEMENT, case[:200], text[:MAX_STATEMENT]
    )
    return shown_page(page, 422 if faults else 200)


def _hand_in(visit: Visit, case: str = "", reason: str = "", *faults: PageFault) -> Response:
    shell, reason = visit.shell(BACK, faults=faults), reason[:MAX_REASON]
    page = HandInPage(shell, "Keep a file with a case", new_key(), MAX_REASON, case[:200], reason)
    return shown_page(page, 422 if faults else 200)
