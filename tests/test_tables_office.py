"""Tables of rules through LibreOffice (`make spreadsheet`): what it stores, and what is typed in it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from conftest import ROOT
from salesdx.authoring.tables.grid import TableError
from salesdx.base.loading import shipped_home
from salesdx.base.model import RuleBase
from salesdx.services.rule_tables import exported, imported

OFFICE = os.environ.get("SALESDX_OFFICE", "")
SYSTEM_PYTHON = "/usr/bin/python3"
"""The Python for which Debian packages LibreOffice's own module."""
CSV_IN = {",": "CSV:44,34,76,1", ";": "CSV:59,34,76,1"}
CSV_OUT = "csv:Text - txt - csv (StarCalc):59,34,76,1"
pytestmark = pytest.mark.skipif(not OFFICE, reason="`make spreadsheet` runs these with LibreOffice")


def stored(folder: Path, paths: list[Path], kind: str, *more: str) -> list[Path]:
    """The files as LibreOffice stores them when it has opened them."""
    profile = f"-env:UserInstallation=file://{folder}/profile"
    command = [OFFICE, profile, "--headless", *more, "--convert-to", kind, "--outdir", str(folder), *map(str, paths)]
    subprocess.run(command, check=True, capture_output=True)
    return [folder / f"{path.stem}.{kind.partition(':')[0]}" for path in paths]


def exports(base: RuleBase, folder: Path, kind: str, separator: str = ",") -> list[Path]:
    """The tables of all stages that have rules."""
    folder.mkdir()
    paths = [folder / f"{home}.{kind}" for home in base.home if base.rules_of[home]]
    for path in paths:
        path.write_bytes(exported(base, path.stem, kind, separator))
    return paths


def test_what_it_stores_changes_nothing(base: RuleBase, tmp_path: Path) -> None:
    (tmp_path / "stored").mkdir()
    for path in stored(tmp_path / "stored", exports(base, tmp_path / "out", "xlsx"), "xlsx"):
        assert imported(path, shipped_home()).changes.rows == (), path.name


@pytest.mark.parametrize("separator", CSV_IN)
def test_text_files_go_through_it_and_back(separator: str, base: RuleBase, tmp_path: Path) -> None:
    for name in ("book", "text"):
        (tmp_path / name).mkdir()
    made = exports(base, tmp_path / "out", "csv", separator)
    books = stored(tmp_path / "book", made, "xlsx", f"--infilter={CSV_IN[separator]}")
    for path in (*books, *stored(tmp_path / "text", books, CSV_OUT)):
        assert imported(path, shipped_home()).changes.rows == (), path.name


def typed(base: RuleBase, folder: Path, *cells: str) -> Path:
    """The workbook of delivery with cells typed into it."""
    (folder / "in.xlsx").write_bytes(exported(base, "delivery", "xlsx"))
    command = [SYSTEM_PYTHON, str(ROOT / "tests/libreoffice_edit.py"), "in.xlsx", "out.xlsx", *cells]
    subprocess.run(command, cwd=folder, check=True)
    return folder / "out.xlsx"


def test_what_is_typed_in_it_is_taken_over(base: RuleBase, tmp_path: Path) -> None:
    found = imported(typed(base, tmp_path, "D2=< 80", "C6=Out of stock", "G3=<= 95"), shipped_home())
    assert [(row.id, {c: cell.text for c, cell in row.cells.items()}) for row in found.changes.rows] == [
        ("D1", {"delivery_otif_pct": "< 80"}),
        ("D2", {"case_attainment_pct": "<= 95"}),
        ("D5", {"title": "Out of stock"}),
    ]


def test_what_it_makes_of_a_decimal_comma_is_told(base: RuleBase, tmp_path: Path) -> None:
    with pytest.raises(TableError) as error:
        imported(typed(base, tmp_path, "D2=< 80,5"), shipped_home())
    assert [issue.message for issue in error.value.issues] == ["sheet `delivery`, cell D2: `80,5` has a decimal comma"]
