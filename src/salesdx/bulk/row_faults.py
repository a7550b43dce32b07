"""Faults of many rows: each with its file, line and column, and no more of them than somebody reads."""

from __future__ import annotations

from collections.abc import Sequence

from salesdx.text.issues import MAX_SHOWN, CaseError, Issue
from salesdx.text.source import Place

MOST_IN_A_COLUMN = 20
"""Faults of one column that are told: one fault of the program that wrote it stands in every row."""


class RowFaults:
    """Takes faults of the rows of one file. Raises CaseError with all of them once there are too many to read.

    ``first_line`` is the line of row 0: rows of a Parquet file are counted from 1, a file of separated values has the
    names of its columns above.
    """

    def __init__(self, shown: str, columns: Sequence[str], first_line: int) -> None:
        self.shown, self.columns, self.first_line = shown, list(columns), first_line
        self.issues: list[Issue] = []
        self._of_column: dict[str, int] = {}

    def add(self, code: str, message: str, row: int, column: str = "", help: str = "") -> None:
        """A fault in a row, of a column by its name."""
        self._of_column[column] = told = self._of_column.get(column, 0) + 1
        if told <= MOST_IN_A_COLUMN:
            self.issues.append(Issue(code, message, self._place(self.first_line + row, column), help))
        elif told == MOST_IN_A_COLUMN + 1:
            message = f"the column `{column}` has more faults; they are not told"
            self.issues.append(Issue(code, message, self._place(self.first_line + row, column)))
        if len(self.issues) >= MAX_SHOWN:
            raise CaseError(self.issues)

    def named(self, code: str, message: str, column: str, help: str = "") -> None:
        """A fault of the name of a column."""
        self.issues.append(Issue(code, message, self._place(1, column), help))

    def check(self) -> None:
        """Raise CaseError with the faults there are, if any."""
        if self.issues:
            raise CaseError(self.issues)

    def _place(self, line: int, column: str) -> Place:
        number = self.columns.index(column) + 1 if column in self.columns else 1
        return Place(self.shown, line, number, line, number + 1)
