"""Facts with one row a statement: who said what, on which evidence, of which day. They are settled as a case file's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from salesdx.base.model import RuleBase
from salesdx.base.reading import shortened
from salesdx.bulk.case_heads import CaseHeads, HeadColumns, head_columns
from salesdx.bulk.cell_values import Numbers, is_text, mask_of
from salesdx.bulk.head_facts import FirmProfile
from salesdx.bulk.row_faults import RowFaults
from salesdx.bulk.said_columns import WORDS, CasePeriods, SaidColumns, TermTable, term_table
from salesdx.bulk.said_reading import ASKED_BY, TERM, SaidReader
from salesdx.bulk.settled_columns import settled_cases
from salesdx.case.case_fields import MAX_STATEMENTS
from salesdx.case.head import AskedBy, CaseHead
from salesdx.case.memory import WorkingMemory
from salesdx.case.statement import ShownIn, Statement, Withdrawn
from salesdx.engine.case_columns import CaseColumns, ends_of, value_of
from salesdx.text.issues import did_you_mean

STATED = ("value", "low", "high", "by", "author", "kind", "source", "date", "reason", "drawn", "report", "withdrawn")
"""The columns of a statement, beside its case and term."""


@dataclass(frozen=True)
class LongForm:
    """Which columns a table of statements has."""

    base: RuleBase
    head: HeadColumns
    names: tuple[str, ...]
    profile: FirmProfile

    def cut(
        self, batches: Iterable[pa.RecordBatch], first: int, faults: RowFaults
    ) -> Iterator[tuple[int, pa.RecordBatch]]:
        """The rows of whole cases together, with the number of the first of them.

        Cases stand in the order of their names (by code points), so that one that comes again is seen.
        """
        rest: list[pa.RecordBatch] = []
        for batch in map(_plain, batches):
            together = _joined([*rest, batch])
            starts = _starts(together.column(self.head.case))
            _check_order(together.column(self.head.case), starts, first, faults)
            last = int(starts[-1]) if len(starts) else 0
            most = MAX_STATEMENTS * (len(self.base.terms) + 1)
            if together.num_rows - last > most:
                faults.add("too-large", f"a case has at most {most:,} statements", first + last, self.head.case)
                faults.check()
            if last:
                yield first, together.slice(0, last)
            first, rest = first + last, [together.slice(last)]
        if rest and rest[0].num_rows:
            yield first, rest[0]


@dataclass(frozen=True)
class LongRows:
    """Some cases as their statements were read."""

    heads: CaseHeads
    asked_by: tuple[str, ...]
    """The role that asks for each review; empty: the ladder's."""
    said: SaidColumns
    texts: dict[str, pa.Array]
    table: TermTable
    profile: FirmProfile
    starts: Numbers
    computed: Numbers
    """Rows that state a term which is computed."""
    fixed: Numbers = field(repr=False)
    """Rows that say what the head says."""

    def columns(self) -> CaseColumns:
        """The cases as the columnar engine has them."""
        said = self.said.take(np.flatnonzero(~(self.computed | self.fixed)))
        found = settled_cases(said.with_more(self._of_profile), self.table, self._cases)
        head = self.profile.heads_alone(self.heads)
        beside = np.zeros(self.heads.rows, bool) if found.beside is None else found.beside.copy()
        beside[self.said.case[self.computed]] = True
        floor = {stage: {**meets, **head.floor.get(stage, {})} for stage, meets in found.floor.items()}
        low, high, kind = {**found.low, **head.low}, {**found.high, **head.high}, {**found.kind, **head.kind}
        return CaseColumns(found.rows, low, high, kind, floor, True, beside)

    @property
    def _cases(self) -> CasePeriods:
        roles, today = self.table.respondents, self.profile.today
        asks = [role or self.table.base.ladder.asked_by for role in self.asked_by]
        asker = np.array([roles.index(role) if role in roles else -1 for role in asks])
        named = mask_of(pc.greater(pc.utf8_length(self.heads.ref), 0)) & (self.heads.kind >= 0)
        return CasePeriods(self.heads.begin, self.heads.end, named, asker, today.toordinal() if today else np.inf)

    @property
    def _of_profile(self) -> SaidColumns:
        """What the profile of the firm says, once for each case."""
        base, cases = self.table.base, self.heads.rows
        each = [(name, said) for name, statements in self.profile.said.items() for said in statements]
        authors = sorted({said.author.casefold() for _, said in each} - {""})
        rows = [
            (
                self.table.names.index(name),
                *((np.nan, np.nan) if said.value is None else ends_of(base.terms[name], said.value)),
                WORDS.get(said.unknown, 0) if said.unknown else 0,
                self.table.respondents.index(said.by) if said.by else -1,
                -1 - authors.index(said.author.casefold()) if said.author else 0,
                base.evidence_ranks[said.kind or base.default_evidence],
                said.date.toordinal() if said.date else np.nan,
                *(bool(part) for part in (said.drawn, said.stands, said.reason, said.report)),
                False,
            )
            for name, said in each
        ]
        parts = [np.tile(np.array(part), cases) for part in zip(*rows, strict=True)]
        if not parts:
            return self.said.take(np.zeros(0, np.int64))
        return SaidColumns(np.repeat(np.arange(cases), len(each)), *parts)

    def case(self, row: int) -> WorkingMemory:
        """One case, with all that was said of it."""
        end = self.starts[row + 1] if row + 1 < len(self.starts) else len(self.said.case)
        memory = self.profile.case_of(self.heads, row)
        said = {name: list(statements) for name, statements in memory.statements.items()}
        for at in range(int(self.starts[row]), int(end)):
            name = self.table.names[self.said.term[at]]
            if not self.fixed[at]:
                said.setdefault(name, []).append(self._statement(at, name))
        statements = {name: tuple(each) for name, each in said.items()}
        head = CaseHead(AskedBy(self.asked_by[row]))
        return WorkingMemory(
            memory.base, statements, memory.case, memory.subject, memory.period, head=head, firm=memory.firm,
            today=memory.today, fixed=memory.fixed,
        )  # fmt: skip

    def _statement(self, at: int, name: str) -> Statement:
        said, term = self.said, self.table.base.terms[name]
        words = {code: word for word, code in WORDS.items()}
        return Statement(
            value_of(term, said.low[at], said.high[at]),
            words.get(int(said.unknown[at])),
            self._text("by", at),
            self._text("author", at),
            self._text("kind", at),
            self._text("source", at),
            None if np.isnan(said.day[at]) else date.fromordinal(int(said.day[at])),
            self._text("reason", at),
            drawn=self._text("drawn", at),
            withdrawn=None if said.stands[at] else Withdrawn(date.min, ""),
            report=ShownIn("", self._text("report", at)) if said.report[at] else None,
        )

    def _text(self, column: str, at: int) -> str:
        return (self.texts[column][at].as_py() or "") if column in self.texts else ""


def long_form(base: RuleBase, columns: Sequence[str], profile: FirmProfile, faults: RowFaults) -> LongForm:
    """What the columns of a table of statements are; each that is nothing is a fault."""
    head = head_columns(columns)
    known = (*HeadColumns.known(), TERM, ASKED_BY, *STATED)
    for column in dict.fromkeys(columns):
        if columns.count(column) > 1:
            faults.named("twice", f"the column `{shortened(column)}` stands there twice", column)
        elif column not in known:
            help = did_you_mean(column, known) or f"with `{TERM}` each row is a statement"
            faults.named("unknown-column", f"a statement has no column `{shortened(column)}`", column, help)
    if not head.case:
        faults.named("missing-column", "there is no column `case`", "", did_you_mean("case", columns))
    if "value" not in columns and not {"low", "high"} & {*columns}:
        faults.named("missing-column", "there is no column `value`", "", did_you_mean("value", columns))
    return LongForm(base, head, tuple(columns), profile)


def long_rows(form: LongForm, batch: pa.RecordBatch, first: int, faults: RowFaults) -> LongRows:
    """The cases of rows that `cut` gives; cells that hold no part of a statement are faults."""
    reader = SaidReader(form.base, form.head, batch, first, faults)
    starts = _starts(batch.column(form.head.case))
    case = np.repeat(np.arange(len(starts)), np.diff(starts, append=batch.num_rows))
    heads, asked_by = reader.heads(starts, case)
    said, computed = reader.said(case)
    fixed = reader.fixed(said, heads)
    reader.check_voices(said)
    return LongRows(heads, asked_by, said, reader.texts, term_table(form.base), form.profile, starts, computed, fixed)


def _plain(batch: pa.RecordBatch) -> pa.RecordBatch:
    """A batch whose texts stand in each row."""
    kinds = [field.with_type(pa.string()) if is_text(field.type) else field for field in batch.schema]
    return batch.cast(pa.schema(kinds))


def _joined(batches: list[pa.RecordBatch]) -> pa.RecordBatch:
    if len(batches) == 1:
        return batches[0]
    return (
        pa.Table.from_batches(batches).combine_chunks().to_batches()[0]
        if any(b.num_rows for b in batches)
        else batches[0]
    )


def _starts(cases: pa.Array) -> Numbers:
    """The first row of each case."""
    codes = np.asarray(pc.fill_null(cases.cast(pa.string()), "").dictionary_encode().indices)
    return np.flatnonzero(np.diff(codes, prepend=-1))


def _check_order(cases: pa.Array, starts: Numbers, first: int, faults: RowFaults) -> None:
    names = pc.fill_null(cases.cast(pa.string()).take(pa.array(starts)), "")
    if len(names) > 1:
        for at in np.flatnonzero(mask_of(pc.less_equal(names[1:], names[:-1]))):
            told = shortened(str(names[int(at) + 1]))
            message = f"the case `{told}` stands behind a later one"
            row = first + int(starts[at + 1])
            faults.add("order", message, row, "case", "sort the rows by `case`, by the codes of its letters")
