"""A workbook that came back -> the nodes of a questionnaire. Nothing in it is trusted, and nothing is evaluated."""

from __future__ import annotations

import io
import warnings
import zipfile
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_EVEN, Context
from typing import Any

from salesdx.questionnaire.workbook import COLUMNS, HEADER, HIDDEN, MISSING, SHEET, available, openpyxl
from salesdx.text.source import MAX_BYTES, Fault, Mapping, Node, Place, Scalar, Sequence, Text

_AS_SHOWN = Context(prec=15, rounding=ROUND_HALF_EVEN)
"""A cell holds a binary number, of which office programs show 15 digits: the rest is noise."""
MAX_UNPACKED = 4 << 20
MAX_PARTS = 100
MAX_ROWS = 2_000


class Unsafe(ValueError):
    """Why a workbook is not opened."""


def is_workbook(data: bytes) -> bool:
    """Whether the bytes are a workbook's."""
    return data[:4] == b"PK\x03\x04"


def read_workbook(data: bytes, shown: str, size: int = 0) -> tuple[Node | None, list[Fault]]:
    """A workbook as the nodes of a questionnaire, each in its cell; nothing in it is ever evaluated."""
    place = Place(shown, 1, 1, 1, 2)
    if len(data) > MAX_BYTES:
        message = f"the file has {max(size, len(data)):,} bytes, at most {MAX_BYTES:,} are read"
        return None, [Fault("too-large", message, place)]
    if not available():
        return None, [Fault("extra", f"this is an Excel workbook; {MISSING}", place)]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl tells what it leaves out of a workbook
            book = openpyxl("openpyxl").load_workbook(safe_copy(data), read_only=True)
            if not {SHEET, HIDDEN} <= set(book.sheetnames):
                message = f"this workbook has no sheets `{SHEET}` and `{HIDDEN}`, so it is no questionnaire"
                return None, [Fault("workbook", message, place)]
            return _nodes(book, shown), []
    except Unsafe as error:
        return None, [Fault("workbook", str(error), place)]
    except Exception:  # whatever a broken archive does to the library
        return None, [Fault("workbook", "this is no Excel workbook that can be read", place)]


def safe_copy(data: bytes) -> io.BytesIO:
    """The same archive with every part unpacked within limits. Raises Unsafe, and what zipfile raises."""
    copy, left = io.BytesIO(), MAX_UNPACKED
    names: set[str] = set()
    with zipfile.ZipFile(io.BytesIO(data)) as archive, zipfile.ZipFile(copy, "w") as made:
        for part in archive.infolist():
            if part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise Unsafe("the workbook is packed in a way that no office program uses")
            with archive.open(part) as file:
                content = file.read(left + 1)  # never more than is left, whatever the archive says of its size
            left -= len(content)
            if left < 0 or len(names) == MAX_PARTS:
                raise Unsafe(f"the workbook unpacks to more than {MAX_UNPACKED >> 20} MiB or {MAX_PARTS} parts")
            if part.filename in names:
                raise Unsafe("the workbook holds two parts of one name")
            plain = content.replace(b"\0", b"")  # UTF-16 hides nothing
            if b"<!DOCTYPE" in plain or b"<!ENTITY" in plain:
                raise Unsafe("the workbook holds XML with definitions of its own")
            names.add(part.filename)
            made.writestr(part.filename, content)
    return copy


class _Cell(Text):
    """The text of one cell; every part of it stands in the cell."""

    def __init__(self, text: str, shown: str, row: int, column: int) -> None:
        super().__init__(text, shown)
        self.row, self.column = row, column

    def place(self, start: int, end: int) -> Place:
        return Place(self.shown, self.row, self.column, self.row, self.column + 1)


def _nodes(book: Any, shown: str) -> Node:
    def scalar(text: str, row: int, column: int) -> Scalar:
        return Scalar(text, True, _Cell(text, shown, row, column), 0, len(text))

    def mapping(parts: list[tuple[str, Node]], row: int) -> Mapping:
        entries = tuple((scalar(key, row, 1), part) for key, part in parts)
        return Mapping(entries, _Cell("", shown, row, 1), 0, 0)

    head: dict[str, Node] = {}
    inner: dict[str, list[tuple[str, Node]]] = {}
    for cells in book[HIDDEN].iter_rows(1, 20, 1, 2):  # nobody sees these: their faults are the whole file's
        key, text = (cell_text(cell) for cell in cells)
        outer, _, name = key.partition(".")
        if name:
            inner.setdefault(outer, []).append((name, scalar(text, 1, 1)))
        elif key:
            head[key] = scalar(text, 1, 1)
    head |= {key: mapping(parts, 1) for key, parts in inner.items()}
    questions = []
    for row, cells in enumerate(book[SHEET].iter_rows(HEADER + 1, MAX_ROWS, 1, len(COLUMNS)), HEADER + 1):
        texts = [cell_text(cell) for cell in cells]
        parts = [(key, scalar(texts[n], row, n + 1)) for n, (key, _, _) in enumerate(COLUMNS) if key != "number"]
        if any(part.text for _, part in parts if isinstance(part, Scalar)):
            questions.append(mapping(list(parts), row))
    listed = Sequence(tuple(questions), _Cell("", shown, HEADER, 1), 0, 0)
    return mapping([*head.items(), ("questions", listed)], 1)


def cell_text(cell: Any) -> str:
    """What a person sees in a cell, as text. A formula is its own text."""
    value = cell.value
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case int() | float():
            number = _AS_SHOWN.create_decimal(repr(value))
            shown = "%" in (cell.number_format or "")  # the cell shows 91% and holds 0.91
            text = f"{number * 100 if shown else number:f}"
            return (text.rstrip("0").rstrip(".") if "." in text else text) + "%" * shown
        case datetime() if value.time() == time.min:
            return value.date().isoformat()
        case datetime():
            return value.isoformat(" ")
        case date() | time():
            return value.isoformat()
        case timedelta():
            return f"{value}"
        case str():
            return value.strip()
    return str(getattr(value, "text", "") or "?")
