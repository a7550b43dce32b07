"""What a program computes, as two-valued operations that share what they have in common.

An operation reads facts or the results of earlier operations and is true or not; that something is unknown is that it
is neither known and true nor known and false. A printer turns them into Python for one case (``lowered_python``) or
walks them over columns (``backends.columnar``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property

from salesdx.engine.program import Program
from salesdx.language.conditions import Expr, names

Signal = int
"""The position of an operation."""
NEVER, ALWAYS = 0, 1
"""The operations that are never true, and always."""
MEETS, MEETS_ANYWAY, EXCUSE_MEETS, EXCUSE_MEETS_ANYWAY = 1, 2, 4, 8
"""Bits of what a fact is to a floor: the value meets it while no kind of evidence is distrusted; also while all are
that rules can distrust; the same of an excuse that stands in the place of a value which does not."""
KNOWN, WIDE, IN_DISPUTE, IS_EXCUSED = "known", "wide", "disputed", "excused"
"""What is said of a term beside its value; wide is an interval."""


@dataclass(frozen=True, slots=True)
class EndTest:
    """An end of a term is known and stands so to a limit; words and booleans are their positions, dates day numbers."""

    term: str
    high: bool
    op: str
    limit: Decimal


@dataclass(frozen=True, slots=True)
class EndPair:
    """An end of a term stands so to an end of another; both are known."""

    term: str
    high: bool
    op: str
    other: str
    other_high: bool


@dataclass(frozen=True, slots=True)
class Calculated:
    """A comparison with a calculation is known, and has this truth."""

    expr: Expr
    side: bool


@dataclass(frozen=True, slots=True)
class TermFlag:
    """One of KNOWN, WIDE, IN_DISPUTE and IS_EXCUSED is true of a term."""

    term: str
    word: str


@dataclass(frozen=True, slots=True)
class FloorBit:
    """A fact has a bit of the floor of a stage (MEETS and the others)."""

    stage: str
    term: str
    bit: int


@dataclass(frozen=True, slots=True)
class OutsideCount:
    """A count that no fact says is at least so much: of remedies of the company that run for a stage, or, where that is
    empty, of statements that an earlier record holds and the case lacks."""

    stage: str
    least: int


@dataclass(frozen=True, slots=True)
class AllOf:
    """All parts are true."""

    parts: tuple[Signal, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """A part is true."""

    parts: tuple[Signal, ...]


@dataclass(frozen=True, slots=True)
class NoneOf:
    """The part is not true."""

    part: Signal


@dataclass(frozen=True, slots=True)
class AtLeast:
    """So many parts are true, two at least."""

    least: int
    parts: tuple[Signal, ...]


Input = EndTest | EndPair | Calculated | TermFlag | FloorBit | OutsideCount
Joined = AllOf | AnyOf | NoneOf | AtLeast
Operation = Input | Joined


@dataclass
class Operations:
    """Operations in the making: each stands once, behind what it reads."""

    made: list[Operation] = field(default_factory=lambda: [AnyOf(()), AllOf(())])
    place: dict[Operation, Signal] = field(default_factory=lambda: {AnyOf(()): NEVER, AllOf(()): ALWAYS})

    def signal(self, operation: Operation) -> Signal:
        """The place of an operation."""
        if operation not in self.place:
            self.place[operation] = len(self.made)
            self.made.append(operation)
        return self.place[operation]

    def every(self, parts: Iterable[Signal]) -> Signal:
        """All of them."""
        left = {part for part in parts if part != ALWAYS}
        if NEVER in left or any(self.inverse(part) in left for part in left if isinstance(self.made[part], NoneOf)):
            return NEVER
        return left.pop() if len(left) == 1 else self.signal(AllOf(tuple(sorted(left))))

    def some(self, parts: Iterable[Signal]) -> Signal:
        """One of them at least."""
        left = {part for part in parts if part != NEVER}
        if ALWAYS in left:
            return ALWAYS
        return left.pop() if len(left) == 1 else self.signal(AnyOf(tuple(sorted(left))))

    def inverse(self, part: Signal) -> Signal:
        """Not this."""
        operation = self.made[part]
        if isinstance(operation, NoneOf):
            return operation.part
        return ALWAYS if part == NEVER else NEVER if part == ALWAYS else self.signal(NoneOf(part))

    def neither(self, *parts: Signal) -> Signal:
        """None of them."""
        return self.inverse(self.some(parts))

    def at_least(self, least: int, parts: Iterable[Signal]) -> Signal:
        """So many of them; one that stands there twice counts twice."""
        left = [part for part in parts if part != NEVER]
        if least <= 0:
            return ALWAYS
        if least == 1:
            return self.some(left)
        return NEVER if least > len(left) else self.signal(AtLeast(least, tuple(left)))


@dataclass(frozen=True, slots=True)
class TruthSignals:
    """That something is known and true, and that it is known and false."""

    true: Signal
    false: Signal


@dataclass(frozen=True, eq=False)
class Lowered:
    """A program as operations, and where its results stand."""

    program: Program
    operations: tuple[Operation, ...]
    rules: Mapping[str, TruthSignals]
    """In rule order."""
    findings: Mapping[str, TruthSignals]
    unsettled: Mapping[str, Signal]
    """Rule -> it is unknown through a fact that is imprecise or disputed."""
    open: Mapping[str, Signal]
    """Rule -> nobody looked at it."""
    words: Mapping[str, TruthSignals | Mapping[str, Signal]]
    """What the ladder decides, by name: a truth, or each of some words."""
    concluded: Mapping[str, Signal]
    """Stage -> it is the one that evidence concluded."""
    likely: Mapping[str, Signal]
    recommended: Mapping[str, Signal]
    """Intervention -> it is recommended, and not held back."""
    unexamined: tuple[Signal, ...]
    """What is counted as not looked at."""
    beyond: Signal
    """What the operations do not say: here the definition has to be asked."""

    @cached_property
    def reads(self) -> frozenset[str]:
        """The terms that operations read, and those behind formulas among them."""
        found: set[str] = set()
        queue = [name for operation in self.operations for name in _read_by(operation)]
        while queue:
            if (name := queue.pop()) not in found:
                found.add(name)
                term = self.program.base.terms[name]
                queue += [read for expr in (*term.expressions, term.or_formula) if expr for read in names(expr)]
        return frozenset(found)


def _read_by(operation: Operation) -> tuple[str, ...]:
    match operation:
        case EndTest(term) | TermFlag(term) | FloorBit(_, term):
            return (term,)
        case EndPair(term, _, _, other):
            return term, other
        case Calculated(expr):
            return names(expr)
    return ()
