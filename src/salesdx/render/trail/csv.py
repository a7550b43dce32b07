"""Tables as CSV for spreadsheets (RFC 4180)."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence

from salesdx.render.lines import clean

FORMULA = re.compile(r"(?![+-]?\d+(?:\.\d+)?$)[=+\-@]")
"""A text that a spreadsheet reads as a formula: it begins like one and is no number."""


def to_csv(rows: Iterable[Sequence[object]]) -> str:
    """Rows as CSV: None is empty, and a text that a spreadsheet would run gets an apostrophe before it.

    >>> to_csv([["a", None, "=1+1"]]).strip()
    "a,,'=1+1"
    """
    out = io.StringIO(newline="")
    csv.writer(out).writerows([_cell(cell) for cell in row] for row in rows)
    return out.getvalue()


def _cell(cell: object) -> object:
    if not isinstance(cell, str):
        return cell
    text = clean(cell)
    return f"'{text}" if FORMULA.match(text) else text
