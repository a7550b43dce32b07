"""Two diagnoses side by side, cases like one, and one run again: worked out beside, and shown when it is done."""

from __future__ import annotations

from urllib.parse import quote

from fastapi import APIRouter, Response

from salesdx.ledger.errors import NoSuch, Refused, TrailError
from salesdx.ledger.moments import moment
from salesdx.render.pages.case_words import Option, moment_words
from salesdx.render.pages.diagnosis_page import article_in
from salesdx.render.pages.job_page import JobPage, LookCloserPage
from salesdx.render.pages.shell import PageFault
from salesdx.services.told_reads import CaseTold, ReadJob, ReadTold
from salesdx.trail.book import Record
from salesdx.web.jobs import APART, LETTER, LONGEST, LOST, VERIFY
from salesdx.web.pages.console import no_page, sees_everything
from salesdx.web.pages.guard import OwnForm, Visit, Visiting, go_to, shown_page

router = APIRouter(include_in_schema=False)
HERE = "/cases/{case}/closer"
LOOKS_AGAIN = "3"
"""Seconds after which a browser looks again whether a job has ended."""
TITLES = {
    "compare": "Two diagnoses",
    "comparators": "Cases like it",
    "replay": "Run again",
    LETTER: "The letter is being written",
    VERIFY: "Verify the trail",
}


@router.get(HERE)
def look_closer(case: str, visit: Visiting) -> Response:
    """What can be found out about a diagnosis?"""
    return _page(visit, case)


@router.post(HERE)
def begin_job(case: str, visit: Visiting, form: OwnForm) -> Response:
    """Begin to work it out."""
    told = _told(visit, case)
    known = {str(one.seq) for one in told.diagnoses}
    one, do, typed = form.get("one", ""), form.get("do", ""), form.get("record", "").strip()
    if one not in known or do not in TITLES or do in APART:
        return _page(visit, case, PageFault("choose a diagnosis, and press one of the buttons"))
    records: tuple[int, ...] = (int(one),)
    words = [do, one]
    if do == "compare":
        other = typed or form.get("other", "")
        if not other.isascii() or not other.isdigit() or len(other) > 15:
            return _page(visit, case, PageFault("choose another diagnosis, or type the number of its record", "record"))
        records, words = (int(one), int(other)), [do, one, other]
    try:
        found, _ = visit.desk.server.read(ReadJob(do, records), visit.by, no_page)
    except NoSuch:
        return _page(visit, case, PageFault("there is no such record of a diagnosis", "record"), typed)
    if do == "comparators":
        words += [word for one in found.shown for word in ("--without", one)]
    back = (f"/cases/{quote(told.pseudonym)}/closer", f"Case {told.name}")
    try:
        name = visit.desk.jobs.start(visit.by, do, words, records, back)
    except Refused as error:
        return _page(visit, case, PageFault(str(error)), typed)
    return go_to(f"/jobs/{name}")


@router.get("/jobs/{job}")
def show_job(job: str, visit: Visiting) -> Response:
    """How a job stands; once it is done, what it found, and a mark that it was read, or the record that it made."""
    found, work = visit.desk.jobs.job(job, visit.by)
    if found.result is not None:
        return go_to(f"/records/{found.result}/page")
    title = TITLES[found.kind]
    if work.runs if work is not None else found.begun + LONGEST > visit.desk.server.now():
        page = JobPage(visit.shell(found.back), title, f"/jobs/{job}", True, article_in(""))
        answer = shown_page(page)
        answer.headers["Refresh"] = LOOKS_AGAIN
        return answer
    article = article_in("")
    if found.kind != LETTER and work is not None:
        if found.kind != VERIFY:
            visit.desk.server.read(ReadJob(found.kind, found.records), visit.by, no_page)
        article = article_in(work.page)
    fault = "" if article else work.fault if work is not None else LOST
    return shown_page(JobPage(visit.shell(found.back), title, f"/jobs/{job}", False, article, fault))


def _told(visit: Visit, case: str) -> CaseTold:
    """A case for who sees everything. Raises NoSuch."""
    if not sees_everything(visit):
        raise NoSuch("there is no such page")
    try:
        found, _ = visit.desk.server.read(ReadTold(case), visit.by, no_page)
    except TrailError as error:
        raise NoSuch(str(error)) from None
    told: CaseTold = found.shown
    return told


def _page(visit: Visit, case: str, fault: PageFault | None = None, typed: str = "") -> Response:
    told = _told(visit, case)
    ones = tuple(Option(str(one.seq), _called(one), one.seq == told.newest) for one in told.diagnoses)
    page = LookCloserPage(
        visit.shell((f"/cases/{quote(told.pseudonym)}/story", f"Case {told.name}"), faults=(fault,) if fault else ()),
        f"Look closer: case {told.name}",
        f"/cases/{quote(told.pseudonym)}/closer",
        ones,
        (Option("", "None"), *(Option(one.value, one.label) for one in ones)),
        typed[:15],
    )
    return shown_page(page, 422 if fault else 200)


def _called(record: Record) -> str:
    return f"Record {record.seq}, {moment_words(moment(record.time))}"
