"""A run over many cases: read in batches, decided, written in parts."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pyarrow as pa

from salesdx import __version__
from salesdx.base.model import RuleBase
from salesdx.bulk.arrow_source import ArrowSource, unreadable
from salesdx.bulk.cell_values import Numbers
from salesdx.bulk.decided_rows import SCALAR
from salesdx.bulk.decider import BulkRows, Decider, EnginesDiffer, changed_table
from salesdx.bulk.head_facts import FirmProfile
from salesdx.bulk.long_form import LongForm, long_form, long_rows
from salesdx.bulk.part_files import PART_ROWS, PartFolder
from salesdx.bulk.row_faults import RowFaults
from salesdx.bulk.said_reading import TERM
from salesdx.bulk.wide_form import WideForm, wide_form, wide_rows
from salesdx.case.file import with_firm
from salesdx.case.memory import WorkingMemory
from salesdx.text.issues import CaseError

Progress = Callable[[int], object]
"""Is called with the number of rows that have been done since it was called last."""


Begin = Callable[[int], Progress]
"""Is called once with the number of rows that there are."""


class Facts(Protocol):
    """Where rows come from; ``state`` tells them from others."""

    @property
    def state(self) -> list[Any]: ...
    def opened(self, folder: Path) -> ArrowSource: ...


@dataclass(frozen=True)
class BulkRun:
    """What is to be decided, and how much of it is explained beside."""

    facts: Facts
    base: RuleBase
    against: RuleBase | None = None
    firm: Path | None = None
    sample: int = 100
    spark: str = ""
    """The master that runs it; its parts begin at other rows than those of one process."""

    def about(self, today: date) -> dict[str, Any]:
        """What makes a run another run."""
        firm = profile_of_firm(self.base, self.firm, today).firm
        return {
            "program": __version__,
            "rules": self.base.digest,
            "against": self.against.digest if self.against else "",
            "firm": hashlib.sha256(firm.text.encode()).hexdigest() if firm else "",
            "facts": self.facts.state,
            "spark": bool(self.spark),
            "today": today.isoformat(),
        }


@dataclass(frozen=True)
class BulkResult:
    """What came out: how many cases, how many of them case by case, how many were explained by the pair of engines, and
    how often each verdict was given. Against other rules: of the cases that change."""

    cases: int
    written: int
    alone: int
    sampled: int
    verdicts: Counter[str | None]


@dataclass(frozen=True)
class RowReading:
    """How the rows of a source are read by one rule base."""

    decider: Decider
    form: WideForm | LongForm
    faults: RowFaults

    @classmethod
    def of(cls, run: BulkRun, source: ArrowSource, base: RuleBase, today: date) -> RowReading:
        """By the rules that the facts are for each unknown column is a fault; others pass over it."""
        faults = RowFaults(source.shown, source.columns, source.first_line)
        columns = source.columns
        if base is run.against:
            columns = tuple(name for name in columns if _is_asked(name, base) or not _is_asked(name, run.base))
        profile = profile_of_firm(base, run.firm, today)
        form = (long_form if TERM in columns else wide_form)(base, columns, profile, faults)
        return cls(Decider.of(base), form, faults)

    def rows(self, batch: pa.RecordBatch, first: int) -> BulkRows:
        """The cases of a batch that begins with this row; what is wrong with them goes to the faults."""
        try:
            batch.validate(full=True)
            if isinstance(self.form, LongForm):
                return long_rows(self.form, batch, first, self.faults)
            return wide_rows(self.form, batch, first, self.faults)
        except (pa.ArrowException, UnicodeDecodeError) as error:  # no text where there has to be one, or no UTF-8
            raise unreadable(self.faults.shown, error) from None


def _is_asked(column: str, base: RuleBase) -> bool:
    """Whether some rules ask for what a column states."""
    term = base.terms.get(column.partition(".")[0])
    return term is not None and not term.computed


def profile_of_firm(base: RuleBase, firm: Path | None, today: date) -> FirmProfile:
    """The profile of a firm from its file. Raises CaseError."""
    memory = with_firm(WorkingMemory(base, {}), firm)
    return FirmProfile(memory.firm, memory.statements, today)


def decide_into(run: BulkRun, folder: PartFolder, begin: Begin) -> BulkResult:
    """Decide all cases into a folder. Raises CaseError with the faults of the rows, EnginesDiffer, OtherRun, OSError.

    Where it fails for what the rows hold nothing is left; where it is stopped it goes on with the next call.
    """
    with begun(run, folder) as today:
        source = run.facts.opened(folder.unfinished)
        progress = begin(source.rows)
        progress(folder.done)
        sampled = decide_rows(run, source, folder, today, folder.done, source.rows, progress)
    return result_in(folder, sampled)


@contextmanager
def begun(run: BulkRun, folder: PartFolder) -> Iterator[date]:
    """A folder while it is filled, with the day on which the run was begun; it is finished when that is done."""
    with folder.alone():
        about = folder.begin(run.about(date.today()))
        try:
            yield date.fromisoformat(about["today"])
        except (CaseError, EnginesDiffer, ModuleNotFoundError):  # the last without the library of a cluster
            folder.drop()
            raise
        folder.finish()


def result_in(folder: PartFolder, sampled: int) -> BulkResult:
    """What came out, from the parts of a finished folder."""
    decided = folder.counts("decided")
    return BulkResult(folder.cases, sum(decided.values()), decided[SCALAR], sampled, folder.counts("verdict"))


def decide_rows(
    run: BulkRun, source: ArrowSource, folder: PartFolder, today: date, begin: int, stop: int, progress: Progress
) -> int:
    """Decide the rows from ``begin`` to before ``stop`` -> how many cases were explained beside. Raises as above."""
    readings = [RowReading.of(run, source, run.base, today)]
    readings[0].faults.check()
    if run.against is not None:
        readings.append(RowReading.of(run, source, run.against, today))
    wanted = np.unique(np.linspace(0, max(0, source.rows - 1), run.sample).astype(np.int64))
    form, sampled, end, part = readings[0].form, 0, begin, list[_Batch]()
    for first, batch in form.cut(source.batches(form.names, begin, stop), begin, readings[0].faults):
        end = first + batch.num_rows
        done = _decided(readings, batch, first, wanted[(wanted >= first) & (wanted < end)] - first)
        progress(batch.num_rows)
        if done is None:
            continue
        sampled += done.sampled
        part.append(done)
        if end - begin >= PART_ROWS:
            _write(folder, begin, end, part)
            begin, part = end, []
    for reading in readings:
        reading.faults.check()
    if part:
        _write(folder, begin, end, part)
    return sampled


@dataclass(frozen=True)
class _Batch:
    table: pa.Table
    cases: int
    sampled: int


def _write(folder: PartFolder, begin: int, end: int, part: list[_Batch]) -> None:
    cases = sum(each.cases for each in part)
    folder.write(begin, end - begin, cases, pa.concat_tables([each.table for each in part]))


def _decided(readings: list[RowReading], batch: pa.RecordBatch, first: int, sample: Numbers) -> _Batch | None:
    """The results of a batch; None where a fault stands in this one or an earlier one: the rest is only read."""
    rows = [reading.rows(batch, first) for reading in readings]
    if any(reading.faults.issues for reading in readings):
        return None
    found = [reading.decider.decide(each) for reading, each in zip(readings, rows, strict=True)]
    cases = np.unique(np.searchsorted(rows[0].starts, sample, "right") - 1)
    readings[0].decider.check(rows[0], found[0], map(int, cases))
    table = changed_table(rows[0].heads, found[0], found[1] if len(found) > 1 else None)
    return _Batch(table, rows[0].heads.rows, len(cases))
