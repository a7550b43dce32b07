"""The sign-off of a complete file: read the case against, think, and decide with a signature of one's own."""

from __future__ import annotations

from functools import partial
from urllib.parse import quote

from fastapi import APIRouter, Request, Response

from salesdx.ledger.errors import NoSuch, Refused
from salesdx.render.pages.case_words import Send
from salesdx.render.pages.diagnosis_page import article_in
from salesdx.render.pages.shell import PageFault
from salesdx.render.pages.sign_off_page import AgainstPage, DecisionPage, sign_off_page
from salesdx.render.trail.against_page import against_page
from salesdx.services.acts import check_may
from salesdx.services.file_acts import ReadAgainst, Sign
from salesdx.services.reads import Desk, ReadFound, ReadSteps, ShowRecord
from salesdx.services.trail_server import Draft
from salesdx.trail.lookalike import MAX_REASON
from salesdx.trail.signing_off import SigningSteps
from salesdx.web.pages.guard import OwnForm, Visit, Visiting, go_to, origin_of, shown_page
from salesdx.web.pages.held import new_key
from salesdx.web.passkeys import PasskeyRefused

router = APIRouter(include_in_schema=False)
HERE = "/cases/{case}/sign-off/{record}"
WIDTH = 80
FINAL = {
    False: "A refusal is final: it closes this file for good, and every later one of the same person, period and "
    "facts.",
    True: "It says that the step may be considered, and recommends nothing.",
}
DECIDED = {False: "to refuse it", True: "that it may be considered"}


@router.get(HERE)
def show_steps(case: str, record: str, request: Request, visit: Visiting) -> Response:
    """How far I am with it; or why I may not sign."""
    return _page(request, visit, case, record)


@router.post(f"{HERE}/against")
def read_against(case: str, record: str, visit: Visiting, form: OwnForm) -> Response:
    """Record that the case against is shown, and then show it; what was read and counts is shown again."""
    found, _ = _steps(visit, case, record)
    if found.read < 0:
        act = ReadAgainst(found.seq, "html", WIDTH)
        render = partial(against_page, format=act.format, width=act.width)
        visit.desk.server.perform(act, visit.by, render, form.get("key"))
    return go_to(f"{_address(case, record)}/against")


@router.get(f"{HERE}/against")
def show_against(case: str, record: str, visit: Visiting) -> Response:
    """The case against as it was shown to me: nothing is added to the trail."""
    found, _ = _steps(visit, case, record)
    if found.shown < 0:
        raise NoSuch("it was not shown to you")
    read = found.read if found.read >= 0 else found.shown
    seen, _ = visit.desk.server.read(ShowRecord(str(read), page=True), visit.by, _no_page)
    body = seen.shown.record.body
    if body is None:
        raise NoSuch("its content is gone")
    article = article_in(body["shown"])
    address = _address(case, record)
    page = AgainstPage(visit.shell((address, "The sign-off")), "The case against", article, read, address)
    return shown_page(page)


@router.post(f"{HERE}/decision")
def decide(case: str, record: str, request: Request, visit: Visiting, form: OwnForm) -> Response:
    """Draft a decision; nothing is recorded before it is signed."""
    found, _ = _steps(visit, case, record)
    reason, approve = form.get("reason", ""), {"approve": True, "refuse": False}.get(form.get("do", ""))
    if approve is None:
        return _page(request, visit, case, record, reason, PageFault("press one of the two buttons", "reason"))
    if not any(map(str.isalpha, reason)):
        return _page(request, visit, case, record, reason, PageFault("give your reasons, in words", "reason"))
    if not visit.desk.passkeys.usable(visit.by.name, origin_of(request)):
        return _page(request, visit, case, record, reason, PageFault("you have no passkey that counts here"))
    try:
        draft, _ = visit.desk.server.draft(Sign(found.seq, approve, reason), visit.by, str)
    except Refused as error:
        return _page(request, visit, case, record, reason, PageFault(str(error), "reason"))
    return go_to(f"{_address(case, record)}/decisions/{draft}")


@router.get(f"{HERE}/decisions/{{draft}}")
def show_decision(case: str, record: str, draft: str, request: Request, visit: Visiting) -> Response:
    """What I am about to sign."""
    return _decision(request, visit, case, record, draft)


@router.post(f"{HERE}/decisions/{{draft}}")
def sign_decision(case: str, record: str, draft: str, request: Request, visit: Visiting, form: OwnForm) -> Response:
    """Record a decision with the signature of a passkey over it."""
    drafted, _ = _drafted(visit, record, draft)
    try:
        key, value = visit.desk.passkeys.signature(
            visit.by, origin_of(request), drafted.entry.message, form.get("answer", "")
        )
    except PasskeyRefused as error:
        return _decision(request, visit, case, record, draft, str(error))
    visit.desk.server.sign(draft, visit.by, key, value, "passkey")
    return go_to(_address(case, record))


def _steps(visit: Visit, case: str, record: str) -> tuple[SigningSteps, bool]:
    """How far the one who asks is, and whether they see the case. Raises NoSuch."""
    server, by = visit.desk.server, visit.by
    try:
        check_may(Sign, by, server.in_force())
    except Refused as error:
        raise NoSuch(str(error)) from None
    if not record.isascii() or not record.isdigit() or len(record) > 15:
        raise NoSuch("there is no such record")
    found, _ = server.read(ReadSteps(case, int(record)), by, _no_page)
    steps, seen = found.shown
    return steps, seen


def _drafted(visit: Visit, record: str, name: str) -> tuple[Draft, Sign]:
    """A decision of the one who asks on this record, which waits for their signature. Raises NoSuch."""
    draft = visit.desk.server.drafted(name, visit.by)
    if not isinstance(draft.act, Sign) or str(draft.act.record) != record:
        raise NoSuch("there is no such decision")
    return draft, draft.act


def _decision(request: Request, visit: Visit, case: str, record: str, name: str, fault: str = "") -> Response:
    draft, act = _drafted(visit, record, name)
    address = _address(case, record)
    page = DecisionPage(
        visit.shell((address, "The sign-off"), faults=(PageFault(fault),) if fault else ()),
        "Sign what you have decided",
        DECIDED[act.approve],
        " ".join(act.reason.split()),
        visit.desk.role(visit.by.role),
        FINAL[act.approve],
        Send(f"{address}/decisions/{name}", name),
        visit.desk.passkeys.request(visit.by.name, origin_of(request), draft.entry.message),
        address,
    )
    return shown_page(page, 422 if fault else 200)


def _page(
    request: Request, visit: Visit, case: str, record: str, reason: str = "", fault: PageFault | None = None
) -> Response:
    desk, by = visit.desk, visit.by
    found, seen = _steps(visit, case, record)
    page = sign_off_page(
        visit.shell(("/", "What waits for you"), faults=(fault,) if fault else ()),
        found,
        seen,
        tuple(one.name for one in desk.passkeys.usable(by.name, origin_of(request))),
        Send(_address(case, record), new_key()),
        desk.server.now(),
        desk.role,
        desk.person,
        by.role,
        MAX_REASON,
        reason,
    )
    return shown_page(page, 422 if fault else 200)


def _address(case: str, record: str) -> str:
    return f"/cases/{quote(case, safe='')}/sign-off/{record}"


def _no_page(found: ReadFound, desk: Desk) -> str:
    return ""
