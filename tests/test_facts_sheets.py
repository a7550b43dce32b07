"""Sheets that people keep by hand: the templates, and what is read of them when they come back."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from conftest import ROOT
from salesdx.base.loading import load
from salesdx.facts.canonical_tables import BOOLEAN, DATE, TEXT, canonical_schema
from salesdx.facts.draw import draw_facts
from salesdx.facts.drawn_terms import Definitions, definitions
from salesdx.facts.mapping import FirmMapping, read_mapping
from salesdx.facts.scope import Subject
from salesdx.facts.sheet_cells import cell_value
from salesdx.facts.sheet_kinds import NO, YES, SheetColumn, SheetKind, sheet_words
from salesdx.facts.sheet_rows import Grid, SheetError, SheetRows, read_sheets
from salesdx.facts.sheet_template import EXAMPLE, FIRST, HEADINGS, sheet_workbook
from salesdx.facts.warehouse import Warehouse
from salesdx.facts.windows import parse_window
from salesdx.text.issues import IssuesError

TODAY = date(2026, 9, 30)
KINDS = sheet_words().kinds
INTERVIEW = ["", "I-7", date(2026, 8, 3), "did not buy", "marketing", "price", "D-9"]


def grids(data: bytes) -> list[Grid]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    return [Grid(name, book.get_sheet_by_name(name).to_python(skip_empty_area=False)) for name in book.sheet_names]


def filled(kind: str, rows: Sequence[Sequence[object]], changed: Mapping[str, object] | None = None) -> list[Grid]:
    """The template of a kind with rows below the example, as it comes back."""
    book = openpyxl.load_workbook(io.BytesIO(sheet_workbook(KINDS[kind])))
    sheet = book.worksheets[0]
    for number, row in enumerate(rows, FIRST + 1):
        for place, value in enumerate(row, 1):
            sheet.cell(number, place).value = value  # type: ignore[assignment]
    for cell, value in (changed or {}).items():
        sheet[cell] = value
    buffer = io.BytesIO()
    book.save(buffer)
    return grids(buffer.getvalue())


def read(kind: str, rows: Sequence[Sequence[object]], changed: Mapping[str, object] | None = None) -> SheetRows:
    return read_sheets(filled(kind, rows, changed), f"{kind}.xlsx", TODAY)


def faults(kind: str, rows: Sequence[Sequence[object]], changed: Mapping[str, object] | None = None) -> list[str]:
    with pytest.raises(SheetError) as error:
        read(kind, rows, changed)
    return [f"{i.place.line}:{i.place.column} {i.code} {i.message} | {i.help}" for i in error.value.issues]


# --- templates --------------------------------------------------------------------------------------------------------


def test_every_sheet_fills_a_table_with_its_own_columns() -> None:
    tables = canonical_schema().tables
    named = {kind.table for kind in KINDS.values()}
    assert {"interviews", "coachings", "goals", "orders", "territories", "price_observations", "deals"} <= named
    for kind in KINDS.values():
        assert set(tables[kind.table].key) <= {column.name for column in kind.columns if column.required}, kind.name
        for column in kind.columns:
            of = tables[column.table or kind.table].columns[column.name]
            assert column.of == of
            assert not of.values or set(column.words) == set(of.values)
        for also in kind.also:
            assert also.columns.keys() <= tables[also.table].columns.keys()
            assert set(tables[also.table].key) <= also.columns.keys()
            assert also.needs in {column.name for column in kind.columns}


def test_no_two_sheets_are_taken_for_each_other() -> None:
    """Each is read back as what it is, and the example of a column is a value of it."""
    for name, kind in KINDS.items():
        found = read_sheets(grids(sheet_workbook(kind)), "a.xlsx", TODAY)
        assert (found.kind.name, found.rows, found.not_read) == (name, (), ())
        assert found.columns == tuple(column.name for column in kind.columns)


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_a_template_is_a_sheet_of_texts_with_lists_and_a_head_that_stays(kind: SheetKind) -> None:
    data = sheet_workbook(kind)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        sheets = [archive.read(name).decode() for name in archive.namelist() if name.startswith("xl/worksheets/")]
    assert not any("<f>" in text or "<f " in text for text in sheets)
    sheet = openpyxl.load_workbook(io.BytesIO(data)).worksheets[0]
    assert sheet.freeze_panes == f"B{FIRST}"
    assert sheet.cell(1, 1).value == kind.title
    titles = [cell.value for cell in sheet[HEADINGS][1:]]
    assert titles == [column.title + " *" * column.required for column in kind.columns]
    assert sheet.cell(FIRST, 1).value == EXAMPLE
    checked = {str(found.sqref).split(":")[0] for found in sheet.data_validations.dataValidation}
    for number, column in enumerate(kind.columns, 2):
        assert (sheet.cell(FIRST, number).coordinate in checked) == (bool(column.words) or column.of.type != TEXT)


def test_a_list_holds_the_words_of_the_column() -> None:
    book = openpyxl.load_workbook(io.BytesIO(sheet_workbook(KINDS["interviews"])))
    lists = [found for found in book.worksheets[0].data_validations.dataValidation if found.type == "list"]
    spans = [re.fullmatch(r"salesdx!\$([A-Z]+)\$1:\$[A-Z]+\$(\d+)", found.formula1 or "") for found in lists]
    words = [[book["salesdx"][f"{span[1]}{n}"].value for n in range(1, int(span[2]) + 1)] for span in spans if span]
    assert words == [list(column.words.values()) for column in KINDS["interviews"].columns if column.words]
    assert book["salesdx"].sheet_state == "veryHidden"


# --- what comes back --------------------------------------------------------------------------------------------------


def test_rows_come_back_with_the_words_of_the_table() -> None:
    found = read(
        "interviews", [INTERVIEW, ["late answer", 8, datetime(2026, 8, 4), "Won", "the SELLER ", "timing", None]]
    )
    assert found.rows[0] == {
        "interview_id": "I-7",
        "held_on": date(2026, 8, 3),
        "kind": "lost",
        "asked_by": "marketing",
        "reason": "price",
        "deal_id": "D-9",
    }
    assert found.rows[1] | {"held_on": None} == {
        "interview_id": "8",
        "held_on": None,
        "kind": "won",
        "asked_by": "seller",
        "reason": "timing",
        "deal_id": None,
    }


def test_moments_keep_their_hour_and_numbers_their_places() -> None:
    row = ["", "T-1", "C-1", datetime(2026, 8, 3, 9, 30), datetime(2026, 8, 3, 11, 45), None, 2, "yes"]
    (found,) = read("tickets", [row]).rows
    assert (found["opened_on"], found["first_answer_on"]) == (datetime(2026, 8, 3, 9, 30), datetime(2026, 8, 3, 11, 45))
    assert (found["solved_on"], found["contacts"], found["complaint"]) == (None, 2.0, True)


def test_a_sheet_of_a_firms_own_needs_the_titles_alone() -> None:
    """In any order, further down, with columns of its own, over several sheets; names of the table are titles."""
    first = Grid(
        "2025",
        [["Coaching 2025"], [], ["held_on", "Seller", "Mood", "planned_on"], [None, "S-1", "good", date(2025, 3, 2)]],
    )
    second = Grid("2026", [["SELLER *", "Planned  for", "Hours"], ["S-2", date(2026, 3, 2), 1.5]])
    other = Grid("remarks", [["nothing of this is read"]])
    found = read_sheets([first, other, second], "own.xlsx", TODAY)
    assert [row["person"] for row in found.rows] == ["S-1", "S-2"]
    assert (found.rows[1]["hours"], found.not_read) == (1.5, ("Mood",))


def test_the_example_is_left_out_and_never_half_of_it() -> None:
    assert read("interviews", [], {"A6": ""}).rows == ()
    (one,) = read("interviews", [], {"A6": "", "B6": "I-2"}).rows
    assert (one["interview_id"], one["reason"]) == ("I-2", "price")
    (fault,) = faults("interviews", [], {"B6": "I-2"})
    assert fault.startswith("6:1 example sheet `Interviews with buyers`, cell A6: this row is marked as the example")


def example_row(kind: SheetKind) -> list[object]:
    """A row that is right, and not the example."""
    row: list[object] = [""]
    for column in kind.columns:
        value = column.example
        if isinstance(value, bool):
            row.append(NO if value else YES)
        elif isinstance(value, datetime | date) and column.after == "":
            row.append(value - timedelta(days=1))
        else:
            row.append(column.words.get(str(value), value) if isinstance(value, str) else value)
    return row


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_every_kind_reads_a_row_back(kind: SheetKind) -> None:
    (found,) = read(kind.name, [example_row(kind)]).rows
    assert set(found) == {column.name for column in kind.columns}
    for column in kind.columns:
        wanted = column.example
        if isinstance(wanted, bool):
            assert found[column.name] is not wanted
        elif isinstance(wanted, date) and column.after == "":
            assert found[column.name] == wanted - timedelta(days=1)
        else:
            assert found[column.name] == wanted


VALUES = {
    "person": st.from_regex(r"[A-Z]-[0-9]{1,4}", fullmatch=True),
    "planned_on": st.none() | st.dates(date(2020, 1, 1), TODAY),
    "held_on": st.none() | st.dates(date(2020, 1, 1), TODAY),
    "hours": st.none() | st.integers(0, 2400).map(lambda n: n / 100),
    "note_by_both": st.none() | st.booleans(),
}


@given(st.lists(st.fixed_dictionaries(VALUES), max_size=8))
def test_whatever_rows_are_filled_in_come_back(rows: list[dict[str, object]]) -> None:
    words = {True: YES, False: NO}
    names = [column.name for column in KINDS["coachings"].columns]
    cells = [[words[row[name]] if isinstance(row[name], bool) else row[name] for name in names] for row in rows]  # type: ignore[index]
    head = [column.title for column in KINDS["coachings"].columns]
    assert list(read_sheets([Grid("a", [head, *cells])], "a.xlsx", TODAY).rows) == rows


# --- faults -----------------------------------------------------------------------------------------------------------


def test_all_faults_of_all_rows_at_once_each_with_sheet_row_and_column() -> None:
    rows = [
        ["", "I-1", "12.03.2026", "did not by", "marketing", "price", ""],
        ["", "", date(2026, 12, 3), "bought", "marketing", "prise", ""],
        ["", "I-3", 46093, "bought", "marketing", "price", "=HYPERLINK(1)"],
    ]
    grid = Grid("Talks", [["Note", *(c.title for c in KINDS["interviews"].columns)], *rows])
    with pytest.raises(SheetError) as error:
        read_sheets([grid], "talks.xlsx", TODAY)
    assert [str(i).splitlines()[0] for i in error.value.issues] == [
        "error[bad-date] talks.xlsx:2:3: sheet `Talks`, cell C2: `12.03.2026` is a text, not a date",
        "error[unknown-word] talks.xlsx:2:4: sheet `Talks`, cell D2: `did not by` is no word of the list",
        "error[cell] talks.xlsx:3:2: sheet `Talks`, cell B3: this is empty, and it is needed",
        "error[bad-date] talks.xlsx:3:3: sheet `Talks`, cell C3: 2026-12-03 is still to come",
        "error[unknown-word] talks.xlsx:3:6: sheet `Talks`, cell F3: `prise` is no word of the list",
        "error[bad-date] talks.xlsx:4:3: sheet `Talks`, cell C4: 46093 is a number, not a date",
        "error[formula] talks.xlsx:4:7: sheet `Talks`, cell G4: `=HYPERLINK(1)` begins like a formula",
    ]
    assert [i.help for i in error.value.issues][:6] == [
        "type 2026-03-12 or 2026-12-03",
        "did you mean `did not buy`?",
        "the row needs it: a number or a word, each once",
        "with day and month exchanged it is 2026-03-12",
        "did you mean `price`?",
        "give the cell the format of a date",
    ]


def test_day_and_month_exchanged_are_named() -> None:
    """By what cannot be, before the order; and by the column, where the days after the 12th are texts."""
    order = ["", "O-1", "C-1", "North", date(2026, 3, 6), "", date(2026, 3, 9), date(2026, 2, 4), "yes"]
    (fault,) = faults("otif", [order])
    assert "`Delivered on` is 2026-02-04, before `Ordered on`, 2026-03-06" in fault
    assert fault.endswith("with day and month exchanged it is 2026-04-02")
    days: list[object] = [date(2026, 4, 2), date(2026, 9, 1), date(2026, 1, 7), "17/03/2026", "30/03/2026"]
    rows = [["", f"T-{n}", "", day, "", "", 1, "no"] for n, day in enumerate(days)]
    found = faults("tickets", rows)
    assert found[0].startswith("4:4 bad-date") and "and 2 that do are texts: day and month were exchanged" in found[0]
    assert [line.split(" | ")[1] for line in found[1:]] == ["type 2026-03-17", "type 2026-03-30"]


@pytest.mark.parametrize(("score", "told"), [(0.8, "is this 0.8% or 80%?"), (1, "is this 1% or 100%?")])
def test_a_percentage_of_one_or_less_is_asked_back(score: float, told: str) -> None:
    (fault,) = faults("trainings", [["", "S-1", "Range", "", "yes", date(2026, 3, 2), "yes", score]])
    assert f"percentage sheet `Trainings of sellers`, cell H7: {told}" in fault


@pytest.mark.parametrize("score", [0, 1.5, 80, 100])
def test_other_percentages_are_what_they_are(score: float) -> None:
    (row,) = read("trainings", [["", "S-1", "Range", "", "yes", date(2026, 3, 2), "yes", score]]).rows
    assert row["score"] == score


@pytest.mark.parametrize("word", ["Total", "TOTAL:", "Sum", "Grand total", "Summe", "Durchschnitt", "Moyenne"])
def test_a_row_of_totals_is_refused_by_its_name(word: str) -> None:
    (fault,) = faults("interviews", [INTERVIEW, ["", word, "", "", "", "", 14]])
    assert "totals" in fault and f"`{word}` sums up other rows, and only rows are read" in fault


def test_a_total_of_a_unit_is_one_and_a_customer_of_that_name_is_none() -> None:
    order = ["", "O-1", "Total Energy", "North", date(2026, 3, 6), "", date(2026, 3, 9), date(2026, 3, 9), "yes"]
    assert len(read("otif", [order]).rows) == 1
    assert "`Total North` sums up" in faults("otif", [["", "Total North", "", "", "", "", "", "", "", ""]])[0]


def test_figures_in_place_of_rows_are_refused_by_their_titles() -> None:
    months = Grid("2026", [["Month", "Orders", "On time %", "Late (count)"], ["March", 120, 84, 19]])
    with pytest.raises(SheetError) as error:
        read_sheets([months], "otif.xlsx", TODAY)
    assert [i.message for i in error.value.issues] == [
        "sheet `2026`, cell C1: `On time %` is a figure over rows, and only rows are read",
        "sheet `2026`, cell D1: `Late (count)` is a figure over rows, and only rows are read",
    ]
    (fault,) = faults("otif", [], {"L4": "Win rate"})
    assert fault.startswith("4:12 totals") and "`Win rate` is a figure over rows, and this sheet holds rows" in fault


def test_a_title_that_is_missing_is_looked_for() -> None:
    (fault,) = faults("interviews", [INTERVIEW], {"C4": "Askd on"})
    assert fault.startswith("4:3 unknown-column") and fault.endswith(
        "no column has the title `Asked on` | is it `Askd on`?"
    )
    with pytest.raises(SheetError) as error:
        read_sheets([Grid("a", [["x", "y"]]), Grid("b", [])], "no.xlsx", TODAY)
    assert "no sheet of this workbook has the titles" in error.value.issues[0].message


NUMBER = next(column for column in KINDS["goals"].columns if column.name == "amount")
TEXTUAL = next(column for column in KINDS["goals"].columns if column.name == "unit")
WHEN = next(column for column in KINDS["goals"].columns if column.name == "from_on")
TRUTH = next(column for column in KINDS["otif"].columns if column.name == "complete")
WHOLE = next(column for column in KINDS["tickets"].columns if column.name == "contacts")


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        (NUMBER, "1.200", "bad-number"),
        (NUMBER, "1,200", "bad-number"),
        (NUMBER, "480 000", "bad-number"),
        (NUMBER, "€ 12", "bad-number"),
        (NUMBER, True, "bad-number"),
        (NUMBER, -1.0, "bad-number"),
        (NUMBER, float("inf"), "bad-number"),
        (NUMBER, float("nan"), "bad-number"),
        (NUMBER, date(2026, 1, 1), "bad-number"),
        (WHOLE, 1.5, "bad-number"),
        (TEXTUAL, "@SUM(A1)", "formula"),
        (TEXTUAL, "+cmd|'/c calc'!A0", "formula"),
        (TEXTUAL, "-x", "formula"),
        (TEXTUAL, date(2026, 3, 1), "cell"),
        (TEXTUAL, "a\u0007b", "cell"),
        (TEXTUAL, "x" * 501, "cell"),
        (WHEN, "31.02.2026", "bad-date"),
        (WHEN, "next week", "bad-date"),
        (WHEN, date(202, 3, 1), "bad-date"),
        (WHEN, True, "bad-date"),
        (TRUTH, "yess", "unknown-word"),
        (TRUTH, 1, "unknown-word"),
    ],
    ids=str,
)
def test_what_is_no_value_is_refused(column: SheetColumn, value: object, code: str) -> None:
    with pytest.raises(ValueError) as error:
        cell_value(column, value, TODAY)
    assert getattr(error.value, "code", "") == code


@pytest.mark.parametrize(
    ("column", "value", "read_as"),
    [
        (NUMBER, "12", 12.0),
        (NUMBER, "12.5", 12.5),
        (TEXTUAL, 311.0, "311"),
        (TEXTUAL, "-5", "-5"),
        (TEXTUAL, " North\u00a0East ", "North East"),
        (WHEN, "2026-03-12", date(2026, 3, 12)),
        (WHEN, datetime(2026, 3, 12, 8, 30), date(2026, 3, 12)),
        (TRUTH, True, True),
        (TRUTH, " No", False),
    ],
)
def test_what_can_be_read_in_one_way_is_read(column: SheetColumn, value: object, read_as: object) -> None:
    assert cell_value(column, value, TODAY) == read_as


@given(
    st.lists(
        st.lists(st.none() | st.text(max_size=6) | st.floats() | st.booleans() | st.dates(), max_size=9), max_size=6
    )
)
def test_whatever_stands_in_a_sheet_is_read_or_refused(cells: list[list[object]]) -> None:
    head = ["Note", *(column.title for column in KINDS["interviews"].columns)]
    try:
        rows = read_sheets([Grid("a", [head, *cells])], "a.xlsx", TODAY).rows
    except SheetError as error:
        assert all(issue.place.line >= 1 and "sheet `a`, cell " in issue.message for issue in error.issues)
    else:
        assert all(row["held_on"] <= TODAY and row["kind"] in ("lost", "won", "exit") for row in rows)  # type: ignore[operator]


# --- as sources of a mapping ------------------------------------------------------------------------------------------


def book_of(kind: str, rows: Sequence[Sequence[object]]) -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(sheet_workbook(KINDS[kind])))
    for row in rows:
        book.worksheets[0].append(list(row))
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def mapped(folder: Path, text: str, **sheets: bytes) -> FirmMapping:
    for name, data in sheets.items():
        (folder / f"{name}.xlsx").write_bytes(data)
    (folder / "ours.facts.yaml").write_text(text, encoding="utf-8")
    return read_mapping(folder / "ours.facts.yaml", "ours.facts.yaml")


def test_a_sheet_is_a_source_by_one_line(tmp_path: Path) -> None:
    talks = [
        ["", f"I-{n}", date(2026, 8, 3), "did not buy", "marketing", "price" if n else "product"] for n in range(12)
    ]
    help = [["", f"T-{n}", "", datetime(2026, 8, 3, 9), datetime(2026, 8, 3, 9 + n % 5)] for n in range(30)]
    text = "reads:\n  i: {interviews: talks.xlsx}\n  t: {tickets: help.xlsx}\ndata_until: max(i.held_on)\n"
    mapping = mapped(tmp_path, text, talks=book_of("interviews", talks), help=book_of("tickets", help))
    warehouse = Warehouse.opened(mapping)
    assert warehouse.settings.data_until == date(2026, 8, 3)
    assert warehouse.query("select count(*), count(distinct interview_id) from interviews").rows == ((12, 12),)
    august = parse_window("2026-08-01/2026-08-03")
    drawn = draw_facts(warehouse, load(), Subject(), august, defined=settled(definitions()))
    assert drawn.facts["product_lost_reason_share_pct"].best == pytest.approx(100 / 12, abs=1e-9)
    assert drawn.facts["service_first_response_hours"].best == 2
    assert drawn.facts["service_fcr_pct"].reason == "no column says when a ticket was solved"
    assert [source.rows for source in warehouse.settings.sources] == [12, 30]


def settled(found: Definitions) -> Definitions:
    return replace(found, terms={name: replace(term, settles=0) for name, term in found.terms.items()})


def test_a_sheet_adds_its_rows_to_those_of_a_system(tmp_path: Path) -> None:
    (tmp_path / "crm.csv").write_text("No,Kind,By,Day,Why\nA,lost,marketing,2026-08-01,price\n", encoding="utf-8")
    text = (
        "reads:\n  i: {interviews: talks.xlsx}\n  c: {csv: crm.csv}\ndata_until: 2026-08-31\ntables:\n"
        "  interviews: {from: c, interview_id: No, kind: Kind, asked_by: By, held_on: Day, reason: Why}\n"
    )
    warehouse = Warehouse.opened(mapped(tmp_path, text, talks=book_of("interviews", [INTERVIEW])))
    assert warehouse.query("select interview_id, deal_id from interviews order by 1").rows == (
        ("A", None),
        ("I-7", "D-9"),
    )


def test_decided_deals_hold_what_sellers_say_of_the_lost_ones(tmp_path: Path) -> None:
    """A second table out of one sheet, and none of it where nobody wrote a reason."""
    day = date(2026, 8, 3)
    blank = [""] * 9
    deals = [
        ["", "D-1", day, day, "lost", "S-1", *blank, "price"],
        ["", "D-2", day, day, "won", "S-1", *blank, ""],
        ["", "D-3", day, None, "still open", "S-1", *blank, "price"],
    ]
    text = "reads: {w: {winloss: deals.xlsx}}\ndata_until: 2026-08-31\n"
    warehouse = Warehouse.opened(mapped(tmp_path, text, deals=book_of("winloss", deals)))
    assert warehouse.query("select count(*) from deals").rows == ((3,),)
    found = warehouse.query("select interview_id, deal_id, kind, asked_by, held_on, reason from interviews").rows
    assert found == (("D-1", "D-1", "lost", "seller", day, "price"),)
    silent = [row[:-1] for row in deals]
    warehouse = Warehouse.opened(mapped(tmp_path, text, deals=book_of("winloss", silent)))
    assert (warehouse.has("deals.outcome"), warehouse.has("interviews")) == (True, False)


def test_the_faults_of_sheets_and_of_the_mapping_come_together(tmp_path: Path) -> None:
    text = (
        "reads:\n  i: {interviews: talks.xlsx}\n  w: {winloss: talks.xlsx}\n  g: {goals: none.xlsx}\n"
        "data_until: 2026-08-31\n"
    )
    bad = [["", "I-1", "3.8.2026", "won", "nobody", "price"], ["", "Total", "", "", "", 1]]
    with pytest.raises(IssuesError) as error:
        Warehouse.opened(mapped(tmp_path, text, talks=book_of("interviews", bad)))
    assert [str(issue).splitlines()[0].partition(":")[0] for issue in error.value.issues] == [
        *("error[unreadable] ours.facts.yaml", "error[sheet] talks.xlsx"),
        *("error[bad-date] talks.xlsx", "error[unknown-word] talks.xlsx", "error[totals] talks.xlsx"),
    ]
    assert error.value.issues[1].help == "it looks like `interviews`"


def test_the_page_on_mappings_has_every_fault_of_a_sheet() -> None:
    page = (ROOT / "docs" / "mappings.md").read_text(encoding="utf-8")
    room = ROOT / "src" / "salesdx" / "facts"
    text = "".join((room / f"{name}.py").read_text(encoding="utf-8") for name in ("sheet_rows", "sheet_cells"))
    codes = {*re.findall(r'code(?:: str)? ?= ?"([a-z-]+)"', text), *re.findall(r', "([a-z]+-?[a-z]+)"\)', text)}
    assert len(codes) >= 8
    assert codes <= set(re.findall(r"`([a-z-]+)`", page))


def test_types_are_those_of_the_table() -> None:
    """A date is one in the template as well, and a list of words is no other type than text."""
    for kind in KINDS.values():
        for column in kind.columns:
            assert (column.of.type == DATE) == isinstance(column.example, date) or column.example is None
            assert not column.words or column.of.type == TEXT
            assert column.of.type != BOOLEAN or isinstance(column.example, bool | None)
            assert not column.after or column.after in {other.name for other in kind.columns}
