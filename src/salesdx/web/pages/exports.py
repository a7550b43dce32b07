"""Exports: a case's bundle, and everything on one person for a receiver, as a zip that proves itself."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping

from fastapi import APIRouter, Response

from salesdx.ledger.errors import NoSuch, Refused
from salesdx.render.pages.case_words import Option
from salesdx.render.pages.giving_page import ExportsPage
from salesdx.render.pages.shell import PageFault
from salesdx.render.trail.bundle_pages import bundle_reports
from salesdx.render.trail.copy_pages import copy_reports
from salesdx.services.acts import Done
from salesdx.services.trail_acts import ExportBundle
from salesdx.trail.person_copy import COUNCIL, COURT, PERSON
from salesdx.web.accounts import ProofNeeded
from salesdx.web.pages.guard import OwnForm, Visit, Visiting, check_act, file_given, shown_page
from salesdx.web.pages.held import new_key
from salesdx.web.pages.proving import perform_proved, proof_need

router = APIRouter(include_in_schema=False)
HERE = "/hr/exports"
RECEIVERS = {PERSON: "The person", COURT: "A court", COUNCIL: "The works council"}
NUMBERS = re.compile(r"\s*(?:\d{1,15}\s*(?:[,\s]\s*|$))*", re.ASCII)
NO_SUCH = "there is nothing of this name here"


@router.get(HERE)
def exports_page(visit: Visiting) -> Response:
    """What can be exported?"""
    check_act(visit, ExportBundle)
    return _page(visit, {})


@router.post(f"{HERE}/case")
def export_case(visit: Visiting, form: OwnForm) -> Response:
    """The bundle of a case."""
    check_act(visit, ExportBundle)
    named = form.get("case", "").strip()
    if not named:
        return _page(visit, form, PageFault("name the case", "case"))
    act = ExportBundle(case=named, anchors=_anchors(form, "case-anchor"))
    return _given(visit, form, act, "case", "case-anchor")


@router.post(f"{HERE}/person")
def export_person(visit: Visiting, form: OwnForm) -> Response:
    """Everything on one person, for a receiver."""
    check_act(visit, ExportBundle)
    named, receiver, whole = form.get("person", "").strip(), form.get("receiver", ""), form.get("whole", "")
    faults = [] if named else [PageFault("name the person, by their pseudonym", "person")]
    if receiver not in RECEIVERS:
        faults.append(PageFault("choose who gets it", "receiver"))
    if not NUMBERS.fullmatch(whole):
        faults.append(PageFault("these are no numbers of records", "whole"))
    if faults:
        return _page(visit, form, *faults)
    numbers = tuple(map(int, re.findall(r"\d+", whole)))
    act = ExportBundle(None, named, receiver, numbers, _anchors(form, "person-anchor"))
    return _given(visit, form, act, "person", "person-anchor")


@router.post(f"{HERE}/all")
def export_everything(visit: Visiting, form: OwnForm) -> Response:
    """The bundle of the whole trail, for who has confirmed that it is they."""
    check_act(visit, ExportBundle)
    act = ExportBundle(anchors=_anchors(form, "all-anchor"))
    try:
        done = perform_proved(visit, act, lambda shown: bundle_reports(*shown), new_key())
    except ProofNeeded as error:
        return _page(visit, form, PageFault(str(error)))
    except Refused as error:
        told = BLIND if "--blind-too" in str(error) else str(error)
        return _page(visit, form, PageFault(told, "all-anchor" if "anchor" in told else ""))
    return _zip(done)


BLIND = "somebody has signed a file that not all have signed yet, and the bundle would show how; export it later"


def _anchors(form: Mapping[str, str], field: str) -> tuple[str, ...]:
    text = form.get(field, "").replace("\r\n", "\n").strip("\n")
    return (f"{text}\n",) if text.strip() else ()


def _given(visit: Visit, form: Mapping[str, str], act: ExportBundle, field: str, anchor: str) -> Response:
    """The zip, once it is recorded that it is given: each one that is given is a record."""

    def render(shown: object) -> Mapping[str, str]:
        return bundle_reports(*shown) if act.person is None else copy_reports(shown)  # type: ignore[misc, arg-type]

    try:
        done = visit.desk.server.perform(act, visit.by, render)
    except NoSuch:
        return _page(visit, form, PageFault(NO_SUCH, field))
    except Refused as error:
        return _page(visit, form, PageFault(str(error), anchor if "anchor" in str(error) else field))
    return _zip(done)


def _zip(done: Done) -> Response:
    return file_given(base64.b64decode(done.file), f"record-{done.record}.zip", "application/zip")


def _page(visit: Visit, form: Mapping[str, str], *faults: PageFault) -> Response:
    chosen = form.get("receiver", "")
    page = ExportsPage(
        visit.shell(("/", "First page"), faults=faults),
        "Exports",
        tuple(Option(id, label, id == chosen) for id, label in RECEIVERS.items()),
        form.get("case", "")[:200],
        form.get("case-anchor", "")[:5000],
        form.get("person", "")[:200],
        form.get("whole", "")[:200],
        form.get("person-anchor", "")[:5000],
        form.get("all-anchor", "")[:5000],
        proof_need(visit, HERE),
    )
    return shown_page(page, 422 if faults else 200)
