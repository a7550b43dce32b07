"""Many cases as columns, one row a case, and what is decided of them; needs the extra `bulk`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np

from salesdx.base.model import RuleBase, Term
from salesdx.case.floor import low_reading
from salesdx.case.memory import WorkingMemory
from salesdx.case.settling import Fact
from salesdx.case.statement import Unknown
from salesdx.engine.lowered import EXCUSE_MEETS, EXCUSE_MEETS_ANYWAY, MEETS, MEETS_ANYWAY
from salesdx.engine.slot_numbers import DIGITS, is_long, position
from salesdx.followup.with_record import with_record
from salesdx.language.conditions import Value
from salesdx.language.intervals import Interval

Column = np.ndarray[Any, Any]
EXCUSED = "excused"
KINDS = ("", *(str(kind) for kind in Unknown), EXCUSED)
"""What stands in a column of kinds, by its position: nothing for what is known, a kind of unknown, or an excuse."""
DISPUTED, IMPRECISE, EXCUSE = map(KINDS.index, (Unknown.DISPUTED, Unknown.IMPRECISE, EXCUSED))
DECLARED = tuple(map(KINDS.index, (Unknown.NOT_KNOWN, Unknown.NOT_APPLICABLE, EXCUSED)))
"""The kinds of unknown that somebody stated."""


@dataclass(frozen=True)
class CaseColumns:
    """Cases as columns. Numbers are float64, booleans 0 and 1, words their position among the term's values, dates day
    numbers (``date.toordinal``); NaN is unknown, and an absent bound -inf or inf.

    A term that is in no mapping was not asked in any row.
    """

    rows: int
    low: Mapping[str, Column]
    high: Mapping[str, Column] = field(default_factory=dict)
    """Only of terms that are imprecise in some row; the others have one column."""
    kind: Mapping[str, Column] = field(default_factory=dict)
    """uint8, a position in KINDS; where it is 0 and ``low`` is NaN nobody asked. Disputed beside a number: its span."""
    floor: Mapping[str, Mapping[str, Column]] = field(default_factory=dict)
    """Stage with a floor -> term -> uint8 of bits, MEETS and the others; a term that is not there meets it nowhere."""
    settled: bool = False
    """Whether asked terms that can also be calculated (`or_formula`) were: the facts of a ``WorkingMemory`` are."""
    beside: Column | None = None
    """Rows that columns cannot hold, such as a case in which a formula's value is supposed: they are refused."""
    outside: Mapping[str, Column] = field(default_factory=dict)
    """Stage -> int: how many remedies of the company run for it; under an empty name, how many statements an earlier
    record holds and the case lacks. Where nothing stands there are none."""


@dataclass(frozen=True)
class Words:
    """What the codes of decisions mean."""

    stages: tuple[str, ...]
    statuses: tuple[str, ...]
    modes: tuple[str, ...]
    verdicts: tuple[str, ...]
    rules: tuple[str, ...]
    interventions: tuple[str, ...]
    files: tuple[str, ...]
    """The stages that people decide on a file."""


@dataclass(frozen=True)
class Decisions:
    """What follows in each row. Codes are positions in ``words``; -1 is none."""

    words: Words
    rows: int
    status: Mapping[str, Column]
    """Stage -> int8."""
    held: Mapping[str, Column]
    """Stage -> bool: confirmed by its own signs, and something keeps it from being concluded."""
    concluded: Column
    """int16: the stage that evidence concluded."""
    mode: Column
    verdict: Column
    likely: Column
    """bool, stages x rows: what may be the cause while none is concluded, and not which of them is the likeliest."""
    rules: Column
    """uint8, rules x (rows / 8), the first row in the lowest bit: which rules are true."""
    recommended: Column
    """uint8, interventions x (rows / 8), likewise: what is recommended, without what is held back or an alternative."""
    unexamined: Column
    """int16: how many rules nobody looked at, of those that must be."""
    refused: Column
    """bool: the rows in which nothing here counts, and the scalar engine has to decide."""

    @property
    def last_file(self) -> Column:
        """The status of the last file."""
        return self.status[self.words.files[-1]]


def slot_of(term: Term, value: Value) -> float:
    """A point of a term as a column holds it.

    A number of more than 15 digits becomes the next binary fraction beside the shorter number that it rounds to: it
    stands to every shorter one as it did, and `is_short` tells it from them.
    """
    number = position(term, value)
    near = float(number)
    if not is_long(number) or float(short := shortest(near)) != near:
        return near
    return float(np.nextafter(near, np.inf if number > short else -np.inf))


def shortest(slot: float) -> Decimal:
    """The number of at most 15 digits that a column holds as this."""
    return Decimal(f"{slot:.{DIGITS}g}")


def ends_of(term: Term, value: Value) -> tuple[float, float]:
    """The two ends of a value as columns hold them."""
    if not isinstance(value, Interval):
        return (slot_of(term, value),) * 2
    low = -np.inf if value.low is None else slot_of(term, value.low)  # type: ignore[arg-type]
    return low, np.inf if value.high is None else slot_of(term, value.high)  # type: ignore[arg-type]


def is_short(column: Column) -> Column:
    """Where a column holds numbers of at most 15 digits and 12 places, or nothing, or no bound."""
    found = ~np.isfinite(column)
    for places in (0, 2, 6, 9, 12, 15):
        if found.all():
            break
        scale = 10.0**places
        whole = np.rint(column * scale)
        found |= (np.abs(whole) < 10.0**DIGITS) & (whole / scale == column)
    return found


def value_of(term: Term, low: float, high: float) -> Value | None:
    """The value of a term in a row; None where it is unknown."""
    if low != low:
        return None
    if low != high:
        ends = (None if end in (-np.inf, np.inf) else value_of(term, end, end) for end in (low, high))
        return Interval(*ends)  # type: ignore[arg-type]
    if term.type == "boolean":
        return bool(low == 1)
    if term.type == "enum":
        return term.values[int(low)]
    if term.type == "date":
        return date.fromordinal(int(low))
    return shortest(low)


def case_columns(base: RuleBase, memories: Sequence[WorkingMemory]) -> CaseColumns:
    """The settled facts of some cases as columns; what columns cannot hold puts its row ``beside``."""
    rows, memories = len(memories), list(map(with_record, memories))
    low: dict[str, Column] = {}
    high: dict[str, Column] = {}
    kind: dict[str, Column] = {}
    beside = np.zeros(rows, bool)
    floors = {stage.id: {} for stage in base.stages if stage.floor}  # type: dict[str, dict[str, Column]]
    distrusted = frozenset(rule.distrusts for rule in base.rules if rule.distrusts)

    def column(columns: dict[str, Column], name: str, empty: Callable[[], Column]) -> Column:
        return columns[name] if name in columns else columns.setdefault(name, empty())

    for row, memory in enumerate(memories):
        beside[row] = bool(memory.supposed)
        for name, fact in _stated(memory):
            beside[row] |= fact.excused and fact.unknown is Unknown.STALE  # two kinds at once
            if code := _kind(fact):
                column(kind, name, lambda: np.zeros(rows, np.uint8))[row] = code
            if fact.value is None:
                continue
            for columns, end in zip((low, high), ends_of(base.terms[name], fact.value), strict=True):
                column(columns, name, lambda: np.full(rows, np.nan))[row] = end
        for stage, found in floors.items():
            for kinds, bits in (
                (frozenset(), (MEETS, EXCUSE_MEETS)),
                (distrusted, (MEETS_ANYWAY, EXCUSE_MEETS_ANYWAY)),
            ):
                for name, fact in low_reading(memory, base.home[stage], kinds)._settled.items():
                    meets = column(found, name, lambda: np.zeros(rows, np.uint8))
                    meets[row] |= bits[fact.excused and fact.value is None]
    wide = {name: ends for name, ends in high.items() if not np.array_equal(ends, low[name], equal_nan=True)}
    outside = {stage.id: np.array([len(m.under_remedy(stage.id)) for m in memories], np.int32) for stage in base.stages}
    outside[""] = np.array([len(memory.left_out) for memory in memories], np.int32)
    return CaseColumns(rows, low, wide, kind, floors, True, beside, {k: v for k, v in outside.items() if v.any()})


def _stated(memory: WorkingMemory) -> Iterable[tuple[str, Fact]]:
    """The facts before formulas."""
    return memory._settled.items()


def _kind(fact: Fact) -> int:
    if fact.disputed:
        return DISPUTED
    if fact.value is not None:
        return 0
    return EXCUSE if fact.excused else KINDS.index(str(fact.unknown))
