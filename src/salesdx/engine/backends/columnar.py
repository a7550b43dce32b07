"""Many cases at once: the whole ladder decided in columns. Needs the extra `bulk`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import numpy as np

from salesdx.case.memory import WorkingMemory
from salesdx.case.settling import Fact
from salesdx.case.statement import Statement, Unknown
from salesdx.engine.case_columns import (
    EXCUSE,
    EXCUSE_MEETS,
    KINDS,
    MEETS,
    CaseColumns,
    Column,
    Decisions,
    Words,
    value_of,
)
from salesdx.engine.diagnose import quick
from salesdx.engine.diagnosis import Diagnosis
from salesdx.engine.program import Program

PERIOD = (date(2000, 1, 1), date(2000, 12, 31))


@dataclass(frozen=True, eq=False)
class Columnar:
    """A program that decides cases in columns."""

    program: Program
    words: Words
    refused_rules: tuple[tuple[str, str], ...] = ()
    """Rules that columns cannot keep the meaning of, and why: all rows are refused then."""

    def decide(self, columns: CaseColumns) -> Decisions:
        """What follows in each row."""
        words, rows = self.words, columns.rows
        found = [quick(self.program.base, memory_of(self.program, columns, row)) for row in range(rows)]

        def codes(told: Iterable[str | None], of: tuple[str, ...]) -> Column:
            return np.array([-1 if word is None else of.index(word) for word in told], np.int16)

        def bits(told: list[frozenset[str]], of: tuple[str, ...]) -> Column:
            return np.array([[word in each for each in told] for word in of], bool).reshape(len(of), rows)

        return Decisions(
            words,
            rows,
            {id: codes((d.standing(id).status for d in found), words.statuses) for id in words.stages},
            {id: np.array([d.standing(id).held for d in found], bool) for id in words.stages},
            codes((d.concluded.stage.id if d.concluded else None for d in found), words.stages),
            codes((d.mode for d in found), words.modes),
            codes((d.verdict.name if d.verdict else None for d in found), words.verdicts),
            bits([frozenset(cause.standing.stage.id for cause in d.provisional.likely) for d in found], words.stages),
            _packed(bits([frozenset(rule.id for rule in d.fired) for d in found], words.rules)),
            _packed(bits([_recommended(d) for d in found], words.interventions)),
            np.array([len(d.unexamined) for d in found], np.int16),
            np.zeros(rows, bool) if columns.beside is None else columns.beside,
        )


def columnar(program: Program) -> Columnar:
    """The program as columns decide by it."""
    base, ladder = program.base, program.base.ladder
    lines = (line.name for stage in base.stages for line in ladder.decisions[stage.decided_by])
    files = program.base.stages
    words = Words(
        tuple(stage.id for stage in base.stages),
        tuple(dict.fromkeys(lines)),
        tuple(dict.fromkeys(line.name for line in ladder.modes)),
        tuple(dict.fromkeys(line.name for line in ladder.verdicts)),
        tuple(rule.id for rule in base.rules),
        tuple(base.interventions),
        tuple(stage.id for stage in files if stage.ruled_out_when is None),
    )
    return Columnar(program, words)


def _recommended(diagnosis: Diagnosis) -> frozenset[str]:
    given = (*diagnosis.recommendations, *diagnosis.alternatives)
    return frozenset(each.intervention.id for each in given)


def _packed(bits: Column) -> Column:
    return np.packbits(bits, axis=1, bitorder="little")


def memory_of(program: Program, columns: CaseColumns, row: int) -> WorkingMemory:
    """A row as a case: what meets the floor is supposed, all else is nobody's word."""
    base = program.base
    memory = WorkingMemory(base, {}, subject={"ref": str(row)}, period=PERIOD)
    best = base.evidence[0].name
    facts: dict[str, Fact] = {}
    for name in {*columns.low, *columns.kind}:
        low = columns.low[name][row] if name in columns.low else np.nan
        value = value_of(base.terms[name], low, columns.high[name][row] if name in columns.high else low)
        code = int(columns.kind[name][row]) if name in columns.kind else 0
        if value is None and not code:
            continue
        meets = any(of[name][row] & (MEETS | EXCUSE_MEETS) for of in columns.floor.values() if name in of)
        unknown = None if value is not None else Unknown.NOT_APPLICABLE if code == EXCUSE else Unknown(KINDS[code])
        said = Statement(value, unknown, kind=best * bool(meets), date=PERIOD[1], reason="row", supposed=bool(meets))
        disputed = KINDS[code] == Unknown.DISPUTED
        facts[name] = Fact(name, value, unknown, said, (said,), disputed=disputed, excused=code == EXCUSE)
    return memory.with_facts(facts)
