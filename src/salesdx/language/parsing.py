"""Expressions: text -> tree, with the words at fault when it does not parse."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from salesdx.language.characters import strange_letter
from salesdx.language.conditions import (
    FUNCTIONS,
    OUTCOME,
    WORKED,
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
    children,
    outcome_name,
)

MAX_LENGTH = 8_000
MAX_DEPTH = 32
"""Brackets, `not` and minus signs inside each other."""
MAX_HEIGHT = 64
"""Operations inside each other, such as a long sum: what walks over a tree goes as deep."""
MAX_DIGITS = 30

_SPACE = " \t\r\n"
_TOKEN = re.compile(
    r"""[ \t\r\n]*(?:(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})(?![\w.-])|(?P<number>[0-9]+(?:\.[0-9]+)?)(?![\w.])
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?!\w)|(?P<text>'[^']*'|"[^"]*")|(?P<op>==|!=|<=|>=|[<>+\-*/()\[\],]))""",
    re.X,
)
_COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")
WORDS = ("and", "or", "not", "in", "true", "false")
"""What an expression says beside names, numbers and texts."""
_HELP = {
    "=": "compare with `==`",
    "&": "write `and`",
    "|": "write `or`",
    "!": "write `not`, or `!=` between two values",
    "is": "compare with `==`",
    "if": "write `and`, or a rule of its own",
    "[": "a list stands only after `in`",
    ";": "write one expression; join its parts with `and` or `or`",
    "#": "a comment stands on a line of its own, outside of the expression",
    "%": "a percentage is written as its number alone",
    "*": "the operations are `+ - * /`, each between two numbers",
    "/": "the operations are `+ - * /`, each between two numbers",
    ",": "write a number without separators; a list stands only after `in`",
    ".": "a name holds no points, and a number begins with a digit",
    "≥": "write `>=`",
    "≤": "write `<=`",
    "≠": "write `!=`",
    "−": "write `-`",
    "–": "write `-`",
    "×": "write `*`",
    "÷": "write `/`",
    "‘": "use straight quotes",
    "’": "use straight quotes",
    "“": "use straight quotes",
    "”": "use straight quotes",
    "}": "a term is written without braces",
    "{": "a term is written without braces",
}
"""What somebody wrote who knows another language -> what is written here."""


@lru_cache(maxsize=4096)  # a rule base that is loaded again has mostly the same conditions
def parse_condition(text: str, functions: bool = False) -> Expr:
    """Text -> tree; ``functions`` allows the functions of formulas. Raises ConditionError with the words at fault.

    >>> parse_condition("a > 1 and not b").parts[1]
    Not(part=Name(id='b', start=14, end=15), start=10, end=15)
    """
    return _Parser(text, functions).whole()


def height(expr: Expr) -> int:
    """How deep the parts of an expression are inside each other; 1 for a name or a literal.

    >>> height(parse_condition("a > 1 and not b"))
    3
    """
    level: tuple[Expr, ...] = (expr,)
    found = 0
    while level:
        level = tuple(part for above in level for part in children(above))
        found += 1
    return found


class _Token(NamedTuple):
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
            help = "write a list, such as `in ['a', 'b']`" if text == "[" else ""
            raise self.unexpected(f"`{text}` is missing after {after}", help)
        return token

    def unexpected(self, message: str = "", help: str = "") -> ConditionError:
        token, word = self.token, self.token.text
        if token.kind == "end":
            if not self.at:
                return ConditionError("syntax", "the expression is empty", token.start, token.end)
            last = self.tokens[self.at - 1]
            return ConditionError("syntax", message or "the expression ends too early", last.start, last.end, help)
        if not help and word.lower() in WORDS and word not in WORDS:
            help = f"write `{word.lower()}` in small letters"
        elif not help and not message:
            other = "join two conditions with `and` or `or`" if token.kind == "name" and word not in WORDS else ""
            help = _HELP.get(word, other)
        return ConditionError("syntax", message or f"`{word}` cannot stand here", token.start, token.end, help)

    def whole(self) -> Expr:
        expr = self.either()
        if self.token.kind != "end":
            raise self.unexpected()
        if height(expr) > MAX_HEIGHT:
            message, help = f"more than {MAX_HEIGHT} operations are inside each other", "use a computed term"
            raise ConditionError("too-deep", message, expr.start, expr.end, help)
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
                    "syntax",
                    "a list holds only numbers, dates and quoted values",
                    part.start,
                    part.end,
                    "put a value in quotes",
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
            if len(token.text.replace(".", "")) > MAX_DIGITS:
                raise ConditionError("number", f"a number may have {MAX_DIGITS} digits", token.start, token.end)
            if re.match("0[0-9]", token.text):
                raise ConditionError("number", "a number has no leading zeros", token.start, token.end)
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
        if token.kind == "name" and token.text.lower() not in WORDS:
            if self.token.kind == "op" and self.token.text == "(":
                return self.call(token)
            return Name(token.text, token.start, token.end)
        self.at -= 1
        raise self.unexpected()

    def outcome(self, name: _Token) -> Expr:
        """`outcome(INTERVENTION)`: a name like that of a finding, whose value is what became of the intervention."""
        opening = self.need("(", "the function")
        self.deeper(opening)
        part = self.sum()
        closing = self.need(")", "the intervention")
        self.depth -= 1
        if not isinstance(part, Name) or "(" in part.id:
            message, help = f"`{OUTCOME}` takes one intervention", f"write `{OUTCOME}(ID) == '{WORKED}'`"
            raise ConditionError("syntax", message, name.start, closing.end, help)
        return Name(outcome_name(part.id), name.start, closing.end)

    def call(self, name: _Token) -> Expr:
        if name.text == OUTCOME:
            return self.outcome(name)
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
    at, end = 0, len(text.rstrip(_SPACE))
    while at < end:
        found = _TOKEN.match(text, at)
        if found is None:
            raise _bad_character(text, len(text) - len(text[at:].lstrip(_SPACE)))
        kind = found.lastgroup or ""
        yield _Token(kind, found.group(kind), found.start(kind), found.end(kind))
        at = found.end()
    yield _Token("end", "", end, end + 1)


def _bad_character(text: str, start: int) -> ConditionError:
    word = re.match(r"[\w.]+|.", text[start:], re.S)
    found = word.group() if word else text[start]
    end = start + len(found)
    strange = strange_letter(found)
    if strange:
        char = next(char for char in found if char > "~")
        plain = "use the digits 0 to 9" if char.isnumeric() else "names use the letters a to z, digits and `_`"
        help = "put a space here" if char.isspace() else _HELP.get(char, plain)
        return ConditionError("syntax", f"{strange}; it cannot stand here", start, end, help)
    if found in "'\"":
        return ConditionError("syntax", "the quote is not closed", start, len(text.rstrip()))
    help = "write the number with digits and at most one point" if found[0].isdigit() else _HELP.get(found[0], "")
    return ConditionError("syntax", f"`{found[:60]}` cannot stand here", start, end, help)
