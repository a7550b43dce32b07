"""What is made of orders once, so that each draw passes over few of them: their numbers, and sums of days."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from salesdx.facts.sql_text import Run

ORDERS, LINES = "orders", "order_lines"
NUMBER = "order_no"
"""The column that the program makes in both tables. Orders of a window have numbers in a row, so that the database
passes over the lines of all others by two comparisons."""
LOOKED_AT, SHORTER = 100_000, 3
"""By so many orders, which are of days in a row, it is told whether sums of days are that much shorter than lines."""


def number_orders(run: Run, tables: Mapping[str, str], columns: Mapping[str, Collection[str]]) -> tuple[str, ...]:
    """Number the orders, and put the numbers into their lines in the place of the keys; the names of what was changed.

    A line whose order is not there has none. ``tables``: canonical table -> the table that has its rows, as SQL names
    it. Nothing is done where there are no lines or no orders.
    """
    if not {ORDERS, LINES} <= tables.keys():
        return ()
    by = "ordered_on, order_id" if "ordered_on" in columns[ORDERS] else "order_id"
    run(
        f"create temp table numbers as select order_id, cast(row_number() over (order by {by}) as integer) as {NUMBER} "
        f"from {tables[ORDERS]}"
    )
    for table in (tables[ORDERS], tables[LINES]):
        run(f"alter table {table} add column {NUMBER} integer")
        run(f"update {table} as t set {NUMBER} = n.{NUMBER} from numbers n where n.order_id = t.order_id")
    run("drop table numbers")
    run(f"alter table {tables[LINES]} drop column order_id")
    return ORDERS, LINES


def line_days(run: Run, columns: Mapping[str, Collection[str]]) -> None:
    """Make `line_days`: the lines that were ordered on a day, in units and money, cancelled ones apart.

    A row per day, product, list price, person and territory, what no column says being null. Where that is hardly
    shorter than the lines themselves it is a view, so that they are not kept twice.
    """
    has = {column for name in (ORDERS, LINES) for column in columns.get(name, ())}
    if not {ORDERS, LINES} <= columns.keys() or "ordered_on" not in has:
        return

    def of(column: str, type: str, sql: str = "") -> str:
        there = column.removesuffix("_r") in has
        return f"{sql or column if there else f'cast(null as {type})'} as {{}}"

    kinds = {name: of(name, "varchar") for name in ("product", "person", "territory")}
    kinds |= {
        "list": of("list_price_r", "double"),
        "cancelled": of("cancelled_on", "boolean", "cancelled_on is not null"),
    }
    sums = {"units": of("quantity", "double", "sum(quantity)")}
    sums |= {"amount": of("price_r", "double", "sum(quantity * price_r)" if "quantity" in has else "sum(price_r)")}
    made = ", ".join(sql.format(name) for name, sql in {**kinds, **sums}.items())
    select = (
        f"select ordered_on as day, {made}, count(*) as lines "
        f"from orders join order_lines using ({NUMBER}) where {{}} group by all"
    )
    some = select.format(f"{NUMBER} <= {LOOKED_AT}")
    [(days, lines)] = run(f"select count(*), coalesce(sum(lines), 0) from ({some})")
    kept = "table" if days * SHORTER <= lines else "view"
    run(f"create {kept} line_days as {select.format('true')}")
