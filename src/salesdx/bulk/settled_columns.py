"""Statements -> facts, for many cases together: the rules of `case/settling.py` and `case/floor.py` on columns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from salesdx.base.model import Stage
from salesdx.bulk.cell_values import Numbers
from salesdx.bulk.said_columns import (
    NOT_APPLICABLE,
    NOT_KNOWN,
    CasePeriods,
    SaidColumns,
    TermTable,
    own_said,
    untimely_said,
)
from salesdx.case.also_calculated import calculated, is_too_vague, or_formulas
from salesdx.case.floor import wanted_kind
from salesdx.case.settling import Fact
from salesdx.case.statement import Statement, Unknown, evidence_rank
from salesdx.engine.case_columns import (
    DISPUTED,
    EXCUSE,
    IMPRECISE,
    KINDS,
    CaseColumns,
    ends_of,
    value_of,
)
from salesdx.engine.lowered import EXCUSE_MEETS, EXCUSE_MEETS_ANYWAY, MEETS, MEETS_ANYWAY
from salesdx.language.conditions import names

STALE, UNKNOWN, NOT_FITTING = (KINDS.index(kind) for kind in (Unknown.STALE, Unknown.NOT_KNOWN, Unknown.NOT_APPLICABLE))
WEAKEST = 1 << 20


@dataclass(frozen=True, eq=False)
class SettledFacts:
    """The facts of some cases before formulas, one a row."""

    case: Numbers
    term: Numbers
    low: Numbers
    high: Numbers
    kind: Numbers
    rank: Numbers
    """That of the statements that count."""
    two_kinds: Numbers
    """Whether it is too old and excused: columns hold one kind."""
    floor: dict[str, Numbers]


def settled_cases(said: SaidColumns, table: TermTable, cases: CasePeriods) -> CaseColumns:
    """The facts of all cases, with the floors that they meet."""
    columns = _Filled(table, cases)
    columns.put(_settled(said, table, cases, columns))
    for name in or_formulas(table.base):
        number = table.names.index(name)
        own = said.take(np.flatnonzero(said.term == number))
        made = columns.calculated(name, number)
        both = own.with_more(made)
        columns.put(_settled(both.take(np.isin(both.case, made.case)), table, cases, columns))
        columns.note_vague(name, made.case)
    return columns.as_cases()


def _settled(said: SaidColumns, table: TermTable, cases: CasePeriods, filled: _Filled) -> SettledFacts:
    """A fact for each case and term of which something is said."""
    order = np.argsort(said.term * len(cases.begin) + said.case, kind="stable")
    said = said.take(order)
    key = said.term * len(cases.begin) + said.case
    starts = np.flatnonzero(np.diff(key, prepend=-1))
    group = np.repeat(np.arange(len(starts)), np.diff(starts, append=len(key)))

    def any_of(mask: Numbers) -> Numbers:
        return np.logical_or.reduceat(mask, starts) if len(starts) else mask

    late, own = untimely_said(said, table, cases), own_said(said, table)
    stands = said.stands & ~(said.drawn & ~said.valued)
    stated = stands & said.valued
    current = stated & ~late
    rank = np.where(current, said.rank, WEAKEST)
    best = np.minimum.reduceat(rank, starts) if len(starts) else rank
    strongest = current & (rank == best[group])
    low = _reduced(np.minimum, np.where(strongest, said.low, np.inf), starts)
    high = _reduced(np.maximum, np.where(strongest, said.high, -np.inf), starts)
    differ = any_of(strongest & ((said.low != low[group]) | (said.high != high[group])))
    term = said.term[starts]
    known = any_of(current) & ~(differ & (~table.measured[term] | (np.isinf(low) & np.isinf(high))))
    excuse = said.stands & (said.unknown == NOT_APPLICABLE) & said.reason & own
    excused = any_of(excuse & stands)
    kind = np.select(
        [any_of(current), any_of(stated), excused, any_of(stands & (said.unknown == NOT_KNOWN)),
         any_of(stands & (said.unknown == NOT_APPLICABLE))],
        [np.where(differ, DISPUTED, 0), STALE, EXCUSE, UNKNOWN, NOT_FITTING],
        0,
    )  # fmt: skip
    low, high = np.where(known, low, np.nan), np.where(known, high, np.nan)
    floor = {
        stage.id: _floor(stage, said, table, cases, filled, starts, group, own, late, (low, high, differ, excuse))
        for stage in table.base.stages
        if stage.floor
    }
    stale = any_of(stated) & ~any_of(current)
    return SettledFacts(said.case[starts], term, low, high, kind, best, stale & excused, floor)


def _floor(
    stage: Stage,
    said: SaidColumns,
    table: TermTable,
    cases: CasePeriods,
    filled: _Filled,
    starts: Numbers,
    group: Numbers,
    own: Numbers,
    late: Numbers,
    settled: tuple[Numbers, Numbers, Numbers, Numbers],
) -> Numbers:
    """The bits of the floor that each fact meets."""
    low, high, differ, excuse = settled

    def any_of(mask: Numbers) -> Numbers:
        return np.logical_or.reduceat(mask, starts) if len(starts) else mask

    current = said.stands & ~late
    alike = current & (said.low == low[group]) & (said.high == high[group])
    contradicted = any_of(current & said.valued & own & ~alike)
    spoken_for = any_of(current & said.valued & (own | said.calculated))
    found = np.zeros(len(starts), np.uint8)
    distrusted = {rule.distrusts for rule in table.base.rules if rule.distrusts}
    for kinds, meets, excused in ((set[str](), MEETS, EXCUSE_MEETS), (distrusted, MEETS_ANYWAY, EXCUSE_MEETS_ANYWAY)):
        good = ~_faults(stage, said, table, cases, own, kinds) & ~said.calculated
        good |= said.calculated & filled.inputs_meet(said, stage.id, meets)
        carried = any_of(alike & good) & ~differ & ~contradicted & _authored(said, alike & good, table, starts, group)
        found |= np.where(carried, meets, 0).astype(np.uint8)
        instead = any_of(excuse & current & good) & ~spoken_for & ~carried
        found |= np.where(instead, excused, 0).astype(np.uint8)
    return found


def _faults(
    stage: Stage, said: SaidColumns, table: TermTable, cases: CasePeriods, own: Numbers, distrusted: set[str]
) -> Numbers:
    """Which statements do not carry a fact over the floor of a stage."""
    floor, base = stage.floor, table.base
    assert floor is not None
    wanted = np.array([base.evidence_ranks[wanted_kind(floor, stage, term)] for term in base.terms.values()])
    asked = base.evidence_ranks.get(floor.asker_kind, -1)
    asking = (said.by >= 0) & (said.by == cases.asker[said.case])
    faults = ~own | (asking & (said.rank != asked)) | (said.rank > wanted[said.term])
    faults |= np.isin(said.rank, [base.evidence_ranks[kind] for kind in distrusted])
    if floor.dated:
        faults |= np.isnan(said.day) | np.isnan(cases.begin[said.case]) | ~cases.named[said.case]
    twice = table.twice[said.term]
    ends = (said.low, said.high)
    fraction = np.logical_or(*((end > 0) & ((end <= 1) | (twice & (end < 2))) for end in ends))
    found: Numbers = faults | (table.percent[said.term] & ~said.drawn & fraction)
    return found


def _authored(said: SaidColumns, good: Numbers, table: TermTable, starts: Numbers, group: Numbers) -> Numbers:
    """Of which facts as many named authors say so as their terms ask for; what is calculated names none."""
    needed = table.authors[said.term[starts]]
    if not (needed > 1).any():
        return np.ones(len(starts), bool)
    named = good & (said.author > 0)
    pairs = np.unique(np.stack([group[named], said.author[named]]), axis=1)
    count = np.bincount(pairs[0], minlength=len(starts))
    nameless = np.logical_or.reduceat(good & said.calculated, starts)
    found: Numbers = (needed <= 1) | (count >= needed) | nameless
    return found


def _reduced(of: np.ufunc, numbers: Numbers, starts: Numbers) -> Numbers:
    return np.asarray(of.reduceat(numbers, starts) if len(starts) else numbers)


class _Filled:
    """The columns of the facts that are settled so far."""

    def __init__(self, table: TermTable, cases: CasePeriods) -> None:
        self.table, self.rows = table, len(cases.begin)
        self.low: dict[str, Numbers] = {}
        self.high: dict[str, Numbers] = {}
        self.kind: dict[str, Numbers] = {}
        self.rank: dict[str, Numbers] = {}
        self.beside = np.zeros(self.rows, bool)
        self.floor: dict[str, dict[str, Numbers]] = {stage.id: {} for stage in table.base.stages if stage.floor}

    def put(self, facts: SettledFacts) -> None:
        """Take over facts, in the place of what stood there."""
        for number in np.unique(facts.term):
            name, at = self.table.names[number], facts.term == number
            self._blank(name)
            rows = facts.case[at]
            self.low[name][rows], self.high[name][rows] = facts.low[at], facts.high[at]
            self.kind[name][rows], self.rank[name][rows] = facts.kind[at], facts.rank[at]
            for stage, bits in facts.floor.items():
                self.floor[stage][name][rows] = bits[at]
        self.beside[facts.case[facts.two_kinds]] = True

    def _blank(self, name: str) -> None:
        if name not in self.low:
            self.low[name], self.high[name] = np.full(self.rows, np.nan), np.full(self.rows, np.nan)
            self.kind[name], self.rank[name] = np.zeros(self.rows, np.uint8), np.full(self.rows, WEAKEST)
            for stage in self.floor.values():
                stage[name] = np.zeros(self.rows, np.uint8)

    def calculated(self, name: str, number: int) -> SaidColumns:
        """What an `or_formula` states in each case in which it can be calculated."""
        base, found = self.table.base, list[tuple[int, float, float, int]]()
        for row in map(int, self._can_be_calculated(name)):
            facts = {part: fact for part in self._reads(name) if (fact := self._fact(part, row)) is not None}
            made = calculated(base.terms[name], facts, base)
            if made is not None and made.value is not None:
                found.append((row, *ends_of(base.terms[name], made.value), evidence_rank(base, made)))
        case, low, high, rank = (np.array(part) for part in zip(*found, strict=True)) if found else (np.zeros(0),) * 4
        none, no = np.zeros(len(case), np.int64), np.zeros(len(case), bool)
        return SaidColumns(
            case.astype(np.int64), none + number, low, high, none, none - 1, none, rank.astype(np.int64),
            np.full(len(case), np.nan), no, ~no, no, no, ~no,
        )  # fmt: skip

    def _reads(self, name: str) -> tuple[str, ...]:
        formula = self.table.base.terms[name].or_formula
        assert formula is not None
        return (*names(formula), name)

    def _can_be_calculated(self, name: str) -> Numbers:
        known = np.ones(self.rows, bool)
        for part in self._reads(name)[:-1]:
            known &= ~np.isnan(self.low[part]) if part in self.low else False
        return np.flatnonzero(known)

    def _fact(self, name: str, row: int) -> Fact | None:
        """A fact that is known, and on which kind of evidence."""
        value = (
            value_of(self.table.base.terms[name], self.low[name][row], self.high[name][row])
            if name in self.low
            else None
        )
        if value is None:
            return None
        return Fact(name, value, None, Statement(value, kind=self.table.kinds[self.rank[name][row]]))

    def note_vague(self, name: str, made: Numbers) -> None:
        """What has no value, and is not calculated since its inputs are known, and not exactly, is imprecise."""
        base = self.table.base
        for row in map(int, np.setdiff1d(self._can_be_calculated(name), made)):
            facts = {part: fact for part in self._reads(name) if (fact := self._fact(part, row)) is not None}
            if name not in facts and is_too_vague(base.terms[name], facts):
                self._blank(name)
                self.kind[name][row] = IMPRECISE
                for stage in self.floor.values():
                    stage[name][row] = 0

    def inputs_meet(self, said: SaidColumns, stage: str, bit: int) -> Numbers:
        """Of what is calculated, whether all that it is calculated from meets the floor."""
        found = said.calculated.copy()
        for number in np.unique(said.term[said.calculated]):
            at = np.flatnonzero(said.calculated & (said.term == number))
            for part in self._reads(self.table.names[number])[:-1]:
                found[at] &= self.floor[stage][part][said.case[at]] & bit != 0
        return found

    def as_cases(self) -> CaseColumns:
        """The facts as the columnar engine has them."""
        wide = {
            name: high for name, high in self.high.items() if not np.array_equal(high, self.low[name], equal_nan=True)
        }
        return CaseColumns(self.rows, self.low, wide, self.kind, self.floor, True, self.beside)
