"""Who calls about cases: a person by the token of a login, or an application by one that was made for it."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends
from starlette.exceptions import HTTPException

from salesdx.ledger.log import Person
from salesdx.trail.own_words import INTERVIEW
from salesdx.web.applications import BEGINS
from salesdx.web.asking import Once, Server, Token
from salesdx.web.pages.guard import AtDesk, FrontDesk

BY_APPLICATION = "application"
"""The way in which answers of applications come: nobody's own words, so that they vouch for nothing."""


@dataclass(frozen=True)
class Caller:
    """A request of a program: at which desk, for whom, in which way what it says comes into a case, and under which
    key."""

    desk: FrontDesk
    by: Person
    way: str
    key: str


def _caller(scope: str) -> Callable[..., Caller]:
    """Who calls for one purpose. A person may call for all that their role may; raises LoginRefused, and a 403 for an
    application whose token is for other purposes."""

    def caller(desk: AtDesk, server: Server, token: Token, once: Once = None) -> Caller:
        key = once or secrets.token_hex(16)
        if not token.startswith(BEGINS):
            return Caller(desk, server.logins.who(token), INTERVIEW, key)
        by, scopes = desk.applications.who(token)
        if scope not in scopes:
            raise HTTPException(403, f"this token is not for `{scope}`")
        return Caller(desk, by, BY_APPLICATION, key)

    return caller


ToRead = Annotated[Caller, Depends(_caller("cases"))]
ToAnswer = Annotated[Caller, Depends(_caller("answers"))]
ToDiagnose = Annotated[Caller, Depends(_caller("diagnoses"))]
ToAsk = Annotated[Caller, Depends(_caller("requests"))]
ToReadRules = Annotated[Caller, Depends(_caller("rules"))]
