"""Changed rules are compared with those that run. They come as text, and go with the answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fastapi import APIRouter, Response

from salesdx.ledger.errors import NoSuch
from salesdx.render.pages.compare_page import (
    COMPARE,
    COMPARE_ZIP,
    OpenReviews,
    changeable_files,
    compare_page,
    open_reviews,
)
from salesdx.render.pages.shell import PageFault
from salesdx.services.reads import TellCase
from salesdx.services.rule_readers import check_compares_rules
from salesdx.web.comparing import ComparedRules, OpenCases, compare_rules
from salesdx.web.pages.console import no_page, sees_everything
from salesdx.web.pages.explorer import BACK
from salesdx.web.pages.guard import OwnForm, OwnUpload, Visit, Visiting, shown_page
from salesdx.web.rule_zips import BadZip

router = APIRouter(include_in_schema=False)
MOST_TEXT = 200_000
"""Characters of a changed file."""


@router.get(COMPARE)
def compare_form(visit: Visiting) -> Response:
    """What is changed, and how?"""
    check_compares_rules(visit.by, visit.desk.server.in_force())
    return shown_page(compare_page(visit.desk.base, visit.shell(BACK), "", ""))


@router.post(COMPARE)
def compare_now(visit: Visiting, form: OwnForm) -> Response:
    """What the change means."""
    check_compares_rules(visit.by, visit.desk.server.in_force())
    base, name, text = visit.desk.base, form.get("file", ""), form.get("text", "")
    if name not in changeable_files(base):
        return _faulty(visit, name, text, PageFault("choose what is changed", "file"))
    if not text.strip() or len(text) > MOST_TEXT:
        told = f"the text is longer than {MOST_TEXT:,} characters" if text.strip() else "there is no text"
        return _faulty(visit, name, text[:MOST_TEXT], PageFault(told, "text"))
    found = compare_rules(base, (name, text), open_cases(visit))
    if found.faults:
        return _faulty(visit, name, text, *(PageFault(told, "text") for told in found.faults))
    return _compared(visit, found, name, text)


@router.post(COMPARE_ZIP)
def compare_zip(visit: Visiting, sent: OwnUpload) -> Response:
    """What a whole base that was changed means."""
    check_compares_rules(visit.by, visit.desk.server.in_force())
    if not sent.file:
        return _faulty(visit, "", "", PageFault("choose the zip", "zip"))
    try:
        found = compare_rules(visit.desk.base, sent.file, open_cases(visit))
    except BadZip as error:
        return _faulty(visit, "", "", PageFault(str(error), "zip"))
    if found.faults:
        return _faulty(visit, "", "", *(PageFault(told, "zip") for told in found.faults))
    return _compared(visit, found)


def open_cases(visit: Visit) -> OpenCases:
    """The open cases, as they are today."""
    return OpenCases(visit.desk.store.open_texts(), visit.desk.server.now().date())


def _compared(visit: Visit, found: ComparedRules, name: str = "", text: str = "") -> Response:
    told = turned_reviews(visit, found)
    return shown_page(compare_page(visit.desk.base, visit.shell(BACK), name, text, found.page, found.checks, told))


def turned_reviews(visit: Visit, found: ComparedRules) -> OpenReviews:
    """How the open reviews come out, as far as somebody sees them; a mark says of which they were told."""
    cases = tuple(_seen(visit, found.turned.cases)) if sees_everything(visit) else ()
    return open_reviews(visit.desk.base, found.turned, cases)


def _seen(visit: Visit, names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """The stories of those of some cases that somebody sees, once a mark says that they were told of them."""
    for name in names:
        try:
            visit.desk.server.read(TellCase(name), visit.by, no_page)
        except NoSuch:
            continue
        yield f"/cases/{name}/story", f"Case {name}"


def _faulty(visit: Visit, name: str, text: str, *faults: PageFault) -> Response:
    return shown_page(compare_page(visit.desk.base, visit.shell(BACK, faults=faults), name, text), 422)
