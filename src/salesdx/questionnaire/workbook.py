"""A questionnaire as an Excel workbook. Only this module and its reader use openpyxl."""

from __future__ import annotations

import importlib
import importlib.util
import io
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from salesdx.base.model import NUMERIC, Term
from salesdx.case.statement import shown_value
from salesdx.questionnaire import INPUTS, NOT_APPLICABLE, NOT_KNOWN, Questionnaire

MISSING = "this needs openpyxl: pip install 'salesdx[xlsx]'"
SHEET, HIDDEN = "Questions", "salesdx"
HEADER = 4
"""The row of the columns' titles; the questions begin below it."""
COLUMNS: tuple[tuple[str, str, int], ...] = (
    ("number", "", 5),
    ("question", "Question", 44),
    ("answer_as", "Answer with", 24),
    ("look_in", "Look in", 24),
    ("how", "How to get it", 34),
    ("answer", "Answer", 16),
    ("kind", "What it rests on", 20),
    ("source", "Source: where it stands", 24),
    ("date", "As of which date", 14),
    ("reason", "Reason, if it does not apply", 24),
    ("note", "Remark", 28),
    ("term", "", 10),
)
"""Key, title and width in characters of each column; the last one is hidden."""
GUIDE = (
    "Answer what you know in the light cells, save the file and send it back to whoever sent it to you.",
    f"Where nobody knows, answer “{NOT_KNOWN}”; where the question does not apply, “{NOT_APPLICABLE}” with a reason. "
    "A rough number is an answer too: “80 to 85”, “over 80”, “about 80”, “March 2026”. What you leave open is skipped. "
    "No names of people, please.",
)


def available() -> bool:
    """Whether workbooks can be read and written here."""
    return importlib.util.find_spec("openpyxl") is not None


def write_workbook(form: Questionnaire) -> bytes:
    """A workbook with the questions on one sheet, and what identifies them on a hidden one."""
    book = openpyxl("openpyxl").Workbook()
    sheet, hidden = book.active, book.create_sheet(HIDDEN)
    sheet.title, hidden.sheet_state = SHEET, "veryHidden"
    book.properties.creator = "salesdx"
    book.properties.title = form.title
    _head(sheet, form)
    for row, (key, text) in enumerate(_flat(form), 1):
        put_text(hidden.cell(row, 1), key)
        put_text(hidden.cell(row, 2), text)
    for n, term in enumerate(form.questions, 1):
        _question(sheet, hidden, n, term, form.printed(term))
    _kinds(sheet, hidden, form)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def openpyxl(name: str) -> Any:
    """A module of the library, which is an extra."""
    return importlib.import_module(name)


def put_text(cell: Any, text: str) -> None:
    """A text that is never taken for a formula or a number, also when somebody edits it."""
    cell.value, cell.data_type, cell.quotePrefix = text, "s", text[:1] in "=+-@"


def put_heading(cell: Any, text: str) -> None:
    """The title of a column."""
    styles = openpyxl("openpyxl.styles")
    put_text(cell, text)
    cell.font = styles.Font(name="Calibri", bold=True, color="FFFFFF")
    cell.fill = styles.PatternFill("solid", fgColor="0550AE")
    cell.alignment = styles.Alignment(wrap_text=True, vertical="center")


def letters(column: int) -> str:
    """The letters of a column, counted from 1.

    >>> letters(1), letters(28)
    ('A', 'AB')
    """
    found = ""
    while column:
        column, rest = divmod(column - 1, 26)
        found = chr(ord("A") + rest) + found
    return found


def _head(sheet: Any, form: Questionnaire) -> None:
    styles = openpyxl("openpyxl.styles")
    for row, text in enumerate((form.title, *GUIDE), 1):
        put_text(sheet.cell(row, 2), text)
    sheet.cell(1, 2).font = styles.Font(name="Calibri", bold=True, size=14)
    for column, (key, title, width) in enumerate(COLUMNS, 1):
        cell = sheet.cell(HEADER, column)
        put_heading(cell, title)
        dimension = sheet.column_dimensions[cell.column_letter]
        dimension.width, dimension.hidden = width, key == "term"
    sheet.row_dimensions[HEADER].height = 33
    sheet.freeze_panes = sheet.cell(HEADER + 1, 3)
    sheet.protection.sheet = True
    for allowed in ("formatColumns", "formatRows", "formatCells"):
        setattr(sheet.protection, allowed, False)
    sheet.page_setup.orientation, sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = "landscape", 1, 0
    sheet.sheet_properties.pageSetUpPr = openpyxl("openpyxl.worksheet.properties").PageSetupProperties(fitToPage=True)
    sheet.print_title_rows = f"{HEADER}:{HEADER}"


def _question(sheet: Any, hidden: Any, n: int, term: Term, shown: Mapping[str, str]) -> None:
    styles = openpyxl("openpyxl.styles")
    row = HEADER + n
    how = "\n".join(filter(None, (shown.get("how", ""), shown.get("why", ""))))
    texts = {"number": str(n), **shown, "how": how}
    edge = styles.Side(style="thin", color="C9D1D9")
    lines = 1
    for column, (key, _, width) in enumerate(COLUMNS, 1):
        cell = sheet.cell(row, column)
        cell.alignment = styles.Alignment(wrap_text=True, vertical="top", horizontal="left")
        cell.border = styles.Border(bottom=edge)
        if key in INPUTS:
            cell.protection = styles.Protection(locked=False)
            cell.fill = styles.PatternFill("solid", fgColor="FFF8E1")
            cell.border = styles.Border(top=edge, bottom=edge, left=edge, right=edge)
            typed = key == "answer" and term.type != "date"  # of "March 2026" a program would make the first of March
            cell.number_format = "yyyy-mm-dd" if key == "date" else "General" if typed else "@"
        else:
            put_text(cell, texts.get(key, ""))
            lines = max(lines, sum(1 + len(part) // width for part in texts.get(key, "").splitlines()))
    sheet.row_dimensions[row].height = 15 * lines + 3
    _check(sheet, hidden, n, term)


def _kinds(sheet: Any, hidden: Any, form: Questionnaire) -> None:
    """The drop-down of the kinds of evidence, beside each question."""
    column = _letter(sheet, "kind")
    made = drop_down(hidden, 3, form.kinds)
    made.error = "Choose one of the kinds in the list, or leave it empty."
    made.add(f"{column}{HEADER + 1}:{column}{HEADER + max(1, len(form.questions))}")
    sheet.add_data_validation(made)


def _letter(sheet: Any, key: str) -> str:
    """The letter of a column."""
    return str(sheet.cell(1, 1 + [name for name, _, _ in COLUMNS].index(key)).column_letter)


def drop_down(hidden: Any, column: int, texts: Iterable[str]) -> Any:
    """A drop-down of texts, which stand in a column of the hidden sheet."""
    row = 0
    for row, text in enumerate(texts, 1):
        put_text(hidden.cell(row, column), text)
    letter = hidden.cell(1, column).column_letter
    made = cell_check()
    made.type, made.formula1 = "list", f"{HIDDEN}!${letter}$1:${letter}${row}"
    return made


def cell_check() -> Any:
    made = openpyxl("openpyxl.worksheet.datavalidation").DataValidation(allow_blank=True, showErrorMessage=True)
    made.errorTitle = "This is no answer here"
    return made


def _check(sheet: Any, hidden: Any, n: int, term: Term) -> None:
    """The drop-down of a choice, or the range of a number. A rough number is text, which is read when it comes back."""
    cell = f"{_letter(sheet, 'answer')}{HEADER + n}"
    words = (NOT_KNOWN, NOT_APPLICABLE)
    if term.type in ("boolean", "enum"):
        choices = [*(("yes", "no") if term.type == "boolean" else term.values), *words]
        made = drop_down(hidden, 3 + n, (choice.replace("_", " ") for choice in choices))
        made.error = "Choose one of the answers in the list."
    elif term.type in NUMERIC:
        limits = (
            f",{cell}>={term.low:f},{cell}<={term.high:f}" if term.low is not None and term.high is not None else ""
        )
        whole = f",{cell}=INT({cell})" if term.type == "integer" else ""
        made = cell_check()
        made.type = "custom"
        made.formula1 = f"IF(ISNUMBER({cell}),AND(TRUE{limits}{whole}),ISTEXT({cell}))"
        span = f" from {shown_value(term.low)} to {shown_value(term.high)}" if limits else ""
        kind = "whole number" if term.type == "integer" else "number"
        made.error = f"Write a {kind}{span}, or in words: “80 to 85”, “about 80”, “{words[0]}”, “{words[1]}”."
    else:
        return
    made.add(cell)
    sheet.add_data_validation(made)


def _flat(form: Questionnaire) -> Iterator[tuple[str, str]]:
    for key, part in form.to_dict().items():
        if isinstance(part, dict):
            yield from ((f"{key}.{inner}", text) for inner, text in part.items())
        elif key != "questions":
            yield key, ", ".join(part) if isinstance(part, list) else str(part)
