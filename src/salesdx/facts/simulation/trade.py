"""Orders of a simulated firm: ordered, promised, delivered, cancelled, sent back, and ordered again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from salesdx.facts.simulation.enquiries import World
from salesdx.facts.simulation.roster import DATA_UNTIL, START, Goods, Row, Tables, days_between, happenings, season

_PROMISE_DAYS = 21
_LATE = 0.03
_INCOMPLETE = 0.012
_CHANGED_MIND = 0.006
_RETURNED = 0.05
"""Shares of a firm without trouble: orders late, incomplete, cancelled by the customer's own wish; lines sent back."""
_AGAIN = 0.95
_AGAIN_NEW = 0.4
"""Chance that an account, and a new customer, orders once more."""
_LEAVES = 0.25
"""Share of accounts without another order that are lost; the others pause for a round."""
_GAP_DAYS = 70
_LATE_COSTS = 0.6
"""What a late order leaves of the chance of another, times the share of orders that trouble has made late."""
_STOCK_FROM = date(2025, 4, 1)
_PIECES = {"chairs": 10, "tables": 4, "cabinets": 3, "beds": 3}


@dataclass(frozen=True)
class Buyer:
    """A customer: who serves it where, since when it may order, and how likely it is to do so again."""

    id: str
    territory: str
    person: str
    since: date
    again: float
    wants: Goods | None


def trade(world: World, deals: Sequence[Row], random: Random) -> Tables:
    """Orders, lines and returns: of accounts, and of customers who were won, from the day they were won."""
    tables: Tables = {"orders": [], "order_lines": [], "returns": []}
    territory = {seller.id: seller.territory for seller in world.roster.sellers}
    goods = {each.id: each for each in world.roster.goods}
    buyers = [
        Buyer(customer, territory[person], person, START + timedelta(random.randrange(85)), _AGAIN, None)
        for customer, person, _ in world.roster.accounts
    ]
    buyers += [
        Buyer(str(deal["customer"]), territory[str(deal["person"])], str(deal["person"]), _day(deal), _AGAIN_NEW, what)
        for deal in deals
        if deal["outcome"] == "won" and _day(deal) >= START and (what := goods[str(deal["product"])])
    ]
    for buyer in buyers:
        _orders_of(world, random, buyer, tables)
    return tables


def _day(deal: Row) -> date:
    day = deal["decided_on"]
    if not isinstance(day, date):
        raise TypeError("a deal that was won has a day")
    return day


def _orders_of(world: World, random: Random, buyer: Buyer, tables: Tables) -> None:
    day, wants = buyer.since, buyer.wants
    while day <= DATA_UNTIL:
        late = _order(world, random, buyer, day, wants, tables)
        wants = None
        now = world.on(day)
        again = buyer.again * now.reorder_factor * (_LATE_COSTS if late else 1.0)
        if random.random() >= again:
            if buyer.wants is not None or random.random() < _LEAVES:
                return
            day += timedelta(_GAP_DAYS)  # an account that pauses comes back a round later
        day += timedelta(10 + round(random.expovariate(1 / (_GAP_DAYS - 10))))


def _order(world: World, random: Random, buyer: Buyer, day: date, wants: Goods | None, tables: Tables) -> bool:
    """One order with its lines. True when it came later than promised."""
    seller = world.roster.seller_for(buyer.territory, buyer.person, day)
    now = world.on(day)
    number = f"O{len(tables['orders']) + 1}"
    promised = day + timedelta(round(_PROMISE_DAYS * now.lead_factor + random.uniform(-5, 5)))
    late = random.random() < _LATE + now.late
    delivered = (
        promised + timedelta(2 + round(random.expovariate(1 / 12)))
        if late
        else promised - timedelta(random.randrange(5))
    )
    cancelled, reason = None, None
    if late and random.random() < 0.05 + now.cancelled:
        cancelled, reason = promised + timedelta(random.randrange(1, 10)), "delay"
    elif random.random() < _CHANGED_MIND:
        cancelled, reason = day + timedelta(random.randrange(1, 12)), "customer changed plans"
    if cancelled and cancelled > DATA_UNTIL:
        cancelled, reason = None, None
    arrived = None if cancelled or delivered > DATA_UNTIL else delivered
    tables["orders"].append(
        {
            "order_id": number,
            "customer": buyer.id,
            "person": seller.id if seller else None,
            "territory": buyer.territory,
            "ordered_on": day,
            "requested_on": promised - timedelta(random.randrange(4)),
            "promised_on": promised,
            "delivered_on": arrived,
            "complete": random.random() >= _INCOMPLETE if arrived else None,
            "cancelled_on": cancelled,
            "cancel_reason": reason,
            "currency": "EUR",
        }
    )
    for place, goods in enumerate(_basket(world, random, day, wants), 1):
        _line(world, random, (number, place), day, goods, arrived, tables)
    return late


def _basket(world: World, random: Random, day: date, wants: Goods | None) -> list[Goods]:
    picked = random.sample(list(world.roster.goods), 1 + (random.random() < 0.7) + (random.random() < 0.3))
    if wants is not None and wants not in picked:
        picked[0] = wants
    fault = world.on(day).family_factor
    bad = "chairs"
    return [goods for goods in picked if goods.family != bad or random.random() < fault] or picked[:1]


def _line(
    world: World, random: Random, key: tuple[str, int], day: date, goods: Goods, arrived: date | None, tables: Tables
) -> None:
    number, place = key
    listed = world.prices.listed(goods, day)
    discount = world.prices.discount(random, day)
    quantity = max(1, happenings(random, _PIECES[goods.family] * season(day)))
    tables["order_lines"].append(
        {
            "order_id": number,
            "line": place,
            "product": goods.id,
            "quantity": quantity,
            "list_price": listed,
            "price": round(listed * (1 - discount), 2),
            "discount": round(listed * discount, 2),
            "cost": round(goods.cost, 2),
        }
    )
    back = (arrived or DATA_UNTIL) + timedelta(2 + round(random.expovariate(1 / 6)))
    if arrived and random.random() < _RETURNED * world.on(arrived).returned_factor and back <= DATA_UNTIL:
        tables["returns"].append(
            {
                "return_id": f"R{len(tables['returns']) + 1}",
                "order_id": number,
                "product": goods.id,
                "returned_on": back,
                "quantity": random.randint(1, quantity),
                "reason": random.choice(("defect", "not as ordered", "transport damage")),
            }
        )


def stock(world: World, random: Random) -> list[Row]:
    """What lies in the warehouse each day, of the fast-selling products alone."""
    return [
        {
            "product": goods.id,
            "day": day,
            "on_hand": 0 if random.random() < 0.01 + world.on(day).out_of_stock else random.randint(20, 160),
        }
        for goods in world.roster.goods
        if goods.fast
        for day in days_between(_STOCK_FROM, DATA_UNTIL)
    ]
