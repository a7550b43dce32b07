"""What a table that came back changes of the rules that it was exported from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from salesdx.authoring.tables.cell_words import CellFault, condition_of, same_condition
from salesdx.authoring.tables.entry_spans import EXPRESSIONS, FLAGS, LISTS, listed_cell
from salesdx.authoring.tables.grid import ALSO, ID, MARK, Cell, Sheet, TableError
from salesdx.authoring.tables.rule_table import KEYS, cells_of, row_digest, rule_digest
from salesdx.base.fields import RULE, RULE_ID
from salesdx.base.model import RuleBase
from salesdx.language.conditions import ConditionError
from salesdx.language.parsing import parse_condition
from salesdx.text.english import listed
from salesdx.text.issues import Issue, did_you_mean
from salesdx.text.printable import NOT_PRINTABLE, unprintable

ADDED, CHANGED, REMOVED = "added", "changed", "removed"
_DASHES = re.compile("[-–—‐‑‒−]+")
NEEDED = tuple(field.name for field in RULE.fields if field.required and field.name != "when")


@dataclass(frozen=True)
class RowChange:
    """A rule that a table has otherwise; ``cells`` are those that changed, or all of a rule that is added."""

    id: str
    how: str
    cells: Mapping[str, Cell] = field(default_factory=dict)
    parts: Mapping[str, str] = field(default_factory=dict)
    """Column of the condition -> what it says as a condition; empty where nothing stands there any more."""
    row: Cell | None = None
    after: str = ""
    """The rule in the row above, behind which a new one is put."""


@dataclass(frozen=True)
class TableChanges:
    """What a table changes, and the rules that are otherwise in the files than when it was exported."""

    home: str
    rows: tuple[RowChange, ...]
    kept: tuple[str, ...]


def changes_of(sheet: Sheet, base: RuleBase) -> tuple[TableChanges, list[Issue]]:
    """What the cells of a table that have no fault change of a rule base, and all faults of the others.

    Raises TableError where the first row has faults, so that no cell can be read.
    """
    table = _Table(sheet, base)
    return table.changes(), table.issues


class _Table:
    """A table that came back, read row by row; faults are collected."""

    def __init__(self, sheet: Sheet, base: RuleBase) -> None:
        self.sheet, self.base, self.issues = sheet, base, list[Issue]()
        self.kept: list[str] = []
        self.faulty: set[tuple[int, int]] = set()
        self.header = {cell.column: cell for cell in sheet.rows[0] if cell.text} if sheet.rows else {}
        self.mark = next((cell for cell in self.header.values() if cell.text.startswith(f"{MARK}:")), None)
        self.home, self.exported = self._mark()
        self.columns = {cell.text: cell.column for cell in self.header.values() if cell is not self.mark}

    def fault(self, cell: Cell, message: str, help: str = "", code: str = "table") -> None:
        self.issues.append(self.sheet.issue(cell, message, help, code))
        self.faulty.add((cell.row, cell.column))

    def _mark(self) -> tuple[str, dict[str, str]]:
        """The stage, and each rule of the table with what it was when it was exported."""
        words = self.mark.text.split() if self.mark is not None else []
        if self.mark is None or len(words) < 2 or words[1] not in self.base.home:
            message = "the column that begins with `mark:` is missing, or its stage is none of these rules"
            help = "export the table anew, and leave that column as it is"
            raise TableError([self.sheet.issue(self.mark or Cell("", 1, 1), message, help)])
        return words[1], {id: digest for id, _, digest in (word.partition("=") for word in words[2:])}

    def changes(self) -> TableChanges:
        self._check_characters()
        self._check_header()
        if self.issues:
            raise TableError(self.issues)
        rows = list(self._rows())
        seen: dict[str, Cell] = {}
        found: list[RowChange] = []
        above = ""
        for row in rows:
            cell = row[ID]
            if cell.text in seen:
                self.fault(
                    cell, f"the rule `{cell.text}` stands here twice", f"the first is in row {seen[cell.text].row}"
                )
                continue
            seen[cell.text] = cell
            found += self._row(row, above)
            above = cell.text
        ids = [rule.id for rule in self.base.rules_of[self.home]]
        found += [self._removed(id) for id in ids if id in self.exported and id not in seen]
        self.kept += [id for id in ids if id not in self.exported and id not in seen]
        return TableChanges(self.home, tuple(filter(None, map(self._faultless, found))), tuple(self.kept))

    def _faultless(self, change: RowChange) -> RowChange | None:
        """A change without the cells that have a fault; None where nothing is left, or a new rule has one."""
        sound = {c: cell for c, cell in change.cells.items() if (cell.row, cell.column) not in self.faulty}
        known = change.row is None or (change.row.row, change.row.column) not in self.faulty
        if change.how == REMOVED or (known and len(sound) == len(change.cells)):
            return change
        parts = {c: part for c, part in change.parts.items() if c in sound}
        return replace(change, cells=sound, parts=parts) if known and sound and change.how == CHANGED else None

    def _check_characters(self) -> None:
        for cell in (cell for cells in self.sheet.rows for cell in cells):
            if (found := NOT_PRINTABLE.search(cell.text)) is not None:
                self.fault(cell, *unprintable(found[0]), "not-printable")

    def _check_header(self) -> None:
        known = (*KEYS, ALSO, *self.base.terms)
        seen: set[str] = set()
        for cell in self.header.values():
            if cell is self.mark:
                continue
            if cell.text == "when":
                message = "a condition has no column of its own"
                self.fault(cell, message, f"it stands in the columns of its terms and in `{ALSO}`")
            elif cell.text not in known:
                message = f"there is no key of a rule and no term `{cell.text}` for this column"
                self.fault(cell, message, did_you_mean(cell.text, known))
            elif cell.text in seen:
                self.fault(cell, f"the column `{cell.text}` stands here twice")
            elif cell.fault:
                self.fault(cell, cell.fault)
            seen.add(cell.text)
        for column, ids in self._gone().items():
            message = f"the column `{column}` is gone, and {listed([f'`{id}`' for id in ids])} had something there"
            help = "export the table anew; an empty cell takes away what the rule says there"
            self.fault(Cell("", 1, 1), message, help)

    def _gone(self) -> dict[str, list[str]]:
        """Column that was exported and is there no more -> the rules that still say what stood there."""
        gone: dict[str, list[str]] = {}
        for rule in self.base.rules_of[self.home]:
            if self.exported.get(rule.id) == rule_digest(self.base, rule.id):
                for column in cells_of(self.base, rule).keys() - self.columns.keys():
                    gone.setdefault(column, []).append(rule.id)
        return gone

    def _rows(self) -> Iterator[dict[str, Cell]]:
        """Column -> cell, for each row that holds something; an empty cell where the row is shorter."""
        for cells in self.sheet.rows[1:]:
            if not any(cell.text or cell.fault for cell in cells):
                continue
            at = {cell.column: cell for cell in cells}
            number = cells[0].row
            for cell in cells:
                if cell.fault:
                    self.fault(cell, cell.fault)
                elif cell.text and cell.column not in self.header:
                    help = "write the key or the term of this column into the first row"
                    self.fault(cell, "this column has no name", help)
            row = {column: at.get(n, Cell("", number, n)) for column, n in self.columns.items()}
            mark = at.get(self.mark.column) if self.mark is not None else None
            yield row | {MARK: mark or Cell("", number, 1)}

    def _row(self, row: Mapping[str, Cell], above: str) -> list[RowChange]:
        id = row[ID].text
        texts = {column: cell.text for column, cell in row.items() if column != MARK}
        rule = self.base.rule.get(id)
        if rule is not None and rule.home == self.home and self._taken_over(id, texts):
            return []
        if not RULE_ID.fits(id):
            self.fault(row[ID], f"`{id}` is no id of a rule" if id else "this row has no id", RULE.fields[0].meaning)
        elif id not in self.exported:
            if rule is None:
                return self._added(row, above)
            where = f"it stands in {rule.place.path}:{rule.place.line}"
            self.fault(row[ID], f"there is a rule `{id}` already; an id is never used again", where)
        elif rule is None or rule.home != self.home:
            if _digests(row)[1] != row_digest(texts):
                message = f"the rule `{id}` was taken out of its file since this was exported, and is changed here"
                self.fault(row[ID], message, "export the table anew and change it there", "both-sides")
        elif other := next((o for o, was in self.exported.items() if was == _digests(row)[0] and o != id), ""):
            message = f"the last column of this row is that of the rule `{other}`, not of `{id}`"
            self.fault(row[ID], message, "sort whole rows; export the table anew and change it there")
        elif _digests(row)[0] != rule_digest(self.base, id):
            if _digests(row)[1] == row_digest(texts):
                self.kept.append(id)
            else:
                message = f"the rule `{id}` was changed in its file since this was exported, and is changed here"
                help = f"it stands in {rule.place.path}:{rule.place.line}; export the table anew and change it there"
                self.fault(row[ID], message, help, "both-sides")
        else:
            return self._changed(id, row)
        return []

    def _taken_over(self, id: str, texts: Mapping[str, str]) -> bool:
        """Whether a row says what its rule says already."""
        was = cells_of(self.base, self.base.rule[id])
        filled = {column: text for column, text in texts.items() if text}
        return all(self._same(column, filled.get(column, ""), was.get(column, "")) for column in was.keys() | filled)

    def _same(self, column: str, one: str, other: str) -> bool:
        """Whether two texts of a column mean the same, as `0` and `is 0` do."""
        if column not in self.base.terms and column != ALSO:
            return _alike(column, one, other)
        try:
            return same_condition(self._said(column, one), self._said(column, other))
        except (CellFault, ConditionError):
            return False

    def _changed(self, id: str, row: Mapping[str, Cell]) -> list[RowChange]:
        was = cells_of(self.base, self.base.rule[id])
        cells = {c: cell for c, cell in row.items() if c != MARK and cell.text != was.get(c, "")}
        parts = {c: self._part(c, cell) for c, cell in cells.items() if c in self.base.terms or c == ALSO}
        for column, made in list(parts.items()):
            if same_condition(made, self._said(column, was.get(column, ""))):
                del cells[column], parts[column]
        cells = {c: cell for c, cell in cells.items() if c in parts or not _alike(c, cell.text, was.get(c, ""))}
        for column, cell in cells.items():
            self._check_key(id, column, cell)
            if cell.hidden:
                message = f"this cell is hidden, and changes `{column}` of the rule `{id}`"
                self.fault(cell, message, "show its row and column, and look at it")
        held = {c for c in (*self.base.terms, ALSO) if c in was and c not in parts} | {c for c, p in parts.items() if p}
        if not held and not any((cell.row, cell.column) in self.faulty for cell in cells.values()):
            self.fault(row[ID], f"the rule `{id}` has no condition left", "a row that is deleted takes its rule out")
        return [RowChange(id, CHANGED, cells, parts, row[ID])] if cells else []

    def _added(self, row: Mapping[str, Cell], above: str) -> list[RowChange]:
        cells = {column: cell for column, cell in row.items() if column != MARK and cell.text}
        parts = {c: self._part(c, cell) for c, cell in cells.items() if c in self.base.terms or c == ALSO}
        id = row[ID].text
        if not parts:
            self.fault(row[ID], f"the rule `{id}` has no condition", f"fill in the column of a term, or `{ALSO}`")
        for key in NEEDED:
            if key not in cells:
                self.fault(row.get(key, row[ID]), f"the rule `{id}` has no `{key}`")
        for column, cell in cells.items():
            self._check_key(id, column, cell)
            if cell.hidden:
                self.fault(cell, f"this cell is hidden, and belongs to the new rule `{id}`", "show its row and column")
        return [RowChange(id, ADDED, cells, parts, row[ID], above)]

    def _removed(self, id: str) -> RowChange:
        if self.mark is not None and self.exported[id] != rule_digest(self.base, id):
            place = self.base.rule[id].place
            message = f"the rule `{id}` was changed in its file since this was exported, and its row is gone here"
            help = f"it stands in {place.path}:{place.line}; export the table anew and delete the row there"
            self.fault(self.mark, message, help, "both-sides")
        return RowChange(id, REMOVED)

    def _part(self, column: str, cell: Cell) -> str:
        """What a cell of the condition says as a condition; empty for an empty one, and where it has a fault."""
        if not cell.text or cell.fault:
            return ""
        try:
            if column != ALSO:
                return condition_of(self.base.terms[column], cell.text)
            parse_condition(cell.text)
            return " ".join(cell.text.split())
        except (CellFault, ConditionError) as error:
            self.fault(cell, error.message, error.help)
            return ""

    def _said(self, column: str, was: str) -> str:
        return condition_of(self.base.terms[column], was) if was and column != ALSO else was

    def _check_key(self, id: str, column: str, cell: Cell) -> None:
        """A key that is needed or can be looked up at once; the rest is told when the rules are loaded."""
        if cell.fault:
            return
        if column in KEYS and _DASHES.fullmatch(cell.text):
            self.fault(cell, f"`{cell.text}` says nothing", "leave the cell empty")
        elif column in NEEDED and not cell.text:
            self.fault(cell, f"the rule `{id}` has no `{column}`")
        elif column == "strength" and cell.text not in self.base.ladder.strengths:
            known = ", ".join(self.base.ladder.strengths)
            self.fault(cell, f"there is no strength `{cell.text}`", f"the strengths are {known}")
        elif column in FLAGS and cell.text.lower() not in ("yes", "no", "true", "false", ""):
            self.fault(cell, f"`{column}` is yes or no, not `{cell.text}`")


def _digests(row: Mapping[str, Cell]) -> tuple[str, str]:
    """What the rule and its row were when the table was exported."""
    rule, _, cells = row[MARK].text.partition(".")
    return rule, cells


def _alike(column: str, one: str, other: str) -> bool:
    """Whether two texts of a column that is no condition mean the same."""
    if column in LISTS:
        return listed_cell(one) == listed_cell(other)
    if column in EXPRESSIONS:
        return " ".join(one.split()) == " ".join(other.split())
    if column in FLAGS:
        return one.lower().replace("true", "yes").replace("false", "no") == other
    return one.strip() == other.strip()
