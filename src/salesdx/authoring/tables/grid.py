"""A table as a spreadsheet holds it: rows of cells with their places, whatever the format of the file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from salesdx.questionnaire.workbook import letters
from salesdx.text.issues import Issue, IssuesError
from salesdx.text.source import Place

ID, ALSO, MARK = "id", "also", "mark"
"""The column of a rule's name, that of what no other column can say, and that of what was exported."""


class TableError(IssuesError):
    """A table cannot be taken over; ``issues`` holds all faults, sorted by place."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell; rows and columns count from 1. ``fault`` says why what stands there is no text, number or truth."""

    text: str
    row: int
    column: int
    fault: str = ""
    hidden: bool = False
    """Whether its row or column is not shown."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """The cells of a file that came back, up to the last one that holds something. ``name`` is empty in text files."""

    shown: str
    name: str
    rows: tuple[tuple[Cell, ...], ...]

    def issue(self, cell: Cell, message: str, help: str = "", code: str = "table") -> Issue:
        """A fault of a cell: its sheet and cell in words, its row and column as the place."""
        where = f"sheet `{self.name}`, cell {letters(cell.column)}{cell.row}: " if self.name else ""
        place = Place(self.shown, cell.row, cell.column, cell.row, cell.column + 1)
        return Issue(code, f"{where}{message}", place, help)


@dataclass(frozen=True, slots=True)
class RuleTable:
    """The rules of a stage or group: ``rows`` hold the text of each column that has one."""

    home: str
    columns: tuple[str, ...]
    rows: tuple[Mapping[str, str], ...]
    mark: str
    """The stage and the rules that were exported: what is missing when it comes back was taken out."""
    marks: Sequence[str]
    """For each row what its rule and the row itself were."""
    hints: Mapping[str, str]
    """What a reader of a column should know, by column."""
