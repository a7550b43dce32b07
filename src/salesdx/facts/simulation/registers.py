"""What HR, sales operations and finance of a simulated firm keep: people, seats, absences, courses, talks, goals."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from random import Random
from statistics import fmean

from salesdx.facts.simulation.enquiries import LEADS_A_QUARTER, World
from salesdx.facts.simulation.roster import (
    DATA_UNTIL,
    QUARTERS,
    START,
    TERRITORIES,
    Roster,
    Row,
    Seller,
    Tables,
    quarter_of,
    season,
)

_COURSES = {"range and materials": 1, "needs and offers": 4, "new range": 7, "prices and contracts": 10}
"""Each required course, held once a year, and its month."""
_UNHELD = 0.03
_HOURS = 3.2
_GROWTH = 1.01
"""What the goal asks beyond what seats have sold before, each quarter alike."""


def registers(world: World, random: Random) -> Tables:
    """Everything that is kept of people and seats; absences are counts of days, never a reason."""
    roster = world.roster
    return {
        "people": _people(roster),
        "territories": _territories(roster),
        "assignments": _assignments(roster),
        "absences": [row for seller in roster.sellers for row in _absences(random, seller)],
        "products": [
            {"product": each.id, "family": each.family, "launched_on": date(2022, 3, 1), "a_item": each.fast}
            for each in roster.goods
        ],
        "markets": _markets(roster, random),
        "trainings": [row for seller in roster.sellers for row in _trainings(world, random, seller)],
        "coachings": [row for seller in roster.sellers for row in _coachings(world, random, seller)],
    }


def _people(roster: Roster) -> list[Row]:
    lead = {team: manager for manager, team in roster.managers}
    rows: list[Row] = [
        {
            "person": seller.id,
            "role": "sales representative",
            "team": seller.team,
            "manager": lead[seller.team],
            "started_on": seller.started,
            "ended_on": seller.ended,
            "sells": True,
            "ramp_months": seller.ramp_months,
        }
        for seller in roster.sellers
    ]
    for manager, team in roster.managers:
        known: Row = {"person": manager, "role": "sales manager", "team": team, "manager": None}
        rows.append(known | {"started_on": date(2017, 5, 2), "ended_on": None, "sells": False, "ramp_months": 6})
    return rows


def _territories(roster: Roster) -> list[Row]:
    seats = [seller for seller in roster.sellers if seller.ended is None]
    return [
        {
            "territory": name,
            "parent": "Home market",
            "potential": 1_000_000 * sum(seller.territory == name for seller in seats),
            "from_on": date(2019, 1, 1),
            "to_on": None,
        }
        for name in TERRITORIES
    ]


def _markets(roster: Roster, random: Random) -> list[Row]:
    """What all firms together sell of a family of goods, in pieces: about the same each quarter."""
    return [
        {
            "category": family,
            "from_on": first,
            "to_on": last,
            "size": round(400_000 * random.gauss(1, 0.01)),
        }
        for family in dict.fromkeys(goods.family for goods in roster.goods)
        for first, last in QUARTERS[:-1]
    ]


def _assignments(roster: Roster) -> list[Row]:
    rows: list[Row] = []
    for seller in roster.sellers:
        seat: Row = {"person": seller.id, "territory": seller.territory}
        rows.append({**seat, "account": None, "from_on": seller.started, "to_on": seller.ended})
    for account, person, _ in roster.accounts:
        first = next(seller for seller in roster.sellers if seller.id == person)
        held = {"person": person, "territory": first.territory, "account": account}
        rows.append({**held, "from_on": max(first.started, date(2023, 1, 1)), "to_on": first.ended})
        if first.ended is not None:
            after = roster.sellers[-1]
            rows.append({**held, "person": after.id, "from_on": after.started, "to_on": None})
    return rows


def _absences(random: Random, seller: Seller) -> list[Row]:
    rows: list[Row] = []
    for year in (2024, 2025, 2026):
        for month in (8, 12) if year == 2024 else (3, 8, 10):
            first = date(year, month, random.randint(1, 15))
            if seller.works_on(first) and first <= DATA_UNTIL:
                rows.append(_absence(seller, first, 4, protected=False))
    if random.random() < 0.2:
        first = date(2025, random.randint(1, 10), 10)
        if seller.works_on(first):
            rows.append(_absence(seller, first, random.randint(4, 18), protected=True))
    return rows


def _absence(seller: Seller, first: date, days: int, *, protected: bool) -> Row:
    last = first + timedelta(days // 5 * 7 + days % 5)
    return {"person": seller.id, "from_on": first, "to_on": last, "days": days, "protected": protected}


def _trainings(world: World, random: Random, seller: Seller) -> list[Row]:
    rows: list[Row] = []
    for year in (2024, 2025, 2026):
        for course, month in _COURSES.items():
            day = date(year, month, random.randint(3, 25))
            if not (START <= day <= DATA_UNTIL and seller.works_on(day)):
                continue
            now = world.on(day)
            held = random.random() >= _UNHELD + now.untrained
            score = min(100, max(0, round(random.gauss(87 - now.test_fall, 5)))) if held else None
            row: Row = {"person": seller.id, "course": course, "required": True}
            passed = None if score is None else score >= 60
            rows.append(row | {"held_on": day if held else None, "passed": passed, "score": score})
    return rows


def _coachings(world: World, random: Random, seller: Seller) -> list[Row]:
    rows: list[Row] = []
    for year in (2024, 2025, 2026):
        for month in range(1, 13):
            day = date(year, month, random.randint(4, 20))
            if START <= day <= DATA_UNTIL and seller.works_on(day):
                part = world.on(day).coaching_factor
                held = random.random() < 0.95 * min(1.0, part + 0.25)
                hours = round(max(0.5, random.gauss(_HOURS * part, 0.5)), 1) if held else None
                row: Row = {"person": seller.id, "planned_on": day, "held_on": day if held else None}
                rows.append(row | {"hours": hours, "note_by_both": held and random.random() < 0.9})
    return rows


def goals(world: World, tables: Mapping[str, Sequence[Row]]) -> list[Row]:
    """Goals of the firm, of territories and of sellers, each quarter; and its plan of leads and of products.

    A seat's goal is what a seat sold on average in the quarters before anything went wrong, with season, ramp and seats
    of the quarter; the firm's is the sum.
    """
    sold = _sold(tables)
    calm = [n for n, (first, last) in enumerate(QUARTERS[:-1]) if last < world.onset]
    a_seat = fmean(sum(sold[n].values()) / _seats(world, n) for n in calm)
    rows: list[Row] = []
    for n, (first, _) in enumerate(QUARTERS):
        raised = world.on(first).goal_factor
        seat = a_seat * _GROWTH * raised
        own = {seller: round(seat * part, -2) for seller in world.roster.sellers if (part := _share(seller, n))}
        for seller, amount in own.items():
            rows.append(_goal("person", seller.id, n, amount))
        for name in TERRITORIES:
            there = sum(amount for seller, amount in own.items() if seller.territory == name)
            rows.append(_goal("territory", name, n, there))
        rows.append(_goal("company", "company", n, sum(own.values())))
        leads = LEADS_A_QUARTER * sum(_share(seller, n, seasonal=False) for seller in own)
        rows.append(_goal("company", "company", n, leads, "leads"))
        rows += _products(sold[n], tables, calm, n, sum(own.values()))
    return rows


def _products(
    sold: Mapping[str, float], tables: Mapping[str, Sequence[Row]], calm: Sequence[int], n: int, whole: float
) -> list[Row]:
    pieces, money = _by_product(tables, calm)
    all_money = sum(money.values())
    rows: list[Row] = []
    for product in sorted(money):
        planned = whole * money[product] / all_money
        rows.append(_goal("product", product, n, planned))
        rows.append(_goal("product", product, n, planned * pieces[product] / money[product], "units"))
    return rows


def _sold(tables: Mapping[str, Sequence[Row]]) -> list[dict[str, float]]:
    """What was ordered and not cancelled: by quarter, by territory."""
    value = _values(tables["order_lines"])
    sold: list[dict[str, float]] = [defaultdict(float) for _ in QUARTERS]
    for order in tables["orders"]:
        day = order["ordered_on"]
        if isinstance(day, date) and order["cancelled_on"] is None:
            sold[quarter_of(day)][str(order["territory"])] += value[order["order_id"]]
    return sold


def _values(lines: Sequence[Row]) -> dict[object, float]:
    value: dict[object, float] = defaultdict(float)
    for line in lines:
        value[line["order_id"]] += _number(line, "quantity") * _number(line, "price")
    return value


def _by_product(
    tables: Mapping[str, Sequence[Row]], quarters: Sequence[int]
) -> tuple[dict[str, float], dict[str, float]]:
    days = {order["order_id"]: order["ordered_on"] for order in tables["orders"]}
    pieces: dict[str, float] = defaultdict(float)
    money: dict[str, float] = defaultdict(float)
    for line in tables["order_lines"]:
        day = days[line["order_id"]]
        if isinstance(day, date) and quarter_of(day) in quarters:
            product = str(line["product"])
            pieces[product] += _number(line, "quantity")
            money[product] += _number(line, "quantity") * _number(line, "price")
    return pieces, money


def _number(row: Row, column: str) -> float:
    value = row[column]
    if not isinstance(value, int | float):
        raise TypeError(f"{column} is no number")
    return float(value)


def _seats(world: World, n: int) -> float:
    return sum(_share(seller, n) for seller in world.roster.sellers)


def _share(seller: Seller, n: int, *, seasonal: bool = True) -> float:
    """The part of an average quarter's full seat that a seller can fill: ramp, days in the seat, and season."""
    first, last = QUARTERS[n]
    days = [first + timedelta(k) for k in range((last - first).days + 1)]
    return fmean((season(day) if seasonal else 1.0) * seller.ramp(day) * seller.works_on(day) for day in days)


def _goal(kind: str, unit: str, n: int, amount: float, metric: str = "sales") -> Row:
    first, last = QUARTERS[n]
    decided = first - timedelta(20)
    return {
        "unit_kind": kind,
        "unit": unit,
        "from_on": first,
        "to_on": last,
        "amount": round(amount, -2) if metric == "sales" else round(amount),
        "currency": "EUR",
        "metric": metric,
        "version": 1,
        "set_on": decided,
        "confirmed_on": decided + timedelta(6) if kind in ("person", "territory") else None,
    }
