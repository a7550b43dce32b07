"""Conditions of facts and findings -> two-valued operations: that each is known and true, and known and false.

A reading is a stage whose floor the facts must meet, or FULL. A test that reads what does not meet it is unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from typing import Any, TypeVar

from salesdx.base.model import NUMERIC, RuleBase, Term
from salesdx.engine.lowered import (
    ALWAYS,
    EXCUSE_MEETS,
    EXCUSE_MEETS_ANYWAY,
    IN_DISPUTE,
    IS_EXCUSED,
    KNOWN,
    MEETS,
    MEETS_ANYWAY,
    NEVER,
    WIDE,
    Calculated,
    EndPair,
    EndTest,
    FloorBit,
    Operations,
    Signal,
    TermFlag,
    TruthSignals,
)
from salesdx.engine.program import MIRRORED, OPPOSITE, RuleRefused
from salesdx.engine.slot_numbers import is_conditional, is_long, position
from salesdx.language.conditions import (
    CONDITIONS,
    And,
    Arithmetic,
    Call,
    Compare,
    Expr,
    In,
    Literal,
    Name,
    Not,
    Or,
    Value,
    children,
    compare,
    names,
    walk,
)
from salesdx.language.rewriting import substitute, without_places

T = TypeVar("T")
FULL = ""
"""The reading of all facts."""
UNKNOWN_TRUTH = TruthSignals(NEVER, NEVER)


@dataclass
class ConditionSignals:
    """The conditions of one rule base as operations; what was lowered once is not lowered again."""

    base: RuleBase
    ops: Operations = field(default_factory=Operations)
    distrusts: Signal = NEVER
    """Every kind of evidence that a rule can distrust is distrusted; set before a reading with a floor is asked for."""
    beyond: set[Signal] = field(default_factory=set)
    kept: dict[tuple[object, ...], Any] = field(default_factory=dict)

    # --- truths

    def truths(self, expr: Expr, reading: str = FULL) -> TruthSignals:
        """That an expression is known and true, and known and false."""
        return TruthSignals(self.side(expr, True, reading), self.side(expr, False, reading))

    def side(self, expr: Expr, side: bool, reading: str) -> Signal:
        """That the truth of an expression is known, and is ``side``."""
        match expr:
            case Literal(known):
                return ALWAYS if (known is True) is side else NEVER
            case Name(id):
                return self.compared("==", id, side, True, reading)
            case Not(part):
                return self.side(part, not side, reading)
            case And(parts) | Or(parts):
                join = self.ops.every if isinstance(expr, And) is side else self.ops.some
                return join(self.side(part, side, reading) for part in parts)
            case In(Name(id), literals):
                join = self.ops.some if side else self.ops.every
                return join(self.compared("==", id, literal.value, side, reading) for literal in literals)
            case Compare(op, Name(id), Literal(limit)):
                return self.compared(op, id, limit, side, reading)
            case Compare(op, Literal(limit), Name(id)):
                return self.compared(MIRRORED.get(op, op), id, limit, side, reading)
            case Compare(op, Name(id), Name(other)) if self._ordered(id) and self._ordered(other):
                return self._masked(self._pair(op if side else OPPOSITE[op], id, other), (id, other), reading)
            case Compare(op, left, right) if self._is_truth(left):
                return self._alike(left, right, (op == "==") is side, reading)
            case Compare(op, Name(id), Name(other)) if id in self.base.terms and self.base.terms[id].type == "enum":
                return self._same_word(id, other, (op == "==") is side, reading)
            case In(left, literals) if self._is_truth(left):
                return self.side(Or(tuple(Compare("==", left, literal) for literal in literals)), side, reading)
        return self._calculated(expr, side, reading)

    def _is_truth(self, expr: Expr) -> bool:
        if isinstance(expr, Name):
            return expr.id in self.base.findings or self.base.terms[expr.id].type == "boolean"
        return isinstance(expr, CONDITIONS) or (isinstance(expr, Literal) and isinstance(expr.value, bool))

    def _alike(self, left: Expr, right: Expr, alike: bool, reading: str) -> Signal:
        """That two truths are known, and are the same or not."""
        a, b = self.truths(left, reading), self.truths(right, reading)
        pairs = ((a.true, b.true), (a.false, b.false)) if alike else ((a.true, b.false), (a.false, b.true))
        return self.ops.some(map(self.ops.every, pairs))

    def _same_word(self, name: str, other: str, alike: bool, reading: str) -> Signal:
        """That two terms have the same word, or not."""
        words = (set(self.base.terms[name].values) | set(self.base.terms[other].values)) if alike else ()
        if alike:
            both = ([self._has(each, word, reading) for each in (name, other)] for word in sorted(words))
            return self.ops.some(map(self.ops.every, both))
        known = (self.known(each, reading) for each in (name, other))
        return self.ops.every((*known, self.ops.inverse(self._same_word(name, other, True, reading))))

    def _has(self, name: str, word: str, reading: str) -> Signal:
        return self.compared("==", name, word, True, reading) if word in self.base.terms[name].values else NEVER

    def _calculated(self, expr: Expr, side: bool, reading: str) -> Signal:
        """A comparison with a calculation, for each value that a choice in it may have."""
        chosen = (name for name in names(expr) if name in self.base.terms and is_conditional(self.base.terms[name]))
        if (name := next(chosen, None)) is None:
            return self._judged(expr, side, reading)
        lines = self.chosen(self.base.terms[name], reading).items()
        cases = ((holds, substitute(expr, partial(_instead, name, value))) for value, holds in lines)
        return self.ops.some(self.ops.every((holds, self.side(each, side, reading))) for holds, each in cases)

    def compared(self, op: str, name: str, limit: Value, side: bool, reading: str) -> Signal:
        """That a name is known to stand so to a constant (``side``), or not to."""
        if name in self.base.findings:
            truths = self.finding(name, reading)
            wanted = ((limit is True) is (op == "==")) is side
            return truths.true if wanted else truths.false
        term = self.base.terms[name]
        if is_conditional(term):
            lines = self.chosen(term, reading).items()
            return self.ops.some(holds for value, holds in lines if (compare(op, value, limit) is True) is side)
        if is_long(position(term, limit)):
            return self._judged(Compare(op, Name(name), Literal(limit)), side, reading)
        return self._masked(self._test(op if side else OPPOSITE[op], term, limit), (name,), reading)

    def _test(self, op: str, term: Term, limit: Value) -> Signal:
        self._refuse_conditional(term)
        at = position(term, limit)
        if op == "!=" and self._ordered(term.name):
            return self.ops.some(self.ops.signal(EndTest(term.name, each == "<", each, at)) for each in "<>")
        if op == "==" and self._ordered(term.name):
            ends = (self.ops.signal(EndTest(term.name, high, op, at)) for high in (False, True))
            return self.ops.every(ends)
        return self.ops.signal(EndTest(term.name, op in ("<", "<="), op, at))

    def _pair(self, op: str, name: str, other: str) -> Signal:
        if op == "!=":
            return self.ops.some((self._pair("<", name, other), self._pair(">", name, other)))
        if op == "==":
            ends = [(False, False), (False, True), (True, False)]
            return self.ops.every(self.ops.signal(EndPair(name, a, op, other, b)) for a, b in ends)
        high = op in ("<", "<=")
        return self.ops.signal(EndPair(name, high, op, other, not high))

    def _judged(self, expr: Expr, side: bool, reading: str) -> Signal:
        read = names(expr)
        self._settle_alone(expr, read)
        return self._masked(self.ops.signal(Calculated(without_places(expr), side)), read, reading)

    def _settle_alone(self, expr: Expr, read: Iterable[str]) -> None:
        """Notes where an operation cannot say through which of its names a calculation is unknown."""
        inner = [part for part in walk(expr) if part is not expr and isinstance(part, CONDITIONS)]
        if inner or any(name not in self.base.terms or is_conditional(self.base.terms[name]) for name in read):
            raise RuleRefused(f"a calculation reads what a condition gives: {', '.join(read)}")
        if any(isinstance(part, Call) or (isinstance(part, Arithmetic) and part.op in "*/") for part in walk(expr)):
            wide, unknown = ([self.flag(name, WIDE) for name in read], [self.unknown(name) for name in read])
            self.beyond.add(self.ops.every((self.ops.some(wide), self.ops.some(unknown))))

    def _refuse_conditional(self, term: Term) -> None:
        """A formula with conditions, or over what follows from them, is another in each reading."""
        formula = term.formula
        inner = formula is not None and any(isinstance(part, CONDITIONS) for part in walk(formula))
        read = () if formula is None else names(formula)
        if inner or any(name in self.base.findings or is_conditional(self.base.terms[name]) for name in read):
            raise RuleRefused(f"the formula of {term.name} reads what a condition gives")

    def _masked(self, signal: Signal, read: Iterable[str], reading: str) -> Signal:
        return self.ops.every((signal, *(self.meets(name, reading) for name in read)))

    def _ordered(self, name: str) -> bool:
        term = self.base.terms.get(name)
        return term is not None and not is_conditional(term) and (term.type == "date" or term.type in NUMERIC)

    # --- what names are

    def finding(self, name: str, reading: str) -> TruthSignals:
        """A finding is true where a rule of it is, and false where all are."""
        return self._once(("finding", name, reading), lambda: self._finding(name, reading))

    def _finding(self, name: str, reading: str) -> TruthSignals:
        found = [self.rule(rule.id, reading) for rule in self.base.findings[name]]
        return TruthSignals(self.ops.some(each.true for each in found), self.ops.every(each.false for each in found))

    def rule(self, id: str, reading: str = FULL) -> TruthSignals:
        """The truth of a rule."""
        return self._once(("rule", id, reading), lambda: self.truths(self.base.rule[id].when, reading))

    def chosen(self, term: Term, reading: str) -> dict[Value, Signal]:
        """The values of a term that follows from conditions, and that each is what it is: of a choice, that its line is
        true and each before is false."""
        return self._once(("chosen", term.name, reading), lambda: self._chosen(term, reading))

    def _chosen(self, term: Term, reading: str) -> dict[Value, Signal]:
        if term.formula is not None:
            truths = self.truths(term.formula, reading)
            return {True: truths.true, False: truths.false}
        lines: dict[Value, list[Signal]] = {}
        before: list[Signal] = []
        for choice in term.choose:
            here = self.truths(choice.when, reading)
            lines.setdefault(choice.value, []).append(self.ops.every((*before, here.true)))
            before.append(here.false)
        return {value: self.ops.some(holds) for value, holds in lines.items()}

    def known(self, name: str, reading: str = FULL) -> Signal:
        """That a name has a value, exact or not."""
        if name in self.base.findings:
            truths = self.finding(name, reading)
            return self.ops.some((truths.true, truths.false))
        term = self.base.terms[name]
        if is_conditional(term):
            return self.ops.some(self.chosen(term, reading).values())
        return self._masked(self.flag(name, KNOWN), (name,), reading)

    def unknown(self, name: str, reading: str = FULL) -> Signal:
        """That a name has no value."""
        return self.ops.inverse(self.known(name, reading))

    def open_truth(self, expr: Expr, reading: str = FULL) -> Signal:
        """That the truth of an expression is unknown."""
        truths = self.truths(expr, reading)
        return self.ops.neither(truths.true, truths.false)

    def flag(self, name: str, word: str) -> Signal:
        """That a word is true of a term; of what follows from conditions none is."""
        term = self.base.terms.get(name)
        if term is None or is_conditional(term) or (word == WIDE and not self._ordered(name)):
            return NEVER
        return self.ops.signal(TermFlag(name, word))

    def meets(self, name: str, reading: str) -> Signal:
        """That a value, if there is one, meets the floor of a reading: of a formula's, that all its inputs' do."""
        term = self.base.terms.get(name)
        if reading == FULL or term is None or is_conditional(term):
            return ALWAYS
        if term.formula is None:
            return self._floor(name, reading, (MEETS, MEETS_ANYWAY))
        read = names(term.formula)
        return self.ops.every(self._masked(self.flag(each, KNOWN), (each,), reading) for each in read)

    def _floor(self, name: str, reading: str, bits: tuple[int, int]) -> Signal:
        trusted, anyway = (self.ops.signal(FloorBit(reading, name, bit)) for bit in bits)
        sides = (self.ops.every((self.ops.inverse(self.distrusts), trusted)), self.ops.every((self.distrusts, anyway)))
        return self.ops.some(sides)

    # --- what is excused, and what is imprecise or disputed

    def open_rule(self, id: str, reading: str = FULL) -> Signal:
        """That nobody looked at a rule: it is unknown, and not only through facts that somebody excused."""
        return self._once(("open", id, reading), lambda: self._open_rule(id, reading))

    def _open_rule(self, id: str, reading: str) -> Signal:
        when = self.base.rule[id].when
        return self.ops.every((self.open_truth(when, reading), self.ops.inverse(self._excused(when, reading))))

    def _excused(self, expr: Expr, reading: str) -> Signal:
        """Of an unknown expression: each test that keeps it so has unknown names, and all of these are excused."""
        match expr:
            case Not(part):
                return self._excused(part, reading)
            case And(parts) | Or(parts):
                known = (self.truths(part, reading) for part in parts)
                return self.ops.every(
                    self.ops.some((each.true, each.false, self._excused(part, reading)))
                    for part, each in zip(parts, known, strict=True)
                )
        return self._excused_test(expr, reading)

    def _excused_test(self, test: Expr, reading: str) -> Signal:
        read = names(test)
        sharp = (self.ops.inverse(self._masked(self.flag(name, WIDE), (name,), reading)) for name in read)
        divided = (part.right for part in walk(test) if isinstance(part, Arithmetic) and part.op == "/")
        zero = (self.side(Compare("==", part, Literal(Decimal(0))), True, reading) for part in divided)
        lacking = self.ops.some(self.unknown(name, reading) for name in read)
        forgiven = (self.ops.some((self.known(n, reading), self._excused_name(n, reading))) for n in read)
        return self.ops.every((lacking, *sharp, *map(self.ops.inverse, zero), *forgiven))

    def _excused_name(self, name: str, reading: str) -> Signal:
        return self._once(("excused", name, reading), lambda: self._excuse_of(name, reading))

    def _excuse_of(self, name: str, reading: str) -> Signal:
        """Of an unknown name: its respondent excused it, or what it follows from is."""
        term = self.base.terms.get(name)
        if term is None:
            whens = [rule.when for rule in self.base.findings[name]]
            return self._excused(And(tuple(whens)), reading)
        if term.choose:
            waits = self._undecided(term, reading, lambda *_: ALWAYS, self.ops.some, False)  # else no line is true
            return self.ops.every((waits, self._undecided(term, reading, self._excused, self.ops.every, True)))
        own = self.flag(name, IS_EXCUSED)
        if reading != FULL:
            own = NEVER if term.computed else self._floor(name, reading, (EXCUSE_MEETS, EXCUSE_MEETS_ANYWAY))
        return own if term.formula is None else self.ops.some((own, self._excused_test(term.formula, reading)))

    def _undecided(
        self,
        term: Term,
        reading: str,
        of: Callable[[Expr, str], Signal],
        join: Callable[[Iterable[Signal]], Signal],
        all_of: bool,
    ) -> Signal:
        """What holds of the undecided lines of a choice that come before its first true one, all or some of them."""
        found: list[Signal] = []
        before: list[Signal] = []
        for choice in term.choose:
            is_open = self.ops.every((self.open_truth(choice.when, reading), self.ops.neither(*before)))
            holds = of(choice.when, reading)
            found.append(
                self.ops.some((self.ops.inverse(is_open), holds)) if all_of else self.ops.every((is_open, holds))
            )
            before.append(self.truths(choice.when, reading).true)
        return join(found)

    def unsettled_rule(self, id: str) -> Signal:
        """That a rule is unknown through a fact that is imprecise or disputed, also behind findings and formulas."""
        return self._once(("unsettled", id), lambda: self._blurred(self.base.rule[id].when, FULL))

    def _blurred(self, expr: Expr, reading: str) -> Signal:
        """That an expression is unknown through such a fact."""
        if isinstance(expr, Name):
            return self._blurred_read(expr.id)
        inner = self.ops.some(self._blurred(part, reading) for part in children(expr))
        return self.ops.every((self.open_truth(expr, reading), inner)) if isinstance(expr, CONDITIONS) else inner

    def _blurred_test(self, expr: Expr, reading: str) -> Signal:
        """That a test is left undecided by which a choice waits, and reads such a fact anywhere."""
        match expr:
            case Not(part):
                return self._blurred_test(part, reading)
            case And(parts) | Or(parts):
                inner = self.ops.some(self._blurred_test(part, reading) for part in parts)
            case _:
                inner = self.ops.some(map(self._blurred_read, names(expr)))
        return self.ops.every((self.open_truth(expr, reading), inner))

    def _blurred_read(self, name: str) -> Signal:
        """That a name which is read is imprecise, or unknown through such a fact."""
        return self.ops.some((self.flag(name, WIDE), self.ops.every((self.unknown(name), self._blurred_name(name)))))

    def _blurred_name(self, name: str) -> Signal:
        return self._once(("blurred", name), lambda: self._blur_of(name))

    def _blur_of(self, name: str) -> Signal:
        term = self.base.terms.get(name)
        if term is None:
            return self.ops.some(map(self.unsettled_rule, (rule.id for rule in self.base.findings[name])))
        if term.choose:
            return self._undecided(term, FULL, self._blurred_test, self.ops.some, False)
        formula = term.formula or term.or_formula
        read = names(formula) if formula is not None else ()
        own = (self.flag(name, word) for word in (WIDE, IN_DISPUTE))
        return self.ops.some((*own, *map(self._blurred_read, read)))

    def _once(self, key: tuple[object, ...], make: Callable[[], T]) -> T:
        if key not in self.kept:
            self.kept[key] = make()
        found: T = self.kept[key]
        return found


def _instead(name: str, value: Value, read: str) -> Expr:
    return Literal(value) if read == name else Name(read)
