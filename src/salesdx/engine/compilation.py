"""Expressions -> Python functions, for speed; the meaning is that of ``conditions.truth`` and is tested against it.

The source that is compiled holds only generated names and constants by index, never a word of a file. There are two of
each function: one for a case of points, and one for a case with imprecise values. In the second each number and date is
its two ends, and a test reads one end of each where it holds and the other where it fails.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal, Inexact
from typing import Any, Protocol

from salesdx.base.model import NUMERIC, Term
from salesdx.engine.program import (
    OPPOSITE,
    Count,
    Counting,
    Decide,
    Define,
    LeftOut,
    Program,
    Step,
    Tally,
    Total,
    UnderRemedy,
    UnexaminedCount,
    UnprovenCount,
    UnsettledCount,
    never_unknown,
)
from salesdx.language.conditions import (
    And,
    Arithmetic,
    Compare,
    Expr,
    In,
    Literal,
    Name,
    Not,
    Or,
    Value,
    Values,
    names,
    truth,
    walk,
)
from salesdx.language.intervals import Interval, between, calculate_ends, high_end, low_end
from salesdx.language.truth import Truth

Match = Callable[[Values, Callable[[Term, Values], Value | None]], tuple[list[Truth], dict[str, Value | None]]]
Ladder = Callable[[Values, Mapping[tuple[str, str], int], "Counted"], dict[str, Any]]


class Counted(Protocol):
    """What the ladder counts of a case beside its true rules; each is asked only where it is read."""

    left_out: int

    def unexamined_count(self, rules: tuple[str, ...]) -> int: ...
    def unsettled_count(self, rules: tuple[str, ...]) -> int: ...
    def unproven_count(self, stage: str, ladder: Mapping[str, Any]) -> int: ...
    def holds_low(self, expr: Expr, stage: str, ladder: Mapping[str, Any]) -> Truth: ...


EXACT = Context(prec=100_000, Emax=MAX_EMAX, Emin=MIN_EMIN, traps=[Inexact])
"""Sums and products never need rounding here; if one did, it would be an error and not a wrong truth."""


class _Writer:
    """Writes Python expressions; constants go into a table, names are resolved by the caller."""

    def __init__(self, resolve: Callable[[str], str], ends: bool = False) -> None:
        self.resolve, self.ends = resolve, ends
        self.constants: list[object] = []
        self.used: dict[tuple[type, object], str] = {}

    def constant(self, known: object) -> str:
        key = (type(known), known)
        if key not in self.used:
            self.constants.append(known)
            self.used[key] = f"k{len(self.constants) - 1}"
        return self.used[key]

    def truth(self, expr: Expr) -> str:
        """Python source with the truth of an expression: True, False or None."""
        match expr:
            case Literal(known):
                return repr(known is True)
            case Name(id):
                return self.resolve(id)
        return f"(False if {self.side(expr, False)} else True if {self.side(expr, True)} else None)"

    def side(self, expr: Expr, side: bool) -> str:
        """Python source that is true exactly when the truth of an expression is ``side``: known, and that."""
        match expr:
            case Literal(known):
                return repr((known is True) is side)
            case Name(id):
                return f"{self.resolve(id)} is {side}"
            case Not(part):
                return self.side(part, not side)
            case And(parts) | Or(parts):
                word = " and " if isinstance(expr, And) is side else " or "
                return f"({word.join(self.side(part, side) for part in parts)})"
            case In(Name() as name, literals):
                return self.listed(name, literals, side)
            case Compare(op, left, right) if not self.slow(expr):
                return self.compared(op if side else OPPOSITE[op], left, right)
        env = ", ".join(f"{name!r}: {self.resolve(name)}" for name in names(expr))
        return f"{self.constant(truth)}({self.constant(expr)}, {{{env}}}) is {side}"

    def listed(self, name: Name, literals: tuple[Literal, ...], side: bool) -> str:
        values = self.constant(frozenset(literal.value for literal in literals))
        return _known([self.resolve(name.id)], f"{self.resolve(name.id)} {'in' if side else 'not in'} {values}")

    def slow(self, expr: Compare) -> bool:
        return _slow(expr)

    def compared(self, op: str, left: Expr, right: Expr) -> str:
        """Python source that is true exactly when this comparison is known, and holds."""
        reads: list[str] = []
        return _known(reads, f"{self.number(left, reads)} {op} {self.number(right, reads)}")

    def number(self, expr: Expr, reads: list[str], high: bool = False) -> str:
        """Python source of a number or date; what it reads, and must be known, is added to ``reads``."""
        match expr:
            case Literal(known):
                return self.constant(known)
            case Name(id):
                variable = self.name(id, high)
                reads += [variable] if variable.isidentifier() else []  # counts are known
                return variable
            case Arithmetic(op, left, right):
                function = {"+": EXACT.add, "-": EXACT.subtract, "*": EXACT.multiply}[op]
                a, b = self.parts(expr, high)
                return f"{self.constant(function)}({self.number(left, reads, a)}, {self.number(right, reads, b)})"
        raise AssertionError(expr)

    def name(self, id: str, high: bool) -> str:
        return self.resolve(id)

    def parts(self, expr: Arithmetic, high: bool) -> tuple[bool, bool]:
        """Which end of each side gives an end of a result."""
        return high, high


class _EndsWriter(_Writer):
    """Writes for imprecise values: ``wide`` are the names that may be imprecise, ``end`` the variable of an end."""

    def __init__(self, resolve: Callable[[str], str], wide: Container[str], end: Callable[[str, bool], str]) -> None:
        super().__init__(resolve)
        self.wide, self.end = wide, end
        self.products = 0

    def name(self, id: str, high: bool) -> str:
        return self.end(id, high) if id in self.wide else self.resolve(id)

    def number(self, expr: Expr, reads: list[str], high: bool = False) -> str:
        match expr:
            case Arithmetic("*", Name(a), Name(b)):
                self.products += 1
                ends = ", ".join(self.name(name, side) for name in (a, b) for side in (False, True))
                reads.append(f"(p{self.products} := {self.constant(_product)}({high}, {ends}))")
                return f"p{self.products}"
        return super().number(expr, reads, high)

    def parts(self, expr: Arithmetic, high: bool) -> tuple[bool, bool]:
        if expr.op == "*":
            factors = (expr.left, expr.right)
            return (high, high) if all(_factor(part) >= 0 for part in factors) else (not high, not high)
        return high, high is not (expr.op == "-")

    def slow(self, expr: Compare) -> bool:
        """Also for products but those of two names or with a constant."""
        products = (part for part in walk(expr) if isinstance(part, Arithmetic) and part.op == "*")
        return _slow(expr) or any(
            not (_factor(part.left) or _factor(part.right))
            and not (isinstance(part.left, Name) and isinstance(part.right, Name))
            for part in products
        )

    def listed(self, name: Name, literals: tuple[Literal, ...], side: bool) -> str:
        if side or name.id not in self.wide:
            return super().listed(name, literals, side)
        return f"({' and '.join(self.compared('!=', name, literal) for literal in literals)})"

    def compared(self, op: str, left: Expr, right: Expr) -> str:
        if not any(name in self.wide for name in (*names(left), *names(right))):
            return super().compared(op, left, right)
        if op == "!=":
            return f"({self.ordered('<', left, right)} or {self.ordered('>', left, right)})"
        if op == "==":
            reads: list[str] = []
            ends = dict.fromkeys(self.number(part, reads, high) for part in (left, right) for high in (False, True))
            return _known(reads, " == ".join(ends))
        return self.ordered(op, left, right)

    def ordered(self, op: str, left: Expr, right: Expr) -> str:
        reads: list[str] = []
        above = op in (">", ">=")
        return _known(reads, f"{self.number(left, reads, not above)} {op} {self.number(right, reads, above)}")


def _known(reads: Iterable[str], test: str) -> str:
    tests = [f"{read} is not None" for read in dict.fromkeys(reads)]
    return f"({' and '.join([*tests, test])})"


def _product(high: bool, *ends: Decimal | None) -> Decimal | None:
    """An end of the product of two numbers, given by their low and high ends; None where it is unknown."""
    a_low, a_high, b_low, b_high = ends
    if a_low is not None and a_high is not None and b_low is not None and b_high is not None:
        return (max if high else min)(EXACT.multiply(a, b) for a in (a_low, a_high) for b in (b_low, b_high))
    a, b = between(a_low, a_high), between(b_low, b_high)
    if a is None or b is None:
        return None
    found = calculate_ends("*", a, b)
    end = high_end(found) if high else low_end(found)
    return None if end is None else EXACT.divide(Decimal(end.numerator), Decimal(end.denominator))


def _factor(expr: Expr) -> int:
    """The sign of a constant factor; 0 for nought, whose product with an absent end is unknown, and what is none."""
    return (expr.value > 0) - (expr.value < 0) if isinstance(expr, Literal) else 0  # type: ignore[operator]


def _slow(expr: Expr) -> bool:
    """Whether a comparison needs fractions, dates in arithmetic or truths: then the definition itself is called."""
    inner = (And, Or, Not, Compare, In)
    for part in walk(expr):
        if isinstance(part, Arithmetic) and (
            part.op == "/" or (isinstance(part.left, Name) and isinstance(part.right, Name) and part.op == "-")
        ):
            return True
        if part is not expr and isinstance(part, inner):
            return True
        if not isinstance(part, (*inner, Arithmetic, Name, Literal)):
            return True
    return False


class _Local:
    """The variables of a function: the value of each name that it reads, and of a number or date its two ends."""

    def __init__(self, program: Program, ends: bool) -> None:
        self.variables: dict[str, str] = {}
        self.ends: set[str] = set()
        self.loads: list[str] = []
        self.lines: list[str] = []
        terms = program.base.terms.values()
        wide = frozenset(term.name for term in terms if term.type == "date" or term.type in NUMERIC)
        self.writer = _EndsWriter(self.resolve, wide, self.end) if ends else _Writer(self.resolve)

    def resolve(self, name: str) -> str:
        """The variable that holds the value of a name; at its first use it is loaded."""
        if name not in self.variables:
            self.variables[name] = f"v{len(self.variables)}"
            self.loads.append(f"{self.variables[name]} = get({name!r})")
        return self.variables[name]

    def end(self, name: str, high: bool) -> str:
        """The variable that holds an end of a name; at its first use both are read."""
        variable = self.resolve(name)
        if variable not in self.ends:
            self.ends.add(variable)
            lines = self.loads if variable.startswith("v") else self.lines
            lines.append(
                f"if type({variable}) is Interval: low_{variable}, high_{variable} = {variable}.low, {variable}.high"
            )
            lines.append(f"else: low_{variable} = high_{variable} = {variable}")
        return f"{'high' if high else 'low'}_{variable}"

    def function(self, result: str, arguments: str) -> Any:
        """The function with all that was written, which returns ``result``."""
        lines = ["get = values.get", *self.loads, *self.lines, f"return {result}"]
        body = "\n".join(f"    {line}" for line in lines)
        known: dict[str, Any] = {f"k{i}": constant for i, constant in enumerate(self.writer.constants)}
        known["Interval"] = Interval
        exec(compile(f"def run({arguments}):\n{body}", "<rule base>", "exec"), known)
        return known["run"]


def compile_match(program: Program, ends: bool = False) -> Match:
    """(values, what settles a late computed term) -> (truths in rule order, values that are not one rule's truth).

    With ``ends`` the values may be imprecise.
    """
    local = _Local(program, ends)
    writer, base = local.writer, program.base
    read = {name for rule in base.rules for name in names(rule.when)}
    read.update(name for step in program.steps if isinstance(step, Term) for name in _reads(step))
    place: dict[str, str] = {}
    made: list[str] = []

    def keep(name: str, source: str) -> None:
        local.variables[name] = f"f{len(made)}"
        made.append(name)
        local.lines.append(f"{local.variables[name]} = {source}")

    for step in program.steps:
        if isinstance(step, Term):
            keep(step.name, _computed(writer, step, local.resolve))
            continue
        rules = base.findings[step]
        if len(rules) == 1 and step not in read:
            continue  # the rule's truth goes straight to the result
        for rule in rules:
            source = writer.truth(rule.when)
            local.variables[step] = place[rule.id] = f"r{len(place)}"
            local.lines.append(f"{place[rule.id]} = {source}")
        if len(rules) > 1:
            keep(step, _any([place[rule.id] for rule in rules]))
    truths = ", ".join([place.get(rule.id) or writer.truth(rule.when) for rule in base.rules])
    values = ", ".join(f"{name!r}: {local.variables[name]}" for name in made)
    run: Match = local.function(f"[{truths}], {{{values}}}", "values, late")
    return run


def _any(rules: list[str]) -> str:
    return (
        f"(True if {' or '.join(rules)} else False if {' and '.join(f'{rule} is False' for rule in rules)} else None)"
    )


def _computed(writer: _Writer, term: Term, resolve: Callable[[str], str]) -> str:
    env = ", ".join(f"{name!r}: {resolve(name)}" for name in _reads(term))
    return f"late({writer.constant(_Box(term))}.of, {{{env}}})"


def _reads(term: Term) -> list[str]:
    return [name for expr in term.expressions for name in names(expr)]


class _Box:
    """A term as a constant: terms hold expressions and need no hash."""

    def __init__(self, of: Term) -> None:
        self.of = of


def compile_ladder(program: Program, ends: bool = False) -> Ladder:
    """(values, true rules by stage and strength, what else is counted) -> the ladder's names and values.

    With ``ends`` the values may be imprecise.
    """
    local = _Local(program, ends)
    local.lines.append("decided = {}")
    sure: set[str] = set()
    for i, step in enumerate(program.ladder):
        if never_unknown(step, sure):
            sure.add(step.name)
        if isinstance(step, Define) and step.name in sure:  # of two truths: what is not true is false
            source = local.writer.side(step.expr, True)
        else:
            so_far = "decided.copy()"
            if isinstance(step, UnprovenCount) and step.stage:  # it is evaluated later, on what is decided here
                local.lines.append(f"d{i} = {so_far}")
                so_far = f"d{i}"
            source = _ladder_step(local.writer, step, local.resolve, so_far)
        if isinstance(step, Counting):  # evaluated where it is read, and only if it is
            local.variables[step.name] = source
            continue
        local.variables[step.name] = f"s{i}"
        local.lines.append(f"s{i} = decided[{step.name!r}] = {source}")
    run: Ladder = local.function("decided", "values, counts, looks")
    return run


def _ladder_step(writer: _Writer, step: Step, resolve: Callable[[str], str], so_far: str) -> str:
    match step:
        case Count(_, home, strength):
            return f"counts.get({writer.constant((home, strength))}, 0)"
        case Tally(_, of):
            return f"({' + '.join(f'({resolve(name)} is not True)' for name in of) or '0'})"
        case Total(_, of):
            return f"({' + '.join(f'({resolve(name)} is True)' for name in of) or '0'})"
        case UnexaminedCount(_, parts):
            counted = [
                f"(looks.unexamined_count({writer.constant(rules)}) if {resolve(passed)} is True else 0)"
                for passed, rules in parts
            ]
            return f"({' + '.join(counted) or '0'})"
        case UnsettledCount(_, rules):
            return f"looks.unsettled_count({writer.constant(rules)})"
        case UnprovenCount(_, stage):
            return f"looks.unproven_count({writer.constant(stage)}, {so_far})" if stage else "0"
        case UnderRemedy(_, stage):
            return f"looks.under_remedy({writer.constant(stage)})"
        case LeftOut(_):
            return "looks.left_out"
        case Decide(_, lines):
            chain = "".join(f"{line.name!r} if {writer.side(line.when, True)} else " for line in lines)
            return f"({chain}None)"
        case Define(_, expr, stage) if stage:
            low = f"looks.holds_low({writer.constant(expr)}, {writer.constant(stage)}, {so_far})"
            return f"({low} if {writer.side(expr, True)} else {writer.truth(expr)})"
        case Define(_, expr):
            return writer.truth(expr)
