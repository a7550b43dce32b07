"""Statements settled in columns: the facts, floors and results of random cases are those that their case files give."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

import salesdx
from conftest import ROOT
from random_cases import fuzz_cases
from random_statements import FUTURE, TODAY, random_case, worked_cases
from salesdx.base.model import RuleBase
from salesdx.bulk.decider import Decider
from salesdx.bulk.head_facts import FirmProfile
from salesdx.bulk.long_form import LongRows, long_form, long_rows
from salesdx.bulk.row_faults import RowFaults
from salesdx.case.file import case_from_values
from salesdx.case.memory import WorkingMemory
from salesdx.case.statement import Statement, Unknown
from salesdx.cli import cli
from salesdx.engine.case_columns import KINDS, CaseColumns, case_columns
from salesdx.language.intervals import Interval
from second_model.base import read_base

NOT_ASKED = KINDS.index(Unknown.NOT_ASKED)
"""The same as nothing: somebody took back all that was said."""
CASES = fuzz_cases(150)


@pytest.fixture(scope="module")
def base() -> RuleBase:
    return salesdx.load()


@pytest.fixture(scope="module")
def rows(base: RuleBase) -> list[dict[str, Any]]:
    """Random cases as rows of a table, each a statement; numbers of more than 15 digits are shortened."""
    source = worked_cases(read_base(ROOT))
    found = []
    for seed in range(CASES):
        random = Random(seed)
        memory = case_from_values(random_case(random, source), base)
        head = {"case": f"c{seed:06}", **_head(memory)}
        said = [_row(term, each) for term, all in memory.statements.items() for each in all if term not in memory.fixed]
        for row in said:  # what random cases say seldom
            if random.random() < 0.02:
                row["date"] = random.choice((FUTURE, date(2025, 1, 2)))
            if random.random() < 0.02 and row["value"]:
                row |= {
                    "value": random.choice(("not_known", "not_applicable")),
                    "reason": random.choice((None, "none")),
                }
        found += [head | row for row in said if not base.terms[row["term"]].computed]
    return found


def _head(memory: WorkingMemory) -> dict[str, Any]:
    subject = ":".join(memory.subject[key] for key in ("kind", "ref") if key in memory.subject)
    begin, end = memory.period or (None, None)
    asked_by = memory.head.asked_by.by or None
    return {"subject": subject or None, "period_from": begin, "period_to": end, "asked_by": asked_by}


def _row(term: str, said: Statement) -> dict[str, Any]:
    exact = not isinstance(said.value, Interval)
    word = None if said.unknown is None else str(said.unknown).replace(" ", "_")
    low, high = (None, None) if exact else (said.value.low, said.value.high)  # type: ignore[union-attr]
    return {
        "term": term,
        "value": word or (_text(said.value) if exact else None),
        "low": _text(low),
        "high": _text(high),
        **{key: getattr(said, key) or None for key in ("by", "author", "kind", "source", "reason", "drawn")},
        "report": said.report and said.report.digest,
        "date": said.date,
        "withdrawn": not said.stands,
    }


def _text(value: Any) -> str | None:
    if isinstance(value, Decimal):
        return f"{Decimal(f'{value:.15g}'):f}"
    return None if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def as_table(rows: list[dict[str, Any]]) -> pa.Table:
    table = pa.Table.from_pylist(rows)
    texts = [field.with_type(pa.string()) if pa.types.is_null(field.type) else field for field in table.schema]
    return table.cast(pa.schema(texts))


def long_rows_of(base: RuleBase, rows: list[dict[str, Any]], profile: FirmProfile) -> LongRows:
    table = as_table(rows)
    faults = RowFaults("facts", table.column_names, 1)
    form = long_form(base, table.column_names, profile, faults)
    faults.check()
    found = long_rows(form, table.combine_chunks().to_batches()[0], 0, faults)
    faults.check()
    return found


def as_case_file(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The case of some rows, as a case file would have it."""
    head, facts = rows[0], dict[str, list[Any]]()
    for row in rows:
        ends = {key: row[key] for key in ("low", "high") if row[key] is not None}
        said = {"value": _plain(row["value"]) if row["value"] is not None else {k: _plain(v) for k, v in ends.items()}}
        said |= {key: row[key] for key in ("by", "author", "kind", "source", "reason", "drawn", "date") if row[key]}
        said |= {"report": {"name": "report.csv", "digest": row["report"]}} if row["report"] else {}
        said |= {"withdrawn": {"date": date(2026, 7, 1), "reason": "wrong"}} if row["withdrawn"] else {}
        facts.setdefault(row["term"], []).append(said)
    case: dict[str, Any] = {"case": head["case"], "facts": facts}
    if head["subject"]:
        case["subject"] = dict(zip(("kind", "ref"), head["subject"].split(":"), strict=False))
    if head["period_to"]:
        case["period"] = {"from": head["period_from"], "to": head["period_to"]}
    return case | ({"asked_by": {"by": head["asked_by"]}} if head["asked_by"] else {})


def _plain(text: str) -> Any:
    if text in ("true", "false"):
        return text == "true"
    try:
        return Decimal(text)
    except ArithmeticError:
        return date.fromisoformat(text) if text[:2] == "20" and text.count("-") == 2 else text


def cases_of(base: RuleBase, rows: list[dict[str, Any]]) -> list[WorkingMemory]:
    by_case: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        by_case.setdefault(row["case"], []).append(row)
    return [replace(case_from_values(as_case_file(each), base), today=TODAY) for each in by_case.values()]


def differences(found: CaseColumns, wanted: CaseColumns, base: RuleBase) -> list[Any]:
    """What the first is not that the second is: of each term both ends, the kind, and each floor."""
    none, zero, told = np.full(wanted.rows, np.nan), np.zeros(wanted.rows, np.uint8), list[Any]()
    for name in base.terms:
        parts = [(c.low.get(name, none), c.high.get(name, c.low.get(name, none))) for c in (found, wanted)]
        pairs = {"low": (parts[0][0], parts[1][0]), "high": (parts[0][1], parts[1][1])}
        kinds = (found.kind.get(name, zero), wanted.kind.get(name, zero))
        pairs["kind"] = tuple(np.where(each == NOT_ASKED, 0, each) for each in kinds)
        for stage in wanted.floor:
            pairs[stage] = (found.floor[stage].get(name, zero), wanted.floor[stage].get(name, zero))
        for part, (one, other) in pairs.items():
            differ = ~((one == other) | ((one != one) & (other != other)))
            told += [(int(row), name, part, one[row], other[row]) for row in np.flatnonzero(differ)]
    return told


def test_statements_settle_in_columns_as_in_case_files(base: RuleBase, rows: list[dict[str, Any]]) -> None:
    found = long_rows_of(base, rows, FirmProfile(today=TODAY)).columns()
    wanted = case_columns(base, cases_of(base, rows))
    assert found.rows == wanted.rows > 0.9 * CASES
    assert differences(found, wanted, base) == []
    assert found.beside is not None and wanted.beside is not None
    assert found.beside.tolist() == wanted.beside.tolist()
    kinds = {int(kind) for column in found.kind.values() for kind in column}
    assert len(kinds) >= 5 and any(len(np.unique(column)) > 2 for column in found.floor["individual"].values())


def test_each_case_alone_is_what_the_columns_hold(base: RuleBase, rows: list[dict[str, Any]]) -> None:
    long = long_rows_of(base, rows, FirmProfile(today=TODAY))
    alone = case_columns(base, [long.case(row) for row in range(long.heads.rows)])
    assert differences(long.columns(), alone, base) == []


def test_the_results_are_those_of_the_other_engines(base: RuleBase, rows: list[dict[str, Any]]) -> None:
    long, decider = long_rows_of(base, rows, FirmProfile(today=TODAY)), Decider.of(base)
    found = decider.decide(long)
    decider.check(long, found, range(0, long.heads.rows, 5))
    concluded, words = found.choices["concluded"]
    assert {words[code] for code in concluded if code >= 0} >= {"individual", "pricing"}


def test_a_profile_counts_as_statements_beside_the_case(base: RuleBase, rows: list[dict[str, Any]]) -> None:
    said = tuple(Statement(value, by="finance", kind="transaction data", author="Ana") for value in (True, False))
    profile = FirmProfile(None, {"firm_ships_goods": (replace(said[0], of_firm=True),)}, TODAY)
    few = [row for row in rows if row["case"] < "c000040"]
    long = long_rows_of(base, few, profile)
    alone = case_columns(base, [long.case(row) for row in range(long.heads.rows)])
    assert differences(long.columns(), alone, base) == []
    assert not np.isnan(long.columns().low["firm_ships_goods"]).all()


# --- as a command -----------------------------------------------------------------------------------------------------


def run(tmp_path: Path, table: pa.Table | str, *words: str) -> Any:
    path = tmp_path / ("said.csv" if isinstance(table, str) else "said.parquet")
    if isinstance(table, str):
        path.write_text(table, "utf-8")
    else:
        pq.write_table(table, path)
    return CliRunner().invoke(
        cli, ["bulk", str(path), "--output", str(tmp_path / "out"), *words], catch_exceptions=False
    )


def test_cases_are_whole_wherever_a_batch_ends(
    rows: list[dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = [row for row in rows if row["case"] < "c000030"]
    found = []
    for number, size in enumerate((1 << 16, 97)):
        monkeypatch.setattr("salesdx.bulk.arrow_source.MOST_ROWS", size)
        monkeypatch.setattr("salesdx.bulk.bulk_run.PART_ROWS", 5 * size)
        folder = tmp_path / str(number)
        folder.mkdir()
        result = run(folder, as_table(few), "--sample", "8")
        cases = len({row["case"] for row in few})
        assert result.exit_code == 0 and result.output.startswith(f"{cases} cases, "), result.output
        parts = sorted((folder / "out").glob("part-*"))
        assert len(parts) > number
        found.append(pa.concat_tables([pq.read_table(part) for part in parts]).to_pylist())
    assert found[0] == found[1]


def test_a_computed_term_that_somebody_states_is_decided_case_by_case(base: RuleBase, tmp_path: Path) -> None:
    term = next(term for term in base.terms.values() if term.computed and term.low is not None)
    result = run(tmp_path, f"case,term,value\na,{term.name},{term.low}\nb,case_attainment_pct,70\n")
    assert result.output.startswith("2 cases, 1 of them one by one; 2 were checked beside"), result.output


def test_every_fault_of_a_statement_is_told_by_row(tmp_path: Path) -> None:
    result = run(
        tmp_path,
        "case,subject,period_from,period_to,term,value,low,high,by,author,kind,date,report,reson\n",
    )
    assert "a statement has no column `reson`" in result.stderr and "did you mean `reason`?" in result.stderr
    result = run(
        tmp_path,
        "case,subject,period_from,period_to,term,value,low,high,by,author,kind,date,report\n"
        "a,company,2026-07-01,2026-09-30,case_atainment_pct,1,,,,,,,\n"
        "a,company,2026-07-01,2026-09-30,case_attainment_pct,much,,,financ,a b,opinions,2026-13-01,12\n"
        "a,territory,2026-07-01,2026-09-30,goal_measurable,,true,,,,,,\n"
        "a,company,2026-07-01,2026-09-30,case_subject,person,,,,,,,\n"
        "a,company,2026-07-01,2026-09-30,case_reached_amount,5,6,7,hr,,,,\n"
        "a,company,2026-07-01,2026-09-30,case_reached_amount,,7,6,finance,,,,\n"
        "a,company,2026-07-01,2026-09-30,case_reached_amount,,5,6,finance,,,,\n"
        "b,,,,case_attainment_pct,70,,,,,,,\na,,,,case_attainment_pct,70,,,,,,,\n",
    )
    assert result.exit_code == 1 and not (tmp_path / "out").exists()
    for line, words in (
        (2, "the ladder has no term `case_atainment_pct`"),
        (3, "`case_attainment_pct` must be a number, this is `much`"),
        (3, "the ladder has no respondent `financ`"),
        (3, "`author` must be letters"),
        (3, "the ladder has no kind of evidence `opinions`"),
        (3, "`date` must be a date, there is no `2026-13-01`"),
        (3, "`report` must be a SHA-256 digest"),
        (4, "`subject` is another one than in the first row of the case"),
        (4, "what is no number and no date has no ends"),
        (5, "`case_subject` is something else in the head of the case"),
        (6, "the row has a value and ends"),
        (7, "the ends leave no value between them"),
        (8, "one voice states `case_reached_amount` twice"),
        (10, "the case `a` stands behind a later one"),
    ):
        assert any(f"said.csv:{line}:" in told and words in told for told in result.stderr.splitlines()), words
