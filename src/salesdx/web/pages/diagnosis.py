"""What is likely now: recorded first, then shown from its record, as often as wanted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Response

from salesdx.ledger.errors import CameBetween, NoSuch, Refused, TrailError
from salesdx.ledger.moments import moment
from salesdx.ledger.storage import LogReader
from salesdx.render.asked_pages import asked_pages
from salesdx.render.pages.case_words import Option, case_title, day_words, moment_words
from salesdx.render.pages.diagnosis_page import WHOLE, Otherwise, OverrideForm, diagnosis_page, recommended_titles
from salesdx.render.pages.shell import PageFault
from salesdx.render.trail.words import known_name
from salesdx.services.acts import check_may
from salesdx.services.case_acts import NotFollow, RecordCases, TakenCase
from salesdx.services.page_requests import Look
from salesdx.services.reads import Desk, ReadFound, ShowRecord
from salesdx.text.english import capital
from salesdx.trail.book import Book
from salesdx.trail.lookalike import MAX_REASON
from salesdx.trail.recording import recorded_case
from salesdx.trail.rerun_one import diagnosed_again
from salesdx.trail.results import recorded_result, result_of
from salesdx.trail.seats import OWNER
from salesdx.trail.views import overrides
from salesdx.web.pages.guard import OwnForm, Visit, Visiting, Working, go_to, shown_page
from salesdx.web.pages.held import API, TRIES, WEB, HeldPage, form_key, form_keys, held_page, owned_page

router = APIRouter(include_in_schema=False)
LISTED = 5
"""So many earlier diagnoses are listed, the newest first."""
NO_SUCH = "there is no such diagnosis"


@router.post("/cases/{case}/diagnoses")
def record_now(case: str, visit: Visiting, form: OwnForm) -> Response:
    """Record what is likely now, and then show it from the record."""
    record = recorded_likely(visit, case, form.get("key", ""), Look("html"))
    return go_to(f"/cases/{case}/diagnoses/{record}")


def recorded_likely(visit: Working, case: str, key: str, look: Look) -> int:
    """The record of what is likely in a case as it stands, made to be shown so. Raises NoSuch, TrailError."""
    for _ in range(TRIES):
        now = held_page(visit, case)
        try:
            return _recorded(visit, now, key, look)
        except CameBetween:
            continue
    raise TrailError("too many people answer on this subject at the same moment")


def _recorded(visit: Working, now: HeldPage, key: str, look: Look) -> int:
    """The record of what is likely in a case as it stands. Raises CameBetween."""
    server, by, rules = visit.desk.server, visit.by, visit.desk.base.digest
    key = form_key(now.id, key, now.row.version, door=WEB if look.format == "html" else API)
    if (done := server.done(key)) is not None:
        return done
    memory = server.earlier(recorded_case(now.conversation.memory), rules, by)
    found = diagnosed_again(visit.desk.base, replace(memory, today=now.today), "auto")
    taken = TakenCase(recorded_case(found.memory), rules, recorded_result(found))
    act = RecordCases((taken,), look)
    return server.perform_beside(act, by, asked_pages, key, lambda connection: None).record


@router.get("/cases/{case}/diagnoses/{record}")
def show_record(case: str, record: str, visit: Visiting) -> Response:
    """A diagnosis from its record: nothing is added to the trail."""
    return _page(visit, held_page(visit, case), record)


@router.post("/cases/{case}/diagnoses/{record}/override")
def decide_otherwise(case: str, record: str, visit: Visiting, form: OwnForm) -> Response:
    """Record that the owner does not follow a diagnosis, or one of its recommendations, and why."""
    now = owned_page(visit, case)
    check_recorded_here(visit, now, record)
    reason, instead, of = (form.get(name, "").strip() for name in ("reason", "instead", "of"))
    key = form_key(now.id, form.get("key", ""), "override", record, reason, instead, of)
    try:
        act = NotFollow(int(record), reason, instead, of or None)
        visit.desk.server.perform_beside(act, visit.by, str, key, lambda connection: None)
    except Refused as error:
        return _page(visit, now, record, form, str(error))
    return go_to(now.address("diagnoses", record))


def _page(
    visit: Visit, now: HeldPage, record: str, typed: Mapping[str, str] | None = None, fault: str = ""
) -> Response:
    check_recorded_here(visit, now, record)
    body = diagnosis_body(visit, record)
    shell = visit.shell(
        (now.address("answers"), case_title(now.conversation.memory)),
        faults=(PageFault(fault, "reason"),) if fault else (),
    )
    result = result_of(body["result"])
    page = diagnosis_page(
        visit.desk.base,
        shell,
        "What is likely now",
        result,
        body["shown"],
        now.address(),
        int(record),
        visit.by.role,
        tuple(_otherwise(visit, record, recommended_titles(result))),
        _override_form(visit, now, record, recommended_titles(result), typed or {}),
    )
    return shown_page(page, 422 if fault else 200)


def _otherwise(visit: Visit, record: str, titles: Mapping[str, str]) -> Iterator[Otherwise]:
    """What was decided otherwise than a diagnosis says."""
    with visit.desk.server.trail.read() as reader:
        book = Book(reader)
        for one in overrides(book, book.diagnosis(int(record))):
            body, at = one.body or {}, moment(one.time)
            who = f"{visit.desk.person(known_name(one.actor))}, {visit.desk.role(one.role)}, {moment_words(at)}"
            of = titles.get(body["recommendation"] or "", body["recommendation"]) or WHOLE
            yield Otherwise(who, of, body["reason"], body["instead"])


def _override_form(
    visit: Visit, now: HeldPage, record: str, titles: Mapping[str, str], typed: Mapping[str, str]
) -> OverrideForm | None:
    try:
        check_may(NotFollow, visit.by, visit.desk.server.in_force())
    except Refused:
        return None
    if now.row.seat != OWNER:
        return None
    of = [("", capital(WHOLE)), *titles.items()]
    return OverrideForm(
        now.send("diagnoses", record, "override"),
        tuple(Option(id, title, id == typed.get("of", "")) for id, title in of),
        typed.get("reason", ""),
        typed.get("instead", ""),
        MAX_REASON,
    )


def check_recorded_here(visit: Visit, now: HeldPage, record: str) -> None:
    """Raises NoSuch for a record that is no diagnosis of the case which these pages have recorded."""
    with visit.desk.server.trail.read() as reader:
        if record not in map(str, diagnoses_of(reader, now.id)):
            raise NoSuch(NO_SUCH)


def diagnosis_body(visit: Working, record: str) -> Mapping[str, Any]:
    """What a record holds. Raises NoSuch, also where it is erased."""
    found, _ = visit.desk.server.read(ShowRecord(record, page=True), visit.by, _no_page)
    body: Mapping[str, Any] | None = found.shown.record.body
    if body is None:
        raise NoSuch(NO_SUCH)
    return body


def newest_result(visit: Visit, now: HeldPage) -> Mapping[str, Any] | None:
    """The result of the newest diagnosis of a case; None where there is none that can be read."""
    with visit.desk.server.trail.read() as reader:
        newest = max(diagnoses_of(reader, now.id), default=None)
    try:
        return None if newest is None else result_of(diagnosis_body(visit, str(newest))["result"])
    except NoSuch:
        return None


def shown_before(visit: Visit, now: HeldPage) -> tuple[tuple[str, str], ...]:
    """The newest diagnoses of a case: address, and when."""
    with visit.desk.server.trail.read() as reader:
        found = [
            (seq, moment(reader.row(seq).header["time"])) for seq in sorted(diagnoses_of(reader, now.id))[-LISTED:]
        ]
    return tuple(
        (now.address("diagnoses", str(seq)), f"{day_words(at.date())}, {at:%H:%M} UTC") for seq, at in reversed(found)
    )


def diagnoses_of(reader: LogReader, case: str, *doors: str) -> set[int]:
    """The diagnoses of a case that the pages have recorded, or these ``doors``: what others sent is no page of ours."""
    named = reader.pseudonym("case", case)
    if named is None:
        return set()
    begins = tuple(form_keys(case, door) for door in doors or (WEB,))
    sent = {seq for seq, key in reader.keys(case=named) if key.startswith(begins)}
    return sent & {row.seq for row in reader.rows(case=named, types=("diagnosis",))}


def _no_page(found: ReadFound, desk: Desk) -> str:
    return ""
