"""The whole trail verified by whoever holds its public key: it names no case and no person, and leaves no mark."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict

from fastapi import APIRouter, Response

from salesdx.ledger.errors import Refused
from salesdx.ledger.standalone.verifier import Invalid, read_checkpoint, read_key
from salesdx.render.pages.giving_page import VerifyPage
from salesdx.render.pages.shell import PageFault
from salesdx.services.verifying import AskedVerdict
from salesdx.web.jobs import VERIFY
from salesdx.web.pages.guard import OwnForm, Visit, Visiting, go_to, shown_page

router = APIRouter(include_in_schema=False)
HERE = "/verify"
BACK = ("/", "First page")
LONGEST = 5000


@router.get(HERE)
def verify_form(visit: Visiting) -> Response:
    """Verify the trail."""
    return _page(visit, {})


@router.post(HERE)
def begin_verification(visit: Visiting, form: OwnForm) -> Response:
    """Begin to verify the trail, which takes a while."""
    faults = []
    keys = [line.strip() for line in form.get("keys", "").splitlines() if line.strip()]
    note = form.get("anchor", "").replace("\r\n", "\n").strip("\n")
    try:
        keys = [str(read_key(line)) for line in keys]
    except Invalid as error:
        faults.append(PageFault(str(error), "keys"))
    if not keys:
        faults.append(PageFault("give a public key that you have kept", "keys"))
    try:
        anchor = f"{note}\n" if note else ""
        _ = read_checkpoint(anchor) if anchor else None
    except Invalid as error:
        faults.append(PageFault(str(error), "anchor"))
    if faults:
        return _page(visit, form, *faults)
    asked = AskedVerdict(tuple(keys), anchor)
    try:
        return go_to(f"/jobs/{visit.desk.jobs.start(visit.by, VERIFY, [json.dumps(asdict(asked))], (), BACK)}")
    except Refused as error:
        return _page(visit, form, PageFault(str(error)))


def _page(visit: Visit, form: Mapping[str, str], *faults: PageFault) -> Response:
    keys, anchor = (form.get(field, "")[:LONGEST] for field in ("keys", "anchor"))
    page = VerifyPage(visit.shell(BACK, faults=faults), "Verify the trail", keys, anchor, LONGEST)
    return shown_page(page, 422 if faults else 200)
