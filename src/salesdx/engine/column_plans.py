"""The lowered program for some columns: without the operations that cannot be true in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from salesdx.engine.case_columns import CaseColumns
from salesdx.engine.column_slots import Slots
from salesdx.engine.lowered import (
    IN_DISPUTE,
    IS_EXCUSED,
    KNOWN,
    NEVER,
    WIDE,
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
    Operations,
    OutsideCount,
    Signal,
    TermFlag,
)
from salesdx.engine.program import OPPOSITE
from salesdx.language.conditions import names


@dataclass(frozen=True)
class Presence:
    """What occurs in some columns at all."""

    known: frozenset[str]
    wide: frozenset[str]
    disputed: frozenset[str]
    excused: frozenset[str]
    floor: frozenset[tuple[str, str]]
    outside: frozenset[str]


@dataclass(frozen=True)
class ColumnPlan:
    """Operations that are left, each behind what it reads, and where the results of the lowered program now stand."""

    operations: tuple[Operation, ...]
    at: Mapping[Signal, Signal]
    dies: tuple[tuple[Signal, ...], ...]
    """Operation -> what no later one reads."""


def presence(slots: Slots, columns: CaseColumns) -> Presence:
    """What occurs in some columns."""
    floor = ((stage, name) for stage, of in columns.floor.items() for name, bits in of.items() if bits.any())
    known, wide, disputed, excused = map(frozenset, (slots.low, slots.high, slots.disputed, slots.excused))
    return Presence(known, wide, disputed, excused, frozenset(floor), frozenset(columns.outside))


@lru_cache(maxsize=32)
def plan_for(lowered: Lowered, outputs: tuple[Signal, ...], found: Presence) -> ColumnPlan:
    """The operations behind some results, for columns in which this occurs."""
    ops, booleans = Operations(), {t.name for t in lowered.program.base.terms.values() if t.type == "boolean"}
    at: dict[Signal, Signal] = {}
    for signal in sorted(_behind(lowered.operations, outputs)):
        at[signal] = _again(ops, at, lowered.operations[signal], found, booleans)
    wanted = tuple(at[signal] for signal in outputs)
    live = sorted(_behind(ops.made, wanted))
    last: dict[Signal, Signal] = {}
    for signal in live:
        for read in _reads(ops.made[signal]):
            last[read] = signal
    dies: dict[Signal, list[Signal]] = {}
    for read, signal in last.items():
        if read not in wanted:
            dies.setdefault(signal, []).append(read)
    place = {signal: n for n, signal in enumerate(live)}
    return ColumnPlan(
        tuple(_moved(ops.made[signal], place) for signal in live),
        {signal: place[at[signal]] for signal in outputs},
        tuple(tuple(place[read] for read in dies.get(signal, ())) for signal in live),
    )


def _again(
    ops: Operations, at: Mapping[Signal, Signal], operation: Operation, found: Presence, booleans: set[str]
) -> Signal:
    match operation:
        case AllOf(parts):
            return ops.every(at[part] for part in parts)
        case AnyOf(parts):
            return ops.some(at[part] for part in parts)
        case NoneOf(part):
            return ops.inverse(at[part])
        case AtLeast(least, parts):
            return ops.at_least(least, [at[part] for part in parts])
        case EndTest(term, _, op, limit):
            if term not in found.known:
                return NEVER
            if term in found.wide:
                return ops.signal(operation)
            known = ops.signal(TermFlag(term, KNOWN))
            if op in (">", ">=", "!="):  # the opposite is needed as well, mostly: one pass over the column for both
                return ops.every((known, ops.inverse(ops.signal(EndTest(term, False, OPPOSITE[op], limit)))))
            if term in booleans and limit == 0:
                return ops.every((known, ops.inverse(ops.signal(EndTest(term, False, op, limit + 1)))))
            return ops.signal(EndTest(term, False, op, limit))
        case EndPair(term, _, _, other, _):
            return ops.signal(operation) if {term, other} <= found.known else NEVER
        case Calculated(expr, _):
            return ops.signal(operation) if found.known.issuperset(names(expr)) else NEVER
        case TermFlag(term, word):
            holders = {KNOWN: found.known, WIDE: found.wide, IN_DISPUTE: found.disputed, IS_EXCUSED: found.excused}
            return ops.signal(operation) if term in holders[word] else NEVER
        case FloorBit(stage, term, _):
            return ops.signal(operation) if (stage, term) in found.floor else NEVER
        case OutsideCount(stage):
            return ops.signal(operation) if stage in found.outside else NEVER
    raise AssertionError(operation)


def _reads(operation: Operation) -> tuple[Signal, ...]:
    match operation:
        case AllOf(parts) | AnyOf(parts) | AtLeast(_, parts):
            return parts
        case NoneOf(part):
            return (part,)
    return ()


def _moved(operation: Operation, place: Mapping[Signal, Signal]) -> Operation:
    match operation:
        case AllOf(parts):
            return AllOf(tuple(place[part] for part in parts))
        case AnyOf(parts):
            return AnyOf(tuple(place[part] for part in parts))
        case NoneOf(part):
            return NoneOf(place[part])
        case AtLeast(least, parts):
            return AtLeast(least, tuple(place[part] for part in parts))
    return operation


def _behind(operations: Iterable[Operation], wanted: Iterable[Signal]) -> set[Signal]:
    made, seen, queue = list(operations), set(wanted), list(wanted)
    while queue:
        new = [part for part in _reads(made[queue.pop()]) if part not in seen]
        seen.update(new)
        queue += new
    return seen
