"""Facts with one row a case: a column is a term, and a bare value nobody's word."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa

from salesdx.base.model import RuleBase, Term
from salesdx.base.reading import shortened
from salesdx.bulk.case_heads import CaseHeads, HeadColumns, head_columns
from salesdx.bulk.cell_values import Numbers, is_text, mask_of, numbers_of, position_in, why_wrong
from salesdx.bulk.head_facts import FirmProfile, head_facts
from salesdx.bulk.row_faults import RowFaults
from salesdx.case.memory import WorkingMemory
from salesdx.case.settling import is_excuse, speaker
from salesdx.case.statement import Statement, Unknown, ends
from salesdx.engine.case_columns import DISPUTED, EXCUSED, KINDS, CaseColumns, value_of
from salesdx.language.conditions import Value
from salesdx.text.issues import did_you_mean

LOW, HIGH, UNKNOWN = "low", "high", "unknown"
"""What may stand behind the name of a term, after a point."""
STATED_KINDS = tuple(kind for kind in KINDS if kind not in ("", Unknown.IMPRECISE))
"""The kinds of unknown that a column may give; what is imprecise follows from ends."""
STALE = KINDS.index(Unknown.STALE)
SUPPOSED = Statement(supposed=True)


@dataclass(frozen=True)
class TermColumns:
    """The columns of one term, by name; empty where there is none."""

    term: Term
    value: str = ""
    low: str = ""
    high: str = ""
    unknown: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(name for name in (self.value, self.low, self.high, self.unknown) if name)


@dataclass(frozen=True)
class WideForm:
    """Which column of a table is what."""

    base: RuleBase
    terms: tuple[TermColumns, ...]
    head: HeadColumns
    profile: FirmProfile

    def cut(
        self, batches: Iterable[pa.RecordBatch], first: int, faults: RowFaults
    ) -> Iterator[tuple[int, pa.RecordBatch]]:
        """Batches of whole cases with the number of their first row: each row is one."""
        for batch in batches:
            yield first, batch
            first += batch.num_rows

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The columns that are read."""
        return (*self.head.names, *(name for part in self.terms for name in part.names))


@dataclass(frozen=True)
class WideRows:
    """Some rows as they were read: their heads, and for each term the two ends and why it is unknown."""

    heads: CaseHeads
    low: Mapping[str, Numbers]
    high: Mapping[str, Numbers]
    kind: Mapping[str, Numbers]
    profile: FirmProfile

    @property
    def starts(self) -> Numbers:
        """The row with which each case begins."""
        return np.arange(self.heads.rows)

    def columns(self) -> CaseColumns:
        """The rows as the columnar engine has them."""
        known = head_facts(self.heads, self.profile)
        wide = {name: ends for name, ends in self.high.items() if ends is not self.low[name]}
        return replace(
            known, low={**self.low, **known.low}, high={**wide, **known.high}, kind={**self.kind, **known.kind}
        )

    def case(self, row: int) -> WorkingMemory:
        """One row as a case: a value is nobody's word, an excuse that of whoever must know."""
        memory = self.profile.case_of(self.heads, row)
        said, stale = dict(memory.statements), []
        for name in self.low:
            term, kind = self.heads.base.terms[name], int(self.kind[name][row]) if name in self.kind else 0
            value = value_of(term, self.low[name][row], self.high[name][row])
            if value is not None or kind:
                said[name] = tuple(_statements(term, value, KINDS[kind]))
            if kind == STALE:
                stale.append(name)
        memory = replace(memory, statements={name: each for name, each in said.items() if each})
        return memory.too_old(stale) if stale else memory


def _statements(term: Term, value: Value | None, kind: str) -> Iterator[Statement]:
    """What somebody must have said for a fact to be known as this, or unknown of this kind."""
    match kind:
        case "":
            yield Statement(value)
        case Unknown.NOT_KNOWN | Unknown.NOT_APPLICABLE:
            yield Statement(unknown=Unknown(kind))
        case "excused":
            yield Statement(unknown=Unknown.NOT_APPLICABLE, reason=EXCUSED, by=speaker(term, SUPPOSED))
        case Unknown.DISPUTED if value is not None:
            low, high = ends(value)
            end: Any = high if low is None else low
            yield from (Statement(value, author="1"), Statement(end, author="2"))
        case Unknown.DISPUTED:
            yield from (Statement(each, author=str(number)) for number, each in enumerate(_two_values(term)))


def _two_values(term: Term) -> tuple[Value, ...]:
    return (True, False) if term.type == "boolean" else term.values[:2]


def wide_form(base: RuleBase, columns: Sequence[str], profile: FirmProfile, faults: RowFaults) -> WideForm:
    """What the columns of a table are, by their names; each that is nothing is a fault."""
    head = head_columns(columns)
    parts: dict[str, dict[str, str]] = {}
    for column in dict.fromkeys(columns):
        name, _, end = column.partition(".")
        if columns.count(column) > 1:
            faults.named("twice", f"the column `{shortened(column)}` stands there twice", column)
        elif column not in head.names and _is_of_term(base, head, column, name, end, faults):
            parts.setdefault(name, {})[end or "value"] = column
    if not head.case:
        help = did_you_mean("case", columns) or "it names the case of each row"
        faults.named("missing-column", "there is no column `case`", "", help)
    for name in parts.keys() & profile.said.keys():
        message = f"the profile of the firm states `{name}` too"
        faults.named("profile", message, parts[name].get("value", ""), "leave one of the two out")
    return WideForm(base, tuple(TermColumns(base.terms[name], **found) for name, found in parts.items()), head, profile)


def _is_of_term(base: RuleBase, head: HeadColumns, column: str, name: str, end: str, faults: RowFaults) -> bool:
    """Whether a column is one of a term; a fault where it is not."""
    term = base.terms.get(name)
    if term is None:
        finding = "rules conclude it, so nobody states it" if name in base.findings else ""
        help = finding or did_you_mean(name, [*base.terms, *HeadColumns.known()])
        faults.named("unknown-term", f"`{shortened(column)}` is no term of the vocabulary", column, help)
    elif term.computed:
        reads = "it follows from other facts, of which there may be columns"
        faults.named("computed", f"`{name}` is computed: no column states it", column, reads)
    elif end not in ("", LOW, HIGH, UNKNOWN):
        help = did_you_mean(end, (LOW, HIGH, UNKNOWN)) or f"there are {LOW}, {HIGH} and {UNKNOWN}"
        faults.named("unknown-column", f"`{shortened(column)}` says nothing of `{name}`", column, help)
    elif end in (LOW, HIGH) and not term.measured:
        faults.named("interval", f"`{name}` is no number and no date, so it has no ends", column)
    elif (stands := head.states(base, name)) is not None:
        faults.named("head", f"`{name}` is stated by the column `{stands}`", column, "leave one of the two out")
    else:
        return True
    return False


def wide_rows(form: WideForm, batch: pa.RecordBatch, first: int, faults: RowFaults) -> WideRows:
    """The rows of a batch, of which the first has the number ``first``; cells that hold no value are faults."""
    low: dict[str, Numbers] = {}
    high: dict[str, Numbers] = {}
    kind: dict[str, Numbers] = {}
    heads = CaseHeads.read(form.base, form.head, batch, first, faults)
    for part in form.terms:
        _read_term(part, batch, first, faults, (low, high, kind))
    return WideRows(heads, low, high, kind, form.profile)


def _read_term(
    part: TermColumns,
    batch: pa.RecordBatch,
    first: int,
    faults: RowFaults,
    into: tuple[dict[str, Numbers], dict[str, Numbers], dict[str, Numbers]],
) -> None:
    name, (lows, highs, kinds) = part.term.name, into
    least = most = _numbers(part.term, part.value, batch, first, faults)
    if part.low or part.high:
        least, most = _ends(part, batch, first, faults, least)
    if part.unknown:
        kinds[name] = kind = _kinds(part, batch, first, faults)
        least, most = _with_kinds(part, kind, least, most, first, faults)
    lows[name], highs[name] = least, most


def _numbers(term: Term, column: str, batch: pa.RecordBatch, first: int, faults: RowFaults) -> Numbers:
    """The values in a column; nothing where there is none."""
    if not column:
        return np.full(batch.num_rows, np.nan)
    cells = batch.column(column)
    values, wrong = numbers_of(term, cells)
    if wrong.any():
        for row in np.flatnonzero(wrong):
            message, help = why_wrong(term, cells[row].as_py())
            code = "range" if message.startswith("is outside") else "type"
            faults.add(code, f"`{column}` {message}", first + int(row), column, help)
        values = np.where(wrong, np.nan, values)
    return values


def _ends(
    part: TermColumns, batch: pa.RecordBatch, first: int, faults: RowFaults, point: Numbers
) -> tuple[Numbers, Numbers]:
    """The ends of values: of a point both; an end that is left open is that of the term's range, or no bound."""
    low, high = (_numbers(part.term, column, batch, first, faults) for column in (part.low, part.high))
    pointed, ended = ~np.isnan(point), ~(np.isnan(low) & np.isnan(high))
    for row in np.flatnonzero(pointed & ended):
        message = f"`{part.term.name}` has a value and ends"
        faults.add("interval", message, first + int(row), part.value, "leave one of the two out")
    bounds = [-np.inf if part.term.low is None else float(part.term.low)]
    bounds.append(np.inf if part.term.high is None else float(part.term.high))
    low = np.where(ended & np.isnan(low), bounds[0], low)
    high = np.where(ended & np.isnan(high), bounds[1], high)
    for row in np.flatnonzero(ended & (low > high)):
        message = f"the ends of `{part.term.name}` leave no value between them"
        faults.add("interval", message, first + int(row), part.low or part.high)
    return np.where(pointed, point, low), np.where(pointed, point, high)


def _kinds(part: TermColumns, batch: pa.RecordBatch, first: int, faults: RowFaults) -> Numbers:
    """Why a value is unknown, by its position in KINDS; 0 where nothing stands there."""
    cells = batch.column(part.unknown)
    if not is_text(cells.type):
        if len(cells) - cells.null_count:
            at = int(np.flatnonzero(mask_of(cells.is_valid()))[0])
            faults.add("type", f"`{part.unknown}` is {_listed()}", first + at, part.unknown)
        return np.zeros(len(cells), np.uint8)
    positions, wrong = position_in(cells, pa.array(STATED_KINDS))
    for row in np.flatnonzero(wrong):
        told = cells[row].as_py()
        help = did_you_mean(told.replace("_", " "), STATED_KINDS)
        message = f"`{part.unknown}` is {_listed()}, it cannot be `{shortened(told)}`"
        faults.add("unknown-word", message, first + int(row), part.unknown, help)
    codes = np.array([0, *(_code(part.term, kind) for kind in STATED_KINDS)], np.uint8)
    found: Numbers = codes[positions + 1]
    return found


def _code(term: Term, kind: str) -> int:
    """The code of a kind: what was not asked is no news, and what only systems may say is nobody's to excuse."""
    if kind == EXCUSED and not is_excuse(term, *_statements(term, None, kind)):
        kind = Unknown.NOT_APPLICABLE
    return 0 if kind == Unknown.NOT_ASKED else KINDS.index(kind)


def _listed() -> str:
    return "one of " + ", ".join(f"`{kind}`" for kind in STATED_KINDS)


def _with_kinds(
    part: TermColumns, kind: Numbers, low: Numbers, high: Numbers, first: int, faults: RowFaults
) -> tuple[Numbers, Numbers]:
    """Ends beside kinds of unknown: only what is disputed has them too, as the span of what was said."""
    spans = (kind == DISPUTED) if part.term.measured else np.zeros(len(kind), bool)
    for row in np.flatnonzero((kind > 0) & ~spans & ~np.isnan(low)):
        message = f"`{part.term.name}` has a value and is unknown"
        faults.add("unknown-word", message, first + int(row), part.unknown, "leave one of the two out")
    for row in np.flatnonzero(spans & ~(low < high)):
        message = f"`{part.term.name}` is disputed, so it lies between two ends"
        faults.add("interval", message, first + int(row), part.unknown, "give them in columns, or say `not known`")
    return low, high
