"""A table as an Excel workbook, and what came back. Nothing in a workbook is trusted, and nothing is evaluated."""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from datetime import date, datetime, time, timedelta
from typing import Any

from salesdx.authoring.tables.grid import ALSO, ID, Cell, RuleTable, Sheet, TableError
from salesdx.base.model import RuleBase
from salesdx.questionnaire.workbook import MISSING, available, letters, openpyxl, put_heading, put_text
from salesdx.questionnaire.workbook_reading import Unsafe, cell_text, is_workbook, safe_copy
from salesdx.text.english import listed
from salesdx.text.issues import Issue
from salesdx.text.source import MAX_BYTES, MAX_FAULTS, Place

MAX_ROWS, MAX_COLUMNS = 2_000, 300
_WIDTHS = {ID: 9, "strength": 11, "title": 38, ALSO: 40, "because": 60, "note": 40, "explains": 40, "recommend": 30}
_REFUSED = (
    ("xl/vbaProject", "it holds macros, and no macro is wanted here: save it as .xlsx"),
    ("xl/macrosheets", "it holds macros, and no macro is wanted here: save it as .xlsx"),
    ("xl/externalLinks", "it holds links to other files: break them and save it again"),
    ("xl/connections", "it draws data from elsewhere: take the connections out and save it again"),
    ("xl/embeddings", "it holds files of other programs: take them out and save it again"),
)
"""What a part of a workbook begins with that is never opened, and why."""
GENERAL = "General"
_NUMBER = re.compile(r"(?:0|#,##0)(?:\.(0+))?%?")
"""Formats that show a number with so many decimals."""
_CODE = re.compile(r"_x[0-9A-Fa-f]{4}_")
_STRUCK = re.compile(rb"<(?:\w+:)?strike\b(?![^<>]*\bval=[\"'](?:0|false))")
_MERGED = re.compile(rb"<(?:\w+:)?mergeCell\b[^<>]*?\bref=[\"']([A-Z]+)([0-9]+):")


def workbook_of(table: RuleTable) -> bytes:
    """The workbook of a table: one sheet, the marks in a hidden column, each cell a text."""
    if not available():
        raise TableError([Issue("extra", MISSING, Place("", 1, 1, 1, 1))])
    styles, comments = openpyxl("openpyxl.styles"), openpyxl("openpyxl.comments")
    book = openpyxl("openpyxl").Workbook()
    sheet = book.active
    sheet.title = table.home[:31]
    book.properties.creator = "salesdx"
    wrapped = styles.Alignment(wrap_text=True, vertical="top")
    for number, column in enumerate((*table.columns, table.mark), 1):
        cell = sheet.cell(1, number)
        put_heading(cell, column)
        width = _WIDTHS.get(column, 18)
        sheet.column_dimensions[letters(number)].width = width
        if hint := table.hints.get(column, ""):
            cell.comment = comments.Comment(hint, "salesdx", height=120, width=320)
    sheet.column_dimensions[letters(len(table.columns) + 1)].hidden = True
    for line, (row, mark) in enumerate(zip(table.rows, table.marks, strict=True), 2):
        for number, text in enumerate((*(row.get(column, "") for column in table.columns), mark), 1):
            cell = sheet.cell(line, number)
            cell.alignment, cell.number_format = wrapped, "@"
            if text:
                put_text(cell, text)
    sheet.freeze_panes = sheet.cell(2, 2)
    sheet.page_setup.orientation, sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = "landscape", 1, 0
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def workbook_sheet(data: bytes, shown: str, base: RuleBase) -> Sheet:
    """The first sheet of a workbook whose first cell is ``ID``. Raises TableError."""
    whole = Place(shown, 1, 1, 1, 2)
    if not is_workbook(data):
        raise TableError([Issue("workbook", "this is no Excel workbook that can be read", whole)])
    if not available():
        raise TableError([Issue("extra", f"this is an Excel workbook; {MISSING}", whole)])
    if len(data) > MAX_BYTES:
        message = f"the file has {len(data):,} bytes, at most {MAX_BYTES:,} are read"
        raise TableError([Issue("too-large", message, whole)])
    try:
        copy = safe_copy(data)
        if merged := _refused(copy, shown):  # the library would fill them one by one
            raise TableError(merged)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl tells what it leaves out of a workbook
            book = openpyxl("openpyxl").load_workbook(copy)
    except Unsafe as error:
        raise TableError([Issue("workbook", str(error), whole)]) from None
    except TableError:
        raise
    except Exception:  # whatever a broken archive does to the library
        raise TableError([Issue("workbook", "this is no Excel workbook that can be read", whole)]) from None
    return _sheet(book, shown, base)


def _refused(copy: io.BytesIO, shown: str) -> list[Issue]:
    """The merged cells. Raises Unsafe for parts that are never opened."""
    found = []
    with zipfile.ZipFile(copy) as archive:
        names = archive.namelist()
        for begin, why in _REFUSED:
            if any(name.startswith(begin) for name in names):
                raise Unsafe(f"the workbook is not opened: {why}")
        if "xl/workbook.xml" not in names:
            raise Unsafe("this is no Excel workbook that can be read; save it as .xlsx")
        for name in names:
            if name == "xl/sharedStrings.xml" or (name.startswith("xl/worksheets/") and name.endswith(".xml")):
                content = archive.read(name).replace(b"\0", b"")
                if _STRUCK.search(content):
                    raise Unsafe("a part of a text is struck through: delete that part, or take the line away")
                for letter, number in _MERGED.findall(content):
                    cell = Cell("", int(number), _number(letter.decode()))
                    message = f"cell {letter.decode()}{number.decode()} is merged with others"
                    help = "split merged cells: each rule has its own"
                    found.append(Sheet(shown, "", ()).issue(cell, message, help))
    return found[:MAX_FAULTS]


def _number(found: str) -> int:
    number = 0
    for letter in found[:4]:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def _sheet(book: Any, shown: str, base: RuleBase) -> Sheet:
    tables = [sheet for sheet in book.worksheets if str(sheet.cell(1, 1).value or "").strip() == ID]
    for sheet in tables:
        first = Sheet(shown, sheet.title, ()).issue
        if len(tables) > 1:
            named = listed([f"`{one.title}`" for one in tables])
            message = f"{named} are tables of rules, and one is read"
            raise TableError([first(Cell("", 1, 1), message, "keep the sheet that counts, and delete the others")])
        if sheet.sheet_state != "visible":
            raise TableError([first(Cell("", 1, 1), "the sheet of the rules is hidden", "show it")])
        if sheet.max_row > MAX_ROWS or sheet.max_column > MAX_COLUMNS:
            cell = Cell("", min(sheet.max_row, MAX_ROWS + 1), min(sheet.max_column, MAX_COLUMNS + 1))
            message = f"a table has at most {MAX_ROWS:,} rows and {MAX_COLUMNS} columns"
            help = "delete the empty rows and columns behind it"
            raise TableError([first(cell, message, help)])
        dates = {
            cell.column
            for cell in sheet[1]
            if (term := base.terms.get(str(cell.value).strip())) is not None and term.type == "date"
        }
        unseen = {n for n, row in sheet.row_dimensions.items() if row.hidden or row.height == 0}
        columns = {n for one in sheet.column_dimensions.values() if _unseen(one) for n in range(one.min, one.max + 1)}
        rows = [
            tuple(_cell(cell, cell.column in dates, cell.row in unseen or cell.column in columns) for cell in row)
            for row in sheet.iter_rows()
        ]
        return Sheet(shown, sheet.title, tuple(rows))
    message = f"no sheet of this workbook has `{ID}` in its cell A1, so it is no table of rules"
    help = "`salesdx table export` writes one"
    raise TableError([Issue("workbook", message, Place(shown, 1, 1, 1, 2), help)])


def _unseen(column: Any) -> bool:
    """Whether columns are not shown; those that the library read know which they are."""
    return (column.hidden or column.width == 0) and column.min is not None


def _cell(cell: Any, dated: bool, hidden: bool) -> Cell:
    """What a person sees in a cell; a fault for what is no text, number or truth."""
    value, fault = cell.value, ""
    if cell.data_type == "f":
        value, fault = "", "a formula stands here, and none is evaluated: write what it gives"
    elif cell.data_type == "e":
        value, fault = "", f"the spreadsheet shows the error `{value}` here"
    elif isinstance(value, datetime | date | time | timedelta) and not (dated and isinstance(value, datetime)):
        fault = "the spreadsheet made a date or a time of what was typed here: write a ' in front of it, as for a text"
    text = (cell_text(cell) if value not in (None, "") else "").replace("_x000D_", "").replace("\r\n", "\n")
    if text and not fault:
        fault = _otherwise(cell, text)
    return Cell(text, cell.row, cell.column, fault, hidden)


def _otherwise(cell: Any, text: str) -> str:
    """Why a cell shows something else than it holds; empty where it does not."""
    format, value = str(cell.number_format or GENERAL), cell.value
    if cell.font is not None and cell.font.strike:
        return "this is struck through: empty the cell, or take the line away"
    if isinstance(value, str):
        coded = _CODE.search(text)
        if coded is not None:
            return f"a spreadsheet shows `{coded[0]}` as another character: type that"
        same = format == "@" or ("@" not in format and format.count(";") < 3)
    elif isinstance(value, datetime):
        same = all(letter in format.lower() for letter in "ymd")
    elif isinstance(value, int | float) and not isinstance(value, bool):
        known = _NUMBER.fullmatch(format)
        decimals = len(text.rstrip("%").partition(".")[2])
        same = format in (GENERAL, "@") or (known is not None and decimals <= len(known[1] or ""))
    else:
        same = True
    return "" if same else f"its format `{format}` may show something else than `{text}`: give it a plain one"
