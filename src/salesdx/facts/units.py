"""The units that a firm's rows name: its territories, products and persons."""

from __future__ import annotations

import re

from salesdx.facts.scope import PERSON, PRODUCT, TERRITORY, Subject
from salesdx.facts.warehouse import Warehouse

NAMED_IN = {
    TERRITORY: ("territories.territory", "assignments.territory", "orders.territory"),
    PRODUCT: ("products.product", "order_lines.product", "deals.product"),
    PERSON: ("people.person",),
}
"""Kind of unit -> the columns that name its units; the first that is mapped has all of them."""


def units_of(warehouse: Warehouse, kind: str) -> tuple[str, ...]:
    """All units of a kind, in the order of their names; none where no mapped column names any."""
    column = next((each for each in NAMED_IN.get(kind, ()) if warehouse.has(each)), "")
    if not column:
        return ()
    table, _, name = column.partition(".")
    found = warehouse.query(f"select distinct {name} from {table} where {name} is not null order by all")
    return tuple(str(row[0]) for row in found.rows)


def case_ref(unit: str) -> str:
    """A unit's name as the head of a case has it: letters, digits and a few signs, without spaces.

    >>> case_ref("New York / East")
    'New-York-East'
    """
    return re.sub(r"[^A-Za-z0-9._:]+", "-", unit).strip("-.:_")[:64]


def case_head(subject: Subject) -> dict[str, str]:
    """A subject as the head of a case has it."""
    return {"kind": subject.kind, **({"ref": case_ref(subject.unit)} if subject.unit else {})}


def unit_called(warehouse: Warehouse, subject: Subject) -> Subject | None:
    """The subject whose unit is called so, by its name or as the head of a case has it; None where there is none."""
    units = units_of(warehouse, subject.kind)
    if not subject.unit or subject.unit in units:
        return subject
    found = [unit for unit in units if case_ref(unit).casefold() == case_ref(subject.unit).casefold()]
    return Subject(subject.kind, found[0]) if len(found) == 1 else None
