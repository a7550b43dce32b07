"""Links by which questions are sent to a respondent of a case: each to a receiver, for some days, or until revoked."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any

import sqlalchemy as sa

from salesdx.ledger.log import Clock, Person
from salesdx.ledger.moments import stamp
from salesdx.ledger.standalone.register import LOGIN
from salesdx.ledger.storage import Storage
from salesdx.services.asked_case import AskedQuestions
from salesdx.web.store import CaseRow
from salesdx.web.tables import tables_of

OPEN_DAYS = 14
REVOKED, OVER, OPEN = "revoked", "over", "open"
"""How a link stands: it was taken back, its days are over, or it can be used."""


@dataclass(frozen=True)
class Link:
    """A link that was sent: what of its case it asks whom, and how it stands. Moments are as entries write them; the
    last four are empty where it has not happened."""

    id: str
    case: str
    maker: Person
    respondent: str
    receiver: str
    asked: AskedQuestions
    made: str
    until: str
    revoked: str = ""
    begun: str = ""
    finished: str = ""

    def state(self, now: str) -> str:
        """How it stands at a moment."""
        return REVOKED if self.revoked else OPEN if now < self.until else OVER


def cookie_value(token: str) -> str:
    """What a browser keeps that has begun at a link: it is good for as much, and does not give the link away."""
    return sha256(f"begun {token}".encode()).hexdigest()


@dataclass(frozen=True)
class NewRequest:
    """A link that is about to be made: its row, and its secret, of which only a digest is kept."""

    row: Mapping[str, Any]
    secret: str

    def store(self, connection: sa.Connection) -> None:
        """Keep it, on a connection that is open. Those that were sent before to the same receiver, on the same case,
        are worth nothing from now on."""
        t, run, row = tables_of(connection).request, connection.execute, self.row
        same = (t.c[name] == row[name] for name in ("case_id", "respondent", "receiver"))
        run(sa.update(t).where(*same, t.c.revoked.is_(None)).values(revoked=row["made"]))
        run(sa.insert(t).values(row))


@dataclass(frozen=True)
class Links:
    """The links of one service. Of the secret in one only a digest is kept."""

    storage: Storage
    now: Clock

    def new(
        self, row: CaseRow, maker: Person, respondent: str, receiver: str, asked: AskedQuestions, form: str
    ) -> NewRequest:
        """A link that is not stored yet; ``form`` is the key under which it is made, once."""
        token, now = secrets.token_urlsafe(32), self.now()
        made = {
            "id": "q-" + base64.b32encode(secrets.token_bytes(10)).decode().lower(),
            "token": digest_of_secret(cookie_value(token)),
            "form": form,
            "case_id": row.id,
            "maker": maker.name,
            "maker_role": maker.role,
            "respondent": respondent,
            "receiver": receiver,
            "asked": json.dumps(asked.to_dict()),
            "made": stamp(now),
            "until": stamp(now + timedelta(days=OPEN_DAYS)),
        }
        return NewRequest(made, token)

    def by_cookie(self, value: str) -> tuple[Link, CaseRow] | None:
        """A link that can be used, with its open case; None where it cannot, or there is none."""
        with self.storage.reading() as reader:
            t = tables_of(reader.connection)
            asked, case = t.request.c, t.case.c
            seat = sa.and_(t.seat.c.case_id == asked.case_id, t.seat.c.person == asked.maker)
            query = (
                sa.select(*asked, case.text, case.version, case.opened, t.seat.c.role)
                .select_from(t.request.join(t.case, case.id == asked.case_id).join(t.seat, seat))
                .where(asked.token == digest_of_secret(value), asked.revoked.is_(None), asked.until > stamp(self.now()))
                .where(case.state == "open")
            )
            row = reader.connection.execute(query).one_or_none()
        if row is None:
            return None
        return _link(row), CaseRow(row.case_id, row.text, row.version, row.role, row.opened, {})

    def of_case(self, case: str) -> list[Link]:
        """The links of a case, the newest first."""
        with self.storage.reading() as reader:
            t = tables_of(reader.connection).request
            query = sa.select(*t.c).where(t.c.case_id == case).order_by(t.c.made.desc(), t.c.id)
            return [_link(row) for row in reader.connection.execute(query)]

    def all_open(self) -> list[Link]:
        """The links of all cases that can be used, the newest first."""
        with self.storage.reading() as reader:
            t = tables_of(reader.connection).request
            usable = (t.c.revoked.is_(None), t.c.until > stamp(self.now()))
            query = sa.select(*t.c).where(*usable).order_by(t.c.made.desc(), t.c.id)
            return [_link(row) for row in reader.connection.execute(query)]

    def mark(self, link: Link, **moments: str | None) -> None:
        """Keep when something happened to a link: `revoked`, `begun` or `finished`."""
        with self.storage.writing() as reader:
            mark_link(reader.connection, link.id, **moments)
            reader.connection.commit()


def use_link(connection: sa.Connection, id: str, now: str, finished: str | None) -> bool:
    """Keep how far a respondent has come, beside an answer of theirs; whether the link could still be used."""
    t = tables_of(connection).request
    usable = (t.c.id == id, t.c.revoked.is_(None), t.c.until > now)
    return connection.execute(sa.update(t).where(*usable).values(finished=finished)).rowcount == 1


def end_links(connection: sa.Connection, case: str, when: str, maker: str = "") -> None:
    """From now on all links of a case, or those of one ``maker``, are worth nothing, on a connection that is open."""
    t = tables_of(connection).request
    ended = sa.update(t).where(t.c.case_id == case, t.c.revoked.is_(None)).values(revoked=when)
    connection.execute(ended.where(t.c.maker == maker) if maker else ended)


def mark_link(connection: sa.Connection, id: str, **moments: str | None) -> None:
    """Keep when something happened to a link, on a connection that is open."""
    t = tables_of(connection).request
    connection.execute(sa.update(t).where(t.c.id == id).values(moments))


def _link(row: Any) -> Link:
    maker, asked = Person(row.maker, row.maker_role, LOGIN), AskedQuestions.of(json.loads(row.asked))
    moments = (row.revoked or "", row.begun or "", row.finished or "")
    return Link(row.id, row.case_id, maker, row.respondent, row.receiver, asked, row.made, row.until, *moments)


def digest_of_secret(value: str) -> str:
    """What is kept of what a browser keeps."""
    return sha256(value.encode()).hexdigest()
