"""What formulas may be: what an `or_formula` may read, and that a whole number comes out where one must."""

from __future__ import annotations

from collections.abc import Container, Mapping
from decimal import Decimal

from salesdx.base.entries import EntryReader
from salesdx.base.model import Term
from salesdx.language.conditions import Arithmetic, Call, Expr, Literal, Name, walk


def check_calculated(reader: EntryReader, terms: Mapping[str, Term], findings: Container[str]) -> None:
    """What an asked term can be calculated from is asked, and not calculated itself; each fault is noted."""
    for name, (expr, scalar) in reader.calculated:
        if name in terms and terms[name].computed:
            help = "use the formula alone for a term that is computed"
            reader.fault("or-formula", f"`{name}` is computed and has `or_formula`", scalar.place, help)
            continue
        for part in (part for part in walk(expr) if isinstance(part, Name)):
            term = terms.get(part.id)
            if part.id in findings or (term and (term.computed or term.or_formula is not None)):
                message = f"`or_formula` of `{name}` reads `{part.id}`, which is not a plain asked term"
                place = scalar.span(part.start, part.end)
                reader.fault("or-formula", message, place, "read what people are asked")


def check_whole(reader: EntryReader, terms: Mapping[str, Term]) -> None:
    """A computed term is a whole number only where its formula gives nothing else; each fault is noted."""
    for name, term in terms.items():
        if term.type != "integer" or term.formula is None or is_whole(terms, term.formula):
            continue
        for _, scalar in reader.definitions.get(name, ()):
            message = f"`{name}` is an integer, and its formula can give a fraction"
            reader.fault("type", message, scalar.place, "give it the type `number`")


def is_whole(terms: Mapping[str, Term], expr: Expr) -> bool:
    """Whether what an expression gives is a whole number wherever it is known."""
    match expr:
        case Literal(value):
            return isinstance(value, Decimal) and value % 1 == 0
        case Name(id):
            return id in terms and terms[id].type in ("integer", "date")
        case Arithmetic(op, left, right):
            return op != "/" and is_whole(terms, left) and is_whole(terms, right)
        case Call("min" | "max", arguments):
            return all(is_whole(terms, each) for each in arguments)
    return False
