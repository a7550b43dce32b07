"""Files of separated values, as systems and spreadsheets write them, and Parquet files."""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from salesdx.facts.named_sources import SourceRead
from salesdx.facts.sources.opened_source import BATCH, ColumnRows, OpenedSource, SourceFault, distinct_names
from salesdx.facts.sql_text import sql_string

DELIMITERS = (",", ";", "\t", "|")
UTF8 = "utf-8"
CHUNK = 1 << 20
MAX_HEADER = 1 << 16


def open_csv(read: SourceRead) -> OpenedSource:
    """The columns of a file of separated values; DuckDB reads UTF-8, other encodings are decoded here.

    Raises SourceFault.
    """
    encoding = read.options.get("encoding", UTF8)
    digest, ascii = _looked_at(read, encoding)
    utf8 = codecs.lookup(encoding).name == UTF8
    with open(read.path, encoding="utf-8-sig" if utf8 else encoding, newline="") as file:
        start = file.read(MAX_HEADER)
    if not start.strip():
        raise SourceFault("empty", f"`{read.what}` is empty")
    top = start.splitlines()
    named = top[0].lower().startswith("sep=")  # Excel's own line
    delimiter = _delimiter(read, top[named if len(top) > 1 else 0], top[0] if named else "")
    reader = csv.reader(io.StringIO(start, newline=""), delimiter=delimiter)
    if named:
        next(reader)
    try:
        header = distinct_names(next(reader), read.what)
    except csv.Error as error:
        raise SourceFault("unreadable", f"cannot read the first line of `{read.what}`: {error}") from None
    columns = dict.fromkeys(header, "VARCHAR")
    decimal, first = "," if delimiter == ";" else ".", 2 + named  # as Excel writes in Europe
    if not utf8:
        rows = _decoded(read.path, encoding, delimiter, header, named)
        return OpenedSource(read, columns, rows=rows, digest=digest, decimal=decimal, first_row=first)
    types = ", ".join(f"{sql_string(name)}: 'VARCHAR'" for name in header)
    relation = (
        f"read_csv({sql_string(str(read.path.absolute()))}, auto_detect = false, header = true, skip = {int(named)}, "
        f"delim = {sql_string(delimiter)}, quote = '\"', escape = '\"', columns = {{{types}}}, "
        "max_line_size = 4194304)"
    )
    return OpenedSource(read, columns, relation, None, digest, ascii, decimal, first)


def open_parquet(read: SourceRead) -> OpenedSource:
    """A Parquet file, whose columns DuckDB knows. Raises SourceFault."""
    digest, _ = _looked_at(read, "")
    return OpenedSource(read, {}, f"read_parquet({sql_string(str(read.path.absolute()))})", digest=digest)


def check_file(read: SourceRead) -> None:
    """Whether there is an ordinary file. Raises SourceFault."""
    try:
        if not read.path.is_file():
            there = read.path.exists()
            message = f"`{read.what}` is no file" if there else f"there is no file `{read.what}`"
            raise SourceFault(
                "unreadable",
                message,
                "" if there or " " in read.name else f"write `{read.name}: none` if you have none",
            )
        with open(read.path, "rb"):
            pass
    except OSError as error:
        raise SourceFault("unreadable", f"cannot read `{read.what}`: {(error.strerror or '').lower()}") from None
    except ValueError as error:
        raise SourceFault("unreadable", f"cannot read `{read.what}`: {error}") from None


def _looked_at(read: SourceRead, encoding: str) -> tuple[str, bool]:
    """The digest of a file, and whether it is all ASCII; that it can be decoded. Raises SourceFault."""
    check_file(read)
    found, ascii = hashlib.sha256(), True
    decoder = codecs.getincrementaldecoder(encoding)() if encoding else None
    with open(read.path, "rb") as file:
        while chunk := file.read(CHUNK):
            found.update(chunk)
            ascii = ascii and chunk.isascii()
            if decoder is not None and not (ascii and encoding == UTF8):
                _decode(decoder, chunk, read, encoding)
        if decoder is not None:
            _decode(decoder, b"", read, encoding, True)
    return "sha256:" + found.hexdigest(), ascii


def _decode(
    decoder: codecs.IncrementalDecoder, chunk: bytes, read: SourceRead, encoding: str, final: bool = False
) -> None:
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError as error:
        help = "say `encoding: latin-1` (or cp1252, utf-16) beside its name, as the program that wrote it"
        raise SourceFault("not-utf-8", f"`{read.what}` is not {encoding} text: {error.reason}", help) from None


def _delimiter(read: SourceRead, line: str, named: str) -> str:
    said = read.options.get("delimiter")
    if said:
        return "\t" if said == "tab" else said
    if named:
        return named[4:5] or ","
    outside = "".join(line.split('"')[::2])
    return max(DELIMITERS, key=outside.count)


def _decoded(path: Path, encoding: str, delimiter: str, header: Sequence[str], named: bool) -> ColumnRows:
    """Rows of a file in another encoding than UTF-8."""

    def rows(columns: Sequence[str]) -> Iterator[list[tuple[str | None, ...]]]:
        at = [header.index(column) for column in columns]
        with open(path, encoding=encoding, newline="") as file:
            lines = (row for row in islice(csv.reader(file, delimiter=delimiter), 1 + named, None) if row)
            try:
                while batch := list(islice(lines, BATCH)):
                    yield [tuple(row[i] if i < len(row) else None for i in at) for row in batch]
            except csv.Error as error:
                raise SourceFault("unreadable", f"`{path.name}` cannot be read: {error}") from None

    return rows
