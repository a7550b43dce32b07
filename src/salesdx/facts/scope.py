"""Whom facts are drawn for, and which rows are theirs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from salesdx.facts.warehouse import Warehouse

COMPANY, TERRITORY, PERSON, PRODUCT = "company", "territory", "person", "product"
KINDS = (COMPANY, TERRITORY, PRODUCT, PERSON)


@dataclass(frozen=True, slots=True, order=True)
class Subject:
    """A unit: its kind, and its name among the units of that kind; the company has none."""

    kind: str = COMPANY
    unit: str = ""

    def __str__(self) -> str:
        return f"{self.kind}:{self.unit}" if self.unit else self.kind


def parse_subject(text: str) -> Subject:
    """A subject as it is written: `company`, `territory:North`, `person:p7f3a0c`, `product:GTX`. Raises ValueError."""
    kind, _, unit = text.strip().partition(":")
    if kind not in KINDS or (kind == COMPANY) == bool(unit.strip()):
        raise ValueError("a subject is written as company, territory:North, product:GTX or person:PSEUDONYM")
    return Subject(kind, unit.strip())


@dataclass(frozen=True, slots=True)
class RowsOf:
    """Whose rows the rows of a table are: the column with the unit, by its kind; and the day that they are of.

    ``sources``: the canonical columns that these come from, where they are others. ``by_kind``: the name of a relation
    that has its units in `unit_kind` and `unit`.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    day: str = ""
    sources: Mapping[str, str] = field(default_factory=dict)
    by_kind: str = ""


OTHERS = "others"
"""Each person beside all who are looked at with this person: `person`, `other`, and whether the other `is_peer`."""
MOVES = "moves"
"""Each change of a person's territory or accounts: `person`, the `day`, and `words`."""
WHOSE = {
    OTHERS: RowsOf({PERSON: "others.person"}, sources={PERSON: "people.person"}),
    "goals": RowsOf(by_kind="goals"),
    "sold_days": RowsOf(by_kind="sold_days"),
    "orders": RowsOf({PERSON: "orders.person", TERRITORY: "orders.territory"}, "orders.ordered_on"),
    "order_lines": RowsOf(
        {PERSON: "orders.person", TERRITORY: "orders.territory", PRODUCT: "order_lines.product"}, "orders.ordered_on"
    ),
    "line_days": RowsOf(
        {PERSON: "line_days.person", TERRITORY: "line_days.territory", PRODUCT: "line_days.product"},
        "line_days.day",
        {PERSON: "orders.person", TERRITORY: "orders.territory", PRODUCT: "order_lines.product"},
    ),
    "returns": RowsOf(
        {PERSON: "orders.person", TERRITORY: "orders.territory", PRODUCT: "returns.product"}, "orders.ordered_on"
    ),
    "leads": RowsOf({PERSON: "leads.person"}, "leads.assigned_on"),
    "deals": RowsOf({PERSON: "deals.person", PRODUCT: "deals.product"}, "coalesce(deals.decided_on, deals.created_on)"),
    "quotes": RowsOf({PERSON: "deals.person", PRODUCT: "deals.product"}, "quotes.asked_on"),
    "interviews": RowsOf({PERSON: "deals.person", PRODUCT: "deals.product"}, "interviews.held_on"),
    "activities": RowsOf({PERSON: "activities.person"}, "activities.on_"),
    "trainings": RowsOf({PERSON: "trainings.person"}, "trainings.held_on"),
    "coachings": RowsOf({PERSON: "coachings.person"}, "coachings.planned_on"),
    "absences": RowsOf({PERSON: "absences.person"}, "absences.from_on"),
    "assignments": RowsOf({PERSON: "assignments.person", TERRITORY: "assignments.territory"}, "assignments.from_on"),
    "people": RowsOf({PERSON: "people.person"}),
    "stock_days": RowsOf({PRODUCT: "stock_days.product"}, "stock_days.day"),
    "price_observations": RowsOf({PRODUCT: "price_observations.product"}, "price_observations.seen_on"),
}
"""Table -> whose its rows are. Lines, returns, quotes and interviews are read beside what they belong to."""


@dataclass(frozen=True, slots=True)
class Scope:
    """The rows of some units: a filter, the expression that names a row's unit, and the columns that both read."""

    filter: str
    unit: str
    reads: tuple[str, ...] = ()


def scope_of(
    warehouse: Warehouse, subject: Subject, table: str, whose: RowsOf | None, many: bool = False
) -> Scope | str:
    """Which rows of a table are a subject's, or of all units of its kind (``many``); a reason where nobody can say."""
    if whose is not None and whose.by_kind:
        return _of_kind(whose.by_kind, subject, many)
    if subject.kind == COMPANY:
        return Scope("true", "''")
    nobody = f"nothing says of which {subject.kind} {table.replace('_', ' ')} are"
    if whose is None:
        return nobody
    column = whose.columns.get(subject.kind, "")
    source = whose.sources.get(subject.kind, column)
    if column and warehouse.has(source):
        return _scope(column, (source,), many, warehouse, subject)
    if subject.kind == TERRITORY and whose.day and PERSON in whose.columns:
        through = (whose.sources.get(PERSON, whose.columns[PERSON]), "assignments.territory")
        if all(map(warehouse.has, through)):
            held = (
                f"(select max(held.territory) from assignments held where held.person = {whose.columns[PERSON]} "
                f"and {whose.day} between held.from_on and coalesce(held.to_on, date '9999-12-31'))"
            )
            return _scope(held, through, many, warehouse, subject)
    return warehouse.why_not(source) if source else nobody


def _of_kind(relation: str, subject: Subject, many: bool) -> Scope:
    own = f"{relation}.unit_kind = '{subject.kind}'"
    one = "" if many or subject.kind == COMPANY else f" and {relation}.unit = $unit"
    return Scope(own + one, f"{relation}.unit" if many else "$unit")


def _scope(column: str, reads: tuple[str, ...], many: bool, warehouse: Warehouse, subject: Subject) -> Scope:
    if many:
        return Scope(f"{column} is not null", column, reads)
    if subject.kind == TERRITORY and warehouse.has("territories.parent"):
        below = (
            "with recursive below(territory) as (select $unit union select part.territory from territories part "
            "join below on part.parent = below.territory) select territory from below"
        )
        return Scope(f"{column} in ({below})", "$unit", reads)
    return Scope(f"{column} = $unit", "$unit", reads)
