"""Rules come into force: somebody proposes those that the service runs, or a changed base that they send; another reads
the same page, and confirms by signing."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from salesdx.base.loading import load
from salesdx.ledger.errors import NoSuch, Refused
from salesdx.render.pages.case_words import Send
from salesdx.render.pages.register_page import ProposalLine, ProposePage, RulesWaitPage
from salesdx.render.pages.shell import PageFault
from salesdx.render.trail.adoption_page import adoption_text
from salesdx.services.adopting import ConfirmRules, ProposeRules, beside_last, last_adopted
from salesdx.text.english import listed
from salesdx.trail.rule_bases import short_digest
from salesdx.web.comparing import compare_rules
from salesdx.web.pages.comparing import open_cases, turned_reviews
from salesdx.web.pages.guard import FrontDesk, OwnForm, OwnUpload, Visit, Visiting, check_act, shown_page
from salesdx.web.pages.held import new_key
from salesdx.web.pages.people import NO_PASSKEY
from salesdx.web.pages.signing import RULES, draft_to_sign, signs_here, to_sign
from salesdx.web.rule_zips import BadZip
from salesdx.web.rules import rules_waiting

router = APIRouter(include_in_schema=False)
OWN, CHANGED = f"{RULES}/own", f"{RULES}/changed"


@router.get(RULES)
def proposed_rules(request: Request, visit: Visiting) -> Response:
    """The rules that wait to come into force."""
    check_act(visit, ConfirmRules)
    return _page(request, visit)


@router.post(OWN)
def propose_own(request: Request, visit: Visiting, form: OwnForm) -> Response:
    """Draft a proposal of the rules that the service runs, to be signed."""
    check_act(visit, ProposeRules)
    if not signs_here(request, visit):
        return _page(request, visit, PageFault(NO_PASSKEY))
    desk = visit.desk
    try:
        found = beside_last(desk.base, last_adopted(desk.server.trail))
        return to_sign(visit, (ProposeRules(desk.base.digest, adoption_text(found)),), form.get("key"), adoption_text)
    except Refused as error:
        return _page(request, visit, PageFault(str(error)))


@router.post(CHANGED)
def propose_changed(request: Request, visit: Visiting, sent: OwnUpload) -> Response:
    """What changed rules mean, and where their proposal is signed. Nothing is proposed by it."""
    check_act(visit, ProposeRules)
    desk = visit.desk
    if not sent.file:
        return _page(request, visit, PageFault("choose the zip", "zip"))
    try:
        last = last_adopted(desk.server.trail)
        found = compare_rules(desk.base, sent.file, open_cases(visit), lambda folder: beside_last(load(folder), last))
        if found.beside is None:
            return _page(request, visit, *(PageFault(told, "zip") for told in found.faults))
        act = ProposeRules(found.beside.new.digest, adoption_text(found.beside), found.beside.new.files)
        go_on = draft_to_sign(visit, (act,), render=adoption_text) if signs_here(request, visit) else ""
    except BadZip as error:
        return _page(request, visit, PageFault(str(error), "zip"))
    except Refused as error:
        return _page(request, visit, PageFault(str(error)))
    shell, title = visit.shell((RULES, "Rules that wait")), f"Propose the rules {found.beside.new.version}"
    told = turned_reviews(visit, found)
    return shown_page(ProposePage(shell, title, told, act.shown, found.checks, go_on, RULES))


@router.post(f"{RULES}/{{record}}")
def confirm_proposed(record: str, request: Request, visit: Visiting, form: OwnForm) -> Response:
    """Draft that proposed rules are confirmed, to be signed."""
    check_act(visit, ConfirmRules)
    found = next((one for one in rules_waiting(visit.desk.server, visit.by) if str(one.record) == record), None)
    if found is None:
        raise NoSuch("there is no such proposal")
    if not signs_here(request, visit):
        return _page(request, visit, PageFault(NO_PASSKEY))
    try:
        return to_sign(visit, (ConfirmRules(found.record, found.rules),), form.get("key"))
    except Refused as error:
        return _page(request, visit, PageFault(str(error)))


def _page(request: Request, visit: Visit, *faults: PageFault) -> Response:
    desk, me = visit.desk, visit.by.name
    waiting = rules_waiting(desk.server, visit.by)
    lines = tuple(
        ProposalLine(
            one.version,
            f"proposed by {listed([desk.person(who) for who in one.by])}; waits for {one.waits_for}",
            one.page,
            Send(f"{RULES}/{one.record}", new_key()) if me not in one.by else None,
        )
        for one in waiting
    )
    shell = visit.shell(("/", "First page"), faults=faults)
    stands, own = _stands(desk, [one.rules for one in waiting])
    page = RulesWaitPage(shell, "Rules that wait", signs_here(request, visit), lines, stands, own, CHANGED)
    return shown_page(page, 422 if faults else 200)


def _stands(desk: FrontDesk, waiting: list[str]) -> tuple[str, Send | None]:
    """How the rules that the service runs stand, and where they are proposed; None where they are in force or wait."""
    base = desk.base
    told = f"The service runs the rules {base.version} ({short_digest(base.digest)})"
    in_force = desk.server.register().adoptions.in_force
    if base.digest == in_force:
        return f"{told}, which are in force.", None
    if base.digest in waiting:
        return f"{told}, which wait.", None
    until = ", until it is started with those in force (`serve --adopted`)" if in_force else ""
    return f"{told}. They are not in force: what they conclude is a trial{until}.", Send(OWN, new_key())
