"""The tables of keys on the pages, made from the tables of the code; run as a script, it writes them anew.

A table stands below a line such as `<!-- keys of a term -->`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from salesdx.base import fields, layer_fields, policy_fields, property_fields
from salesdx.base.shapes import (
    Amount,
    Anything,
    Day,
    Either,
    Expression,
    Flag,
    Form,
    ListOf,
    MapOf,
    NameOf,
    Nothing,
    OneOf,
    Prose,
    Shape,
    StatusOf,
    Template,
    ValueOf,
)
from salesdx.case import case_fields

DOCS = Path(__file__).parents[1] / "docs"
PAGES = (DOCS / "language.md", DOCS / "workbench.md")
FORMS = {
    form.what: form
    for module in (fields, property_fields, policy_fields, layer_fields, case_fields)
    for form in vars(module).values()
    if type(form) is Form
}
MARKED = re.compile(r"(?m)^<!-- keys of (.+) -->\n\n(?:\|.*\n)*")


def with_tables(page: str) -> str:
    """A page with its tables of keys as the code has them."""
    return MARKED.sub(lambda found: f"<!-- keys of {found[1]} -->\n\n{table(FORMS[found[1]])}", page)


def marked(page: str) -> list[str]:
    """The forms whose keys a page lists."""
    return MARKED.findall(page)


def table(form: Form) -> str:
    rows = ["| key | value | meaning |", "|---|---|---|"]
    for field in form.fields:
        name = field.name if field.each else f"`{field.name}`"
        rows.append(f"| {name}{' (needed)' * field.required} | {value(field.shape)} | {field.meaning} |")
    return "".join(f"{row}\n" for row in rows)


def value(shape: Shape) -> str:
    """What may stand under a key, in words."""
    match shape:
        case Prose(_, said):
            return said
        case Flag():
            return "`true` or `false`"
        case Amount():
            return amount(shape)
        case Day():
            return "a date"
        case OneOf(words):
            return quoted(words)
        case NameOf(kind, words):
            return " or ".join([f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}", *([quoted(words)] if words else [])])
        case Expression():
            return "a formula" if shape.number else "a condition"
        case Template():
            return "a text with `{term}`"
        case ValueOf(words):
            return f"a value of the term, {quoted(words)}" if words else "a value of the term"
        case StatusOf():
            return "a status"
        case Nothing():
            return "`null`"
        case Anything():
            return "the program's own"
        case ListOf(item, least, most, single):
            size = f" of {least}" if least == most else f" of {least} to {most}" if most else f" of {least} or more"
            return f"{value(item)}, or a list" if single else f"a list{size if least > 1 else ''}, each {value(item)}"
        case Either(shapes):
            return " or ".join(map(value, shapes))
        case MapOf(_, entry) if not isinstance(entry, Form):
            return f"a mapping, each {value(entry)}" if value(entry) else "a mapping"
        case MapOf() | Form():
            return "a mapping"
    return ""


def amount(shape: Amount) -> str:
    what = "a whole number" if shape.whole else "a number"
    if shape.above is not None:
        return f"{what} above {shape.above}, at most {shape.high}"
    if shape.high is not None:
        return f"{what} from {shape.low} to {shape.high:,}"
    return what if shape.low is None else f"{what}, at least {shape.low}"


def quoted(words: Iterable[str]) -> str:
    *first, last = (f"`{word}`" for word in words)
    return f"{', '.join(first)} or {last}" if first else last


if __name__ == "__main__":
    for path in PAGES:
        path.write_text(with_tables(path.read_text(encoding="utf-8")), encoding="utf-8")
