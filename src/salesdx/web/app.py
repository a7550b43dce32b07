"""The HTTP service of a trail, made once for each process: `salesdx serve` starts it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from salesdx import __version__
from salesdx.ledger.errors import TrailError
from salesdx.services.trail_server import TrailServer
from salesdx.text.issues import IssuesError
from salesdx.web import acts, login, people, reads, records, rules
from salesdx.web.problems import problem, problem_of, said_twice, validation_problem

MOST_BODY, MOST_FILE = 1 << 20, 14 << 20
"""Bytes of a request: a case file has at most as many; one with a file of 10 MB in base64."""
WITH_FILE = "/acts/attachment"
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
PREFIX = "/api/v1"


def server_app(server: TrailServer) -> FastAPI:
    """The application over one open trail."""
    app = FastAPI(
        title="salesdx",
        version=__version__,
        summary="The decision trail of a sales organisation, by the people who act in it",
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,
        redoc_url=None,
        strict_content_type=False,
    )
    app.state.server = server
    for router in (login.router, people.router, rules.router, acts.router, reads.router, records.router):
        app.include_router(router, prefix=PREFIX)
    for kind in (TrailError, IssuesError):
        app.add_exception_handler(kind, problem_of)
    app.add_exception_handler(RequestValidationError, validation_problem)
    app.add_exception_handler(HTTPException, problem_of)
    app.middleware("http")(_bounded)
    return app


async def _bounded(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    """Refuse what is too long before it is read, and put the headers on every answer."""
    length = request.headers.get("content-length", "0")
    chunked = "transfer-encoding" in request.headers
    most = MOST_FILE if request.url.path == PREFIX + WITH_FILE else MOST_BODY
    if chunked or not length.isascii() or not length.isdigit() or int(length) > most:
        response: Response = problem(413, f"a request has at most {most:,} bytes, and says how many")
    elif said_twice(await request.body()):
        response = problem(422, "a key of the request stands there twice, so it says two things")
    else:
        response = await call_next(request)
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response
