"""Who calls about cases: a person by the token of a login, or an application by one that was made for it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends

from salesdx.ledger.log import Person
from salesdx.trail.own_words import INTERVIEW
from salesdx.web.asking import Once, Server, Token
from salesdx.web.pages.guard import AtDesk, FrontDesk


@dataclass(frozen=True)
class Caller:
    """A request of a program: at which desk, for whom, in which way what it says comes into a case, and under which
    key."""

    desk: FrontDesk
    by: Person
    way: str
    key: str


def _caller(desk: AtDesk, server: Server, token: Token, once: Once = None) -> Caller:
    return Caller(desk, server.logins.who(token), INTERVIEW, once or secrets.token_hex(16))


Calling = Annotated[Caller, Depends(_caller)]
