"""What makes an export say what is not so: each trap changes the rows of a simulated firm, never what happened.

The one exception is `territory moved`, which is something that happened to a seller and shows as a fall of results.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random

from salesdx.facts.simulation.roster import DATA_UNTIL, PERIOD, START, TERRITORIES, Row, Tables

Rate = tuple[str, date, float]
"""A currency, a day, and what one unit of it is worth in EUR then."""


@dataclass(frozen=True)
class ExportedRows:
    """The tables as they leave the firm, the rates of currencies, the last day, and the seller whom a trap is about."""

    tables: Tables
    rates: list[Rate]
    data_until: date
    person: str


def set_trap(trap: str, export: ExportedRows, random: Random) -> ExportedRows:
    """The export with the trap in it. Raises ValueError for a trap that is none of `TRAPS`."""
    if trap not in TRAPS:
        raise ValueError(f"no such trap: {trap}")
    return TRAPS[trap](export, random)


def _truncated(export: ExportedRows, _: Random) -> ExportedRows:
    """The export was made 37 days into the quarter: what came later is not in it, what was open then is open."""
    last = PERIOD[0] + timedelta(36)
    tables = {
        name: [_as_of(row, last) for row in rows if _begun(name, row, last)] for name, rows in export.tables.items()
    }
    for name, key, whole in (("order_lines", "order_id", "orders"), ("interviews", "deal_id", "deals")):
        there = {row[key] for row in tables[whole]} | {None}
        tables[name] = [row for row in tables[name] if row[key] in there]
    return replace(export, tables=tables, data_until=last)


_BEGINS = {
    "orders": "ordered_on",
    "leads": "created_on",
    "deals": "created_on",
    "deal_stages": "entered_on",
    "activities": "on_",
    "quotes": "sent_on",
    "returns": "returned_on",
    "price_observations": "seen_on",
    "stock_days": "day",
    "interviews": "held_on",
    "tickets": "opened_on",
    "surveys": "on_",
    "coachings": "planned_on",
}


def _begun(table: str, row: Row, last: date) -> bool:
    day = row.get(_BEGINS.get(table, ""))
    return not isinstance(day, date) or day <= last or row.get("done") is False


def _as_of(row: Row, last: date) -> Row:
    later = {name for name in _LATER if isinstance(day := row.get(name), date) and day > last}
    if not later:
        return row
    later |= {f"{name.removesuffix('_on')}_at" for name in later} & set(row)
    seen = {name: None if name in later else value for name, value in row.items()}
    if "decided_on" in later:
        seen["outcome"] = "open"
    if "cancelled_on" in later:
        seen["cancel_reason"] = None
    return seen


_LATER = ("delivered_on", "cancelled_on", "decided_on", "assigned_on", "first_touch_on", "first_answer_on", "solved_on")


def _moved(export: ExportedRows, random: Random) -> ExportedRows:
    """In the middle of the quarter the seller gets another territory, and loses two of three deals of that quarter."""
    moved = PERIOD[0] + timedelta(30)
    tables = dict(export.tables)
    seat = next(row for row in tables["assignments"] if row["person"] == export.person and row["account"] is None)
    new = random.choice([name for name in TERRITORIES if name != seat["territory"]])
    tables["assignments"] = [
        replaced
        for row in tables["assignments"]
        for replaced in (_reassigned(row, moved, new) if row["person"] == export.person else [row])
    ]
    tables["deals"] = [_lost(row, random) if _is_hit(row, export.person, moved) else row for row in tables["deals"]]
    return replace(export, tables=tables)


def _reassigned(row: Row, moved: date, territory: str) -> list[Row]:
    ended = {**row, "to_on": moved - timedelta(1)}
    return [ended, {**row, "territory": territory, "from_on": moved}] if row["account"] is None else [ended]


def _is_hit(deal: Row, person: str, since: date) -> bool:
    day = deal["decided_on"]
    return deal["person"] == person and deal["outcome"] == "won" and isinstance(day, date) and day >= since


def _lost(deal: Row, random: Random) -> Row:
    return {**deal, "outcome": "lost"} if random.random() < 0.65 else deal


def _managers(export: ExportedRows, random: Random) -> ExportedRows:
    """Managers bear large accounts' deals in their own name, and win most of them."""
    tables = dict(export.tables)
    bosses = [row["person"] for row in tables["people"] if not row["sells"]]
    picked = [deal for deal in tables["deals"] if deal["outcome"] == "won" and random.random() < 0.12]
    tables["deals"] = tables["deals"] + [
        {**deal, "deal_id": f"H{n}", "customer": f"H{n}", "person": random.choice(bosses), "amount": _times(deal, 3)}
        for n, deal in enumerate(picked)
    ]
    return replace(export, tables=tables)


def _times(deal: Row, factor: float) -> float:
    amount = deal["amount"]
    return round(amount * factor, 2) if isinstance(amount, float) else 0.0


def _duplicates(export: ExportedRows, random: Random) -> ExportedRows:
    """Three rows of a hundred come twice, under a new key: an import that was run again."""
    tables = dict(export.tables)
    for name, key in (("orders", "order_id"), ("deals", "deal_id")):
        twice = [row for row in tables[name] if random.random() < 0.03]
        tables[name] = tables[name] + [{**row, key: f"{row[key]}B"} for row in twice]
        if name == "orders":
            keys = {row[key] for row in twice}
            again = [line for line in tables["order_lines"] if line[key] in keys]
            tables["order_lines"] = tables["order_lines"] + [{**line, key: f"{line[key]}B"} for line in again]
    return replace(export, tables=tables)


def _currencies(export: ExportedRows, random: Random) -> ExportedRows:
    """One territory sells in CHF: its orders, and the deals of its sellers."""
    tables, rates = dict(export.tables), _rates(random)
    worth: dict[object, float] = {day: rate for _, day, rate in rates}
    foreign = {row["order_id"]: worth[row["ordered_on"]] for row in tables["orders"] if row["territory"] == "West"}
    tables["orders"] = [{**row, "currency": "CHF"} if row["order_id"] in foreign else row for row in tables["orders"]]
    tables["order_lines"] = [
        _in_foreign(row, foreign[row["order_id"]], ("list_price", "price", "cost"))
        if row["order_id"] in foreign
        else row
        for row in tables["order_lines"]
    ]
    there = {row["person"] for row in tables["assignments"] if row["territory"] == "West"}
    tables["deals"] = [
        {**_in_foreign(row, worth[row["created_on"]], ("amount", "list_amount")), "currency": "CHF"}
        if row["person"] in there and row["created_on"] in worth
        else row
        for row in tables["deals"]
    ]
    return replace(export, tables=tables, rates=rates)


def _rates(random: Random) -> list[Rate]:
    rate, rates = 1.04, []
    for n in range((DATA_UNTIL - START).days + 1):
        rate = max(0.9, min(1.15, rate + random.gauss(0, 0.003)))
        rates.append(("CHF", START + timedelta(n), round(rate, 4)))
    return rates


def _in_foreign(row: Row, rate: float, columns: tuple[str, ...]) -> Row:
    return {
        name: round(value / rate, 2) if name in columns and isinstance(value, int | float) else value
        for name, value in row.items()
    }


def _credit_notes(export: ExportedRows, _: Random) -> ExportedRows:
    """What is sent back stands among the orders as well: an order of a negative quantity, on the day it came back."""
    tables = dict(export.tables)
    orders = {row["order_id"]: row for row in tables["orders"]}
    lines = {(row["order_id"], row["product"]): row for row in tables["order_lines"]}
    notes, minus = [], []
    for back in tables["returns"]:
        key = f"K{back['return_id']}"
        day = back["returned_on"]
        dates = dict.fromkeys(("ordered_on", "requested_on", "promised_on", "delivered_on"), day)
        notes.append({**orders[back["order_id"]], **dates, "order_id": key})
        pieces = back["quantity"]
        line = lines[back["order_id"], back["product"]]
        minus.append({**line, "order_id": key, "quantity": -pieces if isinstance(pieces, int) else 0})
    tables["orders"] = tables["orders"] + notes
    tables["order_lines"] = tables["order_lines"] + minus
    return replace(export, tables=tables)


def _recording(export: ExportedRows, random: Random) -> ExportedRows:
    """The seller enters every visitor of the showroom as a deal, which nobody else does: as many are lost again."""
    tables = dict(export.tables)
    own = [deal for deal in tables["deals"] if deal["person"] == export.person and deal["outcome"] in ("won", "lost")]
    visitors = [
        {**deal, "deal_id": f"X{n}", "customer": f"X{n}", "outcome": "lost", "source": "showroom", "competitor": None}
        for n, deal in enumerate(own)
    ]
    tables["deals"] = tables["deals"] + visitors
    tables["deal_stages"] = tables["deal_stages"] + [
        {"deal_id": deal["deal_id"], "stage": "visit", "entered_on": deal["created_on"], "person": deal["person"]}
        for deal in visitors
        if random.random() < 0.9
    ]
    return replace(export, tables=tables)


TRAPS: Mapping[str, Callable[[ExportedRows, Random], ExportedRows]] = {
    "truncated quarter": _truncated,
    "territory moved": _moved,
    "managers among peers": _managers,
    "duplicates": _duplicates,
    "two currencies": _currencies,
    "returns": _credit_notes,
    "different recording": _recording,
}
"""Each trap with what sets it."""
