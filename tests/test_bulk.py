"""Many cases at once: rows are decided as cases, and what is wrong in a table is told by row and column."""

from __future__ import annotations

import datetime
import json
import pickle
import signal
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

import salesdx
from conftest import ROOT
from random_cases import random_case
from salesdx.base.model import RuleBase
from salesdx.bulk import bulk_run, spark_run
from salesdx.bulk.arrow_source import opened_source
from salesdx.bulk.cell_values import fifteen_digits, numbers_of
from salesdx.bulk.decider import Decider, EnginesDiffer
from salesdx.bulk.head_facts import FirmProfile
from salesdx.bulk.part_files import PartFolder
from salesdx.bulk.row_faults import RowFaults
from salesdx.bulk.wide_form import WideRows, wide_form, wide_rows
from salesdx.cli import cli
from salesdx.language.intervals import Interval

CASES = 60


@pytest.fixture(scope="module")
def base() -> RuleBase:
    return salesdx.load()


def run(*words: object) -> Result:
    return CliRunner().invoke(cli, list(map(str, words)), prog_name="salesdx", catch_exceptions=False)


def a_row(base: RuleBase, seed: int) -> dict[str, Any]:
    """A random case as one row: values, ends, and why there is none."""

    def cell(value: Any) -> Any:
        return float(value) if isinstance(value, Decimal) else value

    row: dict[str, Any] = {"case": f"c{seed}"}
    for name, fact in random_case(Random(seed), base).memory(base)._settled.items():
        kind = "disputed" if fact.disputed else "" if fact.value is not None else str(fact.unknown)
        if base.terms[name].computed or kind == "imprecise":
            continue
        if isinstance(fact.value, Interval):
            row |= {f"{name}.low": cell(fact.value.low), f"{name}.high": cell(fact.value.high)}
        elif fact.value is not None:
            row[name] = cell(fact.value)
        if kind:
            row[f"{name}.unknown"] = "excused" if fact.excused else kind
    return row


@pytest.fixture(scope="module")
def table(base: RuleBase) -> pa.Table:
    rows = [a_row(base, seed) for seed in range(CASES)]
    return pa.table({name: [row.get(name) for row in rows] for name in dict.fromkeys(n for row in rows for n in row)})


@pytest.fixture(scope="module")
def parquet(table: pa.Table, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("facts") / "facts.parquet"
    pq.write_table(table, path, row_group_size=25)
    return path


NO_PROFILE = FirmProfile()


def read(base: RuleBase, path: Path, profile: FirmProfile = NO_PROFILE) -> WideRows:
    """All rows of a small file."""
    source = opened_source(path)
    faults = RowFaults(source.shown, source.columns, source.first_line)
    form = wide_form(base, source.columns, profile, faults)
    faults.check()
    rows = wide_rows(
        form, pa.Table.from_batches(source.batches(form.names)).combine_chunks().to_batches()[0], 0, faults
    )
    faults.check()
    return rows


def decided(folder: Path, *columns: str) -> list[dict[str, Any]]:
    tables = [pq.read_table(part, partitioning=None) for part in sorted(folder.glob("part-*.parquet"))]
    rows: list[dict[str, Any]] = pa.concat_tables(tables).select(list(columns) or tables[0].column_names).to_pylist()
    return rows


def faults(path: Path, *more: object) -> str:
    """What a run tells of a table that is at fault; it ends with 1 and leaves nothing."""
    folder = path.parent / "out.parquet"
    result = run("bulk", path, "--output", folder, *more)
    assert result.exit_code == 1 and not list(path.parent.glob("out.parquet*")), result.output
    return result.stderr.replace(f"{path.parent}/", "")


# --- the same results -------------------------------------------------------------------------------------------------


def test_rows_are_decided_as_the_cases_that_they_are(base: RuleBase, parquet: Path) -> None:
    rows, decider = read(base, parquet), Decider.of(base)
    decider.check(rows, decider.decide(rows), range(CASES))


def test_a_difference_stops_the_run(base: RuleBase, parquet: Path) -> None:
    rows, decider = read(base, parquet), Decider.of(base)
    found = decider.decide(rows)
    found.unexamined[7] += 1
    decider.check(rows, found, range(7))
    with pytest.raises(EnginesDiffer, match=r"differ on case c7 \(`unexamined`"):
        decider.check(rows, found, range(8))


def test_the_folder_holds_words(parquet: Path, tmp_path: Path) -> None:
    result = run("bulk", parquet, "--output", tmp_path / "out.parquet", "--sample", 5)
    assert result.exit_code == 0 and result.output.startswith("60 cases, 0 of them one by one; 5 were checked beside")
    rows = decided(tmp_path / "out.parquet")
    assert [row["case"] for row in rows] == [f"c{seed}" for seed in range(CASES)]
    concluded = [row for row in rows if row["concluded"]]
    assert concluded and all(row[f"status_{row['concluded']}"] == "confirmed" for row in concluded)
    assert {row["termination"] for row in rows} >= {"not_reached"}
    assert all(isinstance(rule, str) for row in rows for rule in row["rules"])


def test_separated_values_a_folder_and_duckdb_give_the_same(parquet: Path, table: pa.Table, tmp_path: Path) -> None:
    wanted = tmp_path / "a"
    run("bulk", parquet, "--output", wanted, "--sample", 0)
    texts = [[None if cell is None else _written(cell) for cell in column.to_pylist()] for column in table.columns]
    separated, halves, database = tmp_path / "facts.csv", tmp_path / "halves", tmp_path / "facts.duckdb"
    pa.csv.write_csv(pa.table(texts, names=table.column_names), separated, pa.csv.WriteOptions(delimiter=";"))
    halves.mkdir()
    for number in (0, 1):
        pq.write_table(table.slice(30 * number, 30), halves / f"{number}.parquet")
    with duckdb.connect(str(database)) as connection:
        connection.execute(f"create table cases as select * from read_parquet('{parquet}')")
    for number, facts in enumerate((separated, halves, database)):
        result = run("bulk", facts, "--output", tmp_path / str(number), "--sample", 0)
        assert result.exit_code == 0, result.output
        assert decided(tmp_path / str(number)) == decided(wanted)


def _written(cell: Any) -> str:
    return str(cell).lower() if isinstance(cell, bool) else f"{cell:.6f}" if isinstance(cell, float) else str(cell)


def test_a_query_says_which_rows(parquet: Path, tmp_path: Path) -> None:
    database = tmp_path / "facts.duckdb"
    with duckdb.connect(str(database)) as connection:
        connection.execute(f"create table a as select * from read_parquet('{parquet}')")
        connection.execute("create table b (n integer)")
    assert "it has 2 tables: say with a query which rows (a, b)" in faults(database)
    assert "no_such" in faults(database, "--query", "select * from no_such")
    assert "disabled" in faults(database, "--query", f"select * from read_parquet('{parquet}')")
    query = 'select * from a order by cast(substr("case", 2) as integer) desc limit 3'
    assert run("bulk", database, "--query", query, "--output", tmp_path / "out").exit_code == 0
    assert [row["case"] for row in decided(tmp_path / "out")] == ["c59", "c58", "c57"]


def test_postgresql(tmp_path: Path, postgresql: Any) -> None:
    address = postgresql.url()
    query = "select 'a' as case, 76.5 as case_attainment_pct union all select 'b', 120 order by 1"
    result = run("bulk", address, "--query", query, "--output", tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert [row["mode"] for row in decided(tmp_path / "out")] == ["diagnosis", "success"]
    result = run("bulk", address, "--query", "select nothing", "--output", tmp_path / "no")
    assert result.exit_code == 1 and 'PostgreSQL says: column "nothing" does not exist' in result.stderr
    assert not list(tmp_path.glob("no*"))


def test_the_head_and_the_profile_state_what_a_case_file_would(base: RuleBase, tmp_path: Path) -> None:
    path, firm = tmp_path / "facts.csv", tmp_path / "firm.yaml"
    path.write_text(
        "case,subject,period_from,period_to,case_attainment_pct\n"
        "one,person:E-1,2026-07-01,2026-09-30,76\ntwo,company,,,101\n",
        "utf-8",
    )
    firm.write_text(
        "firm: WOOD\nfacts: {firm_ships_goods: {value: false, by: finance, kind: transaction data}}\n", "utf-8"
    )
    rows = read(base, path, bulk_run.profile_of_firm(base, firm, datetime.date(2026, 11, 30)))
    one, two = rows.case(0), rows.case(1)
    assert one.subject == {"kind": "person", "ref": "E-1"} and two.subject == {"kind": "company"}
    assert one.period == (datetime.date(2026, 7, 1), datetime.date(2026, 9, 30)) and two.period is None
    columns = rows.columns()
    assert columns.low["firm_ships_goods"].tolist() == [0, 0]
    stage = next(stage.id for stage in base.stages if stage.floor)
    assert (columns.floor[stage][base.ladder.subject_term] > 0).all()
    result = run("bulk", path, "--firm", firm, "--output", tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert [row["status_delivery"] for row in decided(tmp_path / "out")] == ["not_applicable", "not_run"]
    text = (
        path.read_text("utf-8")
        .replace("case_attainment_pct", "firm_ships_goods")
        .replace("76", "true")
        .replace("101", "")
    )
    path.write_text(text, "utf-8")
    assert "the profile of the firm states `firm_ships_goods` too" in faults(path, "--firm", firm)


def test_against_other_rules_only_what_changes_is_written(parquet: Path, tmp_path: Path) -> None:
    home = tmp_path / "ours"
    run("init", home)
    ladder = home / "knowledge" / "ladder.yaml"
    text = ladder.read_text("utf-8")
    ladder.write_text(text.replace("when: case_attainment_pct >= 100", "when: case_attainment_pct >= 90"), "utf-8")
    for folder, words in ((tmp_path / "a", ()), (tmp_path / "b", ("--home", home))):
        run("bulk", parquet, "--output", folder, "--sample", 0, *words)
    told = ("mode", "verdict", "concluded", "status_pricing")
    changed = {
        a["case"]: (a, b)
        for a, b in zip(decided(tmp_path / "a"), decided(tmp_path / "b"), strict=True)
        if any(a[key] != b[key] for key in a if key not in ("held", "rules", "unexamined", "decided"))
    }
    result = run("bulk", parquet, "--output", tmp_path / "out", "--against", home, "--sample", 3)
    assert changed and f"{len(changed)} of them change" in result.output
    rows = {row["case"]: row for row in decided(tmp_path / "out")}
    assert rows.keys() == changed.keys()
    for name, row in rows.items():
        assert [row[key] for key in told] == [changed[name][0][key] for key in told]
        assert [row[f"{key}_against"] for key in told] == [changed[name][1][key] for key in told]


# --- stopped, and started again ---------------------------------------------------------------------------------------


def test_a_run_that_was_killed_goes_on(parquet: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out.parquet"
    command = [sys.executable, str(ROOT / "cli.py"), "bulk", str(parquet), "--output", str(folder), "--sample", "0"]
    script = (
        "import runpy, sys; sys.path.insert(0, 'src'); from salesdx.bulk import arrow_source, bulk_run\n"
        "arrow_source.MOST_ROWS = bulk_run.PART_ROWS = 10\n"
        "import time; put = bulk_run.PartFolder.write\n"
        "bulk_run.PartFolder.write = lambda *told: (put(*told), time.sleep(0.4))\n"
        "sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0], run_name='__main__')"
    )
    with subprocess.Popen([sys.executable, "-c", script, *command[1:]], cwd=ROOT) as process:
        parts = tmp_path / "out.parquet.unfinished"
        deadline = time.monotonic() + 60
        while len(list(parts.glob("part-*"))) < 2 and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
    before = {path.name: path.read_bytes() for path in parts.glob("part-*")}
    assert not folder.exists() and 2 <= len(before) < 6
    subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
    assert not parts.exists()
    assert {name: (folder / name).read_bytes() for name in before} == before
    assert [row["case"] for row in decided(folder, "case")] == [f"c{seed}" for seed in range(CASES)]


def test_the_tasks_of_a_cluster_write_what_one_process_writes(
    base: RuleBase, parquet: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = opened_source(parquet)
    assert source.stretches(1) == [(0, 25), (25, 50), (50, 60)]
    assert source.stretches(30) == [(0, 50), (50, 60)] and source.stretches(1000) == [(0, 60)]
    monkeypatch.setattr(spark_run, "TASK_ROWS", 1)
    calls = []

    def here(master: str, task: Any, stretches: list[tuple[int, int]]) -> list[Any]:
        """What a cluster does that loses the first worker, and takes another one for what it had begun."""
        calls.append((master, stretches))
        copy = pickle.loads(pickle.dumps(task))
        return [copy(stretch) for stretch in (stretches[0], *reversed(stretches))][1:]

    monkeypatch.setattr(spark_run, "_on_cluster", here)
    result = run("bulk", parquet, "--output", tmp_path / "out", "--spark", "spark://there", "--sample", 4)
    assert result.exit_code == 0 and result.output.startswith("60 cases, 0 of them one by one; 4 were checked beside")
    assert calls == [("spark://there", [(0, 25), (25, 50), (50, 60)])]
    run("bulk", parquet, "--output", tmp_path / "alone", "--sample", 0)
    assert decided(tmp_path / "out") == decided(tmp_path / "alone")


def test_on_a_cluster_faults_come_back_from_the_tasks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spark_run, "_on_cluster", lambda master, task, stretches: list(map(task, stretches)))
    path = tmp_path / "facts.parquet"
    pq.write_table(pa.table({"case": ["a", "b"], "case_attainment_pct": [70, 5000]}), path)
    assert "facts.parquet:2:2: `case_attainment_pct` is outside its range" in faults(path, "--spark", "spark://there")
    separated = tmp_path / "facts.csv"
    separated.write_text("case\na\n", "utf-8")
    assert "tasks of a cluster take rows of Parquet" in faults(separated, "--spark", "spark://there")


def test_what_was_begun_with_other_facts_does_not_go_on(parquet: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    unfinished = tmp_path / "out.unfinished"
    unfinished.mkdir()
    (unfinished / "_run.json").write_text(json.dumps({"rules": "others"}), "utf-8")
    result = run("bulk", parquet, "--output", folder)
    assert result.exit_code == 1 and "was begun with other facts, rules or options" in result.stderr
    assert unfinished.is_dir() and not folder.exists()


def test_a_folder_of_somebody_else_is_not_written_over(parquet: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").touch()
    result = run("bulk", parquet, "--output", tmp_path / "out")
    assert result.exit_code == 1 and "holds no decisions: name another folder" in result.stderr
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["mine"]


def test_older_decisions_are_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "facts.csv"
    for told in ("a,70\nb,80\n", "c,120\n"):
        path.write_text("case,case_attainment_pct\n" + told, "utf-8")
        assert run("bulk", path, "--output", tmp_path / "out").exit_code == 0
    assert [row["case"] for row in decided(tmp_path / "out")] == ["c"]
    assert sorted(each.name for each in tmp_path.iterdir()) == ["facts.csv", "out"]


# --- faults -----------------------------------------------------------------------------------------------------------


def test_all_faults_of_a_table_are_told_at_once_by_line_and_column(tmp_path: Path) -> None:
    path = tmp_path / "facts.csv"
    path.write_text(
        "case,case_attainment_pct,goal_measurable,case_period_end,goal_share.low\n"
        "a,76,true,2026-09-30,\nb,1 200,maybe,2026-02-30,\n,5000,,,\n",
        "utf-8",
    )
    told = faults(path)
    assert "error[unknown-term] facts.csv:1:5: `goal_share.low` is no term" in told
    path.write_text(path.read_text("utf-8").replace(",goal_share.low", ",price_index_vs_competitor_pct.low"), "utf-8")
    told = faults(path)
    for words in (
        "error[type] facts.csv:3:2: `case_attainment_pct` must be a number, this is `1 200`",
        "error[type] facts.csv:3:3: `goal_measurable` must be `true` or `false`, this is `maybe`",
        "error[type] facts.csv:3:4: `case_period_end` must be a date, there is no `2026-02-30`",
        "error[empty] facts.csv:4:1: the row names no case",
        "error[range] facts.csv:4:2: `case_attainment_pct` is outside its range 0 to 1000",
        "5 faults in 1 file",
    ):
        assert words in told


def test_names_of_columns_that_are_nothing(tmp_path: Path) -> None:
    path = tmp_path / "facts.csv"
    path.write_text(
        "cases,case_atainment_pct,price_not_competitive,goal_measurable.low,goal_measurable.why,a,a\n", "utf-8"
    )
    told = faults(path)
    for words in (
        "did you mean `case_attainment_pct`?",
        "rules conclude it, so nobody states it",
        "`goal_measurable` is no number and no date, so it has no ends",
        "`goal_measurable.why` says nothing of `goal_measurable`",
        "the column `a` stands there twice",
        "there is no column `case`",
    ):
        assert words in told


def test_ends_and_kinds_of_unknown_that_do_not_fit(tmp_path: Path) -> None:
    path, term = tmp_path / "facts.csv", "price_index_vs_competitor_pct"
    path.write_text(
        f"case,{term},{term}.low,{term}.high,{term}.unknown\na,100,90,,\nb,,110,100,\nc,100,,,not known\n"
        "d,,,,disputed\ne,,,,notknown\nf,not_known,,,\n",
        "utf-8",
    )
    told = faults(path)
    for words in (
        f"facts.csv:2:2: `{term}` has a value and ends",
        f"facts.csv:3:3: the ends of `{term}` leave no value between them",
        f"facts.csv:4:5: `{term}` has a value and is unknown",
        f"facts.csv:5:5: `{term}` is disputed, so it lies between two ends",
        "did you mean `not known`?",
        f"why there is no value stands in the column `{term}.unknown`",
    ):
        assert words in told


def test_a_column_that_is_wrong_in_every_row_is_told_once_and_no_more(tmp_path: Path) -> None:
    path = tmp_path / "facts.parquet"
    pq.write_table(pa.table({"case": list(map(str, range(9_000))), "case_attainment_pct": ["x"] * 9_000}), path)
    told = faults(path)
    assert "the column `case_attainment_pct` has more faults; they are not told" in told and "21 faults" in told


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("facts.parquet", b"PAR1" + b"\0" * 100 + b"PAR1"),
        ("facts.parquet", b""),
        ("facts.csv", b""),
        ("facts.csv", b"\xff\xfe\0\0"),
        ("facts.csv", b"case\0,x\n"),
        ("facts.csv", b"case,case_attainment_pct\na,1\nb,2,3\nc\n"),
        ("facts.csv", b"case,case_attainment_pct\na,\xff\n"),
        ("facts.csv", b'case,case_attainment_pct\n"a,1\n'),
        ("facts.duckdb", b"no database"),
        ("gone.parquet", None),
    ],
)
def test_what_cannot_be_read(tmp_path: Path, name: str, data: bytes | None) -> None:
    if data is not None:
        (tmp_path / name).write_bytes(data)
    assert f"{name}:" in faults(tmp_path / name)


def test_columns_of_other_kinds_are_faults_and_no_traceback(tmp_path: Path) -> None:
    latin = pa.Array.from_buffers(pa.string(), 1, pa.array([b"\xff"]).buffers())
    amounts, name = pa.array([1.0]), pa.array(["a"])
    for at, (case, share) in enumerate(
        [
            (pa.array([b"\xff"]), amounts),
            (latin, amounts),
            (pa.array([[1]]), amounts),
            (name, latin),
            (name, pa.array([{"share": 1}])),
            (name, pa.array([[1.0]])),
            (name, pa.array([Decimal(10) ** 50], pa.decimal256(60, 2))),
        ]
    ):
        path = tmp_path / f"{at}.parquet"
        pq.write_table(pa.table({"case": case, "case_attainment_pct": share}), path)
        assert path.name in faults(path)


def test_single_precision_is_the_shortest_decimal_that_it_stands_for(base: RuleBase) -> None:
    term = base.terms["case_attainment_pct"]
    for cells in (
        pa.array([76.1, None, 3.0, 99.95], pa.float32()),
        pa.array([Decimal("76.10"), None, Decimal(3), Decimal("99.95")], pa.decimal256(50, 2)),
    ):
        values, wrong = numbers_of(term, cells)
        assert [None if np.isnan(each) else each for each in values] == [76.1, None, 3.0, 99.95] and not wrong.any()


def test_of_two_runs_one_writes_a_folder(parquet: Path, tmp_path: Path) -> None:
    folder = PartFolder(tmp_path / "out")
    with folder.alone():
        told = run("bulk", parquet, "--output", folder.path).stderr
        assert "another run writes" in told and "Traceback" not in told and not folder.unfinished.exists()
    assert list(tmp_path.iterdir()) == []
    assert run("bulk", parquet, "--output", folder.path).exit_code == 0


def test_lines_with_too_many_or_too_few_cells(tmp_path: Path) -> None:
    path = tmp_path / "facts.csv"
    path.write_text("case,case_attainment_pct\na,1\nb,2,3\nc\nd,4\n", "utf-8")
    told = faults(path)
    assert "error[ragged] facts.csv:3:1: this line has 3 cells, there are 2 columns" in told
    assert "error[ragged] facts.csv:4:1: this line has 1 cell" in told


# --- cells ------------------------------------------------------------------------------------------------------------


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False).map(lambda x: x or 1.0), min_size=1))
def test_fractions_are_rounded_as_those_of_a_workbook(numbers: list[float]) -> None:
    values = np.array(numbers)
    fifteen_digits(values)
    assert values.tolist() == [float(f"{number:.15g}") for number in numbers]


@given(st.lists(st.decimals(-10, 10, places=6) | st.none(), min_size=1))
def test_decimals_floats_and_texts_are_one_number(base: RuleBase, numbers: list[Decimal | None]) -> None:
    term = next(
        term for term in base.terms.values() if term.type == "number" and term.low is not None and term.low < -10
    )
    wanted = [float("nan") if number is None else float(number) for number in numbers]
    for cells in (
        pa.array(numbers, pa.decimal128(20, 6)),
        pa.array([None if number is None else float(number) for number in numbers], pa.float64()),
        pa.array([None if number is None else f"{number:f}" for number in numbers], pa.string()),
    ):
        values, wrong = numbers_of(term, cells)
        assert not np.any(wrong) and np.array_equal(values, wanted, equal_nan=True)
