"""A sheet that came back, or one of a firm's own with the same titles -> rows of its table, or all its faults."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from salesdx.facts.sheet_cells import UnfitCell, cell_value, empty, exchanged, exchanged_help, possible_days, shown_text
from salesdx.facts.sheet_kinds import SheetColumn, SheetKind, Value, heading_key, sheet_words
from salesdx.facts.sheet_template import EXAMPLE, NOTE, shown_example
from salesdx.questionnaire.workbook import letters
from salesdx.text.english import listed
from salesdx.text.issues import Issue, IssuesError, did_you_mean
from salesdx.text.source import Place

MAX_HEAD = 20
"""Rows from the top among which the titles are looked for."""
MAX_SHEET_FAULTS = 1_000
Row = dict[str, Value | None]


class SheetError(IssuesError):
    """A sheet cannot be read; ``issues`` holds all faults of all its rows, sorted by place."""


@dataclass(frozen=True, slots=True)
class Grid:
    """One sheet of a workbook as it stands there: its name, and the values of its cells from A1 on."""

    name: str
    rows: Sequence[Sequence[object]]


@dataclass(frozen=True, slots=True)
class SheetRows:
    """The rows of a sheet by the columns of the table that they fill, and the titles that are not read."""

    kind: SheetKind
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    not_read: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Found:
    """A sheet whose titles were recognised: in which row they stand, and in which place each column, from 0."""

    grid: Grid
    kind: SheetKind
    head: int
    at: Mapping[str, int]


def read_sheets(grids: Sequence[Grid], shown: str, today: date, kind: str = "") -> SheetRows:
    """The rows of all sheets of a workbook that have the titles of one kind, in their order: of the one that is named.

    ``shown`` is the path in messages. What stands in other sheets and in other columns is not read. Raises SheetError
    with every fault: its sheet, row and column.
    """
    found = _recognised(grids, shown, kind)
    faults: list[Issue] = []
    rows: list[Row] = []
    for each in found:
        reader = _Reader(each, shown, today, faults)
        rows += reader.rows()
        reader.exchanged_in_columns()
    if faults:
        raise SheetError(faults[:MAX_SHEET_FAULTS])
    of = found[0].kind
    columns = [column.name for column in of.columns if any(column.name in each.at for each in found)]
    return SheetRows(of, tuple(columns), tuple(rows), tuple(_not_read(found)))


def _titles(kind: SheetKind) -> dict[str, str]:
    return {heading_key(column.name): column.name for column in kind.columns} | {
        heading_key(column.title): column.name for column in kind.columns
    }


def _recognised(grids: Sequence[Grid], shown: str, kind: str) -> list[_Found]:
    """The sheets of the kind whose titles fit best, each with all titles that it must have."""
    tried = [found for grid in grids for found in _matches(grid)]
    wanted = [found for found in tried if kind in ("", found.kind.name)]
    if not wanted:
        raise SheetError(_unrecognised(grids, shown, kind, [found.kind.name for found in tried]))
    tried = wanted
    best = max(tried, key=lambda found: (len(found.at), len(found.at) / len(found.kind.columns)))
    same = [found for found in tried if found.kind is best.kind]
    faults = [issue for found in same for issue in _missing(found, shown)]
    if faults:
        raise SheetError(faults)
    return same


def _unrecognised(grids: Sequence[Grid], shown: str, kind: str, others: Sequence[str]) -> list[Issue]:
    """Why no sheet of a workbook is read: it holds figures, or is of another kind, or of none."""
    figures = [issue for grid in grids for issue in _only_figures(grid, shown)]
    if figures and not others:
        return figures[:MAX_SHEET_FAULTS]
    known = listed([f"`{each}`" for each in sheet_words().kinds])
    message = f"no sheet of this workbook has the titles of {f'`{kind}`' if kind else 'a sheet that is known'}"
    help = f"it looks like `{others[0]}`" if others else f"`salesdx facts sheet` writes one of {known}"
    return [Issue("sheet", message, Place(shown, 1, 1, 1, 2), help)]


def _matches(grid: Grid) -> Iterator[_Found]:
    """Each kind that has at least two titles, and half of those that it needs, in the row where it has most."""
    for kind in sheet_words().kinds.values():
        titles, best = _titles(kind), None
        needed = {column.name for column in kind.columns if column.required}
        for number, row in enumerate(grid.rows[:MAX_HEAD]):
            at: dict[str, int] = {}
            for place, value in enumerate(row):
                if isinstance(value, str) and (name := titles.get(heading_key(value))) is not None:
                    at.setdefault(name, place)
            if len(at) > (len(best.at) if best else 1):
                best = _Found(grid, kind, number, at)
        if best is not None and 2 * len(needed & set(best.at)) >= len(needed):
            yield best


def _others(found: _Found) -> Iterator[tuple[int, str]]:
    """The titles that belong to no column, with their places."""
    read = {*found.at.values()}
    for place, value in enumerate(found.grid.rows[found.head]):
        if place not in read and not empty(value) and heading_key(shown_text(value)) != heading_key(NOTE):
            yield place, shown_text(value)


def _is_figure(title: str) -> bool:
    words = " ".join(re.findall(r"\w+|[%#]", heading_key(title)))
    return any(f" {figure} " in f" {words} " for figure in sheet_words().figures)


def _only_figures(grid: Grid, shown: str) -> Iterator[Issue]:
    """The figures in the head of a sheet that has no titles of rows."""
    for row, cells in enumerate(grid.rows[:MAX_HEAD]):
        for place, value in enumerate(cells):
            if isinstance(value, str) and _is_figure(value):
                message = f"`{shown_text(value)[:40]}` is a figure over rows, and only rows are read"
                help = "`salesdx facts sheet` writes a sheet for the rows behind it"
                yield _issue(grid, shown, row, place, message, help, "totals")


def _missing(found: _Found, shown: str) -> Iterator[Issue]:
    """The columns that are needed and have no title, and the titles that are figures over rows."""
    others = dict(_others(found))
    for place, title in others.items():
        if _is_figure(title):
            message = f"`{title}` is a figure over rows, and this sheet holds rows: {_lower(found.kind.row)}"
            help = "take the column out; it is computed"
            yield _issue(found.grid, shown, found.head, place, message, help, "totals")
    for column in found.kind.columns:
        if column.required and column.name not in found.at:
            near = did_you_mean(column.title, others.values())
            at = next((place for place, title in others.items() if f"`{title}`" in near), 0)
            message, help = f"no column has the title `{column.title}`", near.replace("did you mean", "is it")
            yield _issue(found.grid, shown, found.head, at, message, help, "unknown-column")


def _not_read(found: Sequence[_Found]) -> dict[str, None]:
    return {title: None for each in found for _, title in _others(each)}


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _issue(grid: Grid, shown: str, row: int, place: int, message: str, help: str = "", code: str = "cell") -> Issue:
    """A fault of a cell, whose row and column count from 0 here: its sheet and cell in words."""
    cell = f"sheet `{grid.name}`, cell {letters(place + 1)}{row + 1}"
    return Issue(code, f"{cell}: {message}", Place(shown, row + 1, place + 1, row + 1, place + 2), help)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads the rows of one sheet and notes the faults of its cells."""

    found: _Found
    shown: str
    today: date
    faults: list[Issue]

    def fault(self, row: int, place: int, message: str, help: str = "", code: str = "cell") -> None:
        if len(self.faults) < MAX_SHEET_FAULTS:
            self.faults.append(_issue(self.found.grid, self.shown, row, place, message, help, code))

    def rows(self) -> Iterator[Row]:
        grid, head, at = self.found.grid, self.found.head, self.found.at
        notes = [
            place for place, value in enumerate(grid.rows[head]) if heading_key(str(value or "")) == heading_key(NOTE)
        ]
        for number, cells in enumerate(grid.rows[head + 1 :], head + 1):
            held = {name: cells[place] if place < len(cells) else None for name, place in at.items()}
            noted = any(place < len(cells) and heading_key(str(cells[place] or "")) == EXAMPLE for place in notes)
            if all(map(empty, held.values())) or (number == head + 1 and self._is_help(held)):
                continue
            if self._is_example(held):
                continue
            if noted:
                message = "this row is marked as the example, and says something else than the example"
                help = f"delete `{EXAMPLE}` if the row counts, else the row"
                self.fault(number, notes[0], message, help, "example")
            elif not self._sums_up(number, cells, held):
                yield self._row(number, held)

    def _is_help(self, held: Mapping[str, object]) -> bool:
        columns = {column.name: column for column in self.found.kind.columns}
        return any(value == columns[name].guide != "" for name, value in held.items())

    def _is_example(self, held: Mapping[str, object]) -> bool:
        """Whether a row is the template's example, cell for cell."""
        return all(
            empty(held.get(column.name)) if column.example is None else _same(column, held[column.name])
            for column in self.found.kind.columns
            if column.name in held
        )

    def _sums_up(self, number: int, cells: Sequence[object], held: Mapping[str, object]) -> bool:
        """Whether a row stands for others; then it is a fault, by the name that it has."""
        texts = ((n, heading_key(value)) for n, value in enumerate(cells) if isinstance(value, str) and value.strip())
        place, first = next(texts, (0, ""))
        words = first.rstrip(" :=").split(" ")
        needed = [column.name for column in self.found.kind.columns if column.required and column.name in held]
        short = any(empty(held[name]) for name in needed)
        known = sheet_words().totals
        if first.rstrip(" :=") not in known and not (short and words[0].rstrip(":") in known):
            return False
        message = f"`{shown_text(cells[place])[:40]}` sums up other rows, and only rows are read"
        self.fault(number, place, message, f"take this row out: {_lower(self.found.kind.row)}", "totals")
        return True

    def _row(self, number: int, held: Mapping[str, object]) -> Row:
        row: Row = {}
        for column in self.found.kind.columns:
            if column.name in held:
                try:
                    row[column.name] = cell_value(column, held[column.name], self.today)
                except UnfitCell as error:
                    self.fault(number, self.found.at[column.name], str(error), error.help, error.code)
        for column in self.found.kind.columns:
            if column.after and column.name in row and column.after in row:
                self._order(number, column, row[column.name], row[column.after])
        return row

    def _order(self, number: int, column: SheetColumn, later: object, earlier: object) -> None:
        if not isinstance(later, date) or not isinstance(earlier, date) or later >= earlier:
            return
        title = next(each.title for each in self.found.kind.columns if each.name == column.after)
        day, before = _day(later), _day(earlier)
        help = exchanged_help(day, lambda other: before <= other <= self.today)
        if not help and exchanged_help(before, lambda other: other <= day):
            help = f"with day and month exchanged `{title}` is {exchanged(before)}"
        message = f"`{column.title}` is {later}, before `{title}`, {earlier}"
        self.fault(number, self.found.at[column.name], message, help, "bad-date")

    def exchanged_in_columns(self) -> None:
        """Opened by a program of another country, days after the 12th stay texts: said once a column."""
        for column in self.found.kind.columns:
            place = self.found.at.get(column.name)
            if column.of.type != "date" or place is None:
                continue
            cells = [row[place] for row in self.found.grid.rows[self.found.head + 1 :] if place < len(row)]
            days = [_day(value) for value in cells if isinstance(value, date)]
            texts = [text for text in cells if isinstance(text, str) and one_reading(text)]
            if texts and len(days) >= 3 and all(day.day <= 12 for day in days):
                message = (
                    f"no date of `{column.title}` lies after the 12th of its month, and {len(texts)} that do are "
                    "texts: day and month were exchanged when the file was opened"
                )
                help = "read the file again with the dates of the country that it comes from"
                self.fault(self.found.head, place, message, help, "bad-date")


def one_reading(text: str) -> bool:
    """Whether a text is a date in one of the two ways of writing day and month, and not in the other."""
    day_first, month_first = possible_days(text.strip())
    return (day_first is None) != (month_first is None)


def _day(value: date) -> date:
    return value.date() if isinstance(value, datetime) else value


def _same(column: SheetColumn, value: object) -> bool:
    wanted = shown_example(column)
    if isinstance(value, datetime) and not isinstance(wanted, datetime):
        value = value.date()
    return value == wanted or shown_text(value) == shown_text(wanted)
