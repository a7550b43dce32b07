"""Nodes -> plain values, with every fault collected. Used by the loader and by the reader of case files."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from collections.abc import Mapping as MappingOf
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from salesdx.base.limits import Limit
from salesdx.base.model import Term
from salesdx.base.shapes import Flag, Form, NameOf, Prose, Template
from salesdx.language.characters import strange_letter
from salesdx.language.conditions import ConditionError, Expr, Name, Value, names
from salesdx.language.parsing import parse_condition
from salesdx.language.rewriting import with_limits
from salesdx.language.value_types import BOOLEAN, Type, type_of
from salesdx.text.issues import CaseError, Issue, IssuesError, did_you_mean
from salesdx.text.printable import NOT_PRINTABLE, unprintable
from salesdx.text.source import Fault, Mapping, Node, Place, Scalar
from salesdx.text.source import Sequence as ListNode

NUMBER = re.compile(r"[-+]?[0-9]+(\.[0-9]+)?")
DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_WORD = re.compile(r"\w+")
NAME = re.compile(r"[a-z_][a-z0-9_]*")
BRACED = re.compile(r"\{([a-z_][a-z0-9_]*)\}")
"""A name in the text of a rule base."""
RESERVED = {"and", "or", "not", "in", "true", "false", "unknown", "not_known", "not_applicable"}
DATE_HELP = "write it as year-month-day, such as 2026-09-30"
MAX_DIGITS = 15
MAX_TEXT = 4_000
MAX_ISSUES = 10_000
MAX_COMPARED = 15_000
"""Known words that unknown ones are compared with: after that no more are suggested, since each costs time."""
MAX_FAULTY_WORDS = 20
"""Faults of one expression that are reported."""
NOTHING = ("", "~", "null", "none", "nil", "nan", ".nan", "n/a", "na", "-", "?")
INFINITE = ("inf", ".inf", "-inf", "-.inf", "+.inf", "infinity", "-infinity")
"""What people write where they have no value, in small letters."""


class NodeReader:
    """Collects issues while it reads. Methods return None (or an empty value) for what was at fault."""

    error: type[IssuesError] = CaseError

    def __init__(self) -> None:
        self.issues: list[Issue] = []
        self.compared = 0
        self.broken: set[tuple[str, int, int]] = set()
        """Where the text itself is at fault: what follows from that is no news."""
        self.doubtful: set[str] = set()
        """Names that are, or may be, defined where a fault was reported: whoever reads them is not to blame."""
        self.blind = False
        """Whether a file could not be read at all: nobody knows what it defines."""
        self.limits: MappingOf[str, Limit] = {}
        """The numbers with names, which stand in conditions and texts."""

    def fault(self, code: str, message: str, place: Place, help: str = "", severity: str = "error") -> None:
        """Report a fault. Raises ``error`` with all of them when there are more than anybody reads."""
        if (place.path, place.line, place.column) not in self.broken:
            self.issues.append(Issue(code, message, place, help, severity))
        if len(self.issues) > MAX_ISSUES:
            message = f"more than {MAX_ISSUES:,} faults; what follows is not looked at"
            raise self.error([*self.issues[:MAX_ISSUES], Issue("too-many", message, place)])

    def text_faults(self, faults: Iterable[Fault]) -> None:
        """Take over the faults of a text, before its nodes are read."""
        for fault in faults:
            self.issues.append(Issue.of(fault))
            self.broken.add((fault.place.path, fault.place.line, fault.place.column))
            self.doubtful.update(_WORD.findall(fault.unread))

    def doubt(self, node: Node) -> None:
        """Names may be defined in a part of the file that is not read for a fault."""
        self.doubtful.update(_WORD.findall(node.file.text, node.start, node.end))

    def near(self, word: str, known: Collection[str], places: Callable[[str], Place] | None = None) -> str:
        """A help for an unknown word: a character that only looks right, the nearest known word and its place."""
        self.compared += len(known)
        meant = did_you_mean(word, known, places) if self.compared <= MAX_COMPARED else ""
        return "; ".join(filter(None, [strange_letter(word), meant]))

    def fields(
        self, node: Node, what: str, required: Sequence[str], optional: Sequence[str], at: Place | None = None
    ) -> dict[str, Node]:
        """The entries of a mapping; unknown keys are faults, and so are missing ones, at the entry's name."""
        if not isinstance(node, Mapping):
            message = f"{what} must be a mapping (`key: value` lines), this is {kind(node)}"
            help = strange_letter(node.text) if isinstance(node, Scalar) else ""
            self.fault("type", message, first_line(node.place), help)
            self.doubt(node)
            return {}
        known = (*required, *optional)
        found: dict[str, Node] = {}
        meant: list[str] = []
        for key, value in node.entries:
            if key.text in known:
                found[key.text] = value
            else:
                meant.append(self.near(key.text, known))
                help = meant[-1] or f"its keys are {', '.join(known)}"
                self.fault("unknown-key", f"{what} has no key `{shortened(key.text)}`", key.place, help)
                self.doubt(value)
        missing = [key for key in required if key not in found] if node.whole else []
        missing = [key for key in missing if not any(help.endswith(f"did you mean `{key}`?") for help in meant)]
        if missing:
            keys = ", ".join(f"`{key}`" for key in missing)
            message = f"{what} needs the key{'s' * (len(missing) > 1)} {keys}"
            self.fault("missing-key", message, at or first_line(node.place))
        return found

    def simple(self, form: Form, found: dict[str, Node]) -> dict[str, Any]:
        """Key -> what stands there, for each key of a form that is a text or a flag; empty or false if left out.

        Texts hold the numbers of their limits.
        """
        values: dict[str, Any] = {}
        for name, shape in form.simple:
            if (node := found.get(name)) is None:
                values[name] = False if isinstance(shape, Flag) else ""
            elif isinstance(shape, Flag):
                values[name] = self.boolean(node, f"`{name}`")
            else:
                values[name] = self._told(node, name, shape)
        return values

    def _told(self, node: Node, name: str, shape: Prose | NameOf | Template) -> str:
        """A text with the numbers of its limits."""
        text = self.text(node, f"`{name}`")
        told = isinstance(shape, Prose) and shape.limits
        if "{" not in text or not (told or isinstance(shape, Template)):
            return text
        if told:
            self.check_limits_of(node, f"`{name}`")
        return BRACED.sub(self._number, text)

    def _number(self, found: re.Match[str]) -> str:
        """The number of a limit in the place of its name in braces; other braces as they are."""
        return plain_number(self.limits[found[1]].value) if found[1] in self.limits else found[0]

    def check_limits_of(self, node: Node, what: str) -> None:
        """Note the names in the braces of a text that are no limits."""
        assert isinstance(node, Scalar)  # it was read as a text
        unknown = [found for found in BRACED.finditer(node.text) if found[1] not in self.limits]
        for found in unknown[:MAX_FAULTY_WORDS]:
            if not self.blind and found[1] not in self.doubtful:
                message = f"{what} names `{shortened(found[1])}`, which is no limit"
                help = self.near(found[1], self.limits, lambda limit: self.limits[limit].place)
                place = node.span(*found.span())
                self.fault("unknown-limit", message, place, help or "only `because` has the values of a case")

    def text(self, node: Node | None, what: str) -> str:
        """One text without white space around it; empty where there is none, or with a fault."""
        if node is None:
            return ""
        if not isinstance(node, Scalar):
            self.fault("type", f"{what} must be text, this is {kind(node)}", first_line(node.place))
            return ""
        if not node.text.strip():
            self.fault("empty", f"{what} is empty", node.place)
        if not node.text.isprintable() and (bad := NOT_PRINTABLE.search(node.text)):
            self.fault("not-printable", unprintable(bad[0])[0], first_line(node.place))
        if len(node.text) > MAX_TEXT:
            message = f"{what} may have {MAX_TEXT:,} characters, this has {len(node.text):,}"
            self.fault("too-long", message, first_line(node.place))
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

    def filled(self, node: Node | None, what: str) -> tuple[str, ...]:
        """One text or a list of texts, none of them empty."""
        return tuple(self.text(scalar, what) for scalar in self.texts(node, what))

    def boolean(self, node: Node | None, what: str) -> bool:
        """`true` or `false`; False where there is none, or with a fault."""
        if node is None:
            return False
        if isinstance(node, Scalar) and not node.quoted and node.text in ("true", "false"):
            return node.text == "true"
        self.fault("type", f"{what} must be `true` or `false`, this is {kind(node)}", first_line(node.place))
        return False

    def number(self, node: Node | None, what: str) -> Decimal | None:
        """An exact number; None where there is none, or with a fault."""
        if node is None:
            return None
        message = number_fault(node)
        if message:
            self.fault("type", f"{what} {message}", first_line(node.place), number_help(node))
            return None
        assert isinstance(node, Scalar)
        return Decimal(node.text) or Decimal(0)  # no negative zero

    def expression(self, node: Node | None, what: str, functions: bool = False) -> tuple[Expr, Scalar] | None:
        """An expression and the words that it was read from; None where there is none, or with a fault."""
        if node is None:
            return None
        if not isinstance(node, Scalar):
            self.fault("type", f"{what}: this must be an expression, it is {kind(node)}", first_line(node.place))
            return None
        try:
            return self.with_numbers(parse_condition(node.text, functions)), node
        except ConditionError as error:
            self.condition_fault(error, node, what)
            return None

    def with_numbers(self, expr: Expr) -> Expr:
        """An expression with the numbers of limits in the place of their names."""
        return expr if self.limits.keys().isdisjoint(names(expr)) else with_limits(expr, self._numbers)

    @cached_property
    def _numbers(self) -> dict[str, Decimal]:
        return {name: limit.value for name, limit in self.limits.items()}

    def condition_fault(self, error: ConditionError, node: Scalar, what: str) -> None:
        """Note a fault of an expression at the words at fault."""
        self.fault(error.code, f"{what}: {error.message}", node.span(error.start, error.end), error.help)

    def check(
        self, read: tuple[Expr, Scalar], what: str, wanted: Type | None, lookup: Callable[[Name], Type | None]
    ) -> bool:
        """Type-check an expression; True if it is sound and of the wanted type. Equal faults are reported once."""
        expr, node = read
        faults: list[ConditionError] = []
        found = type_of(expr, lambda name: lookup(name) if len(faults) < MAX_FAULTY_WORDS else None, faults)
        if found is not None and wanted is not None and not faults:
            if found.kind != wanted.kind:
                help = "write a comparison" if wanted == BOOLEAN else ""
                message = f"this must be {wanted}, it is {found}"
                faults.append(ConditionError("type", message, expr.start, expr.end, help))
            elif wanted.kind == "enum" and not set(found.values) <= set(wanted.values):
                message = "this enum has values that the other has not"
                faults.append(ConditionError("type", message, expr.start, expr.end, "use `choose`"))
        first: dict[tuple[str, str], ConditionError] = {}
        for error in faults:
            first.setdefault((error.code, error.message), error)
        for error in list(first.values())[:MAX_FAULTY_WORDS]:
            self.condition_fault(error, node, what)
        return not faults

    def value(self, term: Term, node: Node) -> Value | None:
        """A value of a term, typed and in range; None with a fault otherwise."""
        message, help = value_fault(term, node)
        if message:
            if term.type == "enum" and isinstance(node, Scalar) and not help:
                help = self.near(node.text, term.values)
            code = "range" if message.startswith("is outside") else "type"
            self.fault(code, f"`{term.name}` {message}", first_line(node.place), help)
            return None
        assert isinstance(node, Scalar)
        if term.type == "boolean":
            return node.text == "true"
        if term.type == "date":
            return date.fromisoformat(node.text)
        return node.text if term.type == "enum" else Decimal(node.text) or Decimal(0)  # no negative zero


def kind(node: Node) -> str:
    """What a node is, in a reader's words."""
    if isinstance(node, Scalar):
        return f"`{shortened(node.text)}`" if node.text else "empty"
    if isinstance(node, Mapping):
        return "a mapping" if node.entries else "an empty mapping"
    return "a list" if node.items else "an empty list"


def shortened(text: str, width: int = 60) -> str:
    """A text cut to a width, on one line."""
    if len(text) <= width and "\n" not in text:
        return text
    flat = re.sub(r"[ \t\r]*\n\s*", " ", text[: 4 * width])
    return flat if len(flat) <= width and len(text) <= 4 * width else flat[: width - 1] + "…"


def plain_words(text: str) -> str:
    """A text on one line, however it was broken into lines."""
    return " ".join(text.split())


def where(place: Place) -> str:
    """A place as messages name it beside their own."""
    return f"{place.path}:{place.line}"


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
        return f"must be a number, `{shortened(node.text)}` stands in quotes"
    if not NUMBER.fullmatch(node.text):
        return f"must be a number, this is {kind(node)}"
    whole, _, places = node.text.lstrip("+-").partition(".")
    if len(whole) > 1 and whole.startswith("0"):
        return f"must be a number without leading zeros, this is {kind(node)}"
    if len(whole) > MAX_DIGITS or len(places) > MAX_DIGITS:
        return f"may have {MAX_DIGITS} digits before and {MAX_DIGITS} after the point"
    return ""


def number_help(node: Node) -> str:
    """How to write what was meant as a number."""
    text = node.text.strip(" ") if isinstance(node, Scalar) else ""
    if text.endswith("%") and NUMBER.fullmatch(text[:-1].strip()):
        return "write the number alone, its unit is known"
    digits = any(char.isdigit() for char in text[:MAX_TEXT]) and not NUMBER.fullmatch(text)
    return strange_letter(text) or ("write digits with at most one point, such as 1250.5" if digits else "")


def value_fault(term: Term, node: Node) -> tuple[str, str]:
    """Why a node is no value of a term, and a help; empty if it is one."""
    if not isinstance(node, Scalar):
        return f"must be {wanted(term)}, this is {kind(node)}", ""
    if not node.text:
        return "has no value", "write `not_known`, or leave the line out"
    message, help = _value_fault(term, node)
    if message and node.text.lower() in (*NOTHING, *INFINITE):
        help = "where nobody knows the value, write `not_known`"
    return message, help


def _value_fault(term: Term, node: Scalar) -> tuple[str, str]:
    match term.type:
        case "boolean":
            if node.text in ("true", "false") and not node.quoted:
                return "", ""
            words = ("yes", "no", "y", "n", "true", "false", "on", "off")
            help = "write `true` or `false` without quotes" if node.text.lower() in words else ""
            return f"must be {wanted(term)}, this is {kind(node)}", help
        case "enum":
            return ("", "") if node.text in term.values else (f"must be {wanted(term)}, this is {kind(node)}", "")
        case "date":
            return date_fault(node.text), DATE_HELP
    if message := number_fault(node):
        return message, number_help(node)
    number = Decimal(node.text)
    if term.type == "integer" and number != int(number):
        return f"must be a whole number, this is {kind(node)}", ""
    if term.low is not None and term.high is not None and not term.low <= number <= term.high:
        unit = f" ({term.unit})" if term.unit else ""
        return f"is outside its range {plain_number(term.low)} to {plain_number(term.high)}{unit}: {node.text}", ""
    return "", ""


def date_fault(text: str) -> str:
    """Why a text is no date; empty if it is one."""
    if not DATE.fullmatch(text):
        return f"must be a date, this is `{shortened(text)}`"
    try:
        date.fromisoformat(text)
    except ValueError:
        return f"must be a date, there is no `{text}`"
    return ""


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


def plain_number(number: Decimal) -> str:
    """A number without exponent and trailing zeros.

    >>> plain_number(Decimal("1.50")), plain_number(Decimal("1E+3"))
    ('1.5', '1000')
    """
    text = f"{number:f}"
    return (text.rstrip("0").rstrip(".") or "0") if "." in text else text
