"""A disk that forgets on power loss what was not synced, and SQLite on top of it, for the trail's own statements.

SQLite's VFS is recorded as a list of operations. `Disk` plays them and says what may lie on the disk if the power goes
now. Its rules, which are those of POSIX and of https://www.sqlite.org/atomiccommit.html (2.0, 9.0):

- A write that was not synced is there or not, for each sector of 512 bytes apart, in any order.
- So is a new size of a file; what lies between holds zeros or garbage.
- A file that was made or deleted is so for certain once its folder was synced. SQLite syncs the folder with the first
  sync of a new journal, and after a delete where it is asked to (which `synchronous=EXTRA` does).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import apsw
import sqlalchemy as sa

from salesdx.ledger.sqlite import PRAGMAS, configure

SECTOR = 512
JOURNALS = apsw.SQLITE_OPEN_MAIN_JOURNAL | apsw.SQLITE_OPEN_WAL
RECORDED = apsw.SQLITE_OPEN_MAIN_DB | JOURNALS
Operation = tuple[Any, ...]
"""("open", file), ("write", file, offset, data), ("size", file, bytes), ("sync", file, whether the folder too),
("delete", file, whether the folder is synced), or ("done", n): the n-th append has been acknowledged."""


# --- the disk ---------------------------------------------------------------------------------------------------------


@dataclass
class File:
    """What is certain of a file, and what was written since it was synced: (offset, data) or (size, None)."""

    synced: bytes = b""
    pending: list[tuple[int, bytes | None]] = field(default_factory=list)

    def now(self) -> bytes:
        """The file as the system shows it."""
        found = bytearray(self.synced)
        for offset, data in self.pending:
            apply(found, offset, data)
        return bytes(found)

    def sync(self) -> None:
        self.synced, self.pending = self.now(), []

    def after_power_loss(self, random: Random) -> bytes:
        if not self.pending:
            return self.synced
        share = random.choice((0.0, 1.0, 0.5, random.random()))
        cache, disk, sizes = bytearray(self.synced), bytearray(self.synced), [len(self.synced)]
        for offset, data in self.pending:
            apply(cache, offset, data)
            sizes.append(len(cache))
            if len(disk) < len(cache):
                gap = len(cache) - len(disk)
                disk += random.randbytes(gap) if random.random() < 0.5 else bytes(gap)
            if data is None:
                continue
            for start in range(offset // SECTOR * SECTOR, offset + len(data), SECTOR):
                if random.random() < share:
                    disk[start : start + SECTOR] = cache[start : start + SECTOR]
        return bytes(disk[: random.choice(sizes)])


def apply(file: bytearray, offset: int, data: bytes | None) -> None:
    if data is None:
        del file[offset:]
        return
    file.extend(bytes(max(0, offset - len(file))))
    file[offset : offset + len(data)] = data


class Disk:
    """A folder: for each name the files it may stand for after a power loss, None for no file; the last is now."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.names: dict[str, list[File | None]] = {name: [File(data)] for name, data in files.items()}

    def play(self, operation: Operation) -> None:
        match operation:
            case ("open", name):
                if self.names.setdefault(name, [None])[-1] is None:
                    self.names[name].append(File())
            case ("write", name, offset, data):
                self._file(name).pending.append((offset, data))
            case ("size", name, size):
                self._file(name).pending.append((size, None))
            case ("sync", name, folder):
                self._file(name).sync()
                if folder:
                    self._sync_folder()
            case ("delete", name, folder):
                self.names[name].append(None)
                if folder:
                    self._sync_folder()

    def _file(self, name: str) -> File:
        found = self.names[name][-1]
        assert found is not None
        return found

    def _sync_folder(self) -> None:
        for name, files in self.names.items():
            self.names[name] = files[-1:]

    def after_power_loss(self, random: Random) -> dict[str, bytes]:
        """The files that may be there: name -> bytes."""
        chosen = {name: random.choice(files) for name, files in self.names.items()}
        return {name: file.after_power_loss(random) for name, file in chosen.items() if file is not None}


# --- SQLite on it -----------------------------------------------------------------------------------------------------


class Recorder(apsw.VFS):
    """The system's VFS, with everything written down that matters to a power loss. Nothing is really synced."""

    def __init__(self) -> None:
        self.name = f"recorder-{id(self)}"
        self.trace: list[Operation] = []
        super().__init__(self.name, "")

    def xOpen(self, name: Any, flags: list[int]) -> apsw.VFSFile:
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        if not flags[0] & RECORDED:
            return apsw.VFSFile("", path, flags)
        self.trace.append(("open", os.path.basename(path)))
        return RecordedFile(self.trace, path, flags)

    def xDelete(self, path: str, folder: bool) -> None:
        super().xDelete(path, folder)
        self.trace.append(("delete", os.path.basename(path), bool(folder)))


class RecordedFile(apsw.VFSFile):
    def __init__(self, trace: list[Operation], path: str, flags: list[int]) -> None:
        self.trace, self.name = trace, os.path.basename(path)
        self.folder = bool(flags[0] & JOURNALS and flags[0] & apsw.SQLITE_OPEN_CREATE)  # as unixOpen() has it
        super().__init__("", path, flags)

    def xWrite(self, data: bytes, offset: int) -> None:
        super().xWrite(data, offset)
        self.trace.append(("write", self.name, offset, bytes(data)))

    def xTruncate(self, size: int) -> None:
        super().xTruncate(size)
        self.trace.append(("size", self.name, size))

    def xSync(self, flags: int) -> None:
        self.trace.append(("sync", self.name, self.folder))
        self.folder = False


class Connection:
    """As much of Python's DB-API as SQLAlchemy's SQLite dialect asks for, over apsw."""

    isolation_level = None

    def __init__(self, path: Path, vfs: str) -> None:
        self.database = apsw.Connection(str(path), vfs=vfs)
        self.close = self.database.close

    def cursor(self) -> Cursor:
        return Cursor(self.database.cursor())

    def execute(self, statement: str) -> Cursor:
        return self.cursor().execute(statement)

    def create_function(self, name: str, arguments: int, function: Any, deterministic: bool) -> None:
        """SQLAlchemy's own functions are not used."""

    def commit(self) -> None:
        if not self.database.get_autocommit():
            self.execute("COMMIT")

    def rollback(self) -> None:
        if not self.database.get_autocommit():
            self.execute("ROLLBACK")


class Cursor:
    arraysize = 1
    lastrowid = None

    def __init__(self, cursor: apsw.Cursor) -> None:
        self.cursor, self.description, self.rows = cursor, None, iter(())
        cursor.exec_trace = self._begun
        self.close = cursor.close

    @property
    def rowcount(self) -> int:
        return int(self.cursor.connection.changes())

    def _begun(self, cursor: apsw.Cursor, statement: str, values: Any) -> bool:
        found = cursor.get_description()
        self.description = [(name, *[None] * 6) for name, _ in found] or None
        return True

    def execute(self, statement: str, values: Sequence[Any] = ()) -> Cursor:
        self.rows = iter(list(self.cursor.execute(statement, values)))
        return self

    def executemany(self, statement: str, values: Iterable[Sequence[Any]]) -> None:
        for each in values:
            self.execute(statement, each)

    def __iter__(self) -> Iterator[Any]:
        return self.rows

    def fetchone(self) -> Any:
        return next(self.rows, None)

    def fetchall(self) -> list[Any]:
        return list(self.rows)

    def fetchmany(self, size: int) -> list[Any]:
        return [row for _, row in zip(range(size), self.rows, strict=False)]


DBAPI = SimpleNamespace(
    Error=apsw.Error,
    Binary=bytes,
    paramstyle="qmark",
    sqlite_version_info=tuple(map(int, apsw.sqlite_lib_version().split("."))),
)


def engine(path: Path, recorder: Recorder, pragmas: Sequence[str] = PRAGMAS) -> sa.Engine:
    """The engine of a trail, as `sqlite_engine` has it, but recorded."""
    made = sa.create_engine(
        "sqlite://",
        module=DBAPI,
        creator=lambda: Connection(path, recorder.name),
        poolclass=sa.pool.QueuePool,
    )
    configure(made, pragmas)
    return made
