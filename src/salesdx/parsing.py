"""Expressions: text -> tree, with the words at fault when it does not parse."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from salesdx.conditions import (
    FUNCTIONS,
    And,
    Arithmetic,
    Call,
    Compare,
    ConditionError,
    Expr,
    In,
    Literal,
    Name,
    Not,
    Or,
)

MAX_LENGTH = 8_000
MAX_DEPTH = 40

_TOKEN = re.compile(
    r"""\s*(?:(?P<date>\d{4}-\d\d-\d\d)(?![\w.-])|(?P<number>\d+(?:\.\d+)?)(?![\w.])|(?P<name>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<text>'[^']*'|"[^"]*")|(?P<op>==|!=|<=|>=|[<>+\-*/()\[\],]))""",
    re.X,
)
_COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")
_WORDS = ("and", "or", "not", "in", "true", "false")


def parse(text: str, functions: bool = False) -> Expr:
    """Text -> tree; ``functions`` allows the functions of formulas. Raises ConditionError with the words at fault.

    >>> parse("a > 1 and not b").parts[1]
    Not(part=Name(id='b', start=14, end=15), start=10, end=15)
    """
    return _Parser(text, functions).whole()


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    start: int
    end: int


class _Parser:
    def __init__(self, text: str, functions: bool) -> None:
        if len(text) > MAX_LENGTH:
            raise ConditionError(
                "too-long",
                f"an expression may have {MAX_LENGTH:,} characters, this has {len(text):,}",
                0,
                1,
                "split the rule",
            )
        self.functions, self.depth, self.at = functions, 0, 0
        self.tokens = list(_tokens(text))

    @property
    def token(self) -> _Token:
        return self.tokens[self.at]

    def take(self, *texts: str) -> _Token | None:
        token = self.token
        if token.kind in ("op", "name") and token.text in texts:
            self.at += 1
            return token
        return None

    def need(self, text: str, after: str) -> _Token:
        token = self.take(text)
        if token is None:
            raise self.unexpected(f"`{text}` is missing after {after}")
        return token

    def unexpected(self, message: str = "") -> ConditionError:
        token = self.token
        if token.kind == "end":
            return ConditionError(
                "syntax", message or "the expression ends too early", max(token.start - 1, 0), token.end
            )
        help = ""
        if token.text == "=" or (token.kind == "name" and token.text not in _WORDS):
            help = "join two conditions with `and` or `or`"
        return ConditionError("syntax", message or f"`{token.text}` cannot stand here", token.start, token.end, help)

    def whole(self) -> Expr:
        expr = self.either()
        if self.token.kind != "end":
            raise self.unexpected()
        return expr

    def either(self) -> Expr:
        return self.joined("or", self.both, Or)

    def both(self) -> Expr:
        return self.joined("and", self.negation, And)

    def joined(self, word: str, part: Callable[[], Expr], node: type[And] | type[Or]) -> Expr:
        parts = [part()]
        while self.take(word):
            parts.append(part())
        return parts[0] if len(parts) == 1 else node(tuple(parts), parts[0].start, parts[-1].end)

    def negation(self) -> Expr:
        token = self.take("not")
        if token is None:
            return self.comparison()
        self.deeper(token)
        part = self.negation()
        self.depth -= 1
        return Not(part, token.start, part.end)

    def deeper(self, token: _Token) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise ConditionError("too-deep", f"nested deeper than {MAX_DEPTH} levels", token.start, token.end)

    def comparison(self) -> Expr:
        left = self.sum()
        if self.take("in"):
            values = self.list()
            return In(left, values, left.start, self.tokens[self.at - 1].end)
        op = self.take(*_COMPARISONS)
        if op is None:
            return left
        right = self.sum()
        if self.token.text in _COMPARISONS and self.token.kind == "op":
            raise ConditionError(
                "syntax", "comparisons do not chain", self.token.start, self.token.end, "write `a < b and b < c`"
            )
        return Compare(op.text, left, right, left.start, right.end)

    def list(self) -> tuple[Literal, ...]:
        self.need("[", "`in`")
        values: list[Literal] = []
        while True:
            part = self.unary()
            if not isinstance(part, Literal):
                raise ConditionError(
                    "syntax", "a list holds only numbers, dates and quoted values", part.start, part.end
                )
            values.append(part)
            if not self.take(","):
                break
        self.need("]", "the list")
        return tuple(values)

    def sum(self) -> Expr:
        return self.arithmetic(("+", "-"), self.factors)

    def factors(self) -> Expr:
        return self.arithmetic(("*", "/"), self.unary)

    def arithmetic(self, ops: tuple[str, ...], part: Callable[[], Expr]) -> Expr:
        left = part()
        while op := self.take(*ops):
            right = part()
            left = Arithmetic(op.text, left, right, left.start, right.end)
        return left

    def unary(self) -> Expr:
        token = self.take("-")
        if token is None:
            return self.atom()
        self.deeper(token)
        part = self.unary()
        self.depth -= 1
        if isinstance(part, Literal) and isinstance(part.value, Decimal):
            return Literal(-part.value, token.start, part.end)
        return Arithmetic("-", Literal(Decimal(0), token.start, token.start), part, token.start, part.end)

    def atom(self) -> Expr:
        token = self.token
        if opening := self.take("("):
            self.deeper(opening)
            part = self.either()
            self.need(")", "the bracket")
            self.depth -= 1
            return part
        self.at += 1
        if token.kind == "number":
            if len(token.text.replace(".", "")) > 30:
                raise ConditionError("number", "a number may have 30 digits", token.start, token.end)
            return Literal(Decimal(token.text), token.start, token.end)
        if token.kind == "date":
            try:
                return Literal(date.fromisoformat(token.text), token.start, token.end)
            except ValueError:
                raise ConditionError("date", f"there is no date `{token.text}`", token.start, token.end) from None
        if token.kind == "text":
            return Literal(token.text[1:-1], token.start, token.end)
        if token.kind == "name" and token.text in ("true", "false"):
            return Literal(token.text == "true", token.start, token.end)
        if token.kind == "name" and token.text not in _WORDS:
            if self.token.kind == "op" and self.token.text == "(":
                return self.call(token)
            return Name(token.text, token.start, token.end)
        self.at -= 1
        raise self.unexpected()

    def call(self, name: _Token) -> Expr:
        if not self.functions:
            raise ConditionError(
                "syntax",
                "a condition calls no functions",
                name.start,
                self.token.end,
                "put the function into the `formula` of a computed term",
            )
        if name.text not in FUNCTIONS:
            raise ConditionError(
                "unknown-function",
                f"there is no function `{name.text}`",
                name.start,
                name.end,
                f"the functions are {', '.join(FUNCTIONS)}",
            )
        opening = self.need("(", "the function")
        self.deeper(opening)
        arguments = [self.sum()]
        while self.take(","):
            arguments.append(self.sum())
        closing = self.need(")", "the arguments")
        self.depth -= 1
        function = FUNCTIONS[name.text]
        if len(arguments) < function.arity or (len(arguments) > function.arity and not function.more):
            raise ConditionError(
                "syntax",
                f"`{name.text}` takes {function.arity} numbers{' or more' * function.more}, here are {len(arguments)}",
                name.start,
                closing.end,
            )
        return Call(name.text, tuple(arguments), name.start, closing.end)


def _tokens(text: str) -> Iterator[_Token]:
    at, end = 0, len(text.rstrip())
    while at < end:
        found = _TOKEN.match(text, at)
        if found is None:
            start = at + len(text[at:]) - len(text[at:].lstrip())
            raise _bad_character(text, start)
        kind = found.lastgroup or ""
        yield _Token(kind, found.group(kind), found.start(kind), found.end(kind))
        at = found.end()
    yield _Token("end", "", end, end + 1)


def _bad_character(text: str, start: int) -> ConditionError:
    char = text[start]
    if ord(char) > 127:
        name = unicodedata.name(char, "no name")
        return ConditionError(
            "syntax",
            f"the character `{char}` (U+{ord(char):04X} {name}) cannot stand here",
            start,
            start + 1,
            "names use the letters a to z, digits and `_`",
        )
    if char in "'\"":
        return ConditionError("syntax", "the quote is not closed", start, len(text.rstrip()))
    found = re.match(r"[\w.]+|.", text[start:])
    word = found.group() if found else char
    help = (
        "compare with `==`"
        if char == "="
        else "write the number with digits and at most one point"
        if char.isdigit()
        else ""
    )
    return ConditionError("syntax", f"`{word}` cannot stand here", start, start + len(word), help)
