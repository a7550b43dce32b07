"""A firm with ten million order lines: what it costs to read it, and to draw every fact of the company from it.

    python benchmarks/order_lines.py --lines 10000000

Orders, lines and returns are made by DuckDB and lie in Parquet files; all other tables are those of a simulated firm.
Reading and drawing run in a process of their own, so that its memory is theirs alone. Times are CPU seconds.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

import salesdx
from salesdx.base.loading import shipped_home
from salesdx.facts.draw import draw_facts, draw_units
from salesdx.facts.mapping import read_mapping
from salesdx.facts.pseudonyms import new_pseudonym_key
from salesdx.facts.scope import COMPANY, PERSON, Subject
from salesdx.facts.simulation import export_files, simulate
from salesdx.facts.warehouse import Warehouse
from salesdx.facts.windows import TimeWindow, parse_window

MAPPING = shipped_home() / "examples" / "furniture-maker" / "ours.facts.yaml"
LINES_AN_ORDER = 2.5
MADE = {
    "erp_orders": """
        select 'O' || i as OrderNo, hash(i, 6) % 100 = 0 as cancelled, 'C' || (hash(i) % ({orders} // 12)) as Customer,
            'S' || lpad((1 + hash(i, 1) % {sellers})::varchar, 2, '0') as SalesRep,
            ['North', 'South', 'East', 'West'][1 + (hash(i, 2) % 4)::int] as Region,
            date '2024-07-01' + (hash(i, 3) % 867)::int as OrderDate, OrderDate + 18 as RequestedDate,
            OrderDate + 21 as ConfirmedDate,
            case when cancelled or OrderDate > date '2026-10-20' then null
                else ConfirmedDate + case when hash(i, 4) % 100 < 6 then 9 else -2 end end as DeliveryDate,
            hash(i, 5) % 100 > 0 as FullDelivery,
            case when cancelled then OrderDate + 8 end as CancelDate,
            case when cancelled then 'delay' end as CancelCode, 'EUR' as Currency
        from range({orders}) as numbers(i)""",
    "erp_order_lines": """
        select 'O' || (i % {orders}) as OrderNo, i // {orders} + 1 as Line, item as Item, 1 + hash(i, 2) % 6 as Qty,
            300.0 + 10 * (hash(item) % 60) as ListPrice,
            round(ListPrice * (0.88 + 0.01 * (hash(i, 3) % 9)), 2) as NetPrice,
            ListPrice - NetPrice as Discount, 0.55 * ListPrice as UnitCost
        from (select i, ['CH1', 'CH2', 'CH3', 'TA1', 'TA2', 'TA3', 'CA1', 'CA2', 'CA3', 'BE1', 'BE2', 'BE3']
            [1 + (hash(i, 1) % 12)::int] as item from range({lines}) as numbers(i))""",
    "erp_returns": """
        select 'R' || i as ReturnNo, 'O' || (i * 83) as OrderNo, 'CH1' as Item,
            date '2024-09-01' + (hash(i) % 800)::int as ReturnDate, 1 as Qty, 'defect' as Code
        from range({orders} // 83) as numbers(i)""",
}
"""The big tables, by the file whose headings they have."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=10_000_000)
    parser.add_argument("--sellers", type=int, default=60)
    parser.add_argument("--period", default="2026-Q3")
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        measure(given.measure, parse_window(given.period))
        return
    with tempfile.TemporaryDirectory() as folder:
        mapping = make(Path(folder), given.lines, given.sellers)
        own = [sys.executable, __file__, "--measure", str(mapping), "--period", given.period]
        print(f"{given.lines:,} order lines, {given.sellers} sellers", flush=True)
        subprocess.run(own, check=True)


def make(folder: Path, lines: int, sellers: int) -> Path:
    """The firm's files in a folder, and the path of its mapping."""
    export_files(simulate("nothing", 1, sellers=sellers), folder)
    text = MAPPING.read_text(encoding="utf-8")
    numbers = {"lines": lines, "orders": int(lines / LINES_AN_ORDER), "sellers": sellers}
    for name, select in MADE.items():
        duckdb.execute(f"copy ({select.format(**numbers)}) to '{folder / name}.parquet' (format parquet)")
        text = text.replace(f"{{csv: {name}.csv}}", f"{{parquet: {name}.parquet}}")
    mapping = folder / MAPPING.name
    mapping.write_text(text, encoding="utf-8")
    return mapping


def measure(mapping: Path, window: TimeWindow) -> None:
    base = salesdx.load()
    clock = Stopwatch()
    warehouse = Warehouse.opened(read_mapping(mapping), new_pseudonym_key(mapping.with_name("key")))
    clock.tell("read, checked and locked")
    drawn = draw_facts(warehouse, base, Subject(COMPANY), window)
    clock.tell(f"{len(drawn.facts)} facts of the company, {len(drawn.known)} of them known")
    people = [str(row[0]) for row in warehouse.query("select person from people where sells").rows]
    of_people = draw_units(warehouse, base, [Subject(PERSON, person) for person in people], window)
    facts = sum(len(each.facts) for each in of_people.values())
    clock.tell(f"{facts} facts of {len(people)} persons")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")


class Stopwatch:
    """CPU seconds of all threads since the last time it was asked."""

    def __init__(self) -> None:
        self.last = time.process_time()

    def tell(self, what: str) -> None:
        now = time.process_time()
        print(f"{what}: {now - self.last:.2f} CPU s", flush=True)
        self.last = now


if __name__ == "__main__":
    main()
