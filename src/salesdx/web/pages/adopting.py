"""Rules that somebody proposed to bring into force: another person reads the same page, and confirms by signing."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from salesdx.ledger.errors import NoSuch, Refused
from salesdx.render.pages.case_words import Send
from salesdx.render.pages.register_page import ProposalLine, RulesWaitPage
from salesdx.render.pages.shell import PageFault
from salesdx.services.adopting import ConfirmRules
from salesdx.text.english import listed
from salesdx.web.pages.guard import OwnForm, Visit, Visiting, check_act, shown_page
from salesdx.web.pages.held import new_key
from salesdx.web.pages.people import NO_PASSKEY
from salesdx.web.pages.signing import RULES, signs_here, to_sign
from salesdx.web.rules import rules_waiting

router = APIRouter(include_in_schema=False)


@router.get(RULES)
def proposed_rules(request: Request, visit: Visiting) -> Response:
    """The rules that wait to come into force."""
    check_act(visit, ConfirmRules)
    return _page(request, visit)


@router.post(f"{RULES}/{{record}}")
def confirm_proposed(record: str, request: Request, visit: Visiting, form: OwnForm) -> Response:
    """Draft that proposed rules are confirmed, to be signed."""
    check_act(visit, ConfirmRules)
    found = next((one for one in rules_waiting(visit.desk.server, visit.by) if str(one.record) == record), None)
    if found is None:
        raise NoSuch("there is no such proposal")
    if not signs_here(request, visit):
        return _page(request, visit, NO_PASSKEY)
    try:
        return to_sign(visit, (ConfirmRules(found.record, found.rules),), form.get("key"))
    except Refused as error:
        return _page(request, visit, str(error))


def _page(request: Request, visit: Visit, fault: str = "") -> Response:
    desk, me = visit.desk, visit.by.name
    lines = tuple(
        ProposalLine(
            one.version,
            f"proposed by {listed([desk.person(who) for who in one.by])}; waits for {one.waits_for}",
            one.page,
            Send(f"{RULES}/{one.record}", new_key()) if me not in one.by else None,
        )
        for one in rules_waiting(desk.server, visit.by)
    )
    shell = visit.shell(("/", "First page"), faults=(PageFault(fault),) if fault else ())
    return shown_page(RulesWaitPage(shell, "Rules that wait", signs_here(request, visit), lines), 422 if fault else 200)
