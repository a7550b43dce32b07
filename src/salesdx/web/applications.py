"""Tokens of applications: each for one of the register that is no person, for some purposes, and with an end."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any

import sqlalchemy as sa

from salesdx.ledger.errors import NoSuch, Refused
from salesdx.ledger.log import Clock, Person
from salesdx.ledger.moments import stamp
from salesdx.ledger.standalone.register import ADMIN, TOKEN, Register
from salesdx.ledger.storage import Storage
from salesdx.services.logins import LoginRefused
from salesdx.web.tables import tables_of

BEGINS = "sdxapp_"
"""How the token of an application begins, so that one is known where it was lost."""
APPLICATION = "app-"
"""How the identifier of an application begins: two administrators enter it so, and one makes no token for a person."""
SCOPES = ("cases", "answers", "diagnoses", "requests", "rules")
"""What a token can be for: to read cases; to begin and answer them; to diagnose and explain; to ask others by link; to
read and try the rules."""
MOST_DAYS = 366
MOST_TOKENS_OF = 20
"""Tokens of one application that are good at a time."""
ENDED = (
    "this token is worth nothing: it has ended or was revoked, its application has this role no more, or whoever made "
    "it administers no more"
)


@dataclass(frozen=True)
class ApplicationToken:
    """A token as it is kept, without itself: whose, in which role, for what, and how it stands. Moments are as entries
    write them; `revoked` is empty where nobody did."""

    id: str
    application: str
    role: str
    scopes: tuple[str, ...]
    made: str
    maker: str
    until: str
    revoked: str


@dataclass(frozen=True)
class Applications:
    """The tokens of one service. ``register`` gives who is known as it is now. Of a token only a digest is kept."""

    storage: Storage
    register: Callable[[], Register]
    now: Clock

    def make(self, application: str, role: str, scopes: Sequence[str], days: int, by: Person) -> tuple[str, str]:
        """A new token, and the name under which it is revoked. Raises Refused for whoever is not in the register in
        this role, and for people, who log in themselves."""
        now = self.now()
        if (told := self._unfit(application, role)) is not None:
            raise Refused(told)
        token = BEGINS + secrets.token_urlsafe(32)
        id = "t-" + base64.b32encode(secrets.token_bytes(10)).decode().lower()
        made = {
            "id": id,
            "token": _digest(token),
            "person": application,
            "role": role,
            "scopes": json.dumps([scope for scope in SCOPES if scope in scopes]),
            "made": stamp(now),
            "maker": by.name,
            "until": stamp(now + timedelta(days=days)),
        }
        with self.storage.writing() as reader:
            t, run = tables_of(reader.connection).application_token, reader.connection.execute
            good = sa.select(sa.func.count()).where(
                t.c.person == application, t.c.revoked.is_(None), t.c.until > made["made"]
            )
            if run(good).scalar_one() >= MOST_TOKENS_OF:
                raise Refused(f"an application has at most {MOST_TOKENS_OF} tokens at a time; revoke one")
            run(sa.insert(t).values(made))
            reader.connection.commit()
        return token, id

    def all(self) -> list[ApplicationToken]:
        """Every token that was made, the newest first."""
        with self.storage.reading() as reader:
            t = tables_of(reader.connection).application_token
            rows = reader.connection.execute(sa.select(*t.c).order_by(t.c.made.desc(), t.c.id)).all()
        return [_told(row) for row in rows]

    def revoke(self, id: str) -> None:
        """From now on a token is worth nothing. Raises NoSuch."""
        with self.storage.writing() as reader:
            t, run = tables_of(reader.connection).application_token, reader.connection.execute
            if run(sa.select(t.c.id).where(t.c.id == id)).first() is None:
                raise NoSuch("there is no such token")
            run(sa.update(t).where(t.c.id == id, t.c.revoked.is_(None)).values(revoked=stamp(self.now())))
            reader.connection.commit()

    def who(self, token: str) -> tuple[Person, tuple[str, ...]]:
        """Whose token this is, and for what. Raises LoginRefused for one that is worth nothing."""
        with self.storage.reading() as reader:
            t = tables_of(reader.connection).application_token
            row = reader.connection.execute(sa.select(*t.c).where(t.c.token == _digest(token))).one_or_none()
        now = stamp(self.now())
        if row is None or row.revoked or row.until <= now or self._unfit(row.person, row.role):
            raise LoginRefused(ENDED)
        maker = self.register().members.get(row.maker)  # who made it has seen it
        if maker is None or not maker.holds(ADMIN, now):
            raise LoginRefused(ENDED)
        return Person(row.person, row.role, TOKEN), tuple(json.loads(row.scopes))

    def _unfit(self, application: str, role: str) -> str | None:
        """Why somebody has no token in a role; None where they may have one. People have keys, passwords or the firm's
        login, and act by these alone."""
        member = self.register().members.get(application)
        if member is None or not member.holds(role, stamp(self.now())):
            return f"`{application[:80]}` is not in the register in the role `{role[:80]}`"
        with self.storage.reading() as reader:
            t = tables_of(reader.connection).login
            password = reader.connection.execute(sa.select(t.c.person).where(t.c.person == application)).first()
        if member.keys or password is not None:
            return f"`{application}` is a person who logs in: an application is entered on its own, and has no key"
        if not application.startswith(APPLICATION):
            return (
                f"`{application}` is entered as a person: an identifier of an application begins with `{APPLICATION}`"
            )
        return None


def _told(row: Any) -> ApplicationToken:
    scopes = tuple(json.loads(row.scopes))
    return ApplicationToken(row.id, row.person, row.role, scopes, row.made, row.maker, row.until, row.revoked or "")


def _digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()
