"""Tokens of applications, as administrators make, list and revoke them. The application is entered in the register
before, by two of them, like everybody who acts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import Field

from salesdx.services.acts import RequestBody, check_may
from salesdx.services.trail_acts import ChangePeople
from salesdx.web.applications import MOST_DAYS, SCOPES, ApplicationToken
from salesdx.web.asking import Asking, Server
from salesdx.web.pages.guard import AtDesk

router = APIRouter(tags=["applications"])
Scope = Literal[SCOPES]  # type: ignore[valid-type]


@dataclass(frozen=True)
class TokenBody(RequestBody):
    """Which application of the register gets a token, in which of its roles, for what, and for how many days."""

    application: Annotated[str, Field(min_length=1, max_length=100)]
    role: Annotated[str, Field(min_length=1, max_length=100)]
    scopes: Annotated[tuple[Scope, ...], Field(min_length=1, max_length=len(SCOPES))]
    days: Annotated[int, Field(ge=1, le=MOST_DAYS)] = 90


@dataclass(frozen=True)
class TokenOf:
    """A new token, which is shown in this answer alone, and the name under which it is revoked."""

    id: str
    token: str


@router.post("/applications/tokens", status_code=201)
def make_token(asked: TokenBody, desk: AtDesk, server: Server, asking: Asking) -> TokenOf:
    """Make a token for an application."""
    check_may(ChangePeople, asking, server.in_force())
    token, id = desk.applications.make(asked.application, asked.role, asked.scopes, asked.days, asking)
    return TokenOf(id, token)


@router.get("/applications/tokens")
def list_tokens(desk: AtDesk, server: Server, asking: Asking) -> list[ApplicationToken]:
    """Every token that was made: whose, for what, by whom, until when."""
    check_may(ChangePeople, asking, server.in_force())
    return desk.applications.all()


@router.delete("/applications/tokens/{id}", status_code=204)
def revoke_token(id: str, desk: AtDesk, server: Server, asking: Asking) -> None:
    """Revoke a token: it is worth nothing from now on."""
    check_may(ChangePeople, asking, server.in_force())
    desk.applications.revoke(id)
