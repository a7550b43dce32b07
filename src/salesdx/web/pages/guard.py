"""What every page needs: who is logged in, a form that came from our own page, and the ways of answering."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from hmac import compare_digest
from threading import Lock
from typing import Annotated, Protocol

from fastapi import Depends, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from salesdx.base.model import RuleBase
from salesdx.ledger.errors import NoSuch, Refused
from salesdx.ledger.log import Person
from salesdx.render.pages.shell import AppPage, LoginPage, Shell, Visitor, app_page
from salesdx.services.acts import Act, check_may
from salesdx.services.logins import LoginRefused
from salesdx.services.served_systems import ServedSystems
from salesdx.services.trail_server import TrailServer
from salesdx.trail.own_words import INTERVIEW
from salesdx.web.accounts import Accounts, LoginSession
from salesdx.web.applications import Applications
from salesdx.web.codes import Codes
from salesdx.web.firm_login import FirmDoor
from salesdx.web.jobs import Jobs
from salesdx.web.links import Links
from salesdx.web.passkeys import Passkeys
from salesdx.web.person_links import PersonLinks
from salesdx.web.scans import Scans
from salesdx.web.store import Store
from salesdx.web.tries import Tries

PAGES_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
"""What a browser may load for a page: one style sheet of ours, and no script."""
SCRIPT_POLICY = f"{PAGES_POLICY}; script-src 'self'"
"""Of a page that asks for a passkey, which takes a script: one of ours, from its file."""
MOST_FIELDS = 300
FORM, PARTS = "application/x-www-form-urlencoded", "multipart/form-data"
OWN_ADDRESS = re.compile(r"/(?:[A-Za-z0-9_-][A-Za-z0-9_./-]*)?")
"""A path of ours: no other host, and nothing that a browser could read as one."""


@dataclass(frozen=True)
class FrontDesk:
    """What the pages stand on: the service, its cases, logins and passkeys. ``secure``: browsers reach it by https."""

    server: TrailServer
    store: Store
    accounts: Accounts
    links: Links
    passkeys: Passkeys
    applications: Applications
    codes: Codes
    jobs: Jobs
    secure: bool
    wrong_links: Tries
    """Links that are none, from one address."""
    person_links: PersonLinks
    firm: FirmDoor | None = None
    """The way to the firm's login, where there is one."""
    systems: ServedSystems | None = None
    """The firm's systems from which figures can be taken, where the service was given a folder of mappings."""
    scans: Scans | None = None
    """The scans of all units, where it was given one."""
    thinking: Lock = field(default_factory=Lock)
    """Interviews share the diagrams of their rules, which grow while they are read: one at a time."""

    @property
    def base(self) -> RuleBase:
        """The rules by which the service diagnoses."""
        return self.server.base

    @property
    def cookie(self) -> str:
        """The name of the cookie. A browser takes `__Host-` by https alone, and then from no other host."""
        return "__Host-salesdx" if self.secure else "salesdx"

    def role(self, role: str) -> str:
        """What a role is called."""
        return self.base.respondents.get(role) or role.replace("_", " ")

    def person(self, id: str) -> str:
        """What a person of the register is called; what stands there for whoever is in none."""
        member = self.server.register().members.get(id)
        return member.name if member is not None else id


class Working(Protocol):
    """Somebody who works on cases here, at the pages or by a program."""

    @property
    def desk(self) -> FrontDesk: ...

    @property
    def by(self) -> Person: ...

    @property
    def way(self) -> str:
        """In which way their answers come, as records tell it."""
        ...


def _desk(request: Request) -> FrontDesk:
    found: FrontDesk = request.app.state.desk
    return found


AtDesk = Annotated[FrontDesk, Depends(_desk)]


class LoggedOut(LoginRefused):
    """The page is for people who are logged in, and nobody is; ``to`` is where they wanted to go."""

    def __init__(self, to: str, sent: bool) -> None:
        super().__init__("log in")
        self.to, self.sent = to, sent


def _session(request: Request, desk: AtDesk) -> LoginSession:
    try:
        return desk.accounts.who(request.cookies.get(desk.cookie, ""))
    except LoginRefused:
        raise LoggedOut(request.url.path, request.method == "POST") from None


Session = Annotated[LoginSession, Depends(_session)]


@dataclass(frozen=True)
class Visit:
    """A request of somebody who is logged in."""

    desk: FrontDesk
    session: LoginSession

    @property
    def by(self) -> Person:
        return self.session.by

    @property
    def way(self) -> str:
        return INTERVIEW

    def shell(self, back: tuple[str, str] | None = None, **more: object) -> Shell:
        """What is around a page for this person."""
        visitor = Visitor(self.session.name, self.desk.role(self.by.role), self.session.form_token)
        return Shell(visitor, back=back, **more)  # type: ignore[arg-type]


def _visit(desk: AtDesk, session: Session) -> Visit:
    return Visit(desk, session)


Visiting = Annotated[Visit, Depends(_visit)]


def check_act(visit: Visit, act: type[Act]) -> None:
    """Raises NoSuch for a role to which the policy in force does not give an act."""
    try:
        check_may(act, visit.by, visit.desk.server.in_force())
    except Refused as error:
        raise NoSuch(str(error)) from None


class Foreign(HTTPException):
    """A form that no page of ours sent, or an old one of another login."""

    def __init__(self) -> None:
        super().__init__(403, "this form did not come from a page of yours here")


class NoLink(NoSuch):
    """A link of a respondent that cannot be used: there is none, or not any more."""

    def __init__(self) -> None:
        super().__init__("there is no such link")


def wrong_link(request: Request, desk: FrontDesk) -> HTTPException | NoLink:
    """What is raised for a link that cannot be used, which is counted. Whoever has one that can be is let in, whatever
    others tried from the same address: one that is guessed is no likelier for it."""
    address = request.client.host if request.client else ""
    return NoLink() if desk.wrong_links.count(address) else HTTPException(429)


def origin_of(request: Request) -> str:
    """Where a browser has the pages from: `https://reviews.firm.example`. `AtAddress` has looked at both."""
    return f"{request.scope['scheme']}://{request.headers['host']}"


def _check_form(request: Request, kind: str) -> None:
    """Raises Foreign for a form that no page of our own sent."""
    if request.headers.get("content-type", FORM).partition(";")[0].strip().lower() != kind:
        raise HTTPException(415)  # of several parts each could name how it is encoded
    _check_own(request)


async def _form(request: Request) -> Mapping[str, str]:
    """The fields of a form that one of our own pages sent, each once, as text. Raises Foreign."""
    _check_form(request, FORM)
    found: FormData = await request.form(max_fields=MOST_FIELDS)
    sent = {name: value for name, value in found.items() if isinstance(value, str)}
    request.state.sent = sent  # where it cannot be recorded now, it is not typed once more
    return sent


async def sent_here(request: Request) -> Mapping[str, str]:
    """The fields of a form that one of our own pages sent, read now where nobody has: to be sent once more."""
    sent: Mapping[str, str] | None = getattr(request.state, "sent", None)
    if sent is None and request.method == "POST":
        with suppress(HTTPException, ClientDisconnect):
            sent = await _form(request)
    return sent or {}


def _check_own(request: Request) -> None:
    """Raises Foreign for a form that no page of ours sent: one of ours says one of both in any browser."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site != "same-origin" if site is not None else origin != origin_of(request):
        raise Foreign


def link_cookie(desk: FrontDesk, link: str) -> str:
    """What the cookie of a browser is called that has begun at a link."""
    return f"{desk.cookie}-{link}"


def keep_link(answer: Response, desk: FrontDesk, link: str, value: str) -> Response:
    """The answer to somebody who begins at a link, with its cookie."""
    answer.set_cookie(link_cookie(desk, link), value, path="/", secure=desk.secure, httponly=True, samesite="lax")
    return answer


def check_form_token(form: Mapping[str, str], token: str) -> None:
    """Raises Foreign for a form that does not carry what those of a link do."""
    if not compare_digest(form.get("form_token", "").encode(), token.encode()):
        raise Foreign


SentForm = Annotated[Mapping[str, str], Depends(_form)]


def is_of_login(form: Mapping[str, str], session: LoginSession) -> bool:
    """Whether a form is of this login: its token is in it."""
    return compare_digest(form.get("form_token", "").encode(), session.form_token.encode())


def _own_form(form: SentForm, session: Session) -> Mapping[str, str]:
    if not is_of_login(form, session):
        raise Foreign
    return form


OwnForm = Annotated[Mapping[str, str], Depends(_own_form)]
"""A form of this login: its token is in it."""


@dataclass(frozen=True)
class Upload:
    """A form with a file, of this login; ``file`` is empty where none was chosen."""

    fields: Mapping[str, str]
    file: bytes
    name: str


async def _upload(request: Request, session: Session) -> Upload:
    """A form with one file that one of our own pages sent. The file is kept nowhere. Raises Foreign."""
    _check_form(request, PARTS)
    async with request.form(max_fields=MOST_FIELDS, max_files=1) as found:
        fields = {name: value for name, value in found.items() if isinstance(value, str)}
        if not is_of_login(fields, session):
            raise Foreign
        request.state.sent, request.state.with_file = fields, True
        files = [value for value in found.values() if isinstance(value, UploadFile)]
        data = await files[0].read() if files else b""
        return Upload(fields, data, (files[0].filename or "")[:200] if files else "")


OwnUpload = Annotated[Upload, Depends(_upload)]
"""A form of this login with a file."""


def file_given(data: bytes, name: str, kind: str) -> Response:
    """A file as the answer, to be kept by who asked for it."""
    return Response(data, media_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def shown_page(page: AppPage, status: int = 200) -> HTMLResponse:
    """A page as the answer."""
    policy = {"Content-Security-Policy": SCRIPT_POLICY} if page.script else {}
    return HTMLResponse(app_page(page), status, policy)


def login_page(desk: FrontDesk, shell: Shell, person: str = "", to: str = "") -> LoginPage:
    """Who are you? Asked with what was typed, and where it is to lead."""
    return LoginPage(shell, "Log in", person, to, desk.firm is not None)


def with_cookie(answer: Response, desk: FrontDesk, token: str) -> Response:
    """An answer that logs a browser in."""
    answer.set_cookie(desk.cookie, token, path="/", secure=desk.secure, httponly=True, samesite="lax")
    return answer


def go_to(address: str) -> RedirectResponse:
    """After a form was taken: another page, by GET."""
    return RedirectResponse(address, 303)


def own_address(to: str) -> str:
    """An address as it was asked for, if it is one of ours; else the first page."""
    return to if OWN_ADDRESS.fullmatch(to) else "/"
