"""Where a trail lies: tables, and what both databases share. SQLite here, PostgreSQL in `postgresql`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from threading import RLock, local
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from salesdx.ledger.errors import Busy, TrailError
from salesdx.ledger.log_change import Head, LogChange, head_values
from salesdx.ledger.register_reader import RegisterReader
from salesdx.ledger.sqlite import BUSY_SECONDS, copied_apart, empty_journal
from salesdx.ledger.standalone.verifier import Frontier
from salesdx.ledger.tables import (
    ATTACHMENT,
    CHECKPOINT,
    COSIGNATURE,
    ENTRY,
    HEAD,
    NAME,
    PAYLOAD,
    RULE_BASE,
    VERSION,
    WHEEL,
)
from salesdx.ledger.turns import in_turn

SCHEMA = "0007"
"""The migration that this program works with."""
MAX_WHEEL, MAX_ATTACHMENT = 1 << 25, 10 << 20  # bytes


BATCH = 500
"""How many rows are fetched at once."""
WHOLE = sa.select(ENTRY.c.seq, ENTRY.c.entry, PAYLOAD.c.salt, PAYLOAD.c.body).select_from(
    ENTRY.outerjoin(PAYLOAD, ENTRY.c.seq == PAYLOAD.c.seq)
)
"""Entries with their contents."""


class EntryRow(NamedTuple):
    """One stored entry: its bytes, and its sealed content, which is None once erased."""

    seq: int
    entry: bytes
    salt: bytes | None
    payload: bytes | None

    @property
    def header(self) -> dict[str, Any]:
        """The entry as data."""
        found: dict[str, Any] = json.loads(self.entry)
        return found

    @property
    def content(self) -> dict[str, Any] | None:
        """{actor, case, subject, body}; None once erased."""
        return None if self.payload is None else json.loads(self.payload)


def _entry_row(row: Any) -> EntryRow:
    salt, body = (bytes(row.salt), row.body.encode()) if row.body is not None else (None, None)
    return EntryRow(row.seq, row.entry.encode(), salt, body)


class Cosignature(NamedTuple):
    """The signature of a witness on the checkpoint of ``size`` entries, kept when there were ``kept`` entries."""

    size: int
    witness: str
    line: str
    kept: int


class LogReader:
    """A trail as it stands at one moment."""

    def __init__(self, connection: sa.Connection) -> None:
        self.connection, self.people = connection, RegisterReader()

    def _rows(self, query: Any) -> Iterator[Any]:
        with self.connection.execute(query, execution_options={"yield_per": BATCH}) as found:
            yield from found

    def head(self) -> Head:
        """The end of the log, to which the next entry is appended."""
        row = self.connection.execute(sa.select(*HEAD.c)).one()
        roots = [bytes(row.frontier[i : i + 32]) for i in range(0, len(row.frontier), 32)]
        previous = bytes(row.previous) if row.previous else None
        return Head(row.origin, Frontier(row.size, roots), previous, row.time, row.register_since)

    def rows(
        self,
        start: int = 0,
        stop: int | None = None,
        *,
        case: str | None = None,
        subject: str | None = None,
        types: Sequence[str] = (),
        newest_first: bool = False,
    ) -> Iterator[EntryRow]:
        """Entries from ``start`` up to ``stop``, in order; of one case or subject (pseudonyms), of some types."""
        query = WHOLE.where(ENTRY.c.seq >= start)
        if stop is not None:
            query = query.where(ENTRY.c.seq < stop)
        if case is not None:
            query = query.where(ENTRY.c.case_ == case)
        if subject is not None:
            query = query.where(ENTRY.c.subject == subject)
        if types:
            query = query.where(ENTRY.c.type.in_(list(types)))
        yield from map(_entry_row, self._rows(query.order_by(ENTRY.c.seq.desc() if newest_first else ENTRY.c.seq)))

    def some(self, seqs: Iterable[int]) -> Iterator[EntryRow]:
        """The entries of these numbers, in order; a number without one gives none."""
        asked = sorted(seqs)
        for start in range(0, len(asked), BATCH):
            query = WHOLE.where(ENTRY.c.seq.in_(asked[start : start + BATCH])).order_by(ENTRY.c.seq)
            yield from map(_entry_row, self.connection.execute(query).all())

    def row(self, seq: int) -> EntryRow:
        """One entry. Raises TrailError where there is none."""
        for row in self.some((seq,)):
            return row
        raise TrailError(f"there is no record {seq}")

    def entries(self) -> Iterator[Any]:
        """(seq, entry, type, case_, subject) of all entries in order, as the tables hold them."""
        query = sa.select(ENTRY.c.seq, ENTRY.c.entry, ENTRY.c.type, ENTRY.c.case_, ENTRY.c.subject)
        yield from self._rows(query.where(ENTRY.c.seq >= 0).order_by(ENTRY.c.seq))

    def last(self, case: str | None = None, subject: str | None = None) -> int | None:
        """The number of the last entry of a case, or of a subject (pseudonyms)."""
        whose = ENTRY.c.subject == subject if case is None else ENTRY.c.case_ == case
        found: int | None = self.connection.execute(sa.select(sa.func.max(ENTRY.c.seq)).where(whose)).scalar()
        return found

    def keys(self, start: int = 0, case: str | None = None) -> Iterator[tuple[int, str]]:
        """(number, idempotency key) of the entries that have one, in order; of one case (pseudonym)."""
        query = sa.select(ENTRY.c.seq, ENTRY.c.key).where(ENTRY.c.seq >= start, ENTRY.c.key.is_not(None))
        query = query if case is None else query.where(ENTRY.c.case_ == case)
        yield from ((row.seq, row.key) for row in self._rows(query.order_by(ENTRY.c.seq)))

    def columns(self, start: int = 0) -> Iterator[Any]:
        """(seq, leaf, type, case_, subject, key) of entries as the tables hold them beside the entries."""
        query = sa.select(ENTRY.c.seq, ENTRY.c.leaf, ENTRY.c.type, ENTRY.c.case_, ENTRY.c.subject, ENTRY.c.key)
        yield from self._rows(query.where(ENTRY.c.seq >= start).order_by(ENTRY.c.seq))

    def leaves(self, stop: int | None = None) -> Iterator[bytes]:
        """Leaf hashes in order."""
        query = sa.select(ENTRY.c.leaf).where(ENTRY.c.seq >= 0).order_by(ENTRY.c.seq)
        for row in self._rows(query if stop is None else query.where(ENTRY.c.seq < stop)):
            yield bytes(row.leaf)

    def checkpoint(self, size: int | None = None) -> str:
        """The checkpoint at a size, or the last one. Raises TrailError."""
        newest = sa.select(CHECKPOINT.c.note).order_by(CHECKPOINT.c.size.desc()).limit(1)
        query = newest if size is None else newest.where(CHECKPOINT.c.size == size)
        note = self.connection.execute(query).scalar()
        if note is None:
            raise TrailError("there is no such checkpoint")
        return str(note)

    def contents(self) -> int:
        """The number of contents that are there."""
        query = sa.select(sa.func.count()).select_from(PAYLOAD).where(PAYLOAD.c.seq >= 0)
        return int(self.connection.execute(query).scalar_one())

    def below(self) -> list[tuple[int, str]]:
        """(number, type) of what stands before the first entry, where nothing belongs: no query reads it."""
        strays: list[tuple[int, str]] = []
        for column, type in ((ENTRY.c.seq, "entry"), (PAYLOAD.c.seq, "content"), (CHECKPOINT.c.size, "checkpoint")):
            least = 1 if type == "checkpoint" else 0
            query = sa.select(column).where(column < least).order_by(column).limit(20)
            strays += [(number, type) for number in self.connection.execute(query).scalars()]
        return strays

    def checkpoints(self, start: int = 1) -> Iterator[tuple[int, str]]:
        """(size, signed note) of every checkpoint from a size on, in order."""
        query = sa.select(CHECKPOINT.c.size, CHECKPOINT.c.note).where(CHECKPOINT.c.size >= start)
        for row in self._rows(query.order_by(CHECKPOINT.c.size)):
            yield row.size, row.note

    def cosignatures(self, kept: int | None = None) -> list[Cosignature]:
        """The signatures of all witnesses, or those that were kept at a size, by what they sign and by witness."""
        query = sa.select(*COSIGNATURE.c).order_by(COSIGNATURE.c.size, COSIGNATURE.c.witness)
        found = self.connection.execute(query if kept is None else query.where(COSIGNATURE.c.kept == kept))
        return [Cosignature(*row) for row in found]

    def pseudonym(self, kind: str, name: str) -> str | None:
        """The pseudonym of a case, subject or actor; None where there is none, or no more."""
        query = sa.select(NAME.c.pseudonym).where(NAME.c.kind == kind, NAME.c.name == name)
        found: str | None = self.connection.execute(query).scalar()
        return found

    def name(self, pseudonym: str | None) -> str | None:
        """Whom a pseudonym stands for; None once erased."""
        query = sa.select(NAME.c.name).where(NAME.c.pseudonym == pseudonym)
        found: str | None = self.connection.execute(query).scalar()
        return found

    def names(self) -> Iterator[tuple[str, str, str]]:
        """(pseudonym, kind, name) of all that is not erased."""
        for row in self._rows(sa.select(*NAME.c).order_by(NAME.c.pseudonym)):
            yield row.pseudonym, row.kind, row.name

    def by_key(self, key: str) -> int | None:
        """The entry that was appended with an idempotency key."""
        query = sa.select(ENTRY.c.seq).where(ENTRY.c.key == key, ENTRY.c.seq >= 0)
        found: int | None = self.connection.execute(query).scalar()
        return found

    def rule_base(self, digest: str) -> dict[str, str] | None:
        """The files of a rule base, name -> text."""
        found = self.connection.execute(sa.select(RULE_BASE.c.files).where(RULE_BASE.c.digest == digest)).scalar()
        return None if found is None else json.loads(found)

    def holds_rule_base(self, digest: str) -> bool:
        """Whether the texts of a rule base are stored."""
        query = sa.select(RULE_BASE.c.digest).where(RULE_BASE.c.digest == digest)
        return self.connection.execute(query).scalar() is not None

    def rule_bases(self) -> list[str]:
        """The digests of all rule bases."""
        return list(self.connection.execute(sa.select(RULE_BASE.c.digest).order_by(RULE_BASE.c.digest)).scalars())

    def wheel(self, digest: str) -> bytes | None:
        """The wheel with a digest."""
        found = self.connection.execute(sa.select(WHEEL.c.data).where(WHEEL.c.digest == digest)).scalar()
        return None if found is None else bytes(found)

    def wheels(self) -> list[str]:
        """The digests of all wheels."""
        return list(self.connection.execute(sa.select(WHEEL.c.digest).order_by(WHEEL.c.digest)).scalars())


class Storage:
    """A trail in a SQLite file."""

    def __init__(self, engine: sa.Engine, shown: str, wait: float | None = None) -> None:
        """``wait``: for how many seconds an append waits for other writers; as the engine has it where none is said."""
        self.engine, self.shown, self.wait = engine, shown, BUSY_SECONDS if wait is None else wait
        self.here = local()
        self.turn = RLock()
        """In this process writers, and readers until they have begun, wait in a queue: at the file they would ask again
        and again, and be let in by chance. Who reads while they write have their turn already."""

    def discard(self) -> None:
        """Take away a new trail that could not be made."""
        Path(self.shown).unlink(missing_ok=True)

    @contextmanager
    def reading(self, apart: bool = False) -> Iterator[LogReader]:
        """Read from one snapshot, which who reads already goes on with. Raises TrailError.

        ``apart``: it may take long, and nobody is to wait for it.
        """
        if (already := self._reads()) is not None:
            yield LogReader(already)
            return
        with self._told(), ExitStack() as until:
            copy = until.enter_context(self._copied()) if apart else None
            self.here.reads = connection = copy or until.enter_context(self._connect(writing=False))
            try:
                yield LogReader(connection)
            finally:
                self.here.reads = None

    @contextmanager
    def _copied(self) -> Iterator[sa.Connection | None]:
        with ExitStack() as until, self._in_turn():
            copy = until.enter_context(copied_apart(self.engine))
            if copy is not None:
                self._check_schema(copy)
            until = until.pop_all()
        with until:
            yield copy

    def _reads(self) -> sa.Connection | None:
        """The connection by which this thread reads: by a second one it would wait for a writer who waits for it."""
        found: sa.Connection | None = getattr(self.here, "reads", None)
        return found

    @contextmanager
    def writing(self) -> Iterator[LogReader]:
        """Hold the only right to append until the block ends; committed by ``store``, else nothing has happened."""
        with self._told(), self._connect(writing=True) as connection:
            self.lock(connection)
            yield LogReader(connection)

    @contextmanager
    def migrating(self) -> Iterator[sa.Connection]:
        """A transaction that may change the tables, committed at its end. Raises TrailError."""
        with self._told(), self.engine.connect().execution_options(writing=True) as connection, connection.begin():
            yield connection

    def prepare(self, origin: str, migrate: Callable[[sa.Connection], None]) -> None:
        """The tables of a new trail, and its empty head. Raises TrailError."""
        with self.migrating() as connection:
            migrate(connection)
            connection.execute(sa.insert(HEAD).values(id=1, **head_values(Head(origin, Frontier(), None, ""))))

    def lock(self, connection: sa.Connection) -> None:
        """Wait for other writers; BEGIN IMMEDIATE has done so."""

    def store(self, connection: sa.Connection, change: LogChange) -> None:
        """Everything of one append, and the commit. What is acknowledged after this is on the disk."""
        run = connection.execute
        for table, rows in (
            (ENTRY, [(r.seq, r.entry.decode(), r.leaf, r.type, r.case, r.subject, r.key) for r in change.rows]),
            (PAYLOAD, [(r.seq, r.salt, r.payload.decode()) for r in change.rows]),
            (NAME, change.names),
            (RULE_BASE, change.rule_bases),
            (ATTACHMENT, change.attachments),
            (CHECKPOINT, [(change.head.size, change.note)]),
        ):
            if rows:
                run(sa.insert(table), [dict(zip(table.c.keys(), row, strict=True)) for row in rows])
        if change.wheels:
            keep = sa.insert(WHEEL).prefix_with("OR IGNORE")
            run(keep, [{"digest": digest, "data": data} for digest, data in change.wheels])
        since = {"register_since": sa.func.coalesce(HEAD.c.register_since, change.head.time)} if change.register else {}
        run(sa.update(HEAD).values(**head_values(change.head), **since))
        for table in (PAYLOAD, ATTACHMENT):
            for seq in change.erased:
                run(sa.delete(table).where(table.c.seq == seq))
        for pseudonym in change.forgotten:
            run(sa.delete(NAME).where(NAME.c.pseudonym == pseudonym))
        connection.commit()

    def sweep(self) -> None:
        """Write the tables anew without what was deleted, of which pages keep traces. Raises TrailError.

        An erasure needs it: SQLite's `secure_delete` overwrites a row where it lies, and not where it lay before its
        page was split.
        """
        with self._told(), self.engine.connect() as connection:
            empty_journal(connection.connection.driver_connection)

    def cosign(self, size: int, witness: str, line: str) -> None:
        """Keep the signature of a witness beside a checkpoint."""
        with self._told(), self._connect(writing=True) as connection:
            kept = sa.select(HEAD.c.size).scalar_subquery()
            connection.execute(sa.insert(COSIGNATURE).values(size=size, witness=witness, line=line, kept=kept))
            connection.commit()

    @contextmanager
    def _connect(self, writing: bool) -> Iterator[sa.Connection]:
        with ExitStack() as until, self.engine.connect().execution_options(writing=writing) as connection:
            until.enter_context(self._in_turn())
            self._check_schema(connection)
            if not writing:
                until.close()
            yield connection

    def _in_turn(self) -> AbstractContextManager[None]:
        return in_turn(self.turn, self.wait, self.shown)

    def _check_schema(self, connection: sa.Connection) -> None:
        found = connection.execute(sa.select(VERSION.c.version_num)).scalar()
        if found != SCHEMA:
            older = found is None or found < SCHEMA
            raise TrailError(
                f"the tables of `{self.shown}` have version {found}, this program works with {SCHEMA}; "
                + ("`salesdx trail upgrade` brings them up to date" if older else "a newer salesdx is needed")
            )

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            raise Busy(self.shown) if self.is_locked(error) else TrailError(self.explained(error)) from error
        except UnicodeEncodeError:
            raise TrailError("a name or text that is not UTF-8 stands in no trail") from None
        except SQLAlchemyError as error:
            raise TrailError(f"the trail `{self.shown}` cannot be used: {error}") from error

    def is_locked(self, error: DBAPIError) -> bool:
        """Whether somebody else had the database for too long."""
        return "database is locked" in str(error.orig)

    def explained(self, error: DBAPIError) -> str:
        """What a failure of the database is to the user."""
        said = str(error.orig).strip()
        if said.startswith(("no such table", "file is not a database")):
            return f"`{self.shown}` is no trail; `salesdx trail init` makes one in a new file"
        return f"the trail `{self.shown}` failed: {said}"
