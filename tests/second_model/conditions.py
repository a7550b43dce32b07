"""Conditions and formulas: a small parser, their values on intervals and their truth in Kleene's logic.

A tree is a tuple whose first part names it: `or` and `and` with parts, `not`, `test` with operator and two sides, `in`
with one side and a list, `calc`, `minus`, `call`, `name`, `const`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date
from fractions import Fraction
from functools import cache
from typing import Any

from . import intervals
from .chance import FUNCTIONS
from .intervals import Range

Tree = tuple[Any, ...]
Value = bool | str | Range | None
Look = Callable[[str], Value]

TOKEN = re.compile(
    r"""\s*(?: (?P<date>\d{4}-\d{2}-\d{2}) | (?P<number>\d+(?:\.\d+)?) | '(?P<single>[^']*)' | "(?P<double>[^"]*)"
    | (?P<word>[A-Za-z_]\w*) | (?P<sign>==|!=|<=|>=|[-+*/()<>\[\],]) )""",
    re.VERBOSE,
)
TESTS = ("==", "!=", "<", "<=", ">", ">=")


@cache
def parsed(text: str) -> Tree:
    """The tree of a condition or a formula. Raises ValueError where it does not parse."""
    parser = _Parser(text.strip())
    tree = parser.either()
    if parser.next is not None:
        raise ValueError(f"{text!r}: what is {parser.next!r}?")
    return tree


class _Parser:
    """One token ahead: ``next`` is (kind, text), None at the end."""

    def __init__(self, text: str) -> None:
        self.tokens = self._split(text)
        self.next: tuple[str, str] | None = None
        self.take()

    @staticmethod
    def _split(text: str) -> Iterator[tuple[str, str]]:
        place = 0
        while place < len(text):
            if (found := TOKEN.match(text, place)) is None:
                raise ValueError(f"{text!r}: cannot be read from {place}")
            place, kind = found.end(), str(found.lastgroup)
            yield ("text" if kind in ("single", "double") else kind), found[kind]

    def take(self) -> tuple[str, str] | None:
        taken, self.next = self.next, next(self.tokens, None)
        return taken

    def at(self, *words: str) -> bool:
        return self.next is not None and self.next[0] in ("word", "sign") and self.next[1] in words

    def past(self, word: str) -> bool:
        return self.at(word) and self.take() is not None

    def due(self, word: str) -> None:
        if not self.past(word):
            raise ValueError(f"{word!r} is due, not {self.next!r}")

    def either(self) -> Tree:
        parts = [self.both()]
        while self.past("or"):
            parts.append(self.both())
        return parts[0] if len(parts) == 1 else ("or", *parts)

    def both(self) -> Tree:
        parts = [self.denied()]
        while self.past("and"):
            parts.append(self.denied())
        return parts[0] if len(parts) == 1 else ("and", *parts)

    def denied(self) -> Tree:
        return ("not", self.denied()) if self.past("not") else self.compared()

    def compared(self) -> Tree:
        left = self.sum()
        if self.past("in"):
            self.due("[")
            items = [self.sum()]
            while self.past(","):
                items.append(self.sum())
            self.due("]")
            return ("in", left, tuple(items))
        if self.at(*TESTS):
            operator = self.take()
            assert operator is not None
            return ("test", operator[1], left, self.sum())
        return left

    def sum(self) -> Tree:
        left = self.product()
        while self.at("+", "-"):
            left = ("calc", self.take()[1], left, self.product())  # type: ignore[index]
        return left

    def product(self) -> Tree:
        left = self.single()
        while self.at("*", "/"):
            left = ("calc", self.take()[1], left, self.single())  # type: ignore[index]
        return left

    def single(self) -> Tree:
        if self.past("-"):
            return ("minus", self.single())
        if self.past("("):
            inside = self.either()
            self.due(")")
            return inside
        match self.take():
            case ("date", text):
                return ("const", intervals.exactly(date.fromisoformat(text).toordinal()))
            case ("number", text):
                return ("const", intervals.exactly(Fraction(text)))
            case ("text", text):
                return ("const", text)
            case ("word", "true" | "false" as text):
                return ("const", text == "true")
            case ("word", text) if self.past("("):
                arguments = [self.either()]
                while self.past(","):
                    arguments.append(self.either())
                self.due(")")
                return ("call", text, tuple(arguments))
            case ("word", text):
                return ("name", text)
            case other:
                raise ValueError(f"a value is due, not {other!r}")


# --- trees ------------------------------------------------------------------------------------------------------------


@cache
def names(tree: Tree) -> tuple[str, ...]:
    """The names that a tree reads, each once, in order."""
    match tree:
        case ("name", name):
            return (name,)
        case ("const", *_):
            return ()
    parts = [part for part in tree[1:] if isinstance(part, tuple)]
    if tree[0] in ("in", "call"):
        parts = [*(part for part in parts[:-1]), *parts[-1]]
    return tuple(dict.fromkeys(name for part in parts for name in names(part)))


def divisors(tree: Tree) -> Iterator[Tree]:
    """Whatever is divided by in a tree."""
    match tree:
        case ("calc", "/", _, divisor):
            yield divisor
    for part in tree[1:]:
        if isinstance(part, tuple) and part and isinstance(part[0], str):
            yield from divisors(part)
        elif isinstance(part, tuple):
            for inner in part:
                yield from divisors(inner)


# --- values and truths ------------------------------------------------------------------------------------------------


def value(tree: Tree, look: Look) -> Value:
    """The value of a calculation, or the truth of a condition that stands in its place."""
    match tree:
        case ("const", constant):
            return constant
        case ("name", name):
            return look(name)
        case ("minus", part):
            inner = value(part, look)
            return intervals.negative(inner) if isinstance(inner, Range) else None
        case ("calc", sign, left, right):
            a, b = value(left, look), value(right, look)
            return intervals.CALCULATIONS[sign](a, b) if isinstance(a, Range) and isinstance(b, Range) else None
        case ("call", function, arguments):
            given = [value(argument, look) for argument in arguments]
            return _called(function, [part for part in given if isinstance(part, Range)]) if None not in given else None
    return truth(tree, look)


def _called(function: str, given: list[Range]) -> Range | None:
    if function in ("min", "max"):
        return intervals.least(given) if function == "min" else intervals.greatest(given)
    if not all(argument.point for argument in given):
        return None
    found = FUNCTIONS[function](*(argument.low for argument in given))
    return None if found is None else intervals.exactly(found)


def truth(tree: Tree, look: Look) -> bool | None:
    """True, false or unknown (None)."""
    match tree:
        case ("or", *parts):
            return any_of(truth(part, look) for part in parts)
        case ("and", *parts):
            return all_of(truth(part, look) for part in parts)
        case ("not", part):
            return denied(truth(part, look))
        case ("test", sign, left, right):
            return compared(sign, value(left, look), value(right, look))
        case ("in", left, items):
            one = value(left, look)
            return any_of(compared("==", one, value(item, look)) for item in items)
    found = value(tree, look)
    assert found is None or isinstance(found, bool), tree
    return found


def compared(sign: str, a: Value, b: Value) -> bool | None:
    if a is None or b is None:
        return None
    if not isinstance(a, Range) or not isinstance(b, Range):
        return (a == b) == (sign == "==")
    match sign:
        case "<":
            return intervals.less(a, b)
        case ">":
            return intervals.less(b, a)
        case "<=":
            return intervals.at_most(a, b)
        case ">=":
            return intervals.at_most(b, a)
        case "==":
            return intervals.equal(a, b)
    return denied(intervals.equal(a, b))


def denied(a: bool | None) -> bool | None:
    return None if a is None else not a


def all_of(truths: Iterator[bool | None]) -> bool | None:
    found = list(truths)
    return False if False in found else None if None in found else True


def any_of(truths: Iterator[bool | None]) -> bool | None:
    found = list(truths)
    return True if True in found else None if None in found else False
