"""Cases as the service holds them: each a row whose content is the text of its case file, with a version."""

from __future__ import annotations

import base64
import json
import re
import secrets
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from salesdx.ledger.storage import Storage
from salesdx.ledger.tables import NAME
from salesdx.trail.seats import DEPUTY, NONE, OWNER
from salesdx.web.tables import tables_of

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
    return case_id(secrets.token_bytes(10))


def case_id(bits: bytes) -> str:
    """The identifier of a case that has these 80 bits."""
    return "c-" + base64.b32encode(bits).decode().lower()


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

    def held(self, id: str) -> CaseRow | None:
        """An open case for who has no seat at it: whom it is about contests what is said of them there."""
        with self.storage.reading() as reader:
            c = tables_of(reader.connection).case.c
            query = sa.select(c.id, c.text, c.version, c.opened).where(c.id == id, c.state == "open")
            row = reader.connection.execute(query).one_or_none()
        return CaseRow(row.id, row.text, row.version, NONE, row.opened, {}) if row is not None else None

    def cases(self, person: str, closed: bool = False) -> list[CaseRow]:
        """The open cases at which a person sits, or those that are ``closed``, the newest first."""
        return self._cases(person, state="closed" if closed else "open")

    def open_texts(self) -> dict[str, str]:
        """The texts of all open cases, by name."""
        with self.storage.reading() as reader:
            t = tables_of(reader.connection).case
            query = sa.select(t.c.id, t.c.text).where(t.c.state == "open").order_by(t.c.id)
            return {row.id: row.text for row in reader.connection.execute(query)}

    def owned(self, owners: Collection[str]) -> list[tuple[str, CaseRow]]:
        """The open cases that these persons own, each with its owner, the newest first; no seat at them is given."""
        with self.storage.reading() as reader:
            c = tables_of(reader.connection).case.c
            query = sa.select(c.owner, c.id, c.text, c.version, c.opened).where(c.owner.in_(owners), c.state == "open")
            found = reader.connection.execute(query.order_by(c.opened.desc(), c.id)).all()
        return [(row.owner, CaseRow(row.id, row.text, row.version, NONE, row.opened, {})) for row in found]

    def listed(self, person: str, closed: bool, after: tuple[str, str] | None, most: int) -> list[CaseRow]:
        """At most so many of these, of those that come ``after`` a moment at which a case was opened and its
        identifier."""
        return self._cases(person, state="closed" if closed else "open", after=after, most=most)

    def seats(self, id: str) -> dict[str, str]:
        """Who sits at a case, each with the role there; the owner first."""
        with self.storage.reading() as reader:
            return seats_of(reader.connection, id)

    def close(self, id: str, when: str | None) -> None:
        """Close a case, or open it again where it is not said ``when``. Raises TrailError."""
        with self.writing() as connection:
            t = tables_of(connection).case
            told = {"state": "closed" if when else "open", "closed": when}
            connection.execute(sa.update(t).where(t.c.id == id, t.c.state != told["state"]).values(told))

    def _cases(
        self,
        person: str,
        id: str | None = None,
        state: str = "open",
        after: tuple[str, str] | None = None,
        most: int | None = None,
    ) -> list[CaseRow]:
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
            query = query if id is None else query.where(case.id == id)
            if after is not None:
                opened, last = after
                query = query.where(sa.or_(case.opened < opened, sa.and_(case.opened == opened, case.id > last)))
            query = query.limit(most)
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
            run(sa.delete(t.job))  # which name cases: whoever looks at one asks for it again
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


def seats_of(connection: sa.Connection, id: str) -> dict[str, str]:
    """Who sits at a case, each with the role there; the owner first."""
    t = tables_of(connection).seat
    query = sa.select(t.c.person, t.c.role).where(t.c.case_id == id).order_by(t.c.role.desc(), t.c.person)
    return {row.person: row.role for row in connection.execute(query)}


def give_seat(connection: sa.Connection, row: CaseRow, person: str) -> None:
    """A seat at a case that was read before, beside its owner. Raises Overtaken where it was changed since, for it may
    be about them now."""
    t = tables_of(connection)
    if connection.execute(sa.select(t.case.c.version).where(t.case.c.id == row.id)).scalar() != row.version:
        raise Overtaken
    id = row.id
    connection.execute(sa.insert(tables_of(connection).seat).values(case_id=id, person=person, role=DEPUTY))


def end_seat(connection: sa.Connection, id: str, person: str) -> None:
    """No seat any more for who has one beside the owner. Raises Overtaken where they have none."""
    t, run = tables_of(connection), connection.execute
    mine = (t.seat.c.case_id == id, t.seat.c.person == person, t.seat.c.role == DEPUTY)
    if run(sa.delete(t.seat).where(*mine)).rowcount != 1:
        raise Overtaken
    run(sa.delete(t.standing).where(t.standing.c.case_id == id, t.standing.c.person == person))


def hand_over(connection: sa.Connection, id: str, owner: str, person: str) -> None:
    """Whoever has a seat owns the case from now on, and the owner until then keeps a seat. Raises Overtaken where
    either has none any more."""
    t, run = tables_of(connection), connection.execute
    for who, was, now in ((owner, OWNER, DEPUTY), (person, DEPUTY, OWNER)):
        seat = (t.seat.c.case_id == id, t.seat.c.person == who, t.seat.c.role == was)
        if run(sa.update(t.seat).where(*seat).values(role=now)).rowcount != 1:
            raise Overtaken
    run(sa.update(t.case).where(t.case.c.id == id).values(owner=person))


def change_owner(connection: sa.Connection, id: str, owner: str, person: str) -> None:
    """A case whose owner works on none any more is another one's from now on, and the owner until then has no seat.
    Raises Overtaken where somebody else owns it by now."""
    t, run = tables_of(connection), connection.execute
    if run(sa.update(t.case).where(t.case.c.id == id, t.case.c.owner == owner).values(owner=person)).rowcount != 1:
        raise Overtaken
    for table in (t.seat, t.standing):
        run(sa.delete(table).where(table.c.case_id == id, table.c.person == owner))
    run(sa.delete(t.seat).where(t.seat.c.case_id == id, t.seat.c.person == person))
    run(sa.insert(t.seat).values(case_id=id, person=person, role=OWNER))


def keep_standing(connection: sa.Connection, id: str, person: str, told: Mapping[str, Any]) -> None:
    """How far a person's interview on a case has come, from now on."""
    t = tables_of(connection).standing
    connection.execute(sa.delete(t).where(t.c.case_id == id, t.c.person == person))
    connection.execute(sa.insert(t).values(case_id=id, person=person, told=json.dumps(told)))
