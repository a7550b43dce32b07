"""What the heads of many cases and the profile of a firm say: settled once for each head that differs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np

from salesdx.bulk.case_heads import CaseHeads
from salesdx.bulk.cell_values import Numbers
from salesdx.case.file import with_profile
from salesdx.case.memory import Firm, WorkingMemory
from salesdx.case.statement import Statement
from salesdx.engine.case_columns import CaseColumns, case_columns

MOST_DAYS = 1 << 22
"""More than there are days."""


@dataclass(frozen=True)
class FirmProfile:
    """The profile of the firm that all cases are of, and the day on which its statements are looked at."""

    firm: Firm | None = None
    said: Mapping[str, tuple[Statement, ...]] = field(default_factory=dict)
    today: date | None = None

    def case_of(self, heads: CaseHeads, row: int) -> WorkingMemory:
        """The case of a row as far as its head and this profile tell it."""
        name = heads.case[row].as_py() or ""
        memory = with_profile(WorkingMemory(heads.base, {}, name, today=self.today), self.firm, self.said)
        return memory.headed(heads.subject(row), heads.period(row))

    def heads_alone(self, heads: CaseHeads) -> CaseColumns:
        """What the heads state, without the profile: that is settled with the statements of each case."""
        return head_facts(heads, replace(self, firm=None, said={}))


def head_facts(heads: CaseHeads, profile: FirmProfile) -> CaseColumns:
    """The facts of the heads and of the profile, with the floors that they meet."""
    begin, end = (np.nan_to_num(days).astype(np.int64) for days in (heads.begin, heads.end))
    named = np.char.str_len(np.asarray(heads.ref.to_pylist(), str)) > 0 if heads.has_refs else np.zeros(heads.rows, int)
    key = ((begin * MOST_DAYS + end) << 8) + (heads.kind + 1) * 2 + named
    _, rows, place = np.unique(key, return_index=True, return_inverse=True)
    found = case_columns(heads.base, [profile.case_of(heads, int(row)) for row in rows])

    def spread(columns: Mapping[str, Numbers]) -> dict[str, Numbers]:
        return {name: values[place] for name, values in columns.items()}

    floor = {stage: spread(meets) for stage, meets in found.floor.items()}
    beside = None if found.beside is None else found.beside[place]
    return CaseColumns(heads.rows, spread(found.low), spread(found.high), spread(found.kind), floor, beside=beside)
