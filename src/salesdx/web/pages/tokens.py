"""Tokens of programs: administrators make one, which is shown once, see which there are, and revoke one."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import APIRouter, Response

from salesdx.ledger.errors import NoSuch, Refused
from salesdx.ledger.moments import moment, stamp
from salesdx.render.pages.case_words import Option, Send, day_words
from salesdx.render.pages.register_page import TokenLine, TokensPage
from salesdx.render.pages.shell import PageFault
from salesdx.services.trail_acts import ChangePeople
from salesdx.text.english import capital, listed
from salesdx.trail.book import UNSEEN
from salesdx.web.applications import APPLICATION, MOST_DAYS, SCOPES, ApplicationToken
from salesdx.web.pages.guard import OwnForm, Visit, Visiting, check_act, go_to, shown_page
from salesdx.web.pages.held import new_key
from salesdx.web.pages.people import ADMINISTRATION

router = APIRouter(include_in_schema=False)
TOKENS = "/admin/tokens"
PURPOSES = dict(
    zip(
        SCOPES,
        (
            "read cases",
            "begin cases and answer questions",
            "record what is likely, and explain it",
            "ask others by link",
            "read the rules and try them",
        ),
        strict=True,
    )
)
"""Scope -> what a program does with it, in words."""
DAYS = "90"


@router.get(TOKENS)
def tokens_page(visit: Visiting) -> Response:
    """The tokens that were made."""
    check_act(visit, ChangePeople)
    return _page(visit, {})


@router.post(TOKENS)
def make_program_token(visit: Visiting, form: OwnForm) -> Response:
    """Make a token for a program; it is shown in this answer, and never again."""
    check_act(visit, ChangePeople)
    program, _, role = form.get("program", "").partition(" ")
    scopes = [scope for scope in SCOPES if form.get(f"scope-{scope}")]
    days = form.get("days", "").strip()
    faults = [] if (program, role) in _programs(visit) else [PageFault("choose a program", "program")]
    if not scopes:
        faults.append(PageFault("choose what it is for", "scopes"))
    if not (days.isascii() and days.isdigit() and len(days) < 5 and 1 <= int(days) <= MOST_DAYS):
        faults.append(PageFault(f"a number of days, {MOST_DAYS} at most", "days"))
    if faults:
        return _page(visit, form, *faults)
    try:
        token, _ = visit.desk.applications.make(program, role, scopes, int(days), visit.by)
    except Refused as error:
        return _page(visit, form, PageFault(str(error), "program"))
    return _page(visit, {}, new=(f"{visit.desk.person(program)}, {visit.desk.role(role)}", token))


@router.post(f"{TOKENS}/{{id}}/revoke")
def revoke_program_token(id: str, visit: Visiting, form: OwnForm) -> Response:
    """Revoke a token: it is worth nothing from now on."""
    check_act(visit, ChangePeople)
    try:
        visit.desk.applications.revoke(id)
    except NoSuch:
        raise NoSuch(UNSEEN) from None
    return go_to(TOKENS)


def _programs(visit: Visit) -> list[tuple[str, str]]:
    """The programs of the register with each of their roles."""
    now = stamp(visit.desk.server.now())
    members = sorted(visit.desk.server.register().members.values(), key=lambda one: one.name)
    return [
        (one.id, held.role) for one in members if one.id.startswith(APPLICATION) for held in one.roles if held.at(now)
    ]


def _line(visit: Visit, one: ApplicationToken) -> TokenLine:
    desk = visit.desk
    good = not one.revoked and one.until > stamp(desk.server.now())
    ends = f"good until {_day(one.until)}" if good else "its days are over"
    if one.revoked:
        ends = f"revoked on {_day(one.revoked)}"
    told = (
        f"To {listed([PURPOSES[scope] for scope in one.scopes])}",
        f"Made by {desk.person(one.maker)} on {_day(one.made)}, {ends}",
    )
    send = Send(f"{TOKENS}/{one.id}/revoke", new_key()) if good else None
    return TokenLine(f"{desk.person(one.application)}, {desk.role(one.role)}", told, send)


def _day(time: str) -> str:
    return day_words(moment(time).date())


def _page(visit: Visit, form: Mapping[str, str], *faults: PageFault, new: tuple[str, str] | None = None) -> Response:
    chosen = form.get("program")
    programs = [
        Option(told := f"{id} {role}", f"{visit.desk.person(id)}, {visit.desk.role(role)}", told == chosen)
        for id, role in _programs(visit)
    ]
    page = TokensPage(
        visit.shell(ADMINISTRATION, faults=faults),
        "Tokens of programs",
        tuple(_line(visit, one) for one in visit.desk.applications.all()),
        new_key(),
        (Option("", "Choose a program"), *programs),
        tuple(Option(scope, capital(told), bool(form.get(f"scope-{scope}"))) for scope, told in PURPOSES.items()),
        MOST_DAYS,
        form.get("days", DAYS)[:10],
        new,
    )
    return shown_page(page, 422 if faults else 200)
