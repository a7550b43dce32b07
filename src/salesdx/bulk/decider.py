"""Batches of rows -> what the rules say of them; what columns cannot hold is decided case by case."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pyarrow as pa

from salesdx.base.model import RuleBase
from salesdx.bulk.case_heads import CaseHeads
from salesdx.bulk.cell_values import Numbers
from salesdx.bulk.decided_rows import DecidedRows, decided_rows, rows_of_diagnoses, words_of_row
from salesdx.case.memory import WorkingMemory
from salesdx.engine.backends.columnar import Columnar, columnar
from salesdx.engine.case_columns import CaseColumns
from salesdx.engine.diagnose import diagnose, quick
from salesdx.engine.program import compile_base


class BulkRows(Protocol):
    """Some cases in columns, each of which can be had alone."""

    @property
    def heads(self) -> CaseHeads: ...
    @property
    def starts(self) -> Numbers: ...
    def columns(self) -> CaseColumns: ...
    def case(self, row: int) -> WorkingMemory: ...


class EnginesDiffer(Exception):
    """Columns and the checked pair of engines decide a case differently: nothing that columns gave can be trusted."""


@dataclass(frozen=True)
class Decider:
    """Decides rows by one rule base."""

    base: RuleBase
    engine: Columnar

    @classmethod
    def of(cls, base: RuleBase) -> Decider:
        return cls(base, columnar(compile_base(base)))

    def decide(self, rows: BulkRows) -> DecidedRows:
        """The result of each row."""
        return self.decide_columns(rows.columns(), lambda: rows)

    def decide_columns(self, columns: CaseColumns, rows: Callable[[], BulkRows]) -> DecidedRows:
        """The result of each row of some columns; ``rows`` are asked for only where one has to be decided alone."""
        found = decided_rows(self.engine.decide(columns))
        if (alone := np.flatnonzero(found.refused)).size:
            cases = rows()
            one_by_one = [quick(self.base, cases.case(int(row))) for row in alone]
            found.put(rows_of_diagnoses(self.engine.words, one_by_one), alone)
        return found

    def check(self, rows: BulkRows, found: DecidedRows, sample: Iterable[int]) -> None:
        """Compare some results with those of the checked pair of engines. Raises EnginesDiffer at the first other."""
        for row in sample:
            case = rows.case(row)
            told, here = rows_of_diagnoses(self.engine.words, [diagnose(self.base, case)]), words_of_row(found, row)
            if (wanted := words_of_row(told, 0)) != here:
                raise EnginesDiffer(_difference(case, wanted, here))


def changed_table(heads: CaseHeads, found: DecidedRows, other: DecidedRows | None) -> pa.Table:
    """The results with the names of their cases; with those of other rules only where these differ."""
    cells = {"case": heads.case, **found.table()}
    if other is None:
        return pa.table(cells)
    table = pa.table({**cells, **other.table("_against")})
    return table.filter(pa.array(found.differ(other)))


def _difference(case: WorkingMemory, wanted: dict[str, Any], here: dict[str, Any]) -> str:
    name = next(name for name in wanted if wanted[name] != here[name])
    return (
        f"internal error: columns and the other engines differ on case {case.case} (`{name}`: {here[name]} against "
        f"{wanted[name]}); no decisions are given"
    )
