"""A change of the rules tried on many cases of the past: how many come out otherwise, and how."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from salesdx.base.model import RuleBase, Term
from salesdx.bulk.bulk_run import BulkRun, RowReading


class CaseMove(NamedTuple):
    """What a case is said to be, before and after; empty is nothing."""

    what: str
    """The mode, the verdict, the cause or the status of a stage, by the name of its column in the results of `bulk`."""
    before: str
    after: str


@dataclass(frozen=True)
class PastCases:
    """How many cases were tried, how many come out otherwise, and how often each move is made."""

    cases: int
    changed: int
    moves: Counter[CaseMove]
    """The commonest first."""
    first: dict[CaseMove, str]
    """Move -> the first case that makes it."""

    def to_dict(self) -> dict[str, Any]:
        """As JSON-ready data."""
        told = [{**move._asdict(), "cases": n, "first": self.first[move]} for move, n in self.moves.most_common()]
        return {"cases": self.cases, "changed": self.changed, "moves": told}


def try_on(run: BulkRun, folder: Path) -> PastCases:
    """The rules of a run and those that it is against, on the same cases. ``folder`` takes what has to be fetched.

    Raises CaseError with the faults of the rows, by the rules of the run.
    """
    assert run.against is not None
    source, today = run.facts.opened(folder), date.today()
    old, new = (RowReading.of(run, source, base, today) for base in (run.base, run.against))
    old.faults.check()
    alike = _asked(run.base) == _asked(run.against)
    cases, changed, moves, first_of = 0, 0, Counter[CaseMove](), dict[CaseMove, str]()
    for first, batch in old.form.cut(source.batches(old.form.names), 0, old.faults):
        rows = old.rows(batch, first)
        if old.faults.issues:
            continue
        columns, there = rows.columns(), partial(new.rows, batch, first)
        before = old.decider.decide_columns(columns, partial(old.rows, batch, first))
        after = new.decider.decide_columns(columns if alike else there().columns(), there)  # read alike: read once
        cases += before.rows
        differs = before.differ(after)
        changed += int(differs.sum())
        names = rows.heads.case
        for what, was, now, at in before.moves(after, np.flatnonzero(differs)):
            move = CaseMove(what, was, now)
            moves[move] += len(at)
            first_of.setdefault(move, names[int(at[0])].as_py())
    old.faults.check()
    return PastCases(cases, changed, moves, first_of)


def _asked(base: RuleBase) -> tuple[list[Term], str, str]:
    """What decides how rows are read."""
    ladder = base.ladder
    asked = sorted((term for term in base.terms.values() if not term.computed), key=lambda term: term.name)
    return asked, ladder.subject_term, ladder.period_end_term
