"""What every route needs: the service, and who is asking."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Depends, Header, Query, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from salesdx.ledger.log import Person
from salesdx.render.trail import PAGES, TABLE_FORMATS
from salesdx.services.logins import LoginRefused
from salesdx.services.trail_server import TrailServer

BEARER = HTTPBearer(auto_error=False, scheme_name="token", description="of a login, or of an application")


def server_of(request: Request) -> TrailServer:
    """The service that this process runs."""
    found: TrailServer = request.app.state.server
    return found


Server = Annotated[TrailServer, Depends(server_of)]


def token_of(given: Annotated[HTTPAuthorizationCredentials | None, Depends(BEARER)]) -> str:
    """The token of a request. Raises LoginRefused where there is none."""
    if given is None:
        raise LoginRefused("log in: `salesdx trail people login`")
    return given.credentials.strip()


Token = Annotated[str, Depends(token_of)]


def person_of(server: Server, token: Token) -> Person:
    """Who is asking, in the role in use. Raises LoginRefused."""
    return server.logins.who(token)


Asking = Annotated[Person, Depends(person_of)]
Width = Annotated[int, Query(ge=20, le=1_000)]
PageFormat = Annotated[Literal[PAGES], Query()]  # type: ignore[valid-type]
TableFormat = Annotated[Literal[TABLE_FORMATS], Query()]  # type: ignore[valid-type]
Once = Annotated[str | None, Header(alias="Idempotency-Key", min_length=8, max_length=200)]
"""The key under which the same request, sent again, does nothing a second time."""
