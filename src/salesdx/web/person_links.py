"""Links by which a person reads the letter about them and says how they see it: for some days, or until revoked."""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from salesdx.ledger.log import Clock, Person
from salesdx.ledger.moments import stamp
from salesdx.ledger.standalone.register import LOGIN
from salesdx.ledger.storage import Storage
from salesdx.web.links import OPEN, OVER, REVOKED, cookie_value, digest_of_secret
from salesdx.web.tables import tables_of

PERSON_DAYS = 90
"""For so many days it is good: whoever gets a letter needs time, and help."""


@dataclass(frozen=True)
class PersonLink:
    """A link to one letter (its record). Moments are as entries write them; the last two are empty where it has not
    happened."""

    id: str
    letter: int
    maker: Person
    made: str
    until: str
    revoked: str = ""
    begun: str = ""

    def state(self, now: str) -> str:
        """How it stands at a moment."""
        return REVOKED if self.revoked else OPEN if now < self.until else OVER


@dataclass(frozen=True)
class NewPersonLink:
    """A link that is about to be made: its row, and its secret, of which only a digest is kept."""

    row: dict[str, Any]
    secret: str

    def store(self, connection: sa.Connection) -> None:
        """Keep it, on a connection that is open."""
        connection.execute(sa.insert(tables_of(connection).person_link).values(self.row))


@dataclass(frozen=True)
class PersonLinks:
    """The links to letters of one service. They hold no name: the letter has it, and goes with an erasure."""

    storage: Storage
    now: Clock

    def new(self, letter: int, maker: Person) -> NewPersonLink:
        """A link to a letter, which is not stored yet."""
        secret, now = secrets.token_urlsafe(32), self.now()
        made = {
            "id": "p-" + base64.b32encode(secrets.token_bytes(10)).decode().lower(),
            "token": digest_of_secret(cookie_value(secret)),
            "letter": letter,
            "maker": maker.name,
            "maker_role": maker.role,
            "made": stamp(now),
            "until": stamp(now + timedelta(days=PERSON_DAYS)),
        }
        return NewPersonLink(made, secret)

    def by_cookie(self, value: str) -> PersonLink | None:
        """A link that can be used; None where it cannot, or there is none."""
        with self.storage.reading() as reader:
            t = tables_of(reader.connection).person_link
            usable = (t.c.token == digest_of_secret(value), t.c.revoked.is_(None), t.c.until > stamp(self.now()))
            row = reader.connection.execute(sa.select(*t.c).where(*usable)).one_or_none()
        return None if row is None else _link(row)

    def of_letter(self, letter: int | None = None) -> list[PersonLink]:
        """The links to a letter, the newest first; to all letters where none is named."""
        with self.storage.reading() as reader:
            t = tables_of(reader.connection).person_link
            query = sa.select(*t.c).order_by(t.c.made.desc(), t.c.id)
            query = query if letter is None else query.where(t.c.letter == letter)
            return [_link(row) for row in reader.connection.execute(query)]

    def begin(self, link: PersonLink) -> None:
        """Keep when somebody began at a link."""
        with self.storage.writing() as reader:
            mark_person_link(reader.connection, link.id, begun=stamp(self.now()))
            reader.connection.commit()


def mark_person_link(connection: sa.Connection, id: str, **moments: str) -> None:
    """Keep when something happened to a link, `revoked` or `begun`, on a connection that is open."""
    t = tables_of(connection).person_link
    connection.execute(sa.update(t).where(t.c.id == id).values(moments))


def _link(row: Any) -> PersonLink:
    maker = Person(row.maker, row.maker_role, LOGIN)
    return PersonLink(row.id, row.letter, maker, row.made, row.until, row.revoked or "", row.begun or "")
