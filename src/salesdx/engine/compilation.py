"""Expressions -> Python functions, for speed; the meaning is that of ``conditions.truth`` and is tested against it.

The source that is compiled holds only generated names and constants by index, never a word of a file.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping
from decimal import MAX_EMAX, MIN_EMIN, Context, Inexact
from functools import partial
from typing import Any

from salesdx.base.model import Term
from salesdx.case.memory import computed
from salesdx.engine.program import OPPOSITE, Count, Decide, Define, Program, Step, Tally, Total, UnexaminedCount
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
from salesdx.language.truth import Truth

Match = Callable[[Values, Container[str]], tuple[list[Truth], dict[str, Value | None]]]
Ladder = Callable[[Values, Mapping[tuple[str, str], int], Callable[[tuple[str, ...]], int]], dict[str, Any]]

EXACT = Context(prec=100_000, Emax=MAX_EMAX, Emin=MIN_EMIN, traps=[Inexact])
"""Sums and products never need rounding here; if one did, it would be an error and not a wrong truth."""


class _Writer:
    """Writes Python expressions; constants go into a table, names are resolved by the caller."""

    def __init__(self, resolve: Callable[[str], str]) -> None:
        self.resolve = resolve
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
            case In(Name(id), literals):
                values = self.constant(frozenset(literal.value for literal in literals))
                return self.known([id], f"{self.resolve(id)} {'in' if side else 'not in'} {values}")
            case Compare(op, left, right) if not _slow(expr):
                return self.known(
                    names(expr), f"{self.number(left)} {op if side else OPPOSITE[op]} {self.number(right)}"
                )
        env = ", ".join(f"{name!r}: {self.resolve(name)}" for name in names(expr))
        return f"{self.constant(truth)}({self.constant(expr)}, {{{env}}}) is {side}"

    def known(self, reads: Iterable[str], test: str) -> str:
        tests = [f"{read} is not None" for read in map(self.resolve, reads) if read.isidentifier()]  # counts are known
        return f"({' and '.join([*tests, test])})"

    def number(self, expr: Expr) -> str:
        match expr:
            case Literal(known):
                return self.constant(known)
            case Name(id):
                return self.resolve(id)
            case Arithmetic(op, left, right):
                function = {"+": EXACT.add, "-": EXACT.subtract, "*": EXACT.multiply}[op]
                return f"{self.constant(function)}({self.number(left)}, {self.number(right)})"
        raise AssertionError(expr)


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


def _function(lines: Iterable[str], arguments: str, constants: list[object]) -> Any:
    body = "\n".join(f"    {line}" for line in lines)
    known: dict[str, Any] = {f"k{i}": constant for i, constant in enumerate(constants)}
    exec(compile(f"def run({arguments}):\n{body}", "<rule base>", "exec"), known)
    return known["run"]


def _variable(local: dict[str, str], loads: list[str], name: str) -> str:
    """The variable that holds the value of a name; at its first use it is loaded."""
    if name not in local:
        local[name] = f"v{len(local)}"
        loads.append(f"{local[name]} = get({name!r})")
    return local[name]


def compile_match(program: Program) -> Match:
    """(values, names stated by hand) -> (truths in rule order, the values that are not simply one rule's truth)."""
    local: dict[str, str] = {}
    loads: list[str] = []
    resolve = partial(_variable, local, loads)
    base = program.base
    writer = _Writer(resolve)
    read = {name for rule in base.rules for name in names(rule.when)}
    read.update(name for step in program.steps if isinstance(step, Term) for name in _reads(step))
    lines: list[str] = []
    place: dict[str, str] = {}
    made: list[str] = []

    def keep(name: str, source: str) -> None:
        local[name] = f"f{len(made)}"
        made.append(name)
        lines.append(f"{local[name]} = {source}")

    for step in program.steps:
        if isinstance(step, Term):
            keep(step.name, _computed(writer, step, resolve))
            continue
        rules = base.findings[step]
        if len(rules) == 1 and step not in read:
            continue  # the rule's truth goes straight to the result
        for rule in rules:
            local[step] = place[rule.id] = f"r{len(place)}"
            lines.append(f"{place[rule.id]} = {writer.truth(rule.when)}")
        if len(rules) > 1:
            keep(step, _any([place[rule.id] for rule in rules]))
    truths = ", ".join(place.get(rule.id) or writer.truth(rule.when) for rule in base.rules)
    result = f"return [{truths}], {{{', '.join(f'{name!r}: {local[name]}' for name in made)}}}"
    run: Match = _function(["get = values.get", *loads, *lines, result], "values, stated", writer.constants)
    return run


def _any(rules: list[str]) -> str:
    return (
        f"(True if {' or '.join(rules)} else False if {' and '.join(f'{rule} is False' for rule in rules)} else None)"
    )


def _computed(writer: _Writer, term: Term, resolve: Callable[[str], str]) -> str:
    env = ", ".join(f"{name!r}: {resolve(name)}" for name in _reads(term))
    stated = f"get({term.name!r}) if {term.name!r} in stated"
    return f"{stated} else {writer.constant(computed)}({writer.constant(_Box(term))}.of, {{{env}}})"


def _reads(term: Term) -> list[str]:
    return [name for expr in term.expressions for name in names(expr)]


class _Box:
    """A term as a constant: terms hold expressions and need no hash."""

    def __init__(self, of: Term) -> None:
        self.of = of


def compile_ladder(program: Program) -> Ladder:
    """(values, true rules by stage and strength, a count of unexamined rules) -> the ladder's names and values."""
    local: dict[str, str] = {}
    loads: list[str] = []
    resolve = partial(_variable, local, loads)
    writer = _Writer(resolve)
    lines: list[str] = []
    kept: dict[str, str] = {}
    for i, step in enumerate(program.ladder):
        source = _ladder_step(writer, step, resolve)
        if isinstance(step, Count | UnexaminedCount | Tally | Total):  # evaluated where it is read, and only if it is
            local[step.name] = source
            continue
        local[step.name] = kept[step.name] = f"s{i}"
        lines.append(f"s{i} = {source}")
    result = "return {" + ", ".join(f"{name!r}: {variable}" for name, variable in kept.items()) + "}"
    run: Ladder = _function(
        ["get = values.get", *loads, *lines, result], "values, counts, unexamined", writer.constants
    )
    return run


def _ladder_step(writer: _Writer, step: Step, resolve: Callable[[str], str]) -> str:
    match step:
        case Count(_, home, strength):
            return f"counts.get({writer.constant((home, strength))}, 0)"
        case Tally(_, of):
            return f"({' + '.join(f'({resolve(name)} is not True)' for name in of) or '0'})"
        case Total(_, of):
            return f"({' + '.join(f'({resolve(name)} is True)' for name in of) or '0'})"
        case UnexaminedCount(_, parts):
            counted = [
                f"(unexamined({writer.constant(rules)}) if {resolve(passed)} is True else 0)" for passed, rules in parts
            ]
            return f"({' + '.join(counted) or '0'})"
        case Decide(_, lines):
            chain = "".join(f"{line.name!r} if {writer.side(line.when, True)} else " for line in lines)
            return f"({chain}None)"
        case Define(_, expr):
            return writer.truth(expr)
