"""Logging in and out, a first password, and who one is."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from salesdx.ledger.errors import NoSuch
from salesdx.ledger.moments import moment
from salesdx.render.pages.shell import FaultPage, MePage, PageFault, PasswordPage, Shell, sheet, sheet_digest
from salesdx.services.logins import LoginRefused
from salesdx.web.accounts import SHORTEST, TooMany
from salesdx.web.pages.guard import (
    AtDesk,
    FrontDesk,
    OwnForm,
    SentForm,
    Visiting,
    go_to,
    login_page,
    own_address,
    shown_page,
    with_cookie,
)

router = APIRouter(include_in_schema=False)
NO_LINK = "It is used already or too old. Ask your administrator for another one, or log in with your password."


@router.get("/static/{digest}/pages.css")
def style_sheet(digest: str) -> Response:
    """The style sheet, for ever: another one has another address."""
    if digest != sheet_digest():
        raise NoSuch("there is no such style sheet")
    kept = {"Cache-Control": "public, max-age=31536000, immutable"}
    return Response(sheet(), media_type="text/css", headers=kept)


@router.get("/favicon.ico", status_code=204)
def no_icon() -> None:
    """Browsers ask for an icon; there is none."""


@router.get("/login")
def login_form(desk: AtDesk, to: str = "/") -> Response:
    """Who are you?"""
    return shown_page(login_page(desk, Shell(), to=own_address(to)))


@router.post("/login")
def enter(request: Request, desk: AtDesk, form: SentForm) -> Response:
    """Log in with a password."""
    person, to = form.get("person", "").strip(), own_address(form.get("to", "/"))
    address = request.client.host if request.client else ""
    try:
        token = desk.accounts.log_in(person[:100], form.get("password", ""), address)
    except LoginRefused as error:
        page = login_page(desk, Shell(faults=(PageFault(str(error), "person"),)), person[:100], to)
        return shown_page(page, 429 if isinstance(error, TooMany) else 401)
    return with_cookie(go_to(to), desk, token)


@router.get("/welcome/{token}")
def password_form(token: str, desk: AtDesk) -> Response:
    """Set a password, by a link."""
    return _password_page(desk, token)


@router.post("/welcome/{token}")
def set_password(request: Request, token: str, desk: AtDesk, form: SentForm) -> Response:
    """Set a password, and be logged in."""
    password = form.get("password", "")
    if password != form.get("again", ""):
        return _password_page(desk, token, PageFault("the two are not the same", "again"), 422)
    if desk.accounts.invited(token) is None:
        return _no_link()
    try:
        person = desk.accounts.set_password(token, password)
    except LoginRefused as error:
        return _password_page(desk, token, PageFault(str(error), "password"), 422)
    address = request.client.host if request.client else ""
    return with_cookie(go_to("/"), desk, desk.accounts.log_in(person, password, address))


@router.get("/me")
def me_page(visit: Visiting) -> Response:
    """Who I am here."""
    by, desk = visit.by, visit.desk
    others = tuple((role, desk.role(role)) for role in visit.session.roles if role != by.role)
    since = moment(visit.session.since) if visit.session.since else None
    page = MePage(
        visit.shell(("/", "My cases")), visit.session.name, by.name, desk.role(by.role), others,
        f"{since.day} {since:%B %Y, %H:%M} UTC" if since else "",
    )  # fmt: skip
    return shown_page(page)


@router.post("/me/role")
def use_role(request: Request, visit: Visiting, form: OwnForm) -> Response:
    """Use another role, with a new login."""
    try:
        token = visit.desk.accounts.change_role(request.cookies[visit.desk.cookie], form.get("role", ""))
    except LoginRefused as error:
        raise NoSuch(str(error)) from None
    return with_cookie(go_to("/"), visit.desk, token)


@router.post("/logout")
def log_out_here(request: Request, visit: Visiting, form: OwnForm) -> Response:
    """End this login."""
    visit.desk.accounts.log_out(request.cookies[visit.desk.cookie])
    answer = go_to("/login")
    answer.delete_cookie(visit.desk.cookie, path="/", secure=visit.desk.secure, httponly=True, samesite="lax")
    return answer


def _password_page(desk: FrontDesk, token: str, fault: PageFault | None = None, status: int = 200) -> Response:
    member = desk.accounts.invited(token)
    if member is None:
        return _no_link()
    faults = (fault,) if fault is not None else ()
    page = PasswordPage(Shell(faults=faults), f"Welcome, {member.name}", f"/welcome/{token}", member.id, SHORTEST)
    return shown_page(page, status)


def _no_link() -> Response:
    return shown_page(FaultPage(Shell(), "This link is worth nothing any more", (NO_LINK,)), 404)
