"""At which address a request arrives: what it says itself is compared with the service's own, and never believed."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from salesdx.render.pages.shell import FaultPage, Shell
from salesdx.services.own_address import OwnAddress, is_loopback
from salesdx.web.pages.guard import shown_page
from salesdx.web.problems import problem

BY_ANY_NAME = ("/health", "/health/ready")
"""Whoever watches the service may call it by another name: there is nothing to see."""


class AtAddress:
    """Takes requests to the service's own address alone; where none is set, to the names that a machine has for itself.

    From here on host and scheme of a request are those of the address.
    """

    def __init__(self, app: ASGIApp, address: OwnAddress | None, secure: bool) -> None:
        self.app, self.address, self.secure = app, address, secure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] not in BY_ANY_NAME:
            said = [value for name, value in scope["headers"] if name == b"host"]
            host = said[0].decode("latin-1").lower() if len(said) == 1 else ""
            if not (self.address.is_called(host) if self.address else is_loopback(host)):
                await self._refused(scope)(scope, receive, send)
                return
            found = self.address or OwnAddress("https" if self.secure else "http", host)
            others = [(name, value) for name, value in scope["headers"] if name != b"host"]
            scope["scheme"], scope["headers"] = found.scheme, [*others, (b"host", found.host.encode())]
        await self.app(scope, receive, send)

    def _refused(self, scope: Scope) -> ASGIApp:
        where = f"it is reached at {self.address.text}" if self.address else "it is reached on its own machine alone"
        if scope["path"].startswith("/api/"):
            return problem(421, f"this service has another address: {where}")
        told = (f"What you look for is not at this address: {where}.", "Nothing was saved.")
        return shown_page(FaultPage(Shell(home=""), "This service has another address", told, None), 421)
