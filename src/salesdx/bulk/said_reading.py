"""The cells of a table of statements -> statements in columns, with every fault by its row."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from salesdx.base.model import RuleBase
from salesdx.base.reading import shortened
from salesdx.bulk.case_heads import DAY, CaseHeads, HeadColumns
from salesdx.bulk.cell_values import Numbers, empty_texts, is_text, mask_of, numbers_of, why_wrong
from salesdx.bulk.row_faults import RowFaults
from salesdx.bulk.said_columns import WORDS, SaidColumns, term_table
from salesdx.case.case_fields import DIGEST, IDENTIFIER, UNKNOWN_WORDS
from salesdx.text.issues import did_you_mean

TERM, ASKED_BY = "term", "asked_by"


class SaidReader:
    """Reads the statements of a batch, with faults noted."""

    def __init__(self, base: RuleBase, head: HeadColumns, batch: pa.RecordBatch, first: int, faults: RowFaults) -> None:
        self.base, self.head, self.batch, self.first, self.faults = base, head, batch, first, faults
        self.names = batch.schema.names
        self.table = term_table(base)
        texts = (name for name in self.names if is_text(batch.schema.field(name).type))
        self.texts: dict[str, pa.Array] = {name: batch.column(name) for name in texts}

    def fault(self, wrong: Numbers, code: str, column: str, message: str, help: str = "") -> None:
        """The same fault in each of some rows; `{}` in the message is what stands there."""
        for row in np.flatnonzero(wrong):
            told = self.batch.column(column)[row].as_py() if column in self.names else ""
            self.faults.add(code, message.replace("{}", shortened(str(told))), self.first + int(row), column, help)

    def heads(self, starts: Numbers, case: Numbers) -> tuple[CaseHeads, tuple[str, ...]]:
        """The heads of the cases; all rows of one must have the same."""
        every = CaseHeads.read(self.base, self.head, self.batch, self.first, self.faults)
        alike = starts[case]
        for column in (*self.head.names[1:], *((ASKED_BY,) if ASKED_BY in self.names else ())):
            codes = np.asarray(pc.fill_null(self.batch.column(column).dictionary_encode().indices, -1))
            self.fault(
                codes != codes[alike], "head", column, f"`{column}` is another one than in the first row of the case"
            )
        roles = self.numbers(ASKED_BY, self.table.respondents, "respondent")[starts]
        return every.take(starts), tuple("" if role < 0 else self.table.respondents[role] for role in roles)

    def numbers(self, column: str, known: tuple[str, ...], what: str) -> Numbers:
        """The position of each text among known ones, -1 where there is none; a fault for each other."""
        if column not in self.texts:
            self.only_texts(column)
            return np.full(self.batch.num_rows, -1)
        cells = self.texts[column]
        found = np.asarray(pc.fill_null(pc.index_in(cells, value_set=pa.array(known, pa.string())), -1)).astype(
            np.int64
        )
        for row in np.flatnonzero((found < 0) & ~empty_texts(cells)):
            told = cells[row].as_py()
            message = f"the ladder has no {what} `{shortened(told)}`"
            self.faults.add("unknown-name", message, self.first + int(row), column, did_you_mean(told, known))
        return found

    def only_texts(self, column: str) -> None:
        if column in self.names and column not in self.texts:
            self.faults.named("type", f"`{column}` holds texts", column)

    def terms(self) -> Numbers:
        """The number of the term of each row."""
        found = self.numbers(TERM, self.table.names, "term")
        if TERM in self.texts:
            self.fault(empty_texts(self.texts[TERM]), "empty", TERM, "the row names no term")
        return found

    def said(self, case: Numbers) -> tuple[SaidColumns, Numbers]:
        """The statements, and which of them are on computed terms."""
        term, rows = self.terms(), self.batch.num_rows
        low, high, unknown = self.values(term)
        filled = {name: self.filled(name) for name in ("reason", "drawn", "report", "withdrawn", "author")}
        rank = self.numbers("kind", self.table.kinds, "kind of evidence")
        author = np.zeros(rows, np.int64)
        if "author" in self.texts:
            folded = pc.utf8_lower(pc.fill_null(self.texts["author"], "")).dictionary_encode().indices
            author = np.where(filled["author"], np.asarray(folded).astype(np.int64) + 1, 0)
            self.shaped("author", IDENTIFIER.pattern, IDENTIFIER.said)
        self.shaped("report", DIGEST.pattern, DIGEST.said)
        said = SaidColumns(
            case, np.maximum(term, 0), low, high, unknown, self.numbers("by", self.table.respondents, "respondent"),
            author, np.where(rank < 0, self.table.default_kind, rank), self.days(), filled["drawn"],
            ~filled["withdrawn"], filled["reason"], filled["report"], np.zeros(rows, bool),
        )  # fmt: skip
        computed = np.array([self.base.terms[name].computed for name in self.table.names])
        return said, computed[said.term]

    def shaped(self, column: str, pattern: str, what: str) -> None:
        """A fault where a text does not have the shape of its column."""
        if column in self.texts:
            cells = self.texts[column]
            fits = mask_of(pc.match_substring_regex(cells, f"^(?:{pattern})$")) | empty_texts(cells)
            self.fault(~fits, "shape", column, f"`{column}` must be {what}")

    def filled(self, column: str) -> Numbers:
        """In which rows something stands in a column of texts; of truths, where it is true."""
        if column not in self.names:
            return np.zeros(self.batch.num_rows, bool)
        cells = self.batch.column(column)
        if pa.types.is_boolean(cells.type):
            return mask_of(cells)
        if pa.types.is_date(cells.type) or pa.types.is_timestamp(cells.type):
            return mask_of(cells.is_valid())
        self.only_texts(column)
        return ~empty_texts(cells) if column in self.texts else np.zeros(self.batch.num_rows, bool)

    def days(self) -> Numbers:
        """The day that each statement's evidence is of."""
        if "date" not in self.names:
            return np.full(self.batch.num_rows, np.nan)
        cells = self.batch.column("date")
        days, wrong = numbers_of(DAY, cells)
        for row in np.flatnonzero(wrong):
            message, help = why_wrong(DAY, cells[row].as_py())
            self.faults.add("type", f"`date` {message}", self.first + int(row), "date", help)
        return np.where(wrong, np.nan, days)

    def values(self, term: Numbers) -> tuple[Numbers, Numbers, Numbers]:
        """The two ends of each value, and why there is none."""
        rows = self.batch.num_rows
        point, low, high = (np.full(rows, np.nan) for _ in range(3))
        unknown = self.words(term)
        for number in np.unique(term[term >= 0]):
            at = np.flatnonzero((term == number) & (unknown == 0))
            for column, into in (("value", point), ("low", low), ("high", high)):
                if column in self.names:
                    into[at] = self.numbers_at(int(number), column, at)
        return *self.ends(term, point, low, high, unknown), unknown

    def words(self, term: Numbers) -> Numbers:
        """Where a word stands in the place of a value."""
        found = np.zeros(self.batch.num_rows, np.int64)
        if "value" in self.texts:
            words = pa.array(list(UNKNOWN_WORDS))
            at = np.asarray(pc.fill_null(pc.index_in(self.texts["value"], value_set=words), -1))
            codes = np.array([WORDS[kind] for kind in UNKNOWN_WORDS.values()])
            found = np.where(at < 0, 0, codes[at])
            for number, word in ((n, w) for n, name in enumerate(self.table.names) for w in self.own_words(name)):
                found[(term == number) & (at == list(UNKNOWN_WORDS).index(word))] = 0
        return found

    def own_words(self, name: str) -> list[str]:
        """Words for no value that are values of a term."""
        return [word for word in UNKNOWN_WORDS if word in self.base.terms[name].values]

    def numbers_at(self, number: int, column: str, at: Numbers) -> Numbers:
        """The values of one term in a column."""
        term = self.base.terms[self.table.names[number]]
        cells = self.batch.column(column).take(pa.array(at))
        values, wrong = numbers_of(term, cells)
        wrong = wrong & np.ones(len(at), bool)
        for row in np.flatnonzero(wrong):
            message, help = why_wrong(term, cells[row].as_py())
            self.faults.add("type", f"`{term.name}` {message}", self.first + int(at[row]), column, help)
        return np.where(wrong, np.nan, values)

    def ends(
        self, term: Numbers, point: Numbers, low: Numbers, high: Numbers, unknown: Numbers
    ) -> tuple[Numbers, Numbers]:
        """Both ends of each value; an end that is left open is that of the term's range, or no bound."""
        terms = [self.base.terms[name] for name in self.table.names]
        least = np.array([-np.inf if each.low is None else float(each.low) for each in terms])[np.maximum(term, 0)]
        most = np.array([np.inf if each.high is None else float(each.high) for each in terms])[np.maximum(term, 0)]
        pointed, ended = ~np.isnan(point), ~(np.isnan(low) & np.isnan(high))
        low, high = np.where(ended & np.isnan(low), least, low), np.where(ended & np.isnan(high), most, high)
        shown = "low" if "low" in self.names else "high"
        self.fault((pointed | (unknown > 0)) & ended, "interval", "value", "the row has a value and ends")
        self.fault(ended & ~self.table.measured[term], "interval", shown, "what is no number and no date has no ends")
        self.fault(ended & (low > high), "interval", shown, "the ends leave no value between them")
        empty = ~pointed & ~ended & (unknown == 0) & (term >= 0)
        if not self.faults.issues:  # a value that is wrong is none
            self.fault(empty, "empty", "value", "the row states nothing", "write `not_known`, or leave the row out")
        return np.where(pointed, point, low), np.where(pointed, point, high)

    def fixed(self, said: SaidColumns, heads: CaseHeads) -> Numbers:
        """Which rows state what the head states; a fault where they say something else."""
        ladder, found = self.base.ladder, np.zeros(self.batch.num_rows, bool)
        stated = (
            (ladder.subject_term, np.where(heads.kind < 0, np.nan, heads.kind)),
            (ladder.period_end_term, heads.end),
        )
        for name, values in stated:
            if name not in self.table.names:
                continue
            head = values[said.case]
            on_it = (said.term == self.table.names.index(name)) & ~np.isnan(head)
            other = on_it & said.valued & ((said.low != head) | (said.high != head))
            self.fault(
                other, "head", "value", f"`{name}` is something else in the head of the case", "leave the row out"
            )
            found |= on_it
        return found

    def check_voices(self, said: SaidColumns) -> None:
        """A fault for each further statement of one voice that stands."""
        at = np.flatnonzero(said.stands)
        exact = np.zeros(len(said.case), np.int64)
        if "author" in self.texts:
            exact = np.asarray(pc.fill_null(self.texts["author"], "").dictionary_encode().indices).astype(np.int64)
        voices = np.stack([said.case[at], said.term[at], said.by[at], exact[at], said.drawn[at].astype(np.int64)])
        _, first = np.unique(voices, axis=1, return_index=True)
        again = np.ones(len(at), bool)
        again[first] = False
        wrong = np.zeros(len(said.case), bool)
        wrong[at[again]] = True
        self.fault(wrong, "voice", TERM, "one voice states `{}` twice", "withdraw one, or name the author of each")
