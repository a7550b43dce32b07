"""Cases as the service holds them: each a row whose content is the text of its case file, with a version."""

from __future__ import annotations

import base64
import json
import re
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from salesdx.ledger.storage import Storage
from salesdx.ledger.tables import NAME
from salesdx.web.tables import tables_of

OWNER = "owner"
CASE_ID = re.compile(r"c-[a-z2-7]{16}")


class Overtaken(Exception):
    """The case was changed by somebody else since it was read."""


@dataclass(frozen=True)
class CaseRow:
    """A case as it stands; ``seat`` is in which role the person sits at it who asked for it, ``standing`` how far their
    interview has come, empty where nothing is kept."""

    id: str
    text: str
    version: int
    seat: str
    opened: str
    standing: Mapping[str, Any]


def new_case_id() -> str:
    """An identifier of 80 random bits, such as `c-ijcwe4tnkzqxo5dp`."""
    return "c-" + base64.b32encode(secrets.token_bytes(10)).decode().lower()


@dataclass(frozen=True)
class Store:
    """The rows of cases in the database of the trail. ``now`` gives moments as entries write them."""

    storage: Storage

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A transaction of its own, committed at its end. Raises TrailError."""
        with self.storage.writing() as reader:
            yield reader.connection
            reader.connection.commit()

    def case(self, id: str, person: str) -> CaseRow | None:
        """A case at which a person sits; None where there is none, or they do not."""
        return next(iter(self._cases(person, id)), None) if CASE_ID.fullmatch(id) else None

    def cases(self, person: str, closed: bool = False) -> list[CaseRow]:
        """The open cases at which a person sits, or those that are ``closed``, the newest first."""
        return self._cases(person, state="closed" if closed else "open")

    def open_texts(self) -> dict[str, str]:
        """The texts of all open cases, by name."""
        with self.storage.reading() as reader:
            t = tables_of(reader.connection).case
            query = sa.select(t.c.id, t.c.text).where(t.c.state == "open").order_by(t.c.id)
            return {row.id: row.text for row in reader.connection.execute(query)}

    def close(self, id: str, when: str | None) -> None:
        """Close a case, or open it again where it is not said ``when``. Raises TrailError."""
        with self.writing() as connection:
            t = tables_of(connection).case
            told = {"state": "closed" if when else "open", "closed": when}
            connection.execute(sa.update(t).where(t.c.id == id, t.c.state != told["state"]).values(told))

    def _cases(self, person: str, id: str | None = None, state: str = "open") -> list[CaseRow]:
        with self.storage.reading() as reader:
            t = tables_of(reader.connection)
            mine = sa.and_(t.standing.c.case_id == t.case.c.id, t.standing.c.person == person)
            case = t.case.c
            query = (
                sa.select(case.id, case.text, case.version, t.seat.c.role, case.opened, t.standing.c.told)
                .select_from(t.case.join(t.seat, case.id == t.seat.c.case_id).outerjoin(t.standing, mine))
                .where(t.seat.c.person == person, t.case.c.state == state)
                .order_by(t.case.c.opened.desc(), t.case.c.id)
            )
            query = query if id is None else query.where(t.case.c.id == id)
            found = reader.connection.execute(query).all()
        return [CaseRow(*row[:5], json.loads(row.told) if row.told else {}) for row in found]

    def forget_erased(self) -> bool:
        """Let the cases go whose name the trail knows no more, since an erasure took it; whether there were any.

        Each case has a record from its first moment on. Raises TrailError.
        """
        with self.writing() as connection:
            t, run = tables_of(connection), connection.execute
            names = sa.select(NAME.c.name).where(NAME.c.kind == "case")
            gone = list(run(sa.select(t.case.c.id).where(t.case.c.id.not_in(names))).scalars())
            for table, column in ((t.seat, "case_id"), (t.standing, "case_id"), (t.request, "case_id"), (t.case, "id")):
                run(sa.delete(table).where(table.c[column].in_(gone)))
        if gone:
            self.storage.sweep()
        return bool(gone)


def begin_row(connection: sa.Connection, id: str, owner: str, text: str, rules: str, opened: str) -> None:
    """A new case, at which its owner sits."""
    t = tables_of(connection)
    row = {"id": id, "owner": owner, "text": text, "version": 1, "rules": rules, "state": "open", "opened": opened}
    connection.execute(sa.insert(t.case).values(row))
    connection.execute(sa.insert(t.seat).values(case_id=id, person=owner, role=OWNER))


def change_row(connection: sa.Connection, row: CaseRow, text: str, rules: str) -> None:
    """Another text of a case that was read before. Raises Overtaken where it was changed since."""
    t = tables_of(connection).case
    query = sa.update(t).where(t.c.id == row.id, t.c.version == row.version, t.c.state == "open")
    done = connection.execute(query.values(text=text, rules=rules, version=row.version + 1))
    if done.rowcount != 1:
        raise Overtaken


def keep_standing(connection: sa.Connection, id: str, person: str, told: Mapping[str, Any]) -> None:
    """How far a person's interview on a case has come, from now on."""
    t = tables_of(connection).standing
    connection.execute(sa.delete(t).where(t.c.case_id == id, t.c.person == person))
    connection.execute(sa.insert(t).values(case_id=id, person=person, told=json.dumps(told)))
