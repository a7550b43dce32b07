"""The HTTP service of a trail, pages and API, made once for each process: `salesdx serve` starts it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import cache, partial

import anyio.to_thread
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware.sessions import SessionMiddleware
from starlette.routing import BaseRoute

from salesdx import __version__
from salesdx.ledger.errors import TrailError
from salesdx.render.pages.compare_page import COMPARE_ZIP
from salesdx.services.own_address import OwnAddress
from salesdx.services.served_systems import ServedSystems
from salesdx.services.trail_server import TrailServer
from salesdx.text.issues import IssuesError
from salesdx.web import (
    acts,
    api_applications,
    api_cases,
    api_diagnoses,
    api_files,
    api_follow,
    api_requests,
    api_rules,
    login,
    people,
    reads,
    records,
    rules,
    watching,
)
from salesdx.web.accounts import Accounts
from salesdx.web.address import AtAddress
from salesdx.web.applications import Applications
from salesdx.web.codes import Codes
from salesdx.web.described import describe
from salesdx.web.firm_login import COOKIE, MINUTES, FirmDoor, FirmLogin
from salesdx.web.jobs import Jobs
from salesdx.web.links import Links
from salesdx.web.migrations import make_ready
from salesdx.web.pages import (
    admin,
    adopting,
    asked,
    case_file,
    cases,
    closing,
    comparing,
    concerned,
    console,
    diagnosis,
    entering,
    explorer,
    exports,
    follow,
    handing_in,
    head,
    keeping,
    my_sessions,
    own_passkeys,
    person_links,
    proving,
    question,
    reports,
    requests,
    retention,
    scanning,
    seats,
    sign_off,
    signing,
    taking_over,
    telling,
    tokens,
    trail_key,
    trying,
    verifying,
    why,
    working,
)
from salesdx.web.pages import firm as by_firm
from salesdx.web.pages import (
    people as people_pages,
)
from salesdx.web.pages import systems as firm_systems
from salesdx.web.pages.faults import fault_page, plain_fault
from salesdx.web.pages.guard import PAGES_POLICY, FrontDesk
from salesdx.web.passkeys import Passkeys
from salesdx.web.person_links import PersonLinks
from salesdx.web.problems import Faulty, is_no_text, problem, problem_of, said_twice, validation_problem
from salesdx.web.scans import Scans
from salesdx.web.store import Store
from salesdx.web.tries import Tries
from salesdx.web.watching import Figures, Watched

MOST_BODY, MOST_UPLOAD, MOST_FILE = 1 << 20, 5 << 20, 14 << 20
"""Bytes of a request: a case file has at most as many; one with a file at the pages; one with a file of 10 MB in
base64."""
WITH_FILE = {
    "/api/v1/acts/attachment": MOST_FILE,
    reports.HERE: MOST_UPLOAD,
    COMPARE_ZIP: MOST_UPLOAD,
    adopting.CHANGED: MOST_UPLOAD,
    case_file.FROM_FILE: MOST_UPLOAD,
    handing_in.ATTACHMENTS: MOST_FILE,
}
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "same-origin",  # with `no-referrer` a browser's form would not say where it comes from
    "X-Content-Type-Options": "nosniff",
}
PREFIX = "/api/v1"
MOST_WRONG_LINKS = 60
"""Links that are none, from one address within an hour."""
"""Bytes of a request where a file is sent."""
THREADS = 4
"""Requests that are worked on at a time: each one computes, and a queue is shorter than a crowd."""


def server_app(
    server: TrailServer,
    secure: bool = False,
    firm: FirmLogin | None = None,
    address: OwnAddress | None = None,
    figures: Figures | None = None,
    systems: ServedSystems | None = None,
) -> FastAPI:
    """The application over one open trail; ``secure``: browsers reach it by https; ``firm``: where its people log in;
    ``address``: where people reach it, None where this machine alone does; ``figures``: what is counted for operators;
    ``systems``: from which figures of cases can be taken.

    It makes the tables of its pages where there are none. Raises TrailError where that cannot be done.
    """
    make_ready(server.trail.storage)
    app = FastAPI(
        title="salesdx",
        version=__version__,
        summary="The decision trail of a sales organisation, by the people who act in it",
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,
        redoc_url=None,
        routes=_routes(),
        lifespan=_few_threads,
    )
    app.state.server = server
    app.state.figures = figures = figures or Figures(server)
    storage = server.trail.storage
    store = Store(storage)
    store.forget_erased()  # where an erasure was made and its service ended before
    who = (storage, server.register, server.now)
    accounts = Accounts(*who)
    with server.trail.read() as reader:
        since = reader.head().register_since
    if since:  # who tried it before is nobody now
        accounts.forget_before(since)
    app.state.desk = FrontDesk(
        server,
        store,
        accounts,
        Links(storage, server.now),
        Passkeys(*who),
        Applications(*who),
        Codes(storage, server.now),
        Jobs(storage, server.now, partial(telling.keep_letter, server)),
        secure,
        Tries(MOST_WRONG_LINKS, timedelta(hours=1), server.now),
        PersonLinks(storage, server.now),
        FirmDoor(firm) if firm is not None else None,
        systems,
        Scans(storage, systems, lambda: server.base, server.now) if systems is not None else None,
    )
    app.openapi = partial(describe, app)  # type: ignore[method-assign]
    for kind, told in (
        (TrailError, problem_of),
        (IssuesError, problem_of),
        (Faulty, problem_of),
        (RequestValidationError, validation_problem),
        (HTTPException, problem_of),
    ):
        app.add_exception_handler(kind, _as_asked(told))
    if firm is not None:
        way = {"session_cookie": COOKIE, "max_age": 60 * MINUTES, "path": by_firm.AWAY, "same_site": "lax"}
        app.add_middleware(SessionMiddleware, firm.cookie_key, **way, https_only=secure)  # type: ignore[arg-type]
    app.middleware("http")(_bounded)
    app.add_middleware(AtAddress, address=address, secure=secure)
    app.add_middleware(Watched, figures=figures)  # the last one added is the first that is asked
    return app


API = (
    login.router,
    people.router,
    rules.router,
    acts.router,
    reads.router,
    records.router,
    api_applications.router,
    api_cases.router,
    api_diagnoses.router,
    api_files.router,
    api_follow.router,
    api_requests.router,
    api_rules.router,
)
PAGES = (
    watching.router,
    entering.router,
    by_firm.router,
    own_passkeys.router,
    case_file.router,  # `/cases/{case}` comes later
    cases.router,
    question.router,
    diagnosis.router,
    why.router,
    requests.router,
    asked.router,
    closing.router,
    seats.router,
    taking_over.router,
    head.router,
    follow.router,
    my_sessions.router,
    person_links.router,
    concerned.router,
    admin.router,
    people_pages.router,
    trail_key.router,
    tokens.router,
    signing.router,
    adopting.router,
    firm_systems.router,
    scanning.router,
    sign_off.router,
    console.router,
    keeping.router,
    retention.router,
    proving.router,
    telling.router,
    handing_in.router,
    working.router,
    verifying.router,
    exports.router,
    reports.router,
    trying.router,
    comparing.router,
    explorer.router,  # `/rules/{rule}` comes last
)
Handler = Callable[[Request, Exception], Awaitable[Response]]


@cache
def _routes() -> list[BaseRoute]:
    """All routes, once for all applications of a process: what each one takes is worked out at the first request."""
    made = APIRouter(
        strict_content_type=False,
        generate_unique_id_function=lambda route: route.name,  # clients are generated with these names
    )
    for router in API:
        made.include_router(router, prefix=PREFIX)
    for router in PAGES:
        made.include_router(router)
    return made.routes


def _as_asked(problem_in_json: Handler) -> Handler:
    """An error as JSON to programs, and as a page to people."""

    async def told(request: Request, error: Exception) -> Response:
        return await (problem_in_json if _is_api(request) else fault_page)(request, error)

    return told


def _is_api(request: Request) -> bool:
    return request.url.path.startswith("/api/")


@asynccontextmanager
async def _few_threads(app: FastAPI) -> AsyncIterator[None]:
    anyio.to_thread.current_default_thread_limiter().total_tokens = THREADS
    desk: FrontDesk = app.state.desk
    desk.jobs.resume()
    if desk.scans is not None:
        desk.scans.begin()
    yield
    desk.jobs.end()
    if desk.scans is not None:
        desk.scans.end()


async def _bounded(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    """Refuse what is too long before it is read, and put the headers on every answer."""
    length = request.headers.get("content-length", "0")
    chunked = "transfer-encoding" in request.headers
    most = WITH_FILE.get(request.url.path, MOST_BODY)
    if chunked or not length.isascii() or not length.isdigit() or int(length) > most:
        told = f"a request has at most {most:,} bytes, and says how many"
        response: Response = problem(413, told) if _is_api(request) else plain_fault(413)
    elif _is_api(request) and said_twice(await request.body()):
        response = problem(422, "a key of the request stands there twice, so it says two things")
    elif _is_api(request) and is_no_text(await request.body()):
        response = problem(422, "the request has half of a letter in it, or a number that is none")
    else:
        response = await call_next(request)
    policy = {} if _is_api(request) else {"Content-Security-Policy": PAGES_POLICY}
    if request.app.state.desk.secure:
        policy["Strict-Transport-Security"] = "max-age=31536000"
    for name, value in (HEADERS | policy).items():
        response.headers.setdefault(name, value)
    return response
