"""The tables that facts are drawn from: rows, rates, what is sold, rows entered twice, and the lock."""

from __future__ import annotations

import shutil
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from conftest import ROOT
from salesdx.base.loading import load
from salesdx.facts import twice_keyed
from salesdx.facts.canonical_tables import canonical_schema
from salesdx.facts.warehouse import QueryRefused, RatesMissing, Warehouse

DAY = date(2026, 9, 30)


def order(number: int, **more: object) -> dict[str, object]:
    return {"order_id": f"o{number}", "customer": "c", "ordered_on": date(2026, 7, number), "currency": "EUR"} | more


def line(number: int, **more: object) -> dict[str, object]:
    return {"order_id": f"o{number}", "quantity": 2.0, "price": 10.0, "product": f"p{number}"} | more


def test_every_reference_of_the_schema_is_to_something_in_it() -> None:
    schema = canonical_schema()
    for table in schema.tables.values():
        assert {*table.key, *table.alike, *table.alike_too, *table.rated_on, *table.of} <= set(table.columns)
        assert not table.day or table.columns[table.day].type == "date"
        assert {schema.tables[other].key for other in table.of.values()} <= {("order_id",), ("deal_id",), ("product",)}
        assert all(column.says for column in table.columns.values()), table.name
        assert {column.pseudonym for column in table.columns.values()} <= {"", "person", "customer"}
    assert {by.unless for by in schema.sold.values()} == {"", "cancelled_on"}


def test_what_facts_are_drawn_by_is_none_of_the_rules(tmp_path: Path) -> None:
    """A case without figures from systems is diagnosed by the same rules, whatever is changed of the tables."""
    for room in ("knowledge", "rules"):
        shutil.copytree(ROOT / room, tmp_path / room)
    assert (tmp_path / "knowledge" / "facts" / "schema.yaml").is_file()
    with open(tmp_path / "knowledge" / "facts" / "schema.yaml", "a", encoding="utf-8") as file:
        file.write("# changed\n")
    found = load(tmp_path)
    assert found.digest == load().digest and found.not_read == {}
    assert not [name for name in found.files if "facts/" in name]


def test_rows_are_tables_with_the_columns_that_they_have() -> None:
    firm = Warehouse.of_rows({"orders": [order(1), order(2, delivered_on=DAY)], "returns": []}, data_until=DAY)
    found = firm.query("select * from orders where ordered_on >= $from order by 1", {"from": date(2026, 7, 2), "no": 1})
    assert found.columns == ("order_id", "customer", "ordered_on", "delivered_on", "currency")
    assert found.rows == (("o2", "c", date(2026, 7, 2), DAY, "EUR"),)
    assert firm.has("orders.delivered_on") and firm.has("returns.quantity") and not firm.has("orders.promised_on")
    assert firm.why_not("orders.delivered_on") == ""
    assert firm.why_not("orders.promised_on") == "no column says when an order was promised"
    assert firm.why_not("deals.amount") == "no source holds a deal, won, lost or open"


def test_what_the_firm_says_of_a_column_that_it_lacks_is_the_reason() -> None:
    said = {"orders.promised_on": "we promise nothing", "cancel_reason": "our system keeps none", "deals": "no CRM"}
    firm = Warehouse.of_rows({"orders": [order(1)]}, data_until=DAY, not_here=said)
    assert firm.why_not("orders.promised_on") == "we promise nothing"
    assert firm.why_not("orders.cancel_reason") == "our system keeps none"
    assert firm.why_not("deals.amount") == "no CRM"


def test_a_column_that_the_schema_lacks_is_no_row() -> None:
    with pytest.raises(KeyError, match="`orders` has no column `height`"):
        Warehouse.of_rows({"orders": [order(1, height=3)]}, data_until=DAY)


def test_money_is_in_the_report_currency_by_the_rate_of_its_day() -> None:
    orders = [order(1), order(2, currency="USD"), order(20, currency="USD")]
    rates = [("USD", date(2026, 7, 1), 0.9), ("USD", date(2026, 7, 15), 0.8)]
    lines = [line(1), line(2), line(20)]
    firm = Warehouse.of_rows({"orders": orders, "order_lines": lines}, data_until=DAY, rates=rates, currency="EUR")
    assert firm.has("order_lines.price_r") and not firm.has("order_lines.cost_r")
    assert firm.query("select order_id, price_r from orders join order_lines using (order_no) order by 1").rows == (
        ("o1", 10.0),
        ("o2", 9.0),
        ("o20", 8.0),
    )
    assert firm.query("select day, customer, product, amount_r, deal_id from sold order by 1").rows[1] == (
        date(2026, 7, 2), "c", "p2", 18.0, None,
    )  # fmt: skip


def test_a_rate_that_nobody_gave_or_that_is_a_month_old_is_missing() -> None:
    orders = [order(1, currency="USD"), order(2, currency="CHF", ordered_on=date(2026, 8, 3)), order(3, currency=None)]
    rates = [("USD", date(2026, 7, 2), 0.9), ("CHF", date(2026, 7, 2), 1.1)]
    with pytest.raises(RatesMissing) as caught:
        Warehouse.of_rows(
            {"orders": orders, "order_lines": [line(1), line(2), line(3)]}, data_until=DAY, rates=rates, currency="EUR"
        )
    assert [(each.currency, each.day, each.rows) for each in caught.value.missing] == [
        ("USD", date(2026, 7, 1), 1),
        ("", date(2026, 7, 3), 1),
        ("CHF", date(2026, 8, 3), 1),
    ]


def test_sold_is_what_the_firm_counts() -> None:
    orders = [order(1, delivered_on=date(2026, 8, 1)), order(2, cancelled_on=date(2026, 7, 9)), order(3)]
    tables = {"orders": orders, "order_lines": [line(1), line(2), line(3)]}
    booked = Warehouse.of_rows(tables, data_until=DAY)
    delivered = Warehouse.of_rows(tables, data_until=DAY, sold_by="delivered")
    assert booked.query("select day, amount_r from sold order by 1").rows == (
        (date(2026, 7, 1), 20.0),
        (date(2026, 7, 3), 20.0),
    )
    assert delivered.query("select day, amount_r from sold").rows == ((date(2026, 8, 1), 20.0),)
    assert Warehouse.of_rows({"people": []}, data_until=DAY).query("select count(*) from sold").rows == ((0,),)


def test_won_deals_are_sold_on_the_day_they_were_decided() -> None:
    deals = [
        {"deal_id": "1", "decided_on": date(2026, 7, 1), "outcome": "won", "amount": 5.0, "person": "a"},
        {"deal_id": "2", "decided_on": date(2026, 7, 1), "outcome": "lost", "amount": 7.0, "person": "a"},
    ]
    firm = Warehouse.of_rows({"deals": deals}, data_until=DAY, sold_by="won")
    assert firm.query("select deal_id, person, amount_r, order_id from sold").rows == (("1", "a", 5.0, None),)


def test_orders_with_the_same_lines_on_one_day_were_entered_twice() -> None:
    orders = [order(n) for n in range(1, 21)] + [order(5, order_id="again")]
    lines = [line(n) for n in range(1, 21)] + [line(5, order_id="again")]
    firm = Warehouse.of_rows({"orders": orders, "order_lines": lines}, data_until=DAY)
    assert [(each.table, each.again, each.rows, each.examples) for each in firm.twice] == [
        ("orders", 1, 21, (("again", "o5"),))
    ]
    assert firm.suspicious == {"orders"}
    other = [*lines[:-1], line(5, order_id="again", quantity=3.0)]
    assert Warehouse.of_rows({"orders": orders, "order_lines": other}, data_until=DAY).twice == ()


def test_rows_that_are_looked_at_part_by_part_are_the_same_that_were_entered_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    orders = [order(n) for n in range(1, 21)] + [order(n, order_id=f"again{n}") for n in (5, 7, 9, 11)]
    lines = [line(n) for n in range(1, 21)] + [line(n, order_id=f"again{n}") for n in (5, 7, 9, 11)]
    tables = {"orders": orders, "order_lines": lines}
    whole = Warehouse.of_rows(tables, data_until=DAY).twice
    monkeypatch.setattr(twice_keyed, "AT_ONCE", 3)
    assert Warehouse.of_rows(tables, data_until=DAY).twice == whole
    assert [(each.again, each.rows, each.examples[0]) for each in whole] == [(4, 24, ("again11", "o11"))]


def test_deals_settle_after_a_median_cycle_and_orders_after_35_days() -> None:
    opened = date(2026, 7, 1)
    deals = [{"deal_id": str(n), "created_on": opened, "decided_on": opened + timedelta(days=n)} for n in (10, 20, 90)]
    tables = {"deals": [*deals, {"deal_id": "open", "created_on": opened}], "orders": [order(1)], "tickets": []}
    firm = Warehouse.of_rows(tables, data_until=DAY, settles={"tickets": timedelta(days=2)})
    assert firm.settings.settles == {
        "deals": timedelta(days=20),
        "orders": timedelta(days=35),
        "tickets": timedelta(days=2),
    }


def test_a_moment_keeps_its_hour_beside_its_day() -> None:
    lead = {"lead_id": "1", "created_on": DAY, "created_at": datetime(2026, 9, 30, 8, 15)}
    firm = Warehouse.of_rows({"leads": [lead]}, data_until=DAY)
    assert firm.query("select created_on, created_at from leads").rows == ((DAY, datetime(2026, 9, 30, 8, 15)),)
    assert firm.has("leads.created_at") and not firm.has("leads.assigned_at")


@pytest.mark.parametrize(
    "sql",
    [
        "select * from read_csv('/etc/passwd')",
        "select * from '/etc/passwd'",
        "select content from read_text('/etc/hostname')",
        "copy orders to '/tmp/stolen.csv'",
        "attach '/tmp/other.db'",
        "install httpfs",
        "load httpfs",
        "set enable_external_access = true",
        "set memory_limit = '100GB'",
        "reset lock_configuration",
        "export database '/tmp/stolen'",
        "select * from order",
    ],
)
def test_after_reading_nothing_outside_can_be_reached(sql: str) -> None:
    firm = Warehouse.of_rows({"orders": [order(1)]}, data_until=DAY)
    with pytest.raises(QueryRefused):
        firm.query(sql)
