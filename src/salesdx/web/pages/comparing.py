"""Changed rules are compared with those that run. They come as text, and go with the answer."""

from __future__ import annotations

from fastapi import APIRouter, Response

from salesdx.render.pages.compare_page import COMPARE, changeable_files, compare_page
from salesdx.render.pages.shell import PageFault
from salesdx.services.rule_readers import check_compares_rules
from salesdx.web.comparing import compare_rules
from salesdx.web.pages.explorer import BACK
from salesdx.web.pages.guard import OwnForm, Visit, Visiting, shown_page

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
    found = compare_rules(base, name, text)
    if found.faults:
        return _faulty(visit, name, text, *(PageFault(told, "text") for told in found.faults))
    return shown_page(compare_page(base, visit.shell(BACK), name, text, found.page, found.checks))


def _faulty(visit: Visit, name: str, text: str, *faults: PageFault) -> Response:
    return shown_page(compare_page(visit.desk.base, visit.shell(BACK, faults=faults), name, text), 422)
