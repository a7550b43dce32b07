"""Logging in: by an SSH signature of a challenge, or on a device that another login lets in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from salesdx.ledger.standalone.person_signatures import unarmored
from salesdx.ledger.standalone.verifier import Invalid
from salesdx.services.acts import RequestBody
from salesdx.services.logins import DEVICE_MINUTES, LoginRefused
from salesdx.web.asking import Asking, Server, Token

router = APIRouter(tags=["login"])
Short = Annotated[str, Field(min_length=1, max_length=100)]
Long = Annotated[str, Field(min_length=1, max_length=20_000)]


@dataclass(frozen=True)
class AskedLogin(RequestBody):
    """Who wants to log in."""

    person: Short


@dataclass(frozen=True)
class Challenge:
    """The text that the person signs: `ssh-keygen -Y sign -n salesdx`."""

    text: str


@dataclass(frozen=True)
class Answered(RequestBody):
    """A challenge with the person's signature, as `ssh-keygen` writes it, and the role that is to be used."""

    person: Short
    role: Short
    text: Long
    signature: Long


@dataclass(frozen=True)
class Entered:
    """The token of a login; empty as long as a device waits."""

    token: str


@dataclass(frozen=True)
class Waiting:
    """A device that waits to be let in: its secret, and the code to give to who lets it in, good for some minutes."""

    secret: str
    code: str
    minutes: int


@dataclass(frozen=True)
class Secret(RequestBody):
    """The secret of a device."""

    secret: Long


@dataclass(frozen=True)
class Code(RequestBody):
    """The code that a device shows."""

    code: Short


@router.post("/login/challenges")
def challenge(asked: AskedLogin, server: Server) -> Challenge:
    """A text to sign. Everybody gets one, whether there is such a person or not."""
    return Challenge(server.logins.challenge(asked.person))


@router.post("/login")
def log_in(given: Answered, server: Server) -> Entered:
    """A token, for a signed challenge."""
    try:
        value = unarmored(given.signature)
    except Invalid:
        raise LoginRefused("the login is refused") from None
    return Entered(server.logins.login(given.person, given.role, given.text, value))


@router.post("/login/devices")
def begin_device(server: Server) -> Waiting:
    """Begin the login of a device that has no key of its own."""
    return Waiting(*server.logins.device(), DEVICE_MINUTES)


@router.post("/login/devices/admission", status_code=204)
def let_in(given: Code, server: Server, asking: Asking) -> None:
    """Let a device in: it gets the login of who asks."""
    server.logins.let_in(given.code, asking)


@router.post("/login/devices/token")
def collect_token(given: Secret, server: Server) -> Entered:
    """The token of a device, once it was let in; empty before."""
    return Entered(server.logins.collect(given.secret))


@router.delete("/login", status_code=204)
def log_out(server: Server, token: Token, asking: Asking) -> None:
    """End this login."""
    server.logins.logout(token)
