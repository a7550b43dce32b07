"""The folder of a run's results: parts that are complete or absent, and what the run was of.

While it grows it is called `NAME.unfinished`; the folder NAME is always whole. A run that was stopped goes on after the
last part.
"""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from salesdx.text.disk import replace_file, sync_folder

ABOUT = "_run.json"
"""What a run is of. Readers of Parquet pass over names that begin so."""
ROWS, CASES = b"salesdx.rows", b"salesdx.cases"
"""How many rows of facts, and cases in them, a part is of."""
PART_ROWS = 1 << 19


class OtherRun(Exception):
    """A folder is of another run, or no folder of ours; the message says which."""


@dataclass(frozen=True)
class PartFolder:
    """Where the results of one run go."""

    path: Path

    @property
    def unfinished(self) -> Path:
        """Its name while it grows."""
        return self.path.with_name(f"{self.path.name}.unfinished")

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the folder, so that no other run writes it. Raises OtherRun where one does, OSError."""
        from filelock import FileLock, Timeout  # costs to import, and the tasks of a cluster write without it

        self.path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.path.with_name(f".{self.path.name}.lock"), timeout=0)
        try:
            with lock:
                try:
                    yield
                finally:
                    with suppress(OSError):  # while it is held; where the system has it open it stays
                        Path(lock.lock_file).unlink()
        except Timeout:
            raise OtherRun(f"another run writes `{self.path}` at this moment") from None

    def begin(self, about: dict[str, Any]) -> dict[str, Any]:
        """Make the folder, or go on with it -> what the run is of, as it was begun. Raises OtherRun, OSError."""
        if self.path.exists() and not (self.path / ABOUT).is_file():
            raise OtherRun(f"`{self.path}` is there already and holds no decisions: name another folder")
        if (self.unfinished / ABOUT).is_file():
            begun: dict[str, Any] = json.loads((self.unfinished / ABOUT).read_text(encoding="utf-8"))
            if {**begun, "today": ""} == {**about, "today": ""}:
                return begun
            raise OtherRun(f"`{self.unfinished}` was begun with other facts, rules or options: run those, or delete it")
        self.unfinished.mkdir(parents=True, exist_ok=True)
        replace_file(self.unfinished / ABOUT, [json.dumps(about, indent=1).encode()])
        return about

    @property
    def done(self) -> int:
        """How many rows have been decided, one after the other from the first."""
        return self._from(0)

    def _from(self, row: int) -> int:
        while (part := self._part(row)).is_file():
            row += int((pq.read_schema(part).metadata or {})[ROWS])
        return row

    def _part(self, first: int) -> Path:
        return self.unfinished / f"part-{first:012d}.parquet"

    def has(self, first: int) -> bool:
        """Whether the part that begins with a row is there."""
        return self._part(first).is_file()

    def write(self, first: int, rows: int, cases: int, table: pa.Table) -> None:
        """Put the part of so many rows and cases in its place, whole."""
        sink, about = pa.BufferOutputStream(), {ROWS: str(rows).encode(), CASES: str(cases).encode()}
        pq.write_table(table.replace_schema_metadata(about), sink, compression="zstd")
        replace_file(self._part(first), [memoryview(sink.getvalue())])  # type: ignore[list-item]

    def finish(self) -> None:
        """Give the folder its name, in the place of an older one of ours."""
        old = self.path.with_name(f".{os.urandom(8).hex()}.old")
        if self.path.exists():
            os.rename(self.path, old)
        os.rename(self.unfinished, self.path)
        sync_folder(self.path)
        shutil.rmtree(old, ignore_errors=True)

    def drop(self) -> None:
        """Leave nothing of a run that cannot go on."""
        shutil.rmtree(self.unfinished, ignore_errors=True)

    def tables(self, columns: list[str]) -> Iterator[pa.Table]:
        """Some columns of the finished parts, one after the other."""
        for part in sorted(self.path.glob("part-*.parquet")):
            yield pq.read_table(part, columns=columns, partitioning=None)

    @property
    def cases(self) -> int:
        """How many cases the finished parts are of."""
        parts = self.path.glob("part-*.parquet")
        return sum(int((pq.read_schema(part).metadata or {})[CASES]) for part in parts)

    def counts(self, column: str) -> Counter[str | None]:
        """How often each word stands in a column of the finished parts."""
        found: Counter[str | None] = Counter()
        for table in self.tables([column]):
            told = pc.value_counts(table.column(column).cast(pa.string()).combine_chunks())
            found.update({each["values"]: each["counts"] for each in told.to_pylist()})
        return found
