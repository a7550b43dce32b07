"""Workbooks for what no system holds: one to fill in for each kind of sheet."""

from __future__ import annotations

from salesdx.facts.sheet_kinds import sheet_words


def sheet_kinds() -> dict[str, str]:
    """The kinds of sheets by name, each with what one row of it is."""
    return {name: kind.row for name, kind in sheet_words().kinds.items()}


def sheet_file(name: str) -> bytes:
    """The workbook of a kind of sheet, to be filled in. Raises ModuleNotFoundError without openpyxl."""
    from salesdx.facts.sheet_template import sheet_workbook

    return sheet_workbook(sheet_words().kinds[name])
