"""Tables of rows in files: Parquet, a folder of it, and separated values; read in batches and never whole."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from salesdx.base.reading import shortened
from salesdx.text.issues import CaseError, Issue
from salesdx.text.source import Place

CELLS = 1 << 23
"""Cells that are worked on at once."""
MOST_ROWS = 1 << 16
BLOCK = 8 << 20
"""Bytes of a text file that are worked on at once; no line is longer."""
MAX_COLUMNS = 4_000
DELIMITERS = (",", ";", "\t", "|")
FETCHED = "_facts.parquet"
"""The rows of a query. Readers of Parquet pass over names that begin so."""
PARQUET, SEPARATED = (".parquet", ".pq"), (".csv", ".tsv", ".txt")


@dataclass(frozen=True)
class ArrowSource:
    """Files of rows that all have the same columns. ``rows``: how many; of separated values how many lines."""

    shown: str
    files: tuple[Path, ...]
    columns: tuple[str, ...]
    rows: int
    first_line: int
    """The line of row 0 in messages."""
    delimiter: str = ""

    def batches(self, columns: Sequence[str], skip: int = 0, stop: int | None = None) -> Iterator[pa.RecordBatch]:
        """These columns of the rows from number ``skip`` to before ``stop``. Raises CaseError where a file cannot be
        read."""
        left = (self.rows if stop is None else stop) - skip
        try:
            for batch in self._separated(columns, skip) if self.delimiter else self._parquet(columns, skip):
                yield batch.slice(0, left)
                left -= batch.num_rows
                if left <= 0:
                    return
        except (pa.ArrowException, OSError) as error:
            raise unreadable(self.shown, error) from None

    @property
    def state(self) -> list[list[Any]]:
        """What tells these files from others, or from what they were: name, bytes, and when they were written."""
        return [[str(path.absolute()), path.stat().st_size, path.stat().st_mtime_ns] for path in self.files]

    def stretches(self, least: int) -> list[tuple[int, int]]:
        """First rows and the rows behind the last ones, of Parquet: whole groups, at least so many rows together."""
        ends, row = [0], 0
        for path in self.files:
            metadata = pq.read_metadata(path)
            for group in range(metadata.num_row_groups):
                row += metadata.row_group(group).num_rows
                if row - ends[-1] >= least or row == self.rows:
                    ends.append(row)
        return list(pairwise(dict.fromkeys(ends)))

    def opened(self, folder: Path) -> ArrowSource:
        """The files themselves: there is nothing to fetch."""
        return self

    def _parquet(self, columns: Sequence[str], skip: int) -> Iterator[pa.RecordBatch]:
        for path in self.files:
            with pq.ParquetFile(path, memory_map=True, read_dictionary=_texts(path, columns)) as file:
                groups = range(file.num_row_groups)
                sizes = [file.metadata.row_group(group).num_rows for group in groups]
                begin = 0
                while begin < len(sizes) and skip >= sizes[begin]:
                    skip -= sizes[begin]
                    begin += 1
                for batch in file.iter_batches(_batch(columns), list(groups)[begin:], columns, use_threads=False):
                    yield from _after(_without_nulls(batch), skip)
                    skip = max(0, skip - batch.num_rows)

    def _separated(self, columns: Sequence[str], skip: int) -> Iterator[pa.RecordBatch]:
        bad: list[Any] = []

        def invalid(row: Any) -> str:
            bad.append(row)
            return "error" if len(bad) > 20 else "skip"

        try:
            with pa_csv.open_csv(
                self.files[0],
                pa_csv.ReadOptions(use_threads=False, block_size=BLOCK),
                pa_csv.ParseOptions(delimiter=self.delimiter, ignore_empty_lines=False, invalid_row_handler=invalid),
                pa_csv.ConvertOptions(
                    column_types=dict.fromkeys(self.columns, pa.string()), include_columns=list(columns)
                ),
            ) as reader:
                for batch in reader:
                    for begin in range(0, batch.num_rows, _batch(columns)):
                        part = batch.slice(begin, _batch(columns))
                        yield from _after(part, skip)
                        skip = max(0, skip - part.num_rows)
        finally:
            if bad:
                raise CaseError(self._ragged(row) for row in bad)

    def _ragged(self, row: Any) -> Issue:
        message = f"this line has {row.actual_columns} cells, there are {row.expected_columns} columns"
        return Issue("ragged", message, Place(self.shown, row.number, 1, row.number, 2), shortened(row.text))


@dataclass(frozen=True)
class QueriedSource:
    """Rows that a database gives: fetched once into the folder of the run, so that one that goes on has the same.

    ``batches`` opens the query: batches of Arrow's, or a stream of them as other libraries give it.
    """

    shown: str
    query: str
    batches: Callable[[], AbstractContextManager[Any]]

    @property
    def state(self) -> list[str]:
        """What tells this query from others."""
        return [self.shown, self.query]

    def opened(self, folder: Path) -> ArrowSource:
        """The rows in a file. Raises CaseError, and what the database raises."""
        path = folder / FETCHED
        if not path.is_file():
            part = path.with_suffix(".part")
            with self.batches() as batches:
                streamed = hasattr(batches, "__arrow_c_stream__")
                _fetch(pa.RecordBatchReader.from_stream(batches) if streamed else batches, part)
            os.replace(part, path)
        return replace(opened_source(path), shown=self.shown)


def text_batches(rows: Iterator[list[tuple[str | None, ...]]]) -> Generator[pa.RecordBatch, None, None]:
    """Rows of texts as batches; the first row has the names of their columns."""
    [names] = next(rows)
    schema = pa.schema([(name, pa.string()) for name in names])
    yield pa.RecordBatch.from_pylist([], schema)
    for batch in rows:
        cells = zip(*batch, strict=True)
        yield pa.RecordBatch.from_arrays([pa.array(column, pa.string()) for column in cells], schema=schema)


def _fetch(batches: Iterable[pa.RecordBatch], path: Path) -> None:
    with ExitStack() as stack:
        writer = None
        for batch in batches:
            if writer is None:
                writer = stack.enter_context(pq.ParquetWriter(path, batch.schema))
            writer.write_batch(batch)


def opened_source(path: Path) -> ArrowSource:
    """The source of a file's name, or of a folder with Parquet files. Raises CaseError."""
    try:
        if path.is_dir():
            files = tuple(
                sorted(file for file in path.iterdir() if file.suffix in PARQUET and file.name[0] not in "._")
            )
            if not files:
                raise CaseError([_fault(str(path), "empty", "there is no Parquet file in this folder")])
            return _of_parquet(str(path), files)
        if path.suffix.lower() in PARQUET:
            return _of_parquet(str(path), (path,))
        return _of_separated(str(path), path)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise unreadable(str(path), error) from None


def unreadable(shown: str, error: Exception) -> CaseError:
    """The error that a file cannot be read, with what Arrow or the system says of it."""
    why = (
        (error.strerror or "").lower() if isinstance(error, OSError) and error.strerror else shortened(str(error), 300)
    )
    return CaseError([_fault(shown, "unreadable", f"cannot be read: {why.lower()}")])


def _fault(shown: str, code: str, message: str, help: str = "") -> Issue:
    return Issue(code, message, Place(shown, 1, 1, 1, 2), help)


def _batch(columns: Sequence[str]) -> int:
    """Rows that are worked on at once: fewer where they are wide."""
    return max(1, min(MOST_ROWS, CELLS // len(columns)))


def _after(batch: pa.RecordBatch, skip: int) -> Iterator[pa.RecordBatch]:
    """What is left of a batch without its first rows."""
    if skip < batch.num_rows:
        yield batch.slice(skip)


def _without_nulls(batch: pa.RecordBatch) -> pa.RecordBatch:
    """A batch whose columns without any value are empty texts."""
    fields = [field.with_type(pa.string()) if pa.types.is_null(field.type) else field for field in batch.schema]
    return batch.cast(pa.schema(fields)) if any(pa.types.is_null(field.type) for field in batch.schema) else batch


def _texts(path: Path, columns: Sequence[str]) -> list[str]:
    """The columns of texts, each of which is held once."""
    schema = pq.read_schema(path)
    return [name for name in columns if name in schema.names and pa.types.is_string(schema.field(name).type)]


def _of_parquet(shown: str, files: tuple[Path, ...]) -> ArrowSource:
    metadata = [pq.read_metadata(path) for path in files]
    columns = tuple(pq.read_schema(files[0]).names)
    for path in files[1:]:
        if tuple(pq.read_schema(path).names) != columns:
            raise CaseError([_fault(str(path), "columns", f"its columns are not those of `{files[0].name}`")])
    if len(columns) > MAX_COLUMNS:
        raise CaseError([_fault(shown, "too-large", f"{len(columns):,} columns, at most {MAX_COLUMNS:,} are read")])
    return ArrowSource(shown, files, columns, sum(each.num_rows for each in metadata), 1)


def _of_separated(shown: str, path: Path) -> ArrowSource:
    with open(path, "rb") as file:
        head = file.readline(BLOCK).decode("utf-8-sig").rstrip("\r\n")
        lines = sum(block.count(b"\n") for block in iter(partial(file.read, BLOCK), b""))
    if not head.strip():
        raise CaseError([_fault(shown, "empty", "the file is empty")])
    if not head.isprintable() and not head.replace("\t", "").isprintable():
        raise CaseError([_fault(shown, "unreadable", "this is no text with the names of columns in its first line")])
    delimiter = max(DELIMITERS, key=head.count)
    columns = tuple(name.strip('"') for name in head.split(delimiter))
    if len(columns) > MAX_COLUMNS:
        raise CaseError([_fault(shown, "too-large", f"{len(columns):,} columns, at most {MAX_COLUMNS:,} are read")])
    return ArrowSource(shown, (path,), columns, lines, 2, delimiter)
