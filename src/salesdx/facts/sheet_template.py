"""A kind of sheet -> an Excel workbook to fill in: titles that stay in view, help, an example, lists of words."""

from __future__ import annotations

import io
from datetime import date, datetime
from typing import Any

from salesdx.facts.canonical_tables import BOOLEAN, DATE, TEXT
from salesdx.facts.sheet_kinds import NO, YES, SheetColumn, SheetKind
from salesdx.questionnaire.workbook import HIDDEN, cell_check, drop_down, letters, openpyxl, put_heading, put_text

ROWS = 10_000
"""Rows below the example that have lists and checks; more are read all the same."""
HEADINGS = 4
"""The row of the titles; help, the example and the rows of whoever fills it in follow."""
NOTE, EXAMPLE = "Note", "example"
"""The column that is not read, and the word in it that marks the example."""
GUIDE = (
    "Write one row for each, below the example. No totals and no formulas: shares and sums are computed from the rows.",
    "Numbers or short names of people and customers are enough. What stands under “Note” is not read.",
)
FIRST = HEADINGS + 2
"""The row of the example."""


def sheet_workbook(kind: SheetKind) -> bytes:
    """The workbook of a kind of sheet, which `read_sheets` reads back. It holds no formula. Needs openpyxl."""
    book = openpyxl("openpyxl").Workbook()
    sheet, hidden = book.active, book.create_sheet(HIDDEN)
    sheet.title, hidden.sheet_state = kind.title[:31], "veryHidden"
    book.properties.creator, book.properties.title = "salesdx", kind.title
    styles = openpyxl("openpyxl.styles")
    for row, text in enumerate((kind.title, f"{kind.row}. {GUIDE[0]}", GUIDE[1]), 1):
        put_text(sheet.cell(row, 1), text)
    sheet.cell(1, 1).font = styles.Font(name="Calibri", bold=True, size=14)
    put_heading(sheet.cell(HEADINGS, 1), NOTE)
    put_text(sheet.cell(FIRST, 1), EXAMPLE)
    sheet.column_dimensions["A"].width = 11
    for number, column in enumerate(kind.columns, 2):
        _write_column(sheet, hidden, number, column)
    _look(sheet, styles, kind)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _look(sheet: Any, styles: Any, kind: SheetKind) -> None:
    grey = styles.Font(name="Calibri", italic=True, color="57606A")
    for number in range(1, len(kind.columns) + 2):
        for row in (HEADINGS + 1, FIRST):
            cell = sheet.cell(row, number)
            cell.font, cell.alignment = grey, styles.Alignment(wrap_text=True, vertical="top", horizontal="left")
            cell.fill = styles.PatternFill("solid", fgColor="F6F8FA" if row < FIRST else "FFF8E1")
    sheet.row_dimensions[HEADINGS].height, sheet.row_dimensions[HEADINGS + 1].height = 33, 62
    sheet.freeze_panes = sheet.cell(FIRST, 2)
    sheet.page_setup.orientation, sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = "landscape", 1, 0
    sheet.sheet_properties.pageSetUpPr = openpyxl("openpyxl.worksheet.properties").PageSetupProperties(fitToPage=True)
    sheet.print_title_rows = f"{HEADINGS}:{HEADINGS}"


def _write_column(sheet: Any, hidden: Any, number: int, column: SheetColumn) -> None:
    put_heading(sheet.cell(HEADINGS, number), column.title + " *" * column.required)
    put_text(sheet.cell(HEADINGS + 1, number), column.guide)
    cell = sheet.cell(FIRST, number)
    shown = shown_example(column)
    if isinstance(shown, str):
        put_text(cell, shown)
    else:
        cell.value = shown
    letter = letters(number)
    widest = max(len(column.title) + 2, *map(len, column.words.values()), 12) if column.words else len(column.title) + 2
    sheet.column_dimensions[letter].width = min(30, max(20 if column.of.moment else 14, widest + 2))
    sheet.column_dimensions[letter].number_format = _format(column)
    cell.number_format = _format(column)
    made = _check_of(hidden, number, f"{letter}{FIRST}", column)
    if made is not None:
        made.add(f"{letter}{FIRST}:{letter}{FIRST + ROWS}")
        sheet.add_data_validation(made)


def shown_example(column: SheetColumn) -> str | float | date | datetime | None:
    """The example of a column as a person sees it in its cell."""
    value = column.example
    if isinstance(value, bool):
        return YES if value else NO
    if isinstance(value, str):
        return column.words.get(value, value)
    return value


def _format(column: SheetColumn) -> str:
    if column.of.type == DATE:
        return "yyyy-mm-dd hh:mm" if column.of.moment else "yyyy-mm-dd"
    return "@" if column.of.type in (TEXT, BOOLEAN) else "General"


def _check_of(hidden: Any, number: int, cell: str, column: SheetColumn) -> Any:
    """The list or the check of the cells of a column, from its first one; None where any text will do."""
    words = tuple(column.words.values()) or ((YES, NO) if column.of.type == BOOLEAN else ())
    if words:
        made = drop_down(hidden, number, words)
        made.error = "Choose one of the words in the list."
        return made
    if column.of.type == TEXT:
        return None
    made = cell_check()
    if column.of.type == DATE:
        made.type, made.operator, made.formula1 = "date", "greaterThan", "1"
        made.error = (
            f"Write a date, as 2026-03-12{' 09:30' if column.of.moment else ''}, and see that it is taken as one."
        )
        return made
    parts = [f"ISNUMBER({cell})"]
    parts += [f"{cell}>={column.least:g}"] if column.least is not None else []
    parts += [f"{cell}<={column.most:g}"] if column.most is not None else []
    parts += [f"{cell}=INT({cell})"] if column.whole else []
    parts += [f"OR({cell}=0,ABS({cell})>1)"] if column.percent else []
    made.type, made.formula1 = "custom", f"AND({','.join(parts)})"
    ends = f" from {column.least:g} to {column.most:g}" if None not in (column.least, column.most) else ""
    made.error = (
        f"Write a {'whole ' * column.whole}number{ends}{': 80 stands for 80%' * column.percent}, without its unit."
    )
    return made
