"""Logging in by the firm's own login."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from salesdx.ledger.errors import NoSuch
from salesdx.ledger.standalone.person_signatures import OIDC
from salesdx.render.pages.shell import FaultPage, Shell
from salesdx.services.logins import LoginRefused
from salesdx.web.accounts import FIRM
from salesdx.web.firm_login import FirmDoor, Unreachable
from salesdx.web.pages.guard import AtDesk, FrontDesk, Session, go_to, origin_of, own_address, shown_page, with_cookie

router = APIRouter(include_in_schema=False)
AWAY, BACK, PROVES = "/login/oidc", "/login/oidc/back", "/login/oidc/proof"
CLOCKS_OFF = 60
"""Seconds by which the clock of the firm's login may be behind ours."""


@router.get(AWAY)
async def leave_for_firm(request: Request, desk: AtDesk, to: str = "/") -> Response:
    """To the firm's login."""
    door = _door(desk)
    request.session.clear()
    request.session["to"] = own_address(to)
    try:
        return await door.leave(request, origin_of(request) + BACK)
    except Unreachable:
        return _refused(
            "The firm's login does not answer now", ("Try again in a minute, or log in by a password.",), 503
        )


@router.get(BACK)
async def enter_by_firm(request: Request, desk: AtDesk) -> Response:
    """Back from the firm's login: logged in here, as whom the register knows by it."""
    door = _door(desk)
    to, proves = own_address(str(request.session.get("to", "/"))), request.session.get("proves")
    try:
        subject, asked = await door.returned(request)
    except LoginRefused as error:
        again = f"{str(error)[0].upper()}{str(error)[1:]}."
        return _refused("You are not logged in", (again, "Log in once more."), 401)
    finally:
        request.session.clear()
    if proves is not None:
        return await run_in_threadpool(_proved, request, desk, subject, asked >= proves - CLOCKS_OFF, to)
    try:
        token = await run_in_threadpool(desk.accounts.log_in_by_firm, door.firm.issuer, subject)
    except LoginRefused as error:
        told = f"It knows you as `{subject}` at `{door.firm.issuer}`: give your administrator both, to be entered here."
        return _refused("You cannot be let in here yet", (f"The firm's login let you in, but {error}.", told), 403)
    return with_cookie(go_to(to), desk, token)


@router.get(PROVES)
async def prove_by_firm(request: Request, desk: AtDesk, session: Session, to: str = "/") -> Response:
    """To the firm's login, which is to ask once more who I am."""
    door = _door(desk)
    request.session.clear()
    request.session.update(to=own_address(to), proves=desk.server.now().timestamp())
    try:
        return await door.leave(request, origin_of(request) + BACK, anew=True)
    except Unreachable:
        return _refused("The firm's login does not answer now", ("Try again in a minute.",), 503)


def _proved(request: Request, desk: FrontDesk, subject: str, fresh: bool, to: str) -> Response:
    """Back from the firm's login, which was to ask once more: the login here goes on with that."""
    mine = f"{desk.firm.firm.issuer} {subject}" if desk.firm is not None else ""
    token = request.cookies.get(desk.cookie, "")
    session = desk.accounts.who(token)
    member = desk.server.register().members.get(session.by.name)
    known = member is not None and any((key.kind, key.text) == (OIDC, mine) for key in member.keys.values())
    if not known:
        return _refused("You did not confirm that it is you", ("The firm's login let in somebody else.",), 403)
    if not fresh:
        told = "The firm's login did not ask you, or does not say when it did. Choose another way."
        return _refused("You did not confirm that it is you", (told,), 403)
    return with_cookie(go_to(to), desk, desk.accounts.prove(token, FIRM))


def _door(desk: FrontDesk) -> FirmDoor:
    if desk.firm is None:
        raise NoSuch("there is no login of the firm")
    return desk.firm


def _refused(title: str, lines: tuple[str, ...], status: int) -> Response:
    return shown_page(FaultPage(Shell(), title, lines, ("/login", "Log in")), status)
