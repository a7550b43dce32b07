"""The types of expressions: what can be compared, calculated and joined with what."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from salesdx.language.characters import strange_letter
from salesdx.language.conditions import (
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


@dataclass(frozen=True, slots=True)
class Type:
    """The type of a value: boolean, number, date or enum (with its values)."""

    kind: str
    values: tuple[str, ...] = ()

    def __str__(self) -> str:
        return {"boolean": "true or false", "enum": "a choice"}.get(self.kind, f"a {self.kind}")


BOOLEAN, NUMBER, DATE, TEXT = Type("boolean"), Type("number"), Type("date"), Type("text")
CONSTANTS: dict[type, Type] = {bool: BOOLEAN, Decimal: NUMBER, date: DATE, str: TEXT}


def type_of(expr: Expr, lookup: Callable[[Name], Type | None], faults: list[ConditionError]) -> Type | None:
    """The type of an expression by the vocabulary; every fault found is appended, and None stands for a faulty part.

    ``lookup`` gives the type of a name, None for one whose definition is at fault, or raises ConditionError.
    """

    def of(part: Expr) -> Type | None:
        return type_of(part, lookup, faults)

    def need(part: Expr, wanted: Type, what: str) -> None:
        found = of(part)
        if found is not None and found.kind != wanted.kind:
            message, help = f"{what} needs {wanted}, this is {found}", _type_help(part, found, wanted)
            faults.append(ConditionError("type", message, part.start, part.end, help))

    match expr:
        case Literal(known):
            return next(kind for form, kind in CONSTANTS.items() if isinstance(known, form))
        case Name():
            try:
                return lookup(expr)
            except ConditionError as error:
                faults.append(error)
                return None
        case Not(part):
            need(part, BOOLEAN, "`not`")
            return BOOLEAN
        case And(parts) | Or(parts):
            for part in parts:
                need(part, BOOLEAN, "`and`" if isinstance(expr, And) else "`or`")
            return BOOLEAN
        case Arithmetic(op, left, right):
            if op == "-" and isinstance(left, Name) and isinstance(right, Name):
                quiet: list[ConditionError] = []
                if type_of(left, lookup, quiet) == type_of(right, lookup, quiet) == DATE:
                    return NUMBER
            need(left, NUMBER, f"`{op}`")
            need(right, NUMBER, f"`{op}`")
            return NUMBER
        case Call(function, arguments):
            for argument in arguments:
                need(argument, NUMBER, f"`{function}`")
            return NUMBER
        case Compare(op, left, right):
            _check_comparison(op, left, right, of(left), of(right), faults)
            return BOOLEAN
        case In(left, literals):
            found = of(left)
            for literal in literals:
                _check_comparison("==", left, literal, found, of(literal), faults)
            return BOOLEAN


def _check_comparison(
    op: str, left: Expr, right: Expr, a: Type | None, b: Type | None, faults: list[ConditionError]
) -> None:
    if a is None or b is None:
        return
    for enum, text, literal in ((a, b, right), (b, a, left)):
        if enum.kind == "enum" and text.kind == "text" and isinstance(literal, Literal):
            if literal.value not in enum.values:
                message = f"`{literal.value}` is none of the values of this choice"
                help = strange_letter(str(literal.value)) or f"its values are {', '.join(enum.values)}"
                faults.append(ConditionError("unknown-value", message, literal.start, literal.end, help))
            elif op not in ("==", "!="):
                help = "compare it with `==`, `!=` or `in`"
                faults.append(ConditionError("type", "a choice has no order", left.start, right.end, help))
            return
    if a.kind != b.kind or a.kind == "text":
        help = "put an enum value in quotes, a number without quotes" if "text" in (a.kind, b.kind) else ""
        faults.append(ConditionError("type", f"{a} cannot be compared with {b}", left.start, right.end, help))
    elif a.kind in ("boolean", "enum") and op not in ("==", "!="):
        faults.append(
            ConditionError("type", f"{a} has no order", left.start, right.end, "compare it with `==` or `!=`")
        )


def _type_help(part: Expr, found: Type, wanted: Type) -> str:
    if wanted == BOOLEAN and isinstance(part, Name):
        return f"write a comparison, such as `{part.id} > 0`" if found.kind == "number" else "write a comparison"
    return ""
