"""Logging in by the firm's own login."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from salesdx.ledger.errors import NoSuch
from salesdx.render.pages.shell import FaultPage, Shell
from salesdx.services.logins import LoginRefused
from salesdx.web.firm_login import FirmDoor, Unreachable
from salesdx.web.pages.guard import AtDesk, FrontDesk, go_to, origin_of, own_address, shown_page, with_cookie

router = APIRouter(include_in_schema=False)
AWAY, BACK = "/login/oidc", "/login/oidc/back"


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
    to = own_address(str(request.session.get("to", "/")))
    try:
        subject = await door.returned(request)
    except LoginRefused as error:
        again = f"{str(error)[0].upper()}{str(error)[1:]}."
        return _refused("You are not logged in", (again, "Log in once more."), 401)
    finally:
        request.session.clear()
    try:
        token = await run_in_threadpool(desk.accounts.log_in_by_firm, door.firm.issuer, subject)
    except LoginRefused as error:
        told = f"It knows you as `{subject}` at `{door.firm.issuer}`: give your administrator both, to be entered here."
        return _refused("You cannot be let in here yet", (f"The firm's login let you in, but {error}.", told), 403)
    return with_cookie(go_to(to), desk, token)


def _door(desk: FrontDesk) -> FirmDoor:
    if desk.firm is None:
        raise NoSuch("there is no login of the firm")
    return desk.firm


def _refused(title: str, lines: tuple[str, ...], status: int) -> Response:
    return shown_page(FaultPage(Shell(), title, lines, ("/login", "Log in")), status)
