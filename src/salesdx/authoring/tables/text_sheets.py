"""A table as a text file with separators, as spreadsheets write and read it."""

from __future__ import annotations

import csv
import io
import re

from salesdx.authoring.tables.grid import ALSO, ID, Cell, RuleTable, Sheet, TableError
from salesdx.authoring.tables.rule_table import KEYS
from salesdx.text.issues import Issue
from salesdx.text.printable import NOT_PRINTABLE, unprintable
from salesdx.text.source import MAX_FAULTS, Place, decode

SEPARATORS = (",", ";", "\t")
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What makes a formula of a text in a spreadsheet."""
BOM = "\ufeff"
"""By it spreadsheets know that a file is UTF-8."""


def separated_of(table: RuleTable, separator: str = ",") -> str:
    """The text file of a table; a text that would begin a formula has a ' in front."""
    buffer = io.StringIO()
    buffer.write(BOM)
    writer = csv.writer(buffer, delimiter=separator, lineterminator="\r\n")
    writer.writerow((*table.columns, table.mark))
    for row, mark in zip(table.rows, table.marks, strict=True):
        writer.writerow([_guarded(text) for text in (*(row.get(column, "") for column in table.columns), mark)])
    return buffer.getvalue()


def separated_sheet(data: bytes, shown: str) -> Sheet:
    """The rows of a text file; the character behind `id` is its separator. Raises TableError."""
    text, faults = decode(data, shown, len(data))
    if text is None or faults:
        raise TableError(map(Issue.of, faults))
    unseen = [_unprintable(text, found, shown) for found in NOT_PRINTABLE.finditer(text)]
    if unseen:
        raise TableError(unseen[:MAX_FAULTS])
    separator = next((s for s in SEPARATORS if text.startswith((f"{ID}{s}", f'"{ID}"{s}'))), None)
    if separator is None:
        message = f"the first line of a table begins with `{ID}` and a comma, a semicolon or a tab"
        help = "`salesdx table export` writes one"
        raise TableError([Issue("table", message, Place(shown, 1, 1, 1, 2), help)])
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    rows: list[tuple[Cell, ...]] = []
    told: set[int] = set()
    try:
        for row, parts in enumerate(reader, 1):
            if row == 1:
                told = {column for column, part in enumerate(parts, 1) if part.strip() in (*KEYS, ALSO)}
            cells = enumerate(parts, 1)
            rows.append(tuple(_cell(part, row, column, row > 1 and column in told) for column, part in cells))
    except csv.Error as error:
        line_of_fault = max(1, reader.line_num)
        message = f"the file cannot be read as a table from here: {str(error).lower()}"
        place = Place(shown, line_of_fault, 1, line_of_fault, 2)
        raise TableError([Issue("table", message, place, 'a " inside of a cell is written twice')]) from None
    return Sheet(shown, "", tuple(rows))


def _guarded(text: str) -> str:
    """A text that is no formula; one that begins like a guarded one is guarded once more."""
    return f"'{text}" if text.lstrip("'").startswith(FORMULA) else text


def _unprintable(text: str, found: re.Match[str], shown: str) -> Issue:
    line = text.count("\n", 0, found.start()) + 1
    message, help = unprintable(found[0])
    return Issue("not-printable", message, Place(shown, line, 1, line, 2), help)


def _cell(part: str, row: int, column: int, told: bool) -> Cell:
    """A cell; ``told`` where a text stands, of which a spreadsheet would show what it makes of it."""
    fault = "a spreadsheet makes a formula of this: a text that begins so has a ' in front" if told else ""
    return Cell(_plain(part), row, column, fault if part.strip().startswith(FORMULA) else "")


def _plain(text: str) -> str:
    guarded = text.startswith("'") and text.lstrip("'").startswith(FORMULA)
    return (text[1:] if guarded else text).strip().replace("\r\n", "\n")
