"""All units of the firm at once: who works on reviews reads the last scan, an administrator sets when one is made."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import APIRouter, Response

from salesdx.ledger.errors import NoSuch
from salesdx.render.pages.case_words import Option, moment_words
from salesdx.render.pages.diagnosis_page import article_in
from salesdx.render.pages.scans_page import ScanPage, ScanSchedulePage
from salesdx.render.pages.shell import PageFault
from salesdx.services.drawn_cases import PERSON, SystemsError
from salesdx.services.fact_acts import SetMapping
from salesdx.services.scan import OF_NOBODY, read_kinds
from salesdx.trail.book import UNSEEN
from salesdx.web.pages.guard import FrontDesk, OwnForm, Visit, Visiting, check_act, go_to, shown_page
from salesdx.web.pages.held import check_works
from salesdx.web.scans import EVERY, Scans, ScanSchedule

router = APIRouter(include_in_schema=False)
HERE, SCHEDULE = "/scan", "/admin/scans"
TITLE = "All units at once"
NEVER = ""
TIMES = {"1": "The last whole month", "3": "The last whole quarter"}
SOON = "The first one is being made, or comes within a minute."


@router.get(HERE)
def last_scan(visit: Visiting) -> Response:
    """What the last scan says."""
    check_works(visit.desk, visit.by)
    scans = _scans(visit.desk)
    whole, last = scans.newest(whole=True), scans.newest(whole=False)
    told = [f"Made on {moment_words(whole.begun)}."] if whole is not None else []
    fault = last.fault if last is not None else ""
    told += [SOON] if last is None and scans.schedule() is not None else []
    article = article_in(whole.page if whole is not None else "")
    told.append(schedule_told(visit.desk))
    return shown_page(ScanPage(visit.shell(("/", "First page")), TITLE, " ".join(told), fault, article))


@router.get(SCHEDULE)
def show_schedule(visit: Visiting) -> Response:
    """How often are all units scanned?"""
    scans = _administered(visit)
    found = scans.schedule()
    form = {"every": found.every, "months": str(found.months), "kinds": ", ".join(found.kinds)} if found else {}
    return _page(visit, form)


@router.post(SCHEDULE)
def set_schedule(visit: Visiting, form: OwnForm) -> Response:
    """Set how often, or never any more. The first scan is made at once."""
    scans, every, months = _administered(visit), form.get("every", NEVER), form.get("months", "3")
    if every == NEVER:
        scans.set_schedule(None)
        return go_to(SCHEDULE)
    if every not in EVERY or months not in TIMES:
        return _page(visit, form, PageFault("choose one of those that the fields offer"))
    try:
        kinds = read_kinds(form.get("kinds", "")[:200])
        if PERSON in kinds:
            raise SystemsError(OF_NOBODY)
    except SystemsError as error:
        return _page(visit, form, PageFault(str(error), "kinds"))
    now = visit.desk.server.now()
    scans.set_schedule(ScanSchedule(every, int(months), kinds, visit.by.name, now))
    return go_to(SCHEDULE)


def schedule_told(desk: FrontDesk) -> str:
    """How often all units are scanned, in words."""
    found = _scans(desk).schedule()
    if found is None:
        return "No scans are made: an administrator sets how often."
    return f"Each {found.every}, set by {desk.person(found.person)}; the next one on {moment_words(found.next)}."


def _scans(desk: FrontDesk) -> Scans:
    """Raises NoSuch where the service has no systems of the firm."""
    if desk.scans is None:
        raise NoSuch(UNSEEN)
    return desk.scans


def _administered(visit: Visit) -> Scans:
    """The scans, for who sets by which mapping figures are taken. Raises NoSuch."""
    check_act(visit, SetMapping)
    return _scans(visit.desk)


def _page(visit: Visit, form: Mapping[str, str], *faults: PageFault) -> Response:
    every = [(NEVER, "Never"), *((name, f"Each {name}") for name in EVERY)]
    page = ScanSchedulePage(
        visit.shell(("/admin", "Administration"), faults=faults),
        "Scans of all units",
        schedule_told(visit.desk),
        tuple(Option(value, label, value == form.get("every", NEVER)) for value, label in every),
        tuple(Option(value, label, value == form.get("months", "3")) for value, label in TIMES.items()),
        form.get("kinds", "territory")[:200],
    )
    return shown_page(page, 422 if faults else 200)
