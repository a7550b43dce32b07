"""Sheets of workbooks (xlsx, xls, ods), through python-calamine."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from salesdx.base.reading import shortened
from salesdx.facts.named_sources import SourceRead
from salesdx.facts.sources.flat_file import check_file
from salesdx.facts.sources.opened_source import BATCH, OpenedSource, SourceFault, distinct_names, text_of_value
from salesdx.text.issues import did_you_mean

if TYPE_CHECKING:
    from python_calamine import CalamineWorkbook

MAX_BYTES, MAX_UNPACKED = 200 << 20, 1 << 30
"""Bytes of a workbook, and of what is packed in it."""


def open_sheet(read: SourceRead) -> OpenedSource:
    """A sheet whose first row that is not empty has the names of the columns; the first sheet where none is named.

    Raises SourceFault.
    """
    data, book = opened_workbook(read)
    with book:
        table = [row for row in _cells(read, book) if any(value is not None for value in row)]
    if not table:
        raise SourceFault("empty", f"`{read.shown}` is empty")
    header = distinct_names([value or "" for value in table[0]], read.shown)

    def rows(columns: Sequence[str]) -> Iterator[list[tuple[str | None, ...]]]:
        at = [header.index(column) for column in columns]
        for start in range(1, len(table), BATCH):
            yield [tuple(row[i] for i in at) for row in table[start : start + BATCH]]

    digest = "sha256:" + hashlib.sha256(data).hexdigest()
    return OpenedSource(read, dict.fromkeys(header, "VARCHAR"), rows=rows, digest=digest)


def opened_workbook(read: SourceRead) -> tuple[bytes, CalamineWorkbook]:
    """The bytes of a workbook, and the workbook. Raises SourceFault."""
    from python_calamine import CalamineError, CalamineWorkbook

    check_file(read)
    with open(read.path, "rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        message = f"`{read.what}` has more than {MAX_BYTES >> 20} MB"
        raise SourceFault("too-large", message, "save the sheet as a file of comma-separated values")
    if _unpacked(data) > MAX_UNPACKED:
        message = f"`{read.what}` unpacks to more than {MAX_UNPACKED >> 20} MB"
        raise SourceFault("too-large", message, "save the sheet as a file of comma-separated values")
    try:
        return data, CalamineWorkbook.from_filelike(io.BytesIO(data))
    except CalamineError as error:
        raise SourceFault("unreadable", f"`{read.what}` is no workbook that can be read: {error}") from None


def _unpacked(data: bytes) -> int:
    """How many bytes are packed in a workbook; none in one of an old kind, which is no archive."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return sum(part.file_size for part in archive.infolist())
    except zipfile.BadZipFile:
        return 0


def _cells(read: SourceRead, book: CalamineWorkbook) -> list[list[str | None]]:
    """The cells of the sheet as texts; all rows are as wide."""
    name = read.options.get("sheet") or next(iter(book.sheet_names), "")
    if name not in book.sheet_names:
        help = did_you_mean(name, book.sheet_names) or f"its sheets are {', '.join(book.sheet_names)}"
        raise SourceFault("unknown-sheet", f"`{read.what}` has no sheet `{shortened(name)}`", help)
    found = book.get_sheet_by_name(name).to_python(skip_empty_area=True)
    return [[text_of_value(value) for value in row] for row in found]
