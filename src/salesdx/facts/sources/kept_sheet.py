"""Sheets that people keep by hand, as `salesdx facts sheet` writes them: their rows in the words of the tables."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import date

from salesdx.facts.named_sources import SourceRead
from salesdx.facts.sheet_rows import Grid, SheetRows, read_sheets
from salesdx.facts.sources.opened_source import BATCH, OpenedSource, text_of_value
from salesdx.facts.sources.sheet import opened_workbook


def open_kept_sheet(read: SourceRead) -> OpenedSource:
    """The rows of all sheets of a workbook that are of the kind that the mapping says.

    A column that is empty in every row is none. Raises SourceFault, and SheetError with all faults of the rows.
    """
    data, book = opened_workbook(read)
    with book:
        cells = {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}
    found = read_sheets([Grid(name, rows) for name, rows in cells.items()], read.what, date.today(), read.kind)

    def rows(columns: Sequence[str]) -> Iterator[list[tuple[str | None, ...]]]:
        for start in range(0, len(found.rows), BATCH):
            yield [tuple(text_of_value(row.get(name)) for name in columns) for row in found.rows[start : start + BATCH]]

    digest = "sha256:" + hashlib.sha256(data).hexdigest()
    return OpenedSource(read, dict.fromkeys(_filled(found), "VARCHAR"), rows=rows, digest=digest)


def _filled(found: SheetRows) -> list[str]:
    """The columns that hold something; all of them where there are no rows at all."""
    return [name for name in found.columns if not found.rows or any(row.get(name) is not None for row in found.rows)]
