"""Asked terms that can also be calculated: what their `or_formula` may read."""

from __future__ import annotations

from collections.abc import Container, Mapping

from salesdx.base.entries import EntryReader
from salesdx.base.model import Term
from salesdx.language.conditions import Name, walk


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
