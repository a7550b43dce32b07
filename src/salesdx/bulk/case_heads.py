"""The heads of many cases: which column says which case a row is of, whom it is about, and of which period."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from salesdx.base.model import RuleBase, Term
from salesdx.base.reading import shortened
from salesdx.bulk.cell_values import Numbers, empty_texts, is_text, mask_of, numbers_of, position_in, why_wrong
from salesdx.bulk.row_faults import RowFaults
from salesdx.case.case_fields import MAX_ID, PSEUDONYM
from salesdx.text.issues import did_you_mean

DAY = Term("date", "", "date")


@dataclass(frozen=True)
class HeadColumns:
    """The columns of the head, by name; empty where a table has none."""

    case: str = ""
    subject: str = ""
    """A kind of subject, or `KIND:PSEUDONYM`."""
    period_from: str = ""
    period_to: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """The columns that there are."""
        return tuple(name for name in (self.case, self.subject, self.period_from, self.period_to) if name)

    @classmethod
    def known(cls) -> tuple[str, ...]:
        """The names that a column of the head may have."""
        return tuple(field.name for field in fields(cls))

    def states(self, base: RuleBase, term: str) -> str | None:
        """The column of the head that states a term; None where none does."""
        stated = {base.ladder.subject_term: self.subject, base.ladder.period_end_term: self.period_to}
        return stated.get(term) or None


def head_columns(columns: Sequence[str]) -> HeadColumns:
    """The columns of the head among those of a table."""
    return HeadColumns(**{name: name for name in HeadColumns.known() if name in columns})


@dataclass(frozen=True)
class CaseHeads:
    """The heads of some rows. ``kind``: position among the subject term's values, -1 for none. ``ref``: pseudonyms,
    empty for none. ``begin`` and ``end``: ordinals of days, NaN for none."""

    base: RuleBase
    case: pa.Array
    kind: Numbers
    ref: pa.Array
    begin: Numbers
    end: Numbers

    @property
    def rows(self) -> int:
        return len(self.case)

    def subject(self, row: int) -> dict[str, str]:
        """What the case of a row is about."""
        if self.kind[row] < 0:
            return {}
        kind = self.base.terms[self.base.ladder.subject_term].values[int(self.kind[row])]
        ref = self.ref[row].as_py()
        return {"kind": kind} | ({"ref": ref} if ref else {})

    def period(self, row: int) -> tuple[date, date] | None:
        """The period of the case of a row."""
        if np.isnan(self.begin[row]):
            return None
        return date.fromordinal(int(self.begin[row])), date.fromordinal(int(self.end[row]))

    @property
    def has_refs(self) -> bool:
        """Whether any row names a pseudonym."""
        return pc.max(pc.utf8_length(self.ref)).as_py() not in (None, 0)

    def take(self, rows: Numbers) -> CaseHeads:
        """The heads of some of the rows."""
        at = pa.array(rows)
        return CaseHeads(
            self.base, self.case.take(at), self.kind[rows], self.ref.take(at), self.begin[rows], self.end[rows]
        )

    @classmethod
    def read(cls, base: RuleBase, head: HeadColumns, batch: pa.RecordBatch, first: int, faults: RowFaults) -> CaseHeads:
        """The heads of the rows of a batch; cells that hold none are faults."""
        kind, ref = _subjects(base, head.subject, batch, first, faults)
        begin, end = (_days(column, batch, first, faults) for column in (head.period_from, head.period_to))
        for row in np.flatnonzero(np.isnan(begin) != np.isnan(end)):
            faults.add("period", "a period has a first and a last day", first + int(row), head.period_to)
        for row in np.flatnonzero(begin > end):
            faults.add("period", "the period ends before it begins", first + int(row), head.period_to)
        return cls(base, _names(head.case, batch, first, faults), kind, ref, begin, end)


def _names(column: str, batch: pa.RecordBatch, first: int, faults: RowFaults) -> pa.Array:
    if not column:
        return pa.array([""] * batch.num_rows)
    cells = batch.column(column).cast(pa.string())
    long = mask_of(pc.greater(pc.utf8_length(cells), MAX_ID))
    for row in np.flatnonzero(empty_texts(cells)):
        faults.add("empty", "the row names no case", first + int(row), column)
    for row in np.flatnonzero(long):
        faults.add("too-long", f"`{column}` has {MAX_ID} characters at most", first + int(row), column)
    return cells


def _subjects(
    base: RuleBase, column: str, batch: pa.RecordBatch, first: int, faults: RowFaults
) -> tuple[Numbers, pa.Array]:
    nobody = np.full(batch.num_rows, -1), pa.array([""] * batch.num_rows)
    term = base.terms.get(base.ladder.subject_term)
    if not column or term is None:
        return nobody
    cells = batch.column(column)
    if not is_text(cells.type):
        faults.named("type", f"`{column}` holds texts, such as `{term.values[0]}`", column)
        return nobody
    texts = cells.cast(pa.string())
    kind, wrong = position_in(pc.replace_substring_regex(texts, ":.*", ""), pa.array(term.values))
    ref = pc.fill_null(pc.replace_substring_regex(texts, "^[^:]*:?", ""), "")
    fits = mask_of(pc.match_substring_regex(ref, f"^(?:{PSEUDONYM.pattern})?$"))
    for row in np.flatnonzero(wrong):
        told = texts[row].as_py().partition(":")[0]
        message = f"`{column}` must be one of {', '.join(term.values)}, this is `{shortened(told)}`"
        faults.add("type", message, first + int(row), column, did_you_mean(told, term.values))
    for row in np.flatnonzero(~fits):
        message = "behind the colon stands a pseudonym, never a name: letters, digits, `.`, `-` and `_` without spaces"
        faults.add("pseudonym", message, first + int(row), column)
    return kind, ref


def _days(column: str, batch: pa.RecordBatch, first: int, faults: RowFaults) -> Numbers:
    if not column:
        return np.full(batch.num_rows, np.nan)
    cells = batch.column(column)
    days, wrong = numbers_of(DAY, cells)
    for row in np.flatnonzero(wrong):
        message, help = why_wrong(DAY, cells[row].as_py())
        faults.add("type", f"`{column}` {message}", first + int(row), column, help)
    return np.where(wrong, np.nan, days)
