"""Tables from people who mean harm, or are careless: a table means what its reader sees, or is refused cell by cell."""

from __future__ import annotations

import csv
import io
import shutil
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.styles import Font

from conftest import ROOT
from salesdx.authoring.tables.row_changes import REMOVED
from salesdx.authoring.tables.rule_table import table_of
from salesdx.base.loading import load, shipped_home
from salesdx.base.model import RuleBase
from salesdx.services.rule_tables import exported, imported
from salesdx.text.issues import IssuesError
from test_tables import WAYS, edited, packed, parts_of, saved, texts


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """A whole copy of the shipped rules."""
    for room in ("knowledge", "rules"):
        shutil.copytree(shipped_home() / room, tmp_path / "rules" / room, ignore=shutil.ignore_patterns("cases"))
    return tmp_path / "rules"


OTIF, LEAD = ("D1", "delivery_otif_pct"), ("D4", "delivery_lead_time_ratio")


def said(path: Path, home: Path) -> list[str]:
    """What a table changes, each as `rule column: words`, or each fault as `row:column message`."""
    before = texts(home)
    try:
        rows = imported(path, home).changes.rows
    except IssuesError as error:
        assert texts(home) == before
        return [f"{i.place.line}:{i.place.column} {i.message.partition(': ')[2] or i.message}" for i in error.issues]
    gone = [f"{row.id} is gone" for row in rows if row.how == REMOVED]
    return [f"{row.id} {column}: {cell.text}" for row in rows for column, cell in row.cells.items()] + gone


def typed(rules: Path, tmp_path: Path, stage: str, where: tuple[str, str], value: Any) -> list[str]:
    return said(saved(tmp_path, "t.xlsx", edited(load(rules), stage, {where: value})), rules)


# --- round trips ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", WAYS)
def test_the_tables_of_the_example_layer_change_nothing(way: str, tmp_path: Path) -> None:
    firm = ROOT / "examples/firm"
    base = load(firm)
    for home in base.home:
        found = imported(saved(tmp_path, f"t.{way}", WAYS[way](base, home)), firm)
        assert (found.files, found.changes.rows, found.changes.kept) == ((), (), ()), home


STRANGE = r"""
- id: DX
  strength: weak
  when: >-
    delivery_otif_pct != 5 and delivery_backlog_ratio != 2 and goal_measurable != true and
    case_data_until > 2026-01-31 and goal_ack_date != 2026-01-01 and (delivery_otif_pct > 1.234 or otif_low)
  finding: strange
  because: "A \\ b ' c \" d; e, {delivery_otif_pct}"
  note: "=1+1 and é, 'quoted'"
  source: J
"""


@pytest.mark.parametrize("way", WAYS)
def test_what_a_table_can_hardly_say_comes_back(way: str, rules: Path, tmp_path: Path) -> None:
    with (rules / "rules/delivery.yaml").open("a", encoding="utf-8") as file:
        file.write(STRANGE)
    assert said(saved(tmp_path, f"t.{way}", WAYS[way](load(rules), "delivery")), rules) == []


# --- what is typed into a cell ----------------------------------------------------------------------------------------

CELLS: list[tuple[tuple[str, str], Any, str]] = [
    (("D1", "note"), "=cmd|'/c calc'!A1", "2:20 a formula stands here, and none is evaluated: write what it gives"),
    (("D1", "note"), "-", "2:20 `-` says nothing"),
    (("D1", "because"), "–", "2:19 `–` says nothing"),
    (("D1", "recommend"), "—", "2:17 `—` says nothing"),
    (("D1", "note"), "#N/A", "2:20 the spreadsheet shows the error `#N/A` here"),
    (("D1", "note"), "a\u202eb", "2:20 the character U+202E may not stand in a text file"),
    (("D1", "note"), "_x0041_", "2:20 a spreadsheet shows `_x0041_` as another character: type that"),
    (OTIF, "-", "2:4 the expression ends too early"),
    (OTIF, "< 1.234,5", "2:4 `,` cannot stand here"),
    (OTIF, "< 1.234", "2:4 `1.234` can be read as 1234 and as 1.234"),
    (OTIF, "< 1,234", "2:4 `1,234` can be read as 1234 and as 1.234"),
    (OTIF, "< 80,5", "2:4 `80,5` has a decimal comma"),
    (OTIF, "1e400", "2:4 `1e400` cannot stand here"),
    (OTIF, 1e300, "2:4 a number may have 30 digits"),
    (OTIF, "nan", "2:4 rule `D1`: reads `nan`, which is neither a term nor a finding"),
    (OTIF, "< 8²", "2:4 the character `²` is U+00B2 SUPERSCRIPT TWO; it cannot stand here"),
    (OTIF, "＜ 80", "2:4 the character `＜` is U+FF1C FULLWIDTH LESS-THAN SIGN; it cannot stand here"),
    (OTIF, "> 80 or 1 == 1", "2:4 `> 80 or 1 == 1` is more than one comparison of `delivery_otif_pct`"),
    (OTIF, "< \u00a080\u00a0", "D1 delivery_otif_pct: < \u00a080"),
    (OTIF, "80", "D1 delivery_otif_pct: 80"),
    (OTIF, 80, "D1 delivery_otif_pct: 80"),
    (OTIF, " < 80 ", "D1 delivery_otif_pct: < 80"),
    (("D1", "strength"), "ѕtrong", "2:2 there is no strength `ѕtrong`"),
    (("D1", "strength"), "weak ", "D1 strength: weak"),
    (("D1", "finding"), "lаte", "2:16 `lаte` is no name for a finding"),
    (("D４", "because"), "X", "`D４` is no id of a rule"),
]


@pytest.mark.parametrize(("where", "value", "expected"), CELLS, ids=[f"{w[1]} {v}" for w, v, _ in CELLS])
def test_a_cell_means_what_it_shows_or_is_refused(
    where: tuple[str, str],
    value: Any,
    expected: str,
    rules: Path,
    tmp_path: Path,
) -> None:
    found = typed(rules, tmp_path, "delivery", where, value)
    assert [one for one in found if expected in one], found


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (True, "G1 goal_measurable: yes"),
        ("TRUE", "G1 goal_measurable: TRUE"),
        ("is yes", "G1 goal_measurable: is yes"),
        ("WAHR", "2:5 `WAHR` is neither yes nor no"),
        ("ja", "2:5 `ja` is neither yes nor no"),
        (1, "2:5 `1` is neither yes nor no"),
        ("0", "2:5 `0` is neither yes nor no"),
    ],
)
def test_a_truth_is_yes_or_no(value: Any, expected: str, rules: Path, tmp_path: Path) -> None:
    assert "goal_measurable" in table_of(load(rules), "goals").columns
    assert typed(rules, tmp_path, "goals", ("G1", "goal_measurable"), value) == [expected]


@pytest.mark.parametrize(
    ("value", "format", "expected"),
    [
        (datetime(2026, 5, 3), "dd.mm.yyyy", "G1 goal_ack_date: 2026-05-03"),
        (46145, "yyyy-mm-dd", "G1 goal_ack_date: 2026-05-03"),
        (46145, "General", "rule `G1`: a date cannot be compared with a number"),
        (datetime(2026, 5, 3), "mm", "its format `mm` may show something else than `2026-05-03`: give it a plain one"),
        (datetime(2026, 5, 3, 10, 1), "yyyy-mm-dd", "`:` cannot stand here"),
        ("03.05.2026", "@", "`03.05.2026` cannot stand here"),
        ("> 2026-02-30", "@", "there is no date `2026-02-30`"),
    ],
)
def test_a_date_is_a_day(value: Any, format: str, expected: str, rules: Path, tmp_path: Path) -> None:
    def put(book: Any, at: Callable[[str, str], Any]) -> None:
        number = book.active.max_column + 1
        book.active.cell(1, number).value = "goal_ack_date"
        book.active.cell(2, number).value = value
        book.active.cell(2, number).number_format = format

    found = workbook(rules, tmp_path, put, "goals")
    assert len(found) == 1 and expected in found[0], found


# --- what a workbook shows --------------------------------------------------------------------------------------------


def workbook(rules: Path, tmp_path: Path, change: Callable[[Any, Any], object], stage: str = "delivery") -> list[str]:
    """What a workbook says after a change; ``at`` gives the cell of a rule and column, or a column's first."""
    book = openpyxl.load_workbook(io.BytesIO(exported(load(rules), stage, "xlsx")))
    sheet = book.active
    columns = {cell.value: cell.column for cell in sheet[1]}
    rows = {cells[0].value: cells[0].row for cells in sheet.iter_rows(min_row=2)}
    change(book, lambda id, column: sheet.cell(rows[id] if id else 1, columns[column]))
    book.save(tmp_path / "t.xlsx")
    return said(tmp_path / "t.xlsx", rules)


def hide_row(book: Any, at: Any) -> None:
    at(*LEAD).value = ">= 9"
    book.active.row_dimensions[at(*LEAD).row].hidden = True


def hide_column(book: Any, at: Any) -> None:
    at(*LEAD).value = ">= 9"
    book.active.column_dimensions[at(*LEAD).column_letter].hidden = True


def hide_unchanged(book: Any, at: Any) -> None:
    book.active.row_dimensions[at(*LEAD).row].hidden = True
    book.active.column_dimensions[at(*LEAD).column_letter].width = 0


def hide_sheet(book: Any, at: Any) -> None:
    book.create_sheet("notes")
    book.active.sheet_state = "veryHidden"


def second_sheet(book: Any, at: Any) -> None:
    book.copy_worksheet(book.active).cell(2, 5).value = "< 1"


def shown_as(format: str, value: Any, where: tuple[str, str] = OTIF) -> Callable[[Any, Any], None]:
    def put(book: Any, at: Any) -> None:
        at(*where).value, at(*where).number_format = value, format

    return put


def strike(book: Any, at: Any) -> None:
    at(*LEAD).font = Font(strike=True)


def strike_part(book: Any, at: Any) -> None:
    at("D1", "note").value = CellRichText("Rests ", TextBlock(InlineFont(strike=True), "not"), " on this.")


def header(text: str | None) -> Callable[[Any, Any], None]:
    return lambda book, at: setattr(at("", "note"), "value", text)


def without(column: str) -> Callable[[Any, Any], None]:
    return lambda book, at: book.active.delete_cols(at("", column).column)


def swap_ids(book: Any, at: Any) -> None:
    at("D4", "id").value, at("D5", "id").value = "D5", "D4"


def clear_row(book: Any, at: Any) -> None:
    for cell in book.active[at("D4", "id").row][:-1]:
        cell.value = None


def rename(book: Any, at: Any) -> None:
    at("D9", "id").value = "D90"


NOTE_GONE = "1:1 the column `note` is gone, and `D1`, `D2` and `D6` had something there"
SHEETS: list[tuple[Callable[[Any, Any], None], list[str]]] = [
    (hide_row, ["5:9 this cell is hidden, and changes `delivery_lead_time_ratio` of the rule `D4`"]),
    (hide_column, ["5:9 this cell is hidden, and changes `delivery_lead_time_ratio` of the rule `D4`"]),
    (hide_unchanged, []),
    (hide_sheet, ["1:1 the sheet of the rules is hidden"]),
    (second_sheet, ["1:1 `delivery` and `delivery Copy` are tables of rules, and one is read"]),
    (shown_as("0", 84.6), ["2:4 its format `0` may show something else than `84.6`: give it a plain one"]),
    (shown_as("0.0", 84.6), ["D1 delivery_otif_pct: 84.6"]),
    (shown_as(";;;", 84), ["2:4 its format `;;;` may show something else than `84`: give it a plain one"]),
    (shown_as("0,", 84000), ["2:4 its format `0,` may show something else than `84000`: give it a plain one"]),
    (shown_as("0%", 0.8), ["2:4 `%` cannot stand here"]),
    (
        shown_as(';;;"as it was"', "Never", ("D1", "note")),
        ['2:20 its format `;;;"as it was"` may show something else than `Never`: give it a plain one'],
    ),
    (strike, ["5:9 this is struck through: empty the cell, or take the line away"]),
    (strike_part, ["1:1 delete that part, or take the line away"]),
    (header("title"), ["1:20 the column `title` stands here twice", NOTE_GONE]),
    (header("nоte"), ["1:20 there is no key of a rule and no term `nоte` for this column", NOTE_GONE]),
    (header("Note"), ["1:20 there is no key of a rule and no term `Note` for this column", NOTE_GONE]),
    (header(None), [NOTE_GONE]),
    (without("note"), [NOTE_GONE]),
    (
        swap_ids,
        [
            "5:1 the last column of this row is that of the rule `D4`, not of `D5`",
            "6:1 the last column of this row is that of the rule `D5`, not of `D4`",
        ],
    ),
    (clear_row, ["5:1 this row has no id"]),
]


@pytest.mark.parametrize(("change", "expected"), SHEETS, ids=[f"{n} {c.__name__}" for n, (c, _) in enumerate(SHEETS)])
def test_a_workbook_means_what_it_shows_or_is_refused(
    change: Callable[[Any, Any], None],
    expected: list[str],
    rules: Path,
    tmp_path: Path,
) -> None:
    assert sorted(workbook(rules, tmp_path, change)) == sorted(expected)


def test_an_id_that_is_typed_anew_is_another_rule(rules: Path, tmp_path: Path) -> None:
    found = workbook(rules, tmp_path, rename)
    assert "D90 id: D90" in found and found[-1] == "D9 is gone"


def test_faults_of_cells_and_of_the_rules_they_make_come_at_once(rules: Path, tmp_path: Path) -> None:
    edits = {OTIF: "< 80,5", ("D4", "recommend"): "promise_dte", ("D5", "also"): "no_such > 1", ("D6", "note"): "-"}
    assert said(saved(tmp_path, "t.xlsx", edited(load(rules), "delivery", edits)), rules) == [
        "2:4 `80,5` has a decimal comma",
        "5:17 rule `D4`: `promise_dte` is no intervention",
        "6:15 rule `D5`: reads `no_such`, which is neither a term nor a finding",
        "7:20 `-` says nothing",
    ]


def test_all_rules_that_a_layer_needs_a_reason_for_are_told_at_once(base: RuleBase, tmp_path: Path) -> None:
    layer = tmp_path / "layer"
    layer.mkdir()
    (layer / "layer.yaml").write_text("extends: salesdx\n", encoding="utf-8")
    table = saved(tmp_path, "t.xlsx", edited(base, "delivery", {("D4", ""): None, ("D5", ""): None}))
    assert said(table, layer) == [
        f"1:1 the rule `{id}` comes from below, and a layer takes it out with a reason" for id in ("D4", "D5")
    ]


def test_elements_that_never_end_cost_nothing(base: RuleBase, rules: Path, tmp_path: Path) -> None:
    """Looking for merged cells took minutes in 300 kB of their beginnings."""
    parts, name = parts_of(exported(base, "delivery", "xlsx")), "xl/worksheets/sheet1.xml"
    parts[name] = parts[name].replace(b"</sheetData>", b"</sheetData>" + b"<mergeCell " * 300_000)
    begun = time.process_time()
    assert said(saved(tmp_path, "t.xlsx", packed(parts)), rules) == ["1:1 this is no Excel workbook that can be read"]
    assert time.process_time() - begun < 5


# --- text files -------------------------------------------------------------------------------------------------------

NOTE = "Where the gap is small"
FORMULA_TOLD = "3:20 a text that begins so has a ' in front"
LINES: list[tuple[str, str, list[str]]] = [
    (NOTE, "=HYPERLINK(1)", [FORMULA_TOLD]),
    (NOTE, "@SUM(1)", [FORMULA_TOLD]),
    (NOTE, "-1 of it", [FORMULA_TOLD]),
    (NOTE, "'=1 of it", ["D2 note: =1 of it the usual open orders are larger than all of it."]),
    ("< otif_very_low", "=5", ["D1 delivery_otif_pct: =5"]),
    ("< otif_very_low", "=cmd|x!A1", ["2:4 `|` cannot stand here"]),
    ("< otif_very_low", "+5", ["2:4 `+` cannot stand here"]),
    ("D1,strong", "D1,\tweak ", ["D1 strength: weak"]),
    ("\r\n", "\n", []),
    ("\ufeff", "", []),
    ("\ufeff", "\ufeff\ufeff", ["1:1 the character U+FEFF may not stand in a text file"]),
    ("D1,strong", "D1,str\rong", ["2:1 the character U+000D may not stand in a text file"]),
    ('"Only {', '"Only ""some"" {', ['D1 because: Only "some" {']),
    ('"Only {', '"Only\n{', ["D1 because: Only\n{"]),
    ("D1,strong", 'D1,"weak', ["2:1 ',' expected after '\"'"]),
    (".46f3ecc7fb48", ".46f3ecc7fb48,x", ["2:23 this column has no name"]),
]


@pytest.mark.parametrize(("old", "new", "expected"), LINES, ids=[repr(new) for _, new, _ in LINES])
def test_a_text_file_means_what_it_shows_or_is_refused(
    old: str,
    new: str,
    expected: list[str],
    rules: Path,
    tmp_path: Path,
) -> None:
    text = exported(load(rules), "delivery", "csv").decode()
    old = old if old in text else text[text.index("46f3ecc7fb48") - 1 :][:13]
    found = said(saved(tmp_path, "t.csv", text.replace(old, new, 1).encode()), rules)
    assert len(found) == len(expected) and all(e in f for e, f in zip(expected, found, strict=True)), found


def test_a_semicolon_file_of_a_country_with_commas(rules: Path, tmp_path: Path) -> None:
    rows = list(csv.reader(io.StringIO(exported(load(rules), "delivery", "csv").decode("utf-8-sig"))))
    rows[1][3], rows[2][5], rows[4][8] = "< 80,5", "1.234,50", "1.500"
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=";").writerows(rows)
    assert said(saved(tmp_path, "t.csv", buffer.getvalue().encode()), rules) == [
        "2:4 `80,5` has a decimal comma",
        "3:6 `,` cannot stand here",
        "5:9 `1.500` can be read as 1500 and as 1.500",
    ]


# --- DMN --------------------------------------------------------------------------------------------------------------

BESIDE = "beside the decision table `{}` is {}, and only the table is taken over"
ELEMENTS: list[tuple[tuple[str, str], str]] = [
    (("</inputData>", "<description>none</description></inputData>"),
     BESIDE.format("inputData_delivery_otif_pct", "changed")),
    (('name="delivery_rules"', 'name="other_rules"'), BESIDE.format("decide_delivery", "changed")),
    (("Every rule counts", "No rule counts"), BESIDE.format("rules_delivery", "changed")),
    (("</definitions>", '<decision id="q" name="q"/></definitions>'), BESIDE.format("q", "new")),
    (("</definitions>", '<businessKnowledgeModel id="q" name="q"/></definitions>'), BESIDE.format("q", "new")),
    (('id="inputData_delivery_otif_pct"', 'id="x"'), BESIDE.format("inputData_delivery_otif_pct", "gone")),
    ((" beside: ", " "), "nothing tells what stood beside the decision table when it was exported"),
    (("</inputExpression>", '</inputExpression><inputValues><text>"a"</text></inputValues>'),
     'the values `"a"` of the column `delivery_otif_pct`'),
    (("<input ", '<input label="Backlog" '), "the label `Backlog` over the column `delivery_otif_pct`"),
    (("<inputEntry>", '<inputEntry expressionLanguage="javascript">'), "the expression language `javascript`"),
    (("</rule>", "<annotationEntry><text>off</text></annotationEntry></rule>"), "the element `annotationEntry`"),
    (('"strong"', r'"str\u006fng"'), r"rules have no words for `\u` in a text; write the character itself"),
    (("</decisionTable>", "<input>" * 30_000 + "</input>" * 30_000 + "</decisionTable>"),
     "elements stand more than 32 deep in each other"),
    (('encoding="UTF-8"', 'encoding="ISO-8859-1"'), "the file is read as UTF-8, and says that it is ISO-8859-1"),
    (("&lt;", "&lt;&#x202e;"), "the character U+202E may not stand in a text file"),
    (("<definitions ", "<!DOCTYPE d [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><definitions "),
     "the file holds XML with definitions of its own"),
]  # fmt: skip


@pytest.mark.parametrize(("edit", "message"), ELEMENTS, ids=[message[:60] for _, message in ELEMENTS])
def test_a_decision_table_means_what_it_shows_or_is_refused(
    edit: tuple[str, str],
    message: str,
    base: RuleBase,
    rules: Path,
    tmp_path: Path,
) -> None:
    text = exported(base, "delivery", "dmn").decode()
    assert edit[0] in text
    found = said(saved(tmp_path, "t.dmn", text.replace(*edit, 1).encode()), rules)
    assert any(message in one for one in found), found


def test_a_drawing_and_extensions_beside_a_decision_table_are_left_alone(base: RuleBase, tmp_path: Path) -> None:
    text = exported(base, "delivery", "dmn").decode()
    drawn = '<d:DMNDI xmlns:d="https://www.omg.org/spec/DMN/20191111/DMNDI/"><d:DMNDiagram/></d:DMNDI></definitions>'
    kept = '<extensionElements><x xmlns="urn:y">1</x></extensionElements></inputData>'
    text = text.replace("</definitions>", drawn).replace("</inputData>", kept, 1)
    assert said(saved(tmp_path, "t.dmn", text.encode()), shipped_home()) == []
