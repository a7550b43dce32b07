"""Conditions and formulas in FEEL, the expressions of DMN 1.3, and back as far as both can say a thing.

In FEEL `and` and `or` are Kleene's, and a comparison by size with null is null; but null equals nothing and differs
from everything. So an equality is guarded where a null in it would make something true.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal

from salesdx.base.model import Choice, Term
from salesdx.engine.expression_text import literal
from salesdx.language.conditions import And, Arithmetic, Call, Compare, Expr, In, Literal, Name, Not, Or, Value, names

_RANKS = {"+": 5, "-": 5, "*": 6, "/": 6}
_SAYABLE = ("min", "max")
Dated = Callable[[Expr], bool]
"""Whether an expression is a date."""


class NotFeel(ValueError):
    """What one of the two languages cannot say; the message names it."""


def feel(expr: Expr, dated: Dated, denied: bool = False, rank: int = 0) -> str:
    """An expression in FEEL; ``denied`` inside of a `not`. Raises NotFeel."""

    def of(part: Expr, rank: int = 0, denied: bool = denied) -> str:
        return feel(part, dated, denied, rank)

    match expr:
        case Literal(known):
            return feel_literal(known)
        case Name(id):
            return id
        case Not(part):
            return f"not({of(part, 0, True)})"
        case Call(function, arguments) if function in _SAYABLE:
            return f"{function}({', '.join(map(of, arguments))})"
        case Call(function, _):
            raise NotFeel(f"the function `{function}`")
        case Or(parts):
            own, text = 1, " or ".join(of(part, 2) for part in parts)
        case And(parts):
            own, text = 2, " and ".join(of(part, 3) for part in parts)
        case Compare(op, left, right):
            sign = {"==": "="}.get(op, op)
            own, text = 4, f"{of(left, 5)} {sign} {of(right, 5)}"
            if op == "!=" or (op == "==" and denied):
                own, text = 0, _guarded(expr, text)
        case In(left, values):
            own, text = 4, f"{of(left, 5)} in ({', '.join(map(of, values))})"
            if denied:
                own, text = 0, _guarded(expr, text)
        case Arithmetic("-", left, right) if dated(left) and dated(right):
            own, text = 6, f'({of(left, 5)} - {of(right, 6)}) / duration("P1D")'
        case Arithmetic(op, left, right):
            own = _RANKS[op]
            text = f"{of(left, own)} {op} {of(right, own + 1)}"
    return f"({text})" if own < rank else text


def _guarded(expr: Expr, text: str) -> str:
    nulls = " or ".join(f"{name} = null" for name in names(expr))
    return f"if {nulls} then null else {text}" if nulls else text


def chosen(choices: tuple[Choice, ...], dated: Dated) -> str:
    """Lines of ``choose`` in FEEL: a line that is unknown hides those behind it. Raises NotFeel."""
    text = "null"
    for line in reversed(choices):
        when = feel(line.when, dated, denied=True)
        if isinstance(line.when, Literal) and line.when.value is True:
            text = feel_literal(line.value)
        else:
            text = f"if ({when}) then {feel_literal(line.value)} else if ({when}) = null then null else {text}"
    return text


def feel_literal(known: Value) -> str:
    """A constant in FEEL."""
    if isinstance(known, bool):
        return str(known).lower()
    if isinstance(known, date):
        return f'date("{known.isoformat()}")'
    if isinstance(known, str):
        return '"' + known.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
    return literal(known) if isinstance(known, Decimal) else str(known)


def unary_test(term: Term, part: Expr) -> str:
    """One comparison of a term as an entry of a decision table, which null never meets. Raises NotFeel."""
    match part:
        case Name():
            return "true"
        case Not(Name()):
            return "false"
        case Compare("==", Name(), Literal(value)):
            return feel_literal(value)
        case Compare("!=", Name(), Literal(value)) if term.type == "enum":
            return ", ".join(feel_literal(other) for other in term.values if other != value)
        case Compare(op, Name(), Literal(value)) if op != "!=":
            return f"{op} {feel_literal(value)}"
        case In(Name(), values):
            return ", ".join(feel_literal(each.value) for each in values)
    raise NotFeel(f"this comparison of `{term.name}` in one cell")


def cell_from_unary(entry: str) -> str:
    """The words of a cell for an entry of a decision table. Raises NotFeel."""
    text = " ".join(entry.split())
    denied = re.fullmatch(r"not ?\((.*)\)", text)
    inner = denied[1] if denied else text
    if not denied and inner in ("true", "false"):
        return "yes" if inner == "true" else "no"
    if re.match(r"[\[\]()]", inner) or "?" in inner:
        raise NotFeel(f"the test `{text}`; write one comparison")
    values = [_plain(part) for part in re.split(r",(?=(?:[^\"]*\"[^\"]*\")*[^\"]*$)", inner)]
    if len(values) > 1:
        return f"{'not ' * bool(denied)}in [{', '.join(values)}]"
    compares = re.match(r"[<>=!]", inner)
    if denied and compares:
        raise NotFeel(f"the test `{text}`; write the contrary comparison")
    return values[0] if compares else f"is{' not' * bool(denied)} {values[0]}"


def condition_from_feel(text: str) -> str:
    """A condition that FEEL says. Raises NotFeel for what conditions have no words for."""
    found = re.search(r"\b(if|for|some|every|between|instance of|function|null)\b|[?{]", _blank(text))
    if found is not None:
        raise NotFeel(f"`{found[0]}`; write a condition of comparisons, `and`, `or` and `not`")
    made = re.sub(r"(?<![<>!=])=(?!=)", "==", _dates(text)).replace('"', "'")
    return re.sub(r"\bin ?\(([^()]*)\)", r"in [\1]", made)


def text_from_feel(text: str) -> str:
    """The text that a FEEL string says. Raises NotFeel."""
    inner = text.strip()
    if not inner or inner == "null":
        return ""
    if not re.fullmatch(r'"(?:[^"\\]|\\.)*"', inner, re.DOTALL):
        raise NotFeel(f"`{inner}`; write a text in double quotes")
    if strange := re.search(r"\\[^\\\"'n]", re.sub(r"\\\\", "", inner)):
        raise NotFeel(f"`{strange[0]}` in a text; write the character itself")
    return re.sub(r"\\(.)", lambda found: "\n" if found[1] == "n" else found[1], inner[1:-1])


def _plain(text: str) -> str:
    return re.sub(r'"(\w*)"', r"\1", _dates(text.strip()))


def _dates(text: str) -> str:
    return re.sub(r'date ?\( ?"(\d{4}-\d{2}-\d{2})" ?\)', r"\1", text)


def _blank(text: str) -> str:
    """The text without what stands in quotes."""
    return re.sub(r'"[^"]*"', '""', text)
