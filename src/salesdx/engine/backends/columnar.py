"""Many cases at once: the lowered program over columns, 131,072 rows at a time, eight of them a byte.

Needs the extra `bulk`. What is decided equals what ``judgement.judge`` decides of each case alone; a row of which that
cannot be said is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from salesdx.engine.case_columns import CaseColumns, Column, Decisions, Words, is_short
from salesdx.engine.column_numbers import COMPARE, WholeNumbers, compared, whole_numbers
from salesdx.engine.column_plans import ColumnPlan, plan_for, presence
from salesdx.engine.column_slots import Slots, by_values, settled_slots
from salesdx.engine.lowered import (
    IN_DISPUTE,
    IS_EXCUSED,
    KNOWN,
    AllOf,
    AnyOf,
    AtLeast,
    Calculated,
    EndPair,
    EndTest,
    FloorBit,
    Lowered,
    NoneOf,
    Operation,
    OutsideCount,
    Signal,
    TermFlag,
    TruthSignals,
)
from salesdx.engine.lowering_ladder import lower
from salesdx.engine.program import MODE, VERDICT, Program, RuleRefused, ladder_name
from salesdx.language.conditions import Expr, names, truth

CHUNK = 131_072
"""Rows: their bits of one operation are 16 KB, so that what is read next is still near the processor."""


@dataclass(frozen=True, eq=False)
class Columnar:
    """A program that decides cases in columns."""

    program: Program
    words: Words
    lowered: Lowered | None
    refused_rules: tuple[tuple[str, str], ...] = ()
    """The rule whose meaning columns cannot keep, and why: all rows are refused then."""

    def decide(self, columns: CaseColumns) -> Decisions:
        """What follows in each row."""
        if self.lowered is None:
            return _all_refused(self.words, columns.rows)
        results = result_places(self.lowered, self.words)
        slots = settled_slots(self.program.base, columns, self.lowered.reads)
        plan = plan_for(self.lowered, results.signals, presence(slots, columns))
        chunks = [_decide_chunk(self.words, results, plan, slots, columns, at) for at in range(0, columns.rows, CHUNK)]
        return chunks[0] if len(chunks) == 1 else _joined(self.words, columns.rows, chunks)

    def truths(self, columns: CaseColumns) -> dict[str, tuple[Column, Column]]:
        """Rule -> bool: the rows in which it is known and true, and known and false; of rows that are not refused.

        Raises RuleRefused where columns cannot keep the meaning of a rule.
        """
        if self.lowered is None:
            raise RuleRefused(*self.refused_rules[0])
        wanted = tuple(side for truths in self.lowered.rules.values() for side in (truths.true, truths.false))
        slots = settled_slots(self.program.base, columns, self.lowered.reads)
        plan = plan_for(self.lowered, wanted, presence(slots, columns))
        chunk = Chunk(slots, columns, 0)
        bits = chunk.run(plan)
        found = (chunk.unpacked(bits[plan.at[signal]]) for signal in wanted)
        return dict(zip(self.lowered.rules, zip(found, found, strict=True), strict=True))


@lru_cache(maxsize=8)
def columnar(program: Program) -> Columnar:
    """The program as columns decide by it."""
    words = _words(program)
    try:
        return Columnar(program, words, lower(program))
    except RuleRefused as refused:
        rule, _, why = str(refused).partition(": ")
        return Columnar(program, words, None, ((rule.removeprefix("rule "), why),))


def _words(program: Program) -> Words:
    base, ladder = program.base, program.base.ladder
    lines = (line.name for stage in base.stages for line in ladder.decisions[stage.decided_by])
    return Words(
        tuple(stage.id for stage in base.stages),
        tuple(dict.fromkeys(lines)),
        tuple(dict.fromkeys(line.name for line in ladder.modes)),
        tuple(dict.fromkeys(line.name for line in ladder.verdicts)),
        tuple(rule.id for rule in base.rules),
        tuple(base.interventions),
        tuple(stage.id for stage in base.stages if stage.ruled_out_when is None),
    )


@dataclass(frozen=True)
class Results:
    """Where the results of a lowered program stand."""

    status: Mapping[str, tuple[Signal, ...]]
    """Stage -> that it has each of the words of a status."""
    held: tuple[Signal, ...]
    concluded: tuple[Signal, ...]
    mode: tuple[Signal, ...]
    verdict: tuple[Signal, ...]
    likely: tuple[Signal, ...]
    rules: tuple[Signal, ...]
    recommended: tuple[Signal, ...]
    unexamined: tuple[Signal, ...]
    beyond: Signal

    @property
    def signals(self) -> tuple[Signal, ...]:
        """All of them."""
        parts = (*self.status.values(), self.held, self.concluded, self.mode, self.verdict, self.likely, self.rules)
        return tuple(s for part in (*parts, self.recommended, self.unexamined, (self.beyond,)) for s in part)


@lru_cache(maxsize=8)
def result_places(lowered: Lowered, words: Words) -> Results:
    """The results by the order of the words that name them."""

    def one_of(name: str, of: tuple[str, ...]) -> tuple[Signal, ...]:
        found = lowered.words.get(name, {})
        assert isinstance(found, Mapping)
        return tuple(found.get(word, 0) for word in of)

    def held(stage: str) -> Signal:
        found = lowered.words[ladder_name(stage, "held")]
        assert isinstance(found, TruthSignals)
        return found.true

    return Results(
        {stage: one_of(ladder_name(stage, "status"), words.statuses) for stage in words.stages},
        tuple(map(held, words.stages)),
        tuple(lowered.concluded.get(stage, 0) for stage in words.stages),
        one_of(MODE, words.modes),
        one_of(VERDICT, words.verdicts),
        tuple(lowered.likely.get(stage, 0) for stage in words.stages),
        tuple(lowered.rules[rule].true for rule in words.rules),
        tuple(lowered.recommended[id] for id in words.interventions),
        lowered.unexamined,
        lowered.beyond,
    )


# --- a chunk of rows --------------------------------------------------------------------------------------------------


def _decide_chunk(
    words: Words, results: Results, plan: ColumnPlan, slots: Slots, columns: CaseColumns, start: int
) -> Decisions:
    chunk = Chunk(slots.rows_of(start, min(start + CHUNK, slots.rows)), columns, start)
    bits = chunk.run(plan)

    def of(signals: Sequence[Signal]) -> list[Column]:
        return [bits[plan.at[signal]] for signal in signals]

    def whether(signals: Sequence[Signal]) -> Column:
        return np.array([chunk.unpacked(each) for each in of(signals)], bool).reshape(len(signals), chunk.rows)

    def packed(signals: Sequence[Signal]) -> Column:
        return np.array(of(signals), np.uint8).reshape(len(signals), chunk.bytes)

    held = whether(results.held)
    return Decisions(
        words,
        chunk.rows,
        {stage: chunk.codes(of(signals)) for stage, signals in results.status.items()},
        dict(zip(words.stages, held, strict=True)),
        chunk.codes(of(results.concluded)),
        chunk.codes(of(results.mode)),
        chunk.codes(of(results.verdict)),
        whether(results.likely),
        packed(results.rules),
        packed(results.recommended),
        chunk.number(number_true(of(results.unexamined)), np.int16),
        chunk.slots.refused | chunk.unpacked(bits[plan.at[results.beyond]]),
    )


@dataclass
class Chunk:
    """Some rows, and the bits of operations over them."""

    slots: Slots
    columns: CaseColumns
    start: int
    judged: dict[Expr, tuple[Column, Column]] = field(default_factory=dict)
    """Comparison with a calculation -> where it is known and true, and known and false."""
    whole: dict[str, WholeNumbers | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rows = self.slots.rows
        self.bytes = -(-self.rows // 8)

    def run(self, plan: ColumnPlan) -> list[Column]:
        """The bits of each operation; of those that a later one has read, nothing is kept."""
        bits: list[Column] = []
        for operation, dies in zip(plan.operations, plan.dies, strict=True):
            bits.append(self._bits(operation, bits))
            for part in dies:
                bits[part] = _GONE
        return bits

    def _bits(self, operation: Operation, bits: list[Column]) -> Column:
        match operation:
            case AllOf(parts):
                return self._join(np.bitwise_and, parts, bits, 255)
            case AnyOf(parts):
                return self._join(np.bitwise_or, parts, bits, 0)
            case NoneOf(part):
                return np.invert(bits[part])
            case AtLeast(least, parts):
                return at_least(least, [bits[part] for part in parts])
            case EndTest(term, high, op, limit):
                ends = self.slots.ends(term)
                assert ends is not None
                return _packed(COMPARE[op](ends[high], float(limit)))
            case EndPair(term, high, op, other, other_high):
                return self._pair(term, high, op, other, other_high)
            case Calculated(expr, side):
                return _packed(self._truths(expr)[not side])
            case TermFlag(term, word):
                return _packed(self._flag(term, word))
            case FloorBit(stage, term, bit):
                return _packed(self._part(self.columns.floor[stage][term]) & bit != 0)
            case OutsideCount(stage, least):
                return _packed(self._part(self.columns.outside[stage]) >= least)
        raise AssertionError(operation)

    def _part(self, column: Column) -> Column:
        return column[self.start : self.start + self.rows]

    def _join(self, join: np.ufunc, parts: tuple[Signal, ...], bits: list[Column], empty: int) -> Column:
        if not parts:
            return np.full(self.bytes, empty, np.uint8)
        found: Column = join(bits[parts[0]], bits[parts[1]])
        for part in parts[2:]:
            join(found, bits[part], out=found)
        return found

    def _flag(self, term: str, word: str) -> Column:
        if word == IN_DISPUTE:
            return self.slots.disputed[term]
        if word == IS_EXCUSED:
            return self.slots.excused[term]
        ends = self.slots.ends(term)
        assert ends is not None
        return ends[0] == ends[0] if word == KNOWN else ends[0] < ends[1]

    def _pair(self, term: str, high: bool, op: str, other: str, other_high: bool) -> Column:
        ends, others = self.slots.ends(term), self.slots.ends(other)
        assert ends is not None and others is not None
        left, right = ends[high], others[other_high]
        if self._whole(term) is None or self._whole(other) is None:  # a long number has no place among others
            self.slots.refused[:] |= ~is_short(left) | ~is_short(right)
        return _packed(COMPARE[op](left, right))

    def _truths(self, expr: Expr) -> tuple[Column, Column]:
        """Where a comparison with a calculation is known and true, and known and false."""
        if expr not in self.judged:
            self.judged[expr] = self._judge(expr)
        return self.judged[expr]

    def _whole(self, term: str) -> WholeNumbers | None:
        """The points of a term as whole numbers, where all are; None also where some are imprecise."""
        if term not in self.whole:
            ends = self.slots.ends(term)
            self.whole[term] = None if ends is None or term in self.slots.high else whole_numbers(ends[0])
        return self.whole[term]

    def _judge(self, expr: Expr) -> tuple[Column, Column]:
        columns = {name: ends for name in names(expr) if (ends := self.slots.ends(name)) is not None}
        known = np.ones(self.rows, bool)
        for ends in columns.values():
            known &= ends[0] == ends[0]
        if (holds := compared(expr, self._whole)) is not None:
            return known & holds, known & ~holds
        return self._judge_by_values(expr, columns, known)

    def _judge_by_values(
        self, expr: Expr, columns: Mapping[str, tuple[Column, Column]], known: Column
    ) -> tuple[Column, Column]:
        """By the definition, once for each group of values that occurs."""
        true, false, short = np.zeros(self.rows, bool), np.zeros(self.rows, bool), np.ones(self.rows, bool)
        for ends in columns.values():
            for end in ends:
                short &= is_short(end)
        self.slots.refused[:] |= known & ~short
        at = np.flatnonzero(known & short)
        if len(at):
            here = {name: (low[at], low[at] if high is low else high[at]) for name, (low, high) in columns.items()}
            found, _ = by_values(self.slots.base, len(at), here, lambda values: (_CODES[truth(expr, values)], 0.0))
            true[at], false[at] = found == 1, found == 0
        return true, false

    # --- results

    def unpacked(self, bits: Column) -> Column:
        """Bits as booleans."""
        return np.unpackbits(bits, count=self.rows, bitorder="little").view(bool)

    def number(self, planes: Sequence[Column], dtype: type) -> Column:
        """Binary digits, the lowest first, as numbers."""
        found: Column = np.zeros(self.rows, dtype)
        for place, plane in enumerate(planes):
            found += self.unpacked(plane).astype(dtype) << place
        return found

    def codes(self, one_of: Sequence[Column]) -> Column:
        """Which of some words it is, by its position; -1 where it is none."""
        planes = []
        for place in range(len(one_of).bit_length()):
            parts = [bits for code, bits in enumerate(one_of, start=1) if code >> place & 1]
            plane = parts[0].copy()
            for part in parts[1:]:
                np.bitwise_or(plane, part, out=plane)
            planes.append(plane)
        return self.number(planes, np.int16) - np.int16(1)


_CODES = {True: 1.0, False: 0.0, None: np.nan}
_GONE: Column = np.zeros(0, np.uint8)


def _packed(column: Column) -> Column:
    return np.packbits(column, bitorder="little")


def at_least(least: int, parts: Sequence[Column]) -> Column:
    """Where so many parts are true: how many were, up to so many, is kept in a row of columns."""
    reached = [np.zeros_like(parts[0]) for _ in range(least)]
    for part in parts:
        for n in range(least - 1, 0, -1):
            reached[n] |= reached[n - 1] & part
        reached[0] |= part
    return reached[-1]


def number_true(parts: Sequence[Column]) -> list[Column]:
    """How many parts are true, in binary digits, by adders of three (carry-save addition, Wallace 1964)."""
    planes: list[Column] = []
    level = list(parts)
    while level:
        carried: list[Column] = []
        while len(level) > 1:
            a, b, c = level.pop(), level.pop(), level.pop() if level else None
            half = a ^ b
            carried.append(a & b if c is None else (a & b) | (half & c))
            level.append(half if c is None else half ^ c)
        planes.append(level[0])
        level = carried
    return planes


def _all_refused(words: Words, rows: int) -> Decisions:
    none, no = np.full(rows, -1, np.int16), np.zeros(rows, bool)
    likely = np.zeros((len(words.stages), rows), bool)
    rules, recommended = (np.zeros((len(of), -(-rows // 8)), np.uint8) for of in (words.rules, words.interventions))
    status, held = dict.fromkeys(words.stages, none), dict.fromkeys(words.stages, no)
    return Decisions(words, rows, status, held, none, none, none, likely, rules, recommended, none, ~no)


def _joined(words: Words, rows: int, chunks: Iterable[Decisions]) -> Decisions:
    made = list(chunks)

    def joined(name: str) -> Column:
        return np.concatenate([getattr(chunk, name) for chunk in made], axis=-1)

    def by_stage(name: str) -> dict[str, Column]:
        return {stage: np.concatenate([getattr(chunk, name)[stage] for chunk in made]) for stage in words.stages}

    parts = ("concluded", "mode", "verdict", "likely", "rules", "recommended", "unexamined", "refused")
    return Decisions(words, rows, by_stage("status"), by_stage("held"), *map(joined, parts))
