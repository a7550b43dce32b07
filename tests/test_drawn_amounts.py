"""The drawn terms of goals, scope, delivery and pricing, against plain Python on random rows."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plain_amounts import AMOUNTS, Tables, month_start
from plain_facts import PLAIN, Asked
from salesdx.base.loading import load
from salesdx.base.model import RuleBase
from salesdx.facts.draw import draw_facts, draw_units
from salesdx.facts.draw_source import DrawSource
from salesdx.facts.drawn_terms import definitions
from salesdx.facts.evidence import evidenced, plain_json, redrawn, rows_behind
from salesdx.facts.evidence_rows import evidence_query
from salesdx.facts.scope import Subject
from salesdx.facts.stated_facts import DrawnFact
from salesdx.facts.warehouse import Warehouse
from salesdx.facts.windows import parse_window

COMPANY, QUARTER, UNTIL = Subject(), parse_window("2026-Q3"), date(2026, 11, 30)
STAGES = ("goals", "scope", "delivery", "pricing")
OF_STAGES = {name: definitions().terms[name] for name in AMOUNTS}
SUBJECTS = [Subject(), Subject("territory", "N"), Subject("person", "p1"), Subject("product", "a")]
FIRST = date(2023, 3, 1)
PEOPLE, TERRITORIES, PRODUCTS = ("p0", "p1", "p2", "p3"), ("N", "S", "E"), tuple("abcdefg")
CUSTOMERS = tuple(f"c{n}" for n in range(20))
EDGES = tuple(
    day + timedelta(off)
    for day in (QUARTER.start, QUARTER.end, QUARTER.year_ago.start, QUARTER.year_ago.end, UNTIL - timedelta(35))
    for off in (-1, 0, 1)
)
Row = dict[str, Any]


class AmountsFirm(Random):
    """Random rows near every border: days at the ends of windows, empty cells, versions, cancelled and open orders."""

    def day(self, first: date = FIRST, last: date = UNTIL) -> date:
        if self.random() < 0.15 and (edges := [day for day in EDGES if first <= day <= last]):
            return self.choice(edges)
        if self.random() < 0.3 and first <= QUARTER.start and QUARTER.end <= last:
            first, last = QUARTER.start, QUARTER.end
        return first + timedelta(self.randrange((last - first).days + 1))

    def maybe(self, day: date, most: int, empty: float) -> date | None:
        return None if self.random() < empty else day + timedelta(self.randrange(1, most))

    def people(self) -> Iterator[Row]:
        for n, person in enumerate(PEOPLE):
            start = self.choice([date(2022, 5, 31), date(2026, 1, 1), date(2026, 1, 2)]) if n else date(2020, 1, 15)
            ended = self.choice([None, None, date(2026, 9, 30), date(2026, 9, 29)])
            row = {"person": person, "started_on": start, "ended_on": ended, "sells": self.random() < 0.9}
            yield row | {"ramp_months": self.choice([3.0, 6.0])}

    def territories(self) -> Iterator[Row]:
        for name in TERRITORIES:
            ends = self.choice([None, None, date(2026, 8, 14)])
            yield {"territory": name, "potential": self.randrange(50, 150), "from_on": date(2020, 1, 1), "to_on": ends}
            if ends:
                row = {"territory": name, "potential": self.randrange(50, 150), "from_on": ends + timedelta(1)}
                yield row | {"to_on": None}

    def assignments(self) -> Iterator[Row]:
        for person in PEOPLE:
            cut = self.day(date(2026, 6, 1), date(2026, 10, 1))
            for first, last in ((date(2020, 1, 1), cut), (cut + timedelta(1), None)):
                yield {"person": person, "territory": self.choice(TERRITORIES), "from_on": first, "to_on": last}

    def absences(self) -> Iterator[Row]:
        for _ in range(4):
            day = self.day(date(2025, 1, 1))
            yield {"person": self.choice(PEOPLE), "from_on": day, "to_on": day + timedelta(self.randrange(30))}

    def orders(self) -> Iterator[Row]:
        yield self.order("o000", FIRST)
        for n in range(1, 300):
            yield self.order(f"o{n:03}", self.day())

    def order(self, key: str, day: date) -> Row:
        promised = self.maybe(day, 40, 0.05)
        delivered = self.maybe(day, 60, 0.1)
        row = {"order_id": key, "customer": self.choice([*CUSTOMERS, None]), "person": self.choice(PEOPLE)}
        row |= {"territory": self.choice(TERRITORIES), "ordered_on": day, "promised_on": promised}
        row |= {"delivered_on": delivered, "complete": self.choice([True, True, False, None])}
        row |= {"cancelled_on": self.maybe(day, 60, 0.9) if key != "o000" else None}
        reason = self.choice(["Late delivery", "lead time", "changed mind", None])
        return row | {"cancel_reason": reason if row["cancelled_on"] else None}

    def order_lines(self, orders: list[Row]) -> Iterator[Row]:
        for order in orders:
            for line in range(self.randrange(1, 5)):
                product = self.choice(PRODUCTS)
                dear = order["ordered_on"] >= date(2026, 3, 10) and product in "abcdef"
                price = round((10 + 7 * PRODUCTS.index(product)) * (1.06 if dear else 1), 2)
                row = {"order_id": order["order_id"], "line": str(line), "product": product, "list_price": price}
                row |= {"quantity": float(self.randrange(0, 9)), "price": round(price * self.choice([1, 0.9, 0.75]), 2)}
                yield row | {"cost": self.choice([None, round(price * 0.8, 2)])}

    def goals(self) -> Iterator[Row]:
        units = [("company", "all"), *(("territory", t) for t in TERRITORIES), *(("person", p) for p in PEOPLE)]
        for quarter in range(10):
            first = month_start(date(2024, 10, 1), 3 * quarter)
            last = month_start(first, 3) - timedelta(1)
            for kind, unit in units:
                if self.random() < 0.97:
                    yield self.goal(kind, unit, first, last, first - timedelta(20), "1")
                    if self.random() < 0.1:
                        yield self.goal(kind, unit, first, last, self.day(first, last), "2")
        for unit in (*PRODUCTS[:4], "z"):
            for metric in ("revenue", "units"):
                first = self.choice([date(2026, 7, 1), date(2026, 1, 1)])
                row = self.goal(
                    "product", unit, first, self.choice([date(2026, 9, 30), date(2026, 12, 31)]), first, "1"
                )
                yield row | {"metric": metric, "amount": self.randrange(1, 900)}
        for metric, amount in (("opportunities", 60), ("win rate", 25), ("deal size", 700), ("cycle", 50)):
            row = self.goal("company", "all", date(2026, 1, 1), date(2026, 12, 31), date(2025, 12, 1), "1")
            yield row | {"metric": metric, "amount": amount}

    def goal(self, kind: str, unit: str, first: date, last: date, day: date, version: str) -> Row:
        amount = self.randrange(100, 9000) * {"company": 4}.get(kind, 1)
        confirmed = self.choice([None, *[first + timedelta(self.choice([0, 14, 14, 15])) for _ in range(15)]])
        row = {"unit_kind": kind, "unit": unit, "from_on": first, "to_on": last, "amount": amount, "set_on": day}
        return row | {"metric": "revenue", "version": version, "confirmed_on": confirmed}

    def deals(self) -> Iterator[Row]:
        for n in range(260):
            day = self.day(date(2025, 1, 1))
            decided = self.maybe(day, 120, 0.2)
            row = {"deal_id": f"d{n}", "person": self.choice([*PEOPLE, None]), "product": self.choice(PRODUCTS)}
            row |= {"created_on": day, "decided_on": decided, "amount": self.choice([None, self.randrange(1, 999)])}
            yield row | {"outcome": self.choice(["won", "lost", "none"]) if decided else "open"}

    def activities(self) -> Iterator[Row]:
        for n in range(400):
            day = self.day(date(2026, 6, 20), date(2026, 12, 31))
            row = {"activity_id": f"a{n}", "deal_id": f"d{self.randrange(260)}"}
            yield row | {"on_": day, "done": day <= UNTIL and self.random() < 0.7}

    def interviews(self) -> Iterator[Row]:
        for n in range(120):
            row = {"interview_id": f"i{n}", "deal_id": None, "kind": self.choice(["lost", "lost", "won"])}
            row |= {"asked_by": self.choice(["third_party", "marketing", "seller", None])}
            row["reason"] = self.choice(["price", "too expensive", "late delivery", "lead time", "product", None])
            yield row | {"held_on": self.day(date(2026, 3, 1))}

    def quotes(self) -> Iterator[Row]:
        for n in range(60):
            day = self.day(date(2026, 5, 1))
            yield {"quote_id": f"q{n}", "asked_on": day, "sent_on": self.maybe(day - timedelta(1), 20, 0.1)}

    def products(self) -> Iterator[Row]:
        for product in PRODUCTS:
            yield {"product": product, "family": "x", "a_item": self.random() < 0.6}

    def stock_days(self) -> Iterator[Row]:
        for product in PRODUCTS:
            for n in range(-2, 94, 7):
                day = QUARTER.start + timedelta(n)
                yield {"product": product, "day": day, "on_hand": self.choice([0, 0, 3, 9])}

    def price_observations(self) -> Iterator[Row]:
        for n in range(45):
            row = {"product": self.choice(PRODUCTS), "ours": self.randrange(50, 150)}
            row |= {"rival": "Main" if n % 3 else "Other", "rival_price": self.randrange(50, 150)}
            yield row | {"seen_on": QUARTER.end - timedelta(self.choice([0, 1, 90, 178, 179] if n % 3 else [180, 20]))}


def amounts_firm(seed: int) -> Tables:
    random = AmountsFirm(seed)
    orders = list(random.orders())
    own = {name for name, part in vars(AmountsFirm).items() if callable(part) and not name.startswith("_")}
    names = sorted(own - {"day", "maybe", "order", "goal", "orders", "order_lines"})
    tables = Tables({name: list(getattr(random, name)()) for name in names})
    tables |= {"orders": orders, "order_lines": list(random.order_lines(orders))}
    tables.day = random.choice(["ordered_on", "delivered_on"])
    return tables


def warehouse_of(tables: Tables) -> Warehouse:
    return Warehouse.of_rows(
        tables, data_until=UNTIL, sold_by="booked" if tables.day == "ordered_on" else "delivered", keyed=True
    )


def near(value: object, wanted: object) -> bool:
    if isinstance(value, float | int) and isinstance(wanted, float | int):
        return math.isclose(value, wanted, rel_tol=1e-9, abs_tol=1e-9)
    return value == wanted


def test_each_term_of_these_stages_is_worked_out_by_hand_as_well() -> None:
    named = {name for name, term in definitions().terms.items() if term.path.split("/")[-1][:-5] in STAGES}
    assert named <= AMOUNTS.keys() | PLAIN.keys()


@given(st.integers(0, 2**32))
@settings(max_examples=2, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
def test_each_is_what_plain_python_finds(seed: int) -> None:
    tables = amounts_firm(seed)
    warehouse = warehouse_of(tables)
    source = DrawSource(warehouse, definitions(), QUARTER)
    wrong = []
    for name, term in OF_STAGES.items():
        for subject in SUBJECTS:
            if subject.kind not in term.per or source.missing(term, subject):
                continue
            rows = evidence_query(source, term, subject)
            [(value, n)] = warehouse.query(rows.asked(f"{term.value}, {term.n}"), rows.parameters).rows
            asked = Asked(tables, QUARTER.start, QUARTER.end, UNTIL, subject.kind, subject.unit)
            wanted, count = AMOUNTS[name](asked)
            if int(n or 0) != count or (count and not near(value, wanted)):
                wrong.append(f"{name} {subject}: {value} of {n}, by hand {wanted} of {count}")
    assert wrong == []


@pytest.fixture(scope="module")
def base() -> RuleBase:
    return load()


@pytest.fixture(scope="module")
def drawn_from() -> Warehouse:
    return warehouse_of(amounts_firm(3))


@pytest.mark.parametrize("kind", ["territory", "person", "product"])
def test_units_in_one_pass_are_what_each_is_alone(base: RuleBase, drawn_from: Warehouse, kind: str) -> None:
    names = {"territory": TERRITORIES, "person": PEOPLE, "product": PRODUCTS}[kind]
    one, other = units = [Subject(kind, name) for name in names[:2]]
    grouped = [name for name, term in OF_STAGES.items() if "unit" in term.named]
    together = draw_units(drawn_from, base, units, QUARTER, grouped)
    alone = draw_facts(drawn_from, base, one, QUARTER, grouped)
    found, wanted = (
        {name: plain_json(fact.best) for name, fact in each.facts.items()} for each in (together[one], alone)
    )
    assert found == wanted
    assert {name: fact.n for name, fact in together[one].facts.items()} == {
        name: fact.n for name, fact in alone.facts.items()
    }
    assert together[other].facts.keys() == found.keys()


def literal(cell: object) -> str:
    """A cell as it is written in a query."""
    if isinstance(cell, datetime):
        return f"timestamp '{cell}'"
    if isinstance(cell, date):
        return f"date '{cell}'"
    if isinstance(cell, str):
        return "'" + cell.replace("'", "''") + "'"
    return "null" if cell is None else f"{cell!r}::double" if isinstance(cell, float) else str(cell)


@pytest.mark.parametrize("subject", [SUBJECTS[0], SUBJECTS[2]], ids=str)
def test_rows_give_back_value_and_count_of_every_fact(base: RuleBase, drawn_from: Warehouse, subject: Subject) -> None:
    """What somebody who has only the rows of a fact finds with its two aggregates."""
    found = evidenced(drawn_from, base, draw_facts(drawn_from, base, subject, QUARTER))
    seen = 0
    for entry in found.entries.values():
        term, rows = definitions().terms[entry["term"]], rows_behind(drawn_from, entry)
        if not entry.get("value") or not rows.rows:
            continue
        columns = ", ".join(f'"{name}"' for name in rows.columns)
        values = ", ".join(f"({', '.join(map(literal, row))})" for row in rows.rows)
        told = {name: entry["parameters"][name] for name in re.findall(r"\$(\w+)", f"{term.value} {term.n}")}
        sql = f"select {term.value}, {term.n} from (values {values}) evidence({columns})"
        [(value, n)] = duckdb.execute(sql, told).fetchall()
        assert near(value.isoformat() if isinstance(value, date) else value, entry["value"]), term.name
        assert int(n) == entry["n"], term.name
        seen += 1
    assert seen > 8


DAYS = ("ordered_on", "delivered_on")
OF_LINES = ("case_attainment_pct", "case_reached_amount", "price_discount_change_points", "price_below_cost_pct")


def test_a_changed_cell_is_found_in_every_fact_whose_rows_hold_it(base: RuleBase) -> None:
    tables = amounts_firm(4)
    warehouse = warehouse_of(tables)
    found = evidenced(warehouse, base, draw_facts(warehouse, base, COMPANY, QUARTER, [*OF_LINES, "delivery_otif_pct"]))
    assert list(redrawn(warehouse_of(tables), base, found.entries)) == []
    sold = {
        row["order_id"]
        for row in tables["orders"]
        if row["cancelled_on"] is None and all(row[day] and QUARTER.start <= row[day] <= QUARTER.end for day in DAYS)
    }
    line = next(row for row in tables["order_lines"] if row["order_id"] in sold and row["quantity"] and row["cost"])
    line["price"] += 0.01
    assert {each.term for each in redrawn(warehouse_of(tables), base, found.entries)} == set(OF_LINES)


ORDER = {"order_id": "1", "ordered_on": date(2026, 8, 3), "currency": "USD", "person": "p"}
LINE = {"order_id": "1", "line": "1", "product": "a", "quantity": 2.0, "price": 110.0}
GOAL = {"unit_kind": "company", "unit": "all", "from_on": QUARTER.start, "to_on": QUARTER.end, "amount": 400.0}


def fact_of(
    base: RuleBase, name: str, tables: dict[str, list[Row]], subject: Subject = COMPANY, **more: Any
) -> DrawnFact:
    warehouse = Warehouse.of_rows(tables, data_until=UNTIL, currency="EUR", keyed=True, **more)
    return draw_facts(warehouse, base, subject, QUARTER, [name]).facts[name]


def test_money_counts_in_the_report_currency_by_the_rate_of_its_day(base: RuleBase) -> None:
    rates = [("USD", date(2026, 8, 3), 0.5), ("USD", date(2026, 8, 4), 0.9)]
    early = ORDER | {"order_id": "0", "ordered_on": QUARTER.start, "currency": "EUR"}
    lines = [LINE, LINE | {"order_id": "0", "quantity": 0.0}]
    tables = {"orders": [ORDER, early], "order_lines": lines, "goals": [GOAL | {"currency": "EUR"}]}
    assert fact_of(base, "case_reached_amount", tables, rates=rates).stated == 110
    assert fact_of(base, "case_attainment_pct", tables, rates=rates).stated == Decimal("27.5")


def test_what_was_booked_stays_booked_when_it_comes_back(base: RuleBase) -> None:
    back = {"return_id": "r", "order_id": "1", "product": "a", "returned_on": date(2026, 8, 9), "quantity": 2.0}
    tables = {"orders": [ORDER | {"currency": "EUR"}], "order_lines": [LINE], "returns": [back]}
    assert fact_of(base, "case_reached_amount", tables).stated == 220


def test_of_orders_that_were_entered_twice_nothing_is_said_of_a_person(base: RuleBase) -> None:
    orders = [
        ORDER | {"order_id": f"{n}", "customer": f"c{n % 50}", "ordered_on": QUARTER.start + timedelta(n % 50)}
        for n in range(100)
    ]
    lines = [LINE | {"order_id": row["order_id"]} for row in orders]
    tables = {"orders": [row | {"currency": "EUR"} for row in orders], "order_lines": lines}
    assert fact_of(base, "case_reached_amount", tables).n == 100
    refused = fact_of(base, "case_reached_amount", tables, Subject("person", "p"))
    assert refused.reason.startswith("too many orders stand there twice under different keys")


def test_a_run_of_missed_periods_that_the_goals_begin_with_may_be_longer(base: RuleBase) -> None:
    goals = [
        GOAL | {"from_on": window.start, "to_on": window.end}
        for window in (QUARTER, QUARTER.earlier(), QUARTER.earlier(2))
    ]
    sold = [
        ORDER | {"order_id": str(n), "ordered_on": window.start, "currency": "EUR"}
        for n, window in enumerate((QUARTER, QUARTER.earlier(), QUARTER.earlier(2), QUARTER.earlier(3)))
    ]
    lines = [LINE | {"order_id": row["order_id"]} for row in sold]
    tables = {"orders": sold, "order_lines": lines, "goals": [row | {"currency": "EUR"} for row in goals]}
    stated = fact_of(base, "case_periods_below_goal", tables).stated
    assert (stated.low, stated.high) == (3, 1000)  # the range of the term ends there
    lines[2]["quantity"] = 9.0
    assert fact_of(base, "case_periods_below_goal", tables).stated == 2


def test_a_person_has_a_goal_for_the_days_on_which_it_was_there(base: RuleBase) -> None:
    goal = GOAL | {"unit_kind": "person", "unit": "p", "amount": 920.0, "currency": "EUR"}
    away = [
        {"person": "p", "from_on": date(2026, 8, 3), "to_on": date(2026, 8, 12)},
        {"person": "p", "from_on": date(2026, 8, 10), "to_on": date(2026, 8, 15)},  # three of its days twice
        {"person": "q", "from_on": date(2026, 8, 3), "to_on": date(2026, 9, 12)},
    ]
    sold = ORDER | {"currency": "EUR", "ordered_on": QUARTER.start}
    tables = {"orders": [sold], "order_lines": [LINE], "goals": [goal], "absences": away}
    assert fact_of(base, "case_goal_amount", tables, Subject("person", "p")).stated == 920 - 13 * 10
    without = {name: rows for name, rows in tables.items() if name != "absences"}
    assert fact_of(base, "case_goal_amount", without, Subject("person", "p")).reason.startswith(
        "no source holds an absence"
    )
