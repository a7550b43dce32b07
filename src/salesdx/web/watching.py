"""What an operator sees of a service: whether it is ready, figures, and a line for each request; never what is in one.

A request is told by its route as it is written in the program, `/r/{token}`, and never by its address.
"""

from __future__ import annotations

import json
import logging
import time
import traceback
from hmac import compare_digest

from fastapi import APIRouter, Request, Response
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from salesdx import __version__
from salesdx.ledger.errors import NoSuch, TrailError
from salesdx.ledger.moments import stamp, utc_now
from salesdx.services.own_address import is_loopback
from salesdx.services.trail_server import TrailServer
from salesdx.web.pages.faults import plain_fault
from salesdx.web.pages.guard import origin_of
from salesdx.web.problems import problem

LOG = logging.getLogger("salesdx.requests")
"""One line of JSON for each request; and for what is a fault of ours, where it happened and nothing of what it says."""
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
router = APIRouter(include_in_schema=False)


class Watched:
    """Counts and times requests, and says what happened to them. The outermost of all that is around the service."""

    def __init__(self, app: ASGIApp, figures: Figures) -> None:
        self.app, self.figures = app, figures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, status = time.perf_counter(), 0

        async def sent(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, sent)
        except Exception as error:
            fault = {"fault": type(error).__name__, "at": _places(error)}
            LOG.error(json.dumps({"time": stamp(utc_now()), **fault}))
            if status:
                raise _Ended from None  # half an answer is out: the connection ends
            await _fault(scope)(scope, receive, sent)
        finally:
            self._tell(scope, status, time.perf_counter() - began)

    def _tell(self, scope: Scope, status: int, took: float) -> None:
        route = getattr(scope.get("route"), "path", "none")
        method = scope["method"] if scope["method"] in METHODS else "other"
        self.figures.requests.labels(method, route, str(status)).inc()
        self.figures.seconds.labels("api" if scope["path"].startswith("/api/") else "page").observe(took)
        told = {"method": method, "route": route, "status": status, "ms": round(took * 1000, 1)}
        LOG.info(json.dumps({"time": stamp(utc_now()), **told}))


class _Ended(Exception):
    """An answer that broke off; what it was is in the log."""


class Figures:
    """The figures of one service, in the text form of Prometheus."""

    def __init__(self, server: TrailServer, token: str = "", behind_proxy: bool = False) -> None:
        """``token`` is asked of whoever reads them; without one this machine alone does, and nobody by a proxy."""
        self.server, self.token, self.behind_proxy = server, token, behind_proxy
        self.kept = CollectorRegistry()
        ProcessCollector(registry=self.kept)
        PlatformCollector(registry=self.kept)
        of = {"namespace": "salesdx", "registry": self.kept}
        self.requests = Counter("requests", "Requests, by route and status", ("method", "route", "status"), **of)  # type: ignore[arg-type]
        self.seconds = Histogram("request_seconds", "How long requests took", ("kind",), buckets=BUCKETS, **of)  # type: ignore[arg-type]
        Info("service", "Which program runs", **of).info({"version": __version__})  # type: ignore[arg-type]
        self.records = Gauge("trail_records", "Records of the trail", **of)  # type: ignore[arg-type]
        self.ready = Gauge("ready", "Whether the trail can be read", **of)  # type: ignore[arg-type]

    def may_read(self, request: Request) -> bool:
        """Whether a request may have them."""
        if self.token:
            given = request.headers.get("authorization", "")
            return compare_digest(given.encode(), f"Bearer {self.token}".encode())
        near = request.client is not None and request.client.host in ("127.0.0.1", "::1")
        return near and not self.behind_proxy and is_loopback(origin_of(request).partition("://")[2])

    def text(self) -> bytes:
        """As Prometheus reads them."""
        records = records_of(self.server)
        self.ready.set(records is not None)
        if records is not None:
            self.records.set(records)
        return generate_latest(self.kept)


def records_of(server: TrailServer) -> int | None:
    """How many records the trail has; None where it cannot be read, or nothing can be signed."""
    try:
        with server.trail.read() as reader:
            return reader.head().size if server.trail.key is not None else None
    except TrailError:
        return None


@router.get("/health")
def alive() -> Response:
    """The process answers."""
    return Response("ok\n", media_type="text/plain")


@router.get("/health/ready")
def ready(request: Request) -> Response:
    """The trail can be read and the key is there; 503 where not."""
    found = records_of(request.app.state.server) is not None
    return Response("ready\n" if found else "not ready\n", 200 if found else 503, media_type="text/plain")


@router.get("/metrics")
def metrics(request: Request) -> Response:
    """Figures for Prometheus, for this machine or who has the token."""
    figures: Figures = request.app.state.figures
    if not figures.may_read(request):
        raise NoSuch("there are no figures for you")
    return Response(figures.text(), headers={"Content-Type": CONTENT_TYPE_LATEST})


def _places(error: BaseException) -> list[str]:
    """Where in the program it happened. What an error says can hold what somebody typed."""
    return [
        f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)
    ][-12:]


def _fault(scope: Scope) -> ASGIApp:
    told = "this is a fault of the service; nothing was saved"
    return problem(500, told) if scope["path"].startswith("/api/") else plain_fault(500)
