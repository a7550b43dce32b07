"""The rules of a stage out into a table and back into their files, with what that means before anything is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from salesdx.authoring.checks import CHECKS, check_base
from salesdx.authoring.checks.check import NOTE
from salesdx.authoring.tables.decision_reading import decision_sheet
from salesdx.authoring.tables.decision_table import decision_table
from salesdx.authoring.tables.entry_spans import end_of, entry_of
from salesdx.authoring.tables.grid import Cell, Sheet, TableError
from salesdx.authoring.tables.row_changes import RowChange, TableChanges, changes_of
from salesdx.authoring.tables.rule_table import table_of
from salesdx.authoring.tables.rules_written import NotWritten, files_with
from salesdx.authoring.tables.text_sheets import separated_of, separated_sheet
from salesdx.authoring.tables.workbook_sheets import workbook_of, workbook_sheet
from salesdx.base.loading import load
from salesdx.base.model import RuleBase
from salesdx.questionnaire.workbook_reading import is_workbook
from salesdx.services.files import UserFile, read_user_file, write_together
from salesdx.text.issues import Issue, RuleBaseError
from salesdx.text.source import MAX_BYTES, Fault, Place, read_bytes
from salesdx.text.source import Mapping as MappingNode

XLSX, CSV, DMN = FORMATS = ("xlsx", "csv", "dmn")


@dataclass(frozen=True)
class TableImport:
    """What a table would change: nothing of it is written yet."""

    before: RuleBase
    after: RuleBase
    changes: TableChanges
    files: tuple[tuple[UserFile, str], ...]

    def newly_said(self) -> list[Issue]:
        """The errors and warnings of the checks on the rules with the changes that they did not have before."""
        known = {(issue.code, issue.message) for issue in check_base(self.before, CHECKS)}
        found = (issue for issue in check_base(self.after, CHECKS) if issue.severity != NOTE)
        return [issue for issue in found if (issue.code, issue.message) not in known]

    def write(self) -> None:
        """Write all files, or none where one was changed meanwhile. Raises FileError and RuleBaseError."""
        write_together(self.files)


def exported(base: RuleBase, home: str, format: str, separator: str = ",") -> bytes:
    """The rules of a stage or group as a file of a format. Raises TableError where it cannot be made."""
    if format == DMN:
        return decision_table(base, home)
    table = table_of(base, home)
    return workbook_of(table) if format == XLSX else separated_of(table, separator).encode()


def imported(path: Path, home: Path, why: str = "") -> TableImport:
    """What the table in a file changes of the rules in a folder. Raises TableError and RuleBaseError with all faults.

    ``why`` is the reason that a layer gives for the rules from below that it takes out.
    """
    before = load(home)
    sheet = _sheet(path, before)
    changes, issues = changes_of(sheet, before)
    texts, unwritten = files_with(before, changes, why)
    issues += [_not_written(sheet, fault) for fault in unwritten]
    paths = {home / name: text for name, text in texts.items()}
    after = before
    try:
        after = load(home, instead=paths)
    except RuleBaseError as error:
        issues += [_in_table(sheet, changes, texts, home, issue) for issue in error.issues]
    if issues:
        raise TableError(issues)
    files = tuple((read_user_file(at), text) for at, text in paths.items())
    return TableImport(before, after, changes, files)


def _sheet(path: Path, base: RuleBase) -> Sheet:
    data, size, faults = read_bytes(path, str(path))
    if data is not None and len(data) > MAX_BYTES:
        message = f"the file has {size:,} bytes, at most {MAX_BYTES:,} are read"
        faults = [Fault("too-large", message, Place(str(path), 1, 1, 1, 2))]
    if data is None or faults:
        raise TableError(map(Issue.of, faults))
    if path.suffix.lower() == f".{XLSX}" or is_workbook(data):
        return workbook_sheet(data, str(path), base)
    if path.suffix.lower() == f".{DMN}":
        return decision_sheet(data, str(path), base)
    return separated_sheet(data, str(path))


def _not_written(sheet: Sheet, fault: NotWritten) -> Issue:
    cell = fault.change.cells.get(fault.column) or fault.change.row or Cell("", 1, 1)
    return sheet.issue(cell, fault.message, fault.help)


def _in_table(sheet: Sheet, changes: TableChanges, texts: Mapping[str, str], home: Path, issue: Issue) -> Issue:
    """A fault of the files as they would be, at the cell that makes it; as it is where no cell does."""
    name = next((name for name in texts if str(home / name) == str(Path(issue.place.path))), None)
    for change in changes.rows if name is not None else ():
        entry = entry_of(texts[name], change.id) if name is not None else None
        cell = _cell(change, entry, issue) if entry is not None else None
        if cell is not None:
            return sheet.issue(cell, issue.message, issue.help, issue.code)
    return issue


def _cell(change: RowChange, entry: MappingNode, issue: Issue) -> Cell | None:
    """The cell of a rule that a fault of its entry comes from; None where the fault is not inside of the entry."""
    above = [key.text for key, _ in entry.entries if key.place.line <= issue.place.line]
    last = entry.file.place(end_of(entry) - 1, end_of(entry)).line
    if not above or issue.place.line > last:
        return None
    if above[-1] != "when":
        return change.cells.get(above[-1], change.row)
    blamed = [column for column, part in change.parts.items() if column in issue.message or part in issue.message]
    return change.cells.get((*blamed, *change.parts, "")[0], change.row)
