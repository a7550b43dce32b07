"""A case as a file: taken along by who sits at it, brought back, and begun with."""

from __future__ import annotations

from functools import partial

from fastapi import APIRouter, Response
from sqlalchemy import Connection

from salesdx.case.writing import new_case
from salesdx.ledger.errors import NoSuch, Refused
from salesdx.ledger.moments import stamp
from salesdx.render.pages.file_page import FilePage
from salesdx.render.pages.shell import PageFault
from salesdx.services.case_acts import RecordAnswers
from salesdx.services.case_files import BY_FILE, case_begun_from, case_brought_back, case_file, version_of
from salesdx.text.issues import CaseError
from salesdx.text.source import decode
from salesdx.trail.recording import recorded_case
from salesdx.web.pages.guard import OwnUpload, Visit, Visiting, Working, go_to, shown_page
from salesdx.web.pages.held import (
    HeldPage,
    change_held,
    check_about_another,
    check_works,
    form_key,
    held_page,
    today_at,
)
from salesdx.web.store import CASE_ID, Overtaken, begin_row, new_case_id

router = APIRouter(include_in_schema=False)
FROM_FILE = "/cases/from-file"
MOST_SHOWN = 20
"""Faults of a file that a page shows."""


@router.get("/cases/{case}/file")
def take_file(case: str, visit: Visiting) -> Response:
    """The file of a case, to keep it or to read it by the command line."""
    now = held_page(visit, case)
    named = {"Content-Disposition": f'attachment; filename="{now.id}.yaml"'}
    return Response(file_of(now), media_type="application/yaml", headers=named)


def file_of(now: HeldPage) -> str:
    """The file of a case as it stands."""
    return case_file(now.id, now.row.version, now.row.text)


@router.get(FROM_FILE)
def file_form(visit: Visiting) -> Response:
    """Begin a review with a file."""
    check_works(visit.desk, visit.by)
    return _page(visit, new_case_id())


@router.post(FROM_FILE)
def begin_from_file(visit: Visiting, form: OwnUpload) -> Response:
    """Begin a case with all that a file says, under the identifier that the form carries."""
    check_works(visit.desk, visit.by)
    id = form.fields.get("key", "")
    if not CASE_ID.fullmatch(id):
        raise NoSuch("there is no such form")
    if visit.desk.store.case(id, visit.by.name) is not None:
        return go_to(f"/cases/{id}/answers")
    shown = "".join(filter(str.isprintable, form.name))[:80] or "the file"
    text, faults = decode(form.file, shown)
    try:
        if not form.file:
            return _page(visit, id, "choose a file")
        if text is None or faults:
            return _page(visit, id, *(fault.message for fault in faults))
        record_begun_from(visit, id, text, shown)
    except CaseError as error:
        lines = [f"line {issue.place.line}: {issue.message}" for issue in error.issues[:MOST_SHOWN]]
        return _page(visit, id, *lines)
    except Refused as error:
        return _page(visit, id, str(error))
    return go_to(f"/cases/{id}/answers")


def _page(visit: Visit, id: str, *faults: str) -> Response:
    shell = visit.shell(("/cases/new", "Begin a review"), faults=tuple(PageFault(told, "file") for told in faults))
    return shown_page(FilePage(shell, "Begin a review with a file", id, FROM_FILE), 422 if faults else 200)


def record_begun_from(visit: Working, id: str, text: str, shown: str) -> None:
    """Begin a case with all that a file says, recorded in one transaction. Raises CaseError, Refused, TrailError."""
    desk, by = visit.desk, visit.by
    memory = case_begun_from(desk.base, id, text, shown, today_at(desk))
    check_about_another(desk, by, memory)
    rules, made, opened = desk.base.digest, new_case(memory), stamp(desk.server.now())

    def beside(connection: Connection) -> None:
        begin_row(connection, id, by.name, made, rules, opened)

    act = RecordAnswers(recorded_case(memory), rules, BY_FILE)
    desk.server.perform_beside(act, by, str, form_key(id, "begin"), beside)


def record_brought_back(visit: Working, id: str, text: str, shown: str, key: str) -> HeldPage:
    """Take over what a file says that was taken from a case, recorded in one transaction; the case after it.

    Raises Overtaken where the case has gone on since, and CaseError, Refused, TrailError; then nothing has happened.
    """
    now = held_page(visit, id)
    key = form_key(id, key, text)
    if visit.desk.server.done(key) is not None:
        return now
    if version_of(text) != (id, now.row.version):
        raise Overtaken
    conversation = now.conversation
    speaker, today = conversation.speaker, now.today
    memory, changed = case_brought_back(conversation.memory, text, shown, speaker, today)
    if changed:
        rules = conversation.base.digest
        act = RecordAnswers(recorded_case(memory), rules, BY_FILE)
        beside = partial(change_held, now=now, text=new_case(memory), rules=rules)
        visit.desk.server.perform_beside(act, visit.by, str, key, beside)
    return held_page(visit, id)
