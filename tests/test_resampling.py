"""Noise of what no count decides: customers exchanged between two windows, or drawn again."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from math import isfinite
from random import Random
from typing import Any

import pytest

from salesdx.base.loading import load
from salesdx.base.model import RuleBase
from salesdx.facts.draw import draw_facts
from salesdx.facts.drawn_terms import definitions
from salesdx.facts.scope import Subject
from salesdx.facts.stated_facts import DrawnFact
from salesdx.facts.warehouse import Warehouse
from salesdx.facts.windows import parse_window
from salesdx.language.intervals import Interval

QUARTER = parse_window("2026-Q3")
CHANGE = "price_discount_change_points"


@pytest.fixture(scope="module")
def base() -> RuleBase:
    return load()


def discounts(base: RuleBase, seed: int, customers: int, more: float) -> DrawnFact:
    """The change of discounts where each customer has a habit of its own, and gets ``more`` of list price now."""
    random = Random(seed)
    orders: list[dict[str, Any]] = []
    lines: list[dict[str, Any]] = []
    for customer in range(customers):
        habit, size = random.choice([0.0, 0.05, 0.1, 0.2]), random.lognormvariate(0, 1)
        for window, extra in ((QUARTER, more), (QUARTER.year_ago, 0.0)):
            for _ in range(random.randint(1, 4)):
                order = {"order_id": f"o{len(orders)}", "customer": f"c{customer}"}
                orders.append(order | {"ordered_on": window.start + timedelta(random.randrange(92))})
                price = 100 * (1 - min(0.6, max(0, habit + random.gauss(0.1, 0.03))) - extra)
                line = {"order_id": order["order_id"], "line": "1", "product": "a", "list_price": 100.0, "price": price}
                lines.append(line | {"quantity": 1.0 + round(10 * size * random.random())})
    warehouse = Warehouse.of_rows({"orders": orders, "order_lines": lines}, data_until=date(2026, 11, 30))
    return draw_facts(warehouse, base, Subject(), QUARTER, [CHANGE]).facts[CHANGE]


def test_without_a_change_one_of_twenty_firms_has_an_interval_without_zero(base: RuleBase) -> None:
    """Of 40 firms 2 are to be expected; 8 or more have a chance below 1 in 1,000."""
    found = [discounts(base, seed, 25, 0) for seed in range(40)]
    without = [fact for fact in found if fact.interval and not fact.interval[0] <= 0 <= fact.interval[1]]
    assert len(without) < 8
    for fact in found:
        assert fact.interval is not None and fact.p is not None
        assert (fact.interval[0] <= 0 <= fact.interval[1]) == (fact.p > 0.05)


def test_five_points_more_for_everybody_lie_inside(base: RuleBase) -> None:
    found = [discounts(base, seed, 60, 0.05) for seed in range(10)]
    assert sum(fact.interval is not None and fact.interval[0] <= 5 <= fact.interval[1] for fact in found) >= 8
    assert sum((fact.p or 1) <= 0.05 for fact in found) >= 8


def test_the_same_rows_give_the_same_interval(base: RuleBase) -> None:
    one, again = (discounts(base, 7, 30, 0.02) for _ in range(2))
    assert one.interval == pytest.approx(again.interval, abs=1e-9)
    assert one.p == again.p


def test_of_five_customers_nothing_can_be_said(base: RuleBase) -> None:
    orders = [
        {"order_id": f"{w}{n}", "customer": f"c{n % 5}", "ordered_on": day}
        for w in "ab"
        for n in range(30)
        for day in [QUARTER.start if w == "a" else QUARTER.year_ago.start]
    ]
    line = {"line": "1", "product": "a", "list_price": 100.0, "price": 80.0, "quantity": 1.0}
    lines = [line | {"order_id": row["order_id"]} for row in orders]
    warehouse = Warehouse.of_rows({"orders": orders, "order_lines": lines}, data_until=date(2026, 11, 30))
    fact = draw_facts(warehouse, base, Subject(), QUARTER, [CHANGE]).facts[CHANGE]
    assert isinstance(fact.stated, Interval)
    assert (fact.stated.low, fact.stated.high, fact.p) == (-100, 100, None)
    assert fact.crossed != ()


def test_of_five_won_deals_no_mean_is_sharp(base: RuleBase) -> None:
    deals = [
        {
            "deal_id": f"{n}",
            "created_on": QUARTER.start,
            "decided_on": QUARTER.end,
            "outcome": "won",
            "amount": 10.0 * n,
        }
        for n in range(6)
    ]
    plan = {"unit_kind": "company", "unit": "all", "from_on": QUARTER.start, "to_on": QUARTER.end, "amount": 25.0}
    term = replace(definitions().terms["funnel_deal_size_index"], least=1)
    for count, sharp in ((6, True), (5, False)):
        tables = {"deals": deals[:count], "goals": [plan | {"metric": "deal size"}]}
        warehouse = Warehouse.of_rows(tables, data_until=date(2026, 12, 31))
        defined = replace(definitions(), terms={term.name: term})
        fact = draw_facts(warehouse, base, Subject(), QUARTER, [term.name], defined).facts[term.name]
        assert fact.interval is not None
        assert isfinite(fact.interval[1]) == sharp
