"""Nodes -> plain values, with every fault collected. Used by the loader and by the reader of case files."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from decimal import Decimal

from salesdx.conditions import BOOLEAN, ConditionError, Expr, Name, Type, Value, type_of
from salesdx.issues import Issue, did_you_mean
from salesdx.model import Term
from salesdx.parsing import parse
from salesdx.source import Mapping, Node, Place, Scalar
from salesdx.source import Sequence as ListNode

NUMBER = re.compile(r"[-+]?\d+(\.\d+)?")
DATE = re.compile(r"\d{4}-\d\d-\d\d")
NAME = re.compile(r"[a-z_][a-z0-9_]*")
MAX_DIGITS = 15
MAX_TEXT = 4_000
MAX_SUGGESTIONS = 40
"""After so many unknown names a file is not helped by more suggestions, and each costs time."""


class Reader:
    """Collects issues while it reads. Methods return None (or an empty value) for what was at fault."""

    def __init__(self) -> None:
        self.issues: list[Issue] = []
        self.suggested = 0

    def fault(self, code: str, message: str, place: Place, help: str = "", severity: str = "error") -> None:
        self.issues.append(Issue(code, message, place, help, severity))

    def near(self, word: str, known: Iterable[str]) -> str:
        self.suggested += 1
        return did_you_mean(word, known) if self.suggested <= MAX_SUGGESTIONS else ""

    def fields(self, node: Node, what: str, required: Sequence[str], optional: Sequence[str]) -> dict[str, Node]:
        """The entries of a mapping; unknown and missing keys are faults."""
        if not isinstance(node, Mapping):
            self.fault("type", f"{what} must be a mapping (`key: value` lines), this is {kind(node)}", node.place)
            return {}
        found: dict[str, Node] = {}
        for key, value in node.entries:
            if key.text in required or key.text in optional:
                found[key.text] = value
            else:
                help = (
                    self.near(key.text, [*required, *optional]) or f"its keys are {', '.join([*required, *optional])}"
                )
                self.fault("unknown-key", f"{what} has no key `{key.text}`", key.place, help)
        for key_text in required:
            if key_text not in found:
                self.fault("missing-key", f"{what} needs the key `{key_text}`", first_line(node.place))
        return found

    def text(self, node: Node | None, what: str) -> str:
        if node is None:
            return ""
        if not isinstance(node, Scalar):
            self.fault("type", f"{what} must be text, this is {kind(node)}", first_line(node.place))
            return ""
        if not node.text.strip():
            self.fault("empty", f"{what} is empty", node.place)
        if len(node.text) > MAX_TEXT:
            self.fault("too-long", f"{what} may have {MAX_TEXT:,} characters, this has {len(node.text):,}", node.place)
            return ""
        return node.text.strip()

    def texts(self, node: Node | None, what: str) -> tuple[Scalar, ...]:
        """One text or a list of texts, as scalars (their places are needed for faults)."""
        if node is None:
            return ()
        items = node.items if isinstance(node, ListNode) else (node,)
        for item in items:
            if not isinstance(item, Scalar):
                self.fault("type", f"{what} must be a list of names, this is {kind(item)}", item.place)
        return tuple(item for item in items if isinstance(item, Scalar))

    def boolean(self, node: Node | None, what: str) -> bool:
        if node is None:
            return False
        if isinstance(node, Scalar) and not node.quoted and node.text in ("true", "false"):
            return node.text == "true"
        self.fault("type", f"{what} must be `true` or `false`", node.place)
        return False

    def number(self, node: Node | None, what: str) -> Decimal | None:
        if node is None:
            return None
        message = number_fault(node)
        if message:
            self.fault("type", f"{what} {message}", node.place)
            return None
        assert isinstance(node, Scalar)
        return Decimal(node.text)

    def expression(self, node: Node | None, what: str, functions: bool = False) -> tuple[Expr, Scalar] | None:
        if node is None:
            return None
        if not isinstance(node, Scalar):
            self.fault("type", f"{what} must be an expression, this is {kind(node)}", node.place)
            return None
        try:
            return parse(node.text, functions), node
        except ConditionError as error:
            self.condition_fault(error, node, what)
            return None

    def condition_fault(self, error: ConditionError, node: Scalar, what: str) -> None:
        self.fault(error.code, f"{what}: {error.message}", node.span(error.start, error.end), error.help)

    def check(self, read: tuple[Expr, Scalar], what: str, wanted: Type, lookup: Callable[[Name], Type]) -> bool:
        """Type-check an expression; True if it is sound and of the wanted type."""
        expr, node = read
        faults: list[ConditionError] = []
        found = type_of(expr, lookup, faults)
        if found is not None and not faults and found.kind != wanted.kind:
            help = "write a comparison" if wanted == BOOLEAN else ""
            faults.append(ConditionError("type", f"this must be {wanted}, it is {found}", expr.start, expr.end, help))
        for error in faults:
            self.condition_fault(error, node, what)
        return not faults

    def value(self, term: Term, node: Node) -> Value | None:
        """A value of a term, typed and in range; None with a fault otherwise."""
        message, help = value_fault(term, node)
        if message:
            code = "range" if message.startswith("is outside") else "type"
            self.fault(code, f"`{term.name}` {message}", node.place, help)
            return None
        assert isinstance(node, Scalar)
        if term.type == "boolean":
            return node.text == "true"
        if term.type == "date":
            return date.fromisoformat(node.text)
        return node.text if term.type == "enum" else Decimal(node.text)


def kind(node: Node) -> str:
    """What a node is, in a reader's words."""
    return (
        "a mapping"
        if isinstance(node, Mapping)
        else "a list"
        if isinstance(node, ListNode)
        else f"`{short(node.text)}`"
        if node.text
        else "empty"
    )


def short(text: str, width: int = 60) -> str:
    """A text cut to a width, on one line."""
    flat = " ".join(text.split())
    return flat if len(flat) <= width else flat[: width - 1] + "…"


def first_line(place: Place) -> Place:
    """The first line of a place that may span many."""
    if place.end_line == place.line:
        return place
    return Place(place.path, place.line, place.column, place.line, len(place.text) + 1, place.text)


def number_fault(node: Node) -> str:
    """Why a node is no exact number; empty if it is one."""
    if not isinstance(node, Scalar):
        return f"must be a number, this is {kind(node)}"
    if node.quoted:
        return f"must be a number, `{short(node.text)}` stands in quotes"
    if not NUMBER.fullmatch(node.text) or not node.text.isascii():
        return f"must be a number, this is {kind(node)}"
    whole, _, places = node.text.lstrip("+-").partition(".")
    if len(whole.lstrip("0")) > MAX_DIGITS or len(places) > MAX_DIGITS:
        return f"may have {MAX_DIGITS} digits before and {MAX_DIGITS} after the point"
    return ""


def value_fault(term: Term, node: Node) -> tuple[str, str]:
    """Why a node is no value of a term, and a help; empty if it is one."""
    if not isinstance(node, Scalar):
        return f"must be {wanted(term)}, this is {kind(node)}", ""
    if not node.text:
        return "has no value", "write `not_known`, or leave the line out"
    match term.type:
        case "boolean":
            help = (
                "write `true` or `false` without quotes"
                if node.text.lower() in ("yes", "no", "y", "n", "true", "false", "on", "off")
                else ""
            )
            return (
                ""
                if node.text in ("true", "false") and not node.quoted
                else f"must be {wanted(term)}, this is {kind(node)}"
            ), help
        case "enum":
            if node.text in term.values:
                return "", ""
            return f"must be {wanted(term)}, this is {kind(node)}", did_you_mean(node.text, term.values)
        case "date":
            if DATE.fullmatch(node.text) and node.text.isascii():
                try:
                    date.fromisoformat(node.text)
                    return "", ""
                except ValueError:
                    return f"must be a date, there is no `{node.text}`", ""
            return f"must be a date, this is {kind(node)}", "write it as year-month-day, such as 2026-09-30"
    message = number_fault(node)
    if message:
        return message, "write the number alone" if node.text.rstrip("%").strip() != node.text else ""
    number = Decimal(node.text)
    if term.type == "integer" and number != int(number):
        return f"must be a whole number, this is {kind(node)}", ""
    if term.low is not None and term.high is not None and not term.low <= number <= term.high:
        unit = f" ({term.unit})" if term.unit else ""
        return f"is outside its range {plain(term.low)} to {plain(term.high)}{unit}: {node.text}", ""
    return "", ""


def wanted(term: Term) -> str:
    """What a term's value must be, in a reader's words."""
    match term.type:
        case "boolean":
            return "`true` or `false`"
        case "enum":
            return "one of " + ", ".join(term.values)
        case "date":
            return "a date"
    return "a whole number" if term.type == "integer" else "a number"


def plain(number: Decimal) -> str:
    """A number without exponent and trailing zeros.

    >>> plain(Decimal("1.50")), plain(Decimal("1E+3"))
    ('1.5', '1000')
    """
    text = f"{number:f}"
    return (text.rstrip("0").rstrip(".") or "0") if "." in text else text
