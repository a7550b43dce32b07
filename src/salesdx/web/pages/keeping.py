"""Legal holds and erasures: what is kept, what is to go, who wants it, and until when it waits."""

from __future__ import annotations

from hashlib import sha256
from typing import cast
from urllib.parse import quote

from fastapi import APIRouter, Response

from salesdx.ledger.errors import NoSuch, Refused
from salesdx.render.pages.keeping_page import (
    KINDS,
    ErasureLine,
    ErasuresPage,
    HoldsPage,
    erasure_page,
    hold_line,
    kind_options,
    way_lines,
    what_is,
)
from salesdx.render.pages.shell import PageFault
from salesdx.render.trail.erasure_pages import plan_report
from salesdx.services.file_acts import EraseByStep, PutHold, ReleaseHold
from salesdx.services.keeping_reads import Erasable, HoldsFound, ReadErasure, ReadErasures, ReadHolds
from salesdx.trail.announced import OnItsWay
from salesdx.trail.erasure import Plan
from salesdx.trail.lookalike import MAX_REASON
from salesdx.web.accounts import ProofNeeded
from salesdx.web.pages.console import no_page
from salesdx.web.pages.guard import OwnForm, Visit, Visiting, check_act, go_to, shown_page
from salesdx.web.pages.held import new_key
from salesdx.web.pages.proving import perform_proved, proof_need

router = APIRouter(include_in_schema=False)
HOLDS, ERASURES = "/hr/holds", "/hr/erasures"
BACK = ("/", "What waits for you")
CHANGED = "something was recorded since you looked; look at what would go now, and decide anew"


@router.get(HOLDS)
def legal_holds_page(visit: Visiting) -> Response:
    """What is held, by whom and why."""
    return _holds(visit)


@router.post(HOLDS)
def put_hold(visit: Visiting, form: OwnForm) -> Response:
    """Keep a case or a person from being erased."""
    check_act(visit, PutHold)
    kind, named, reason = _kind(form.get("kind", "")), form.get("named", "").strip(), form.get("reason", "")
    typed = {"kind": kind, "named": named[:200], "reason": reason[:MAX_REASON]}
    if not any(map(str.isalpha, reason)):
        return _holds(visit, PageFault("say why, in words", "reason"), typed)
    try:
        visit.desk.server.perform(PutHold(kind, named, reason), visit.by, str, form.get("key"))
    except Refused as error:
        field = "named" if "the trail has no" in str(error) else "reason"
        told = "there is nothing of this name here" if field == "named" else str(error)
        return _holds(visit, PageFault(told, field), typed)
    return go_to(HOLDS)


@router.post(f"{HOLDS}/{{record}}/release")
def release_hold(record: str, visit: Visiting, form: OwnForm) -> Response:
    """Ask for the end of a hold, or confirm it."""
    check_act(visit, ReleaseHold)
    if not record.isascii() or not record.isdigit() or len(record) > 15:
        raise NoSuch("there is no such hold")
    field = f"reason-{record}"
    reason = form.get(field, "")
    if not any(map(str.isalpha, reason)):
        return _holds(visit, PageFault("say why it can end, in words", field), {field: reason})
    try:
        perform_proved(visit, ReleaseHold(int(record), reason), str, form.get("key", ""))
    except Refused as error:
        return _holds(visit, _fault(error, field), {field: reason[:MAX_REASON]})
    return go_to(HOLDS)


@router.get(ERASURES)
def erasures_page(visit: Visiting) -> Response:
    """What is to be erased, and how far that is."""
    return _erasures(visit)


@router.post(ERASURES)
def find_erasure(visit: Visiting, form: OwnForm) -> Response:
    """Go to what an erasure would take."""
    kind, named = _kind(form.get("kind", "")), form.get("named", "").strip()
    check_act(visit, EraseByStep)
    try:
        plan = _plan(visit, kind, named)
    except NoSuch:
        fault = PageFault("there is nothing of this name here, or it went already", "named")
        return _erasures(visit, fault, kind, named[:200])
    return go_to(_address(kind, plan[2]))


@router.get(f"{ERASURES}/{{kind}}/{{pseudonym}}")
def what_would_go(kind: str, pseudonym: str, visit: Visiting) -> Response:
    """What an erasure takes, and what stays."""
    return _erasure(visit, kind, pseudonym)


@router.post(f"{ERASURES}/{{kind}}/{{pseudonym}}")
def next_erasure_step(kind: str, pseudonym: str, visit: Visiting, form: OwnForm) -> Response:
    """Ask for an erasure, confirm it, or carry it out when its time has come."""
    check_act(visit, EraseByStep)
    reason = form.get("reason", "")
    plan, way, name = _plan(visit, _known(kind), pseudonym)
    if not any(map(str.isalpha, reason)):
        return _erasure(visit, kind, pseudonym, PageFault("say why, in words", "reason"), reason)
    if form.get("mark", "") != _mark(plan, way):
        return _erasure(visit, kind, pseudonym, PageFault(CHANGED), reason, 409)
    act = EraseByStep(reason, case=name) if kind == "case" else EraseByStep(reason, subject=name)
    try:
        done = perform_proved(visit, act, lambda shown: "", form.get("key", ""))
    except Refused as error:
        return _erasure(visit, kind, pseudonym, _fault(error, "reason"), reason)
    if done.ended:
        visit.desk.store.forget_erased()
        return go_to(f"/records/{done.record}")
    return go_to(_address(kind, pseudonym))


def _fault(error: Refused, field: str) -> PageFault:
    return PageFault(str(error), "" if isinstance(error, ProofNeeded) else field)


def _kind(told: str) -> Erasable:
    return "subject" if told == "subject" else "case"


def _known(kind: str) -> Erasable:
    if kind not in dict(KINDS):
        raise NoSuch("there is no such page")
    return cast(Erasable, kind)


def _address(kind: str, pseudonym: str) -> str:
    return f"{ERASURES}/{kind}/{quote(pseudonym, safe='')}"


def _holds(visit: Visit, fault: PageFault | None = None, typed: dict[str, str] | None = None) -> Response:
    desk, told = visit.desk, typed or {}
    found, _ = desk.server.read(ReadHolds(), visit.by, no_page)
    shown: HoldsFound = found.shown
    lines = tuple(
        hold_line(
            hold, shown.persons, visit.by.name, shown.ends, desk.person, desk.role, new_key(),
            told.get(f"reason-{hold.seq}", ""),
        )
        for hold in shown.holds
    )  # fmt: skip
    page = HoldsPage(
        visit.shell(BACK, faults=(fault,) if fault else ()),
        "Legal holds",
        lines,
        kind_options(told.get("kind", "")),
        shown.puts,
        new_key(),
        MAX_REASON,
        proof_need(visit, HOLDS),
        told.get("named", ""),
        told.get("reason", ""),
    )
    return shown_page(page, 422 if fault else 200)


def _erasures(visit: Visit, fault: PageFault | None = None, kind: str = "", named: str = "") -> Response:
    desk, now = visit.desk, visit.desk.server.now()
    found, _ = desk.server.read(ReadErasures(), visit.by, no_page)
    lines = tuple(
        ErasureLine(
            what_is(one.kind, one.name),
            tuple(way_lines(one.way, visit.by.name, now, desk.person)),
            _address(one.kind, one.pseudonym),
        )
        for one in found.shown
    )
    shell = visit.shell(BACK, faults=(fault,) if fault else ())
    return shown_page(ErasuresPage(shell, "Erasures", lines, kind_options(kind), named), 422 if fault else 200)


def _plan(visit: Visit, kind: Erasable, named: str) -> tuple[Plan, OnItsWay, str]:
    """What an erasure takes, how far it is, and its pseudonym. Raises NoSuch."""
    found, _ = visit.desk.server.read(ReadErasure(kind, named), visit.by, no_page)
    return cast(tuple[Plan, OnItsWay, str], found.shown)


def _mark(plan: Plan, way: OnItsWay) -> str:
    return sha256(repr((plan.to_dict(), way.to_dict())).encode()).hexdigest()[:32]


def _erasure(
    visit: Visit, kind: str, named: str, fault: PageFault | None = None, reason: str = "", status: int = 422
) -> Response:
    plan, way, pseudonym = _plan(visit, _known(kind), named)
    desk, address = visit.desk, _address(kind, pseudonym)
    policy = desk.server.in_force().policy
    holds = policy is not None and visit.by.role in policy.may["hold"].roles and not plan.holds
    page = erasure_page(
        visit.shell((ERASURES, "Erasures"), faults=(fault,) if fault else ()),
        (plan, way),
        plan_report(plan),
        kind,
        visit.by.name,
        desk.server.now(),
        desk.person,
        (address, new_key(), _mark(plan, way), MAX_REASON, proof_need(visit, address)),
        reason[:MAX_REASON],
        holds,
    )
    return shown_page(page, status if fault else 200)
