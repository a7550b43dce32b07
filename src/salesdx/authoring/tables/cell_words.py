"""One comparison of one term as the words of a cell, and a condition as the parts that its `and` joins."""

from __future__ import annotations

import re

from salesdx.base.model import NUMERIC, Term
from salesdx.language.conditions import And, ConditionError, Expr, Or, names
from salesdx.language.parsing import parse_condition
from salesdx.language.rewriting import without_places
from salesdx.text.issues import nearest

YES, NO = "yes", "no"
_TRUTHS = {"yes": YES, "true": YES, "no": NO, "false": NO}
_OPERATORS = {
    "<=": "<=", "≤": "<=", ">=": ">=", "≥": ">=", "<>": "!=", "!=": "!=", "≠": "!=", "<": "<", ">": ">", "==": "==",
    "=": "==", "is not": "!=", "is": "==",
}  # fmt: skip
_CELL = re.compile(r"(<=|≤|>=|≥|<>|!=|≠|<|>|==|=|is not\b|is\b)\s*(.*)", re.DOTALL)
_WORDS = {"==": "is", "!=": "is not"}
"""Comparisons that would make a formula of a cell, or that nobody types."""
_COMMA = re.compile(r"-?\d+,\d+")
_THOUSANDS = re.compile(r"-?[1-9]\d{0,2}([.,])\d{3}")
"""What one country reads as a thousand times what another one does."""


class CellFault(ValueError):
    """Why the words of a cell are no condition."""

    def __init__(self, message: str, help: str = "") -> None:
        super().__init__(message)
        self.message, self.help = message, help


def and_parts(text: str) -> tuple[tuple[int, int], ...]:
    """Where each part of a top-level `and` stands in a condition; the whole condition where it has none.

    >>> [("a < 1 and (b or c)")[start:end] for start, end in and_parts("a < 1 and (b or c)")]
    ['a < 1', '(b or c)']
    """
    whole = ((0, len(text)),)
    expr = _parsed(text)
    if not isinstance(expr, And):
        return whole
    cuts = [0]
    for one, other in zip(expr.parts, expr.parts[1:], strict=False):
        found = re.search(r"\band\b", text[one.end : other.start])
        if found is None:
            return whole
        cuts += [one.end + found.start(), one.end + found.end()]
    cuts.append(len(text))
    spans = [_stripped(text, *span) for span in zip(cuts[::2], cuts[1::2], strict=True)]
    same = [_bare(text[start:end]) for start, end in spans] == [without_places(part) for part in expr.parts]
    return tuple(spans) if same else whole


def comparison_cell(part: str, terms: dict[str, Term], known: set[str]) -> tuple[str, str] | None:
    """The term that a part of a condition compares, and the words of its cell; None where a cell cannot say it.

    ``known`` are all names that have a value: what a term is compared with is none of these.
    """
    expr = _parsed(part)
    if expr is None or len([name for name in names(expr) if name in known]) != 1:
        return None
    name = re.match(r"(?:not\s+)?(\w+)", part)
    if name is None or name[1] not in terms:
        return None
    term = terms[name[1]]
    rest = part[name.end() :].strip()
    if not rest:
        words = NO if part.startswith("not") and name[0] != name[1] else YES
    elif (found := _CELL.fullmatch(rest)) is not None:
        op, value = found[1], found[2]
        quoted = re.fullmatch(r"(['\"])(\w+)\1", value)
        words = f"{_WORDS.get(op, op)} {quoted[2] if quoted else value}"
    else:
        words = "not " * part.startswith("not ") + rest
    try:
        same = _bare(condition_of(term, words)) == _bare(part)
    except CellFault:
        return None
    return (term.name, words) if same else None


def condition_of(term: Term, cell: str) -> str:
    """The condition that the words of a cell say of a term. Raises CellFault."""
    words = " ".join(cell.split())
    if term.type == "boolean" and words.lower() in _TRUTHS:
        return term.name if _TRUTHS[words.lower()] == YES else f"not {term.name}"
    if re.match(r"(not )?in\b", words):
        made = _of_list(term, words)
    else:
        found = _CELL.fullmatch(words)
        op, value = (_OPERATORS[found[1]], found[2]) if found else ("==", words)
        if not value:
            raise CellFault(f"`{words}` says nothing to compare `{term.name}` with", "such as `>= 5`")
        made = f"{term.name} {op} {_value(term, value)}"
    try:
        expr = parse_condition(made)
    except ConditionError as error:
        raise CellFault(error.message, error.help or _help(term)) from None
    if isinstance(expr, And | Or):
        raise CellFault(f"`{words}` is more than one comparison of `{term.name}`", "write the whole of it under `also`")
    return made


def same_condition(one: str, other: str) -> bool:
    """Whether two texts say one condition; False where one of them says none."""
    return one == other or (_parsed(one) is not None and _bare(one) == _bare(other))


def bracketed(text: str) -> str:
    """A condition as it can stand beside an `and`.

    >>> bracketed("a or b"), bracketed("(a or b)")
    ('(a or b)', '(a or b)')
    """
    return f"({text})" if isinstance(_parsed(f"{YES} and {text}"), Or) else text


def _of_list(term: Term, words: str) -> str:
    denied = words.startswith("not ")
    inner = words.removeprefix("not ").removeprefix("in").strip().removeprefix("[").removesuffix("]")
    values = ", ".join(_value(term, part.strip()) for part in inner.split(",") if part.strip())
    return f"{'not ' * denied}{term.name} in [{values}]"


def _value(term: Term, value: str) -> str:
    """What a term is compared with, as a condition writes it. Raises CellFault."""
    if term.type in NUMERIC and (either := _THOUSANDS.fullmatch(value)) is not None:
        whole, point = value.replace(either[1], ""), value.replace(",", ".")
        raise CellFault(f"`{value}` can be read as {whole} and as {point}", f"write `is {whole}`, or `is {point}0`")
    if term.type in NUMERIC and _COMMA.fullmatch(value):
        right = value.replace(",", ".")
        raise CellFault(f"`{value}` has a decimal comma", f"numbers have a decimal point: `{right}`")
    if term.type == "enum" and (plain := value.strip("'\"")).isidentifier():
        if plain not in term.values:
            near = nearest(plain, term.values)
            known = f"its values are {', '.join(term.values)}"
            raise CellFault(f"`{term.name}` has no value `{plain}`", f"did you mean `{near}`?" if near else known)
        return f"'{plain}'"
    if term.type == "boolean":
        if value.lower() not in _TRUTHS:
            raise CellFault(f"`{value}` is neither yes nor no", _help(term))
        return "true" if _TRUTHS[value.lower()] == YES else "false"
    return value


def _help(term: Term) -> str:
    if term.type == "boolean":
        return f"write `{YES}` or `{NO}`"
    if term.type == "enum":
        return f"write `is {term.values[0]}`, or `in [{', '.join(term.values[:2])}]`"
    return "write a comparison, such as `>= 5`" if term.type in NUMERIC else "write a day, such as `> 2026-01-31`"


def _stripped(text: str, start: int, end: int) -> tuple[int, int]:
    part = text[start:end]
    return start + len(part) - len(part.lstrip()), end - len(part) + len(part.rstrip())


def _parsed(text: str) -> Expr | None:
    try:
        return parse_condition(text)
    except ConditionError:
        return None


def _bare(text: str) -> Expr | None:
    expr = _parsed(text)
    return None if expr is None else without_places(expr)
