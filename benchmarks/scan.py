"""A year of a large firm scanned month by month: what it costs, and which cause each unit is listed with.

    python benchmarks/scan.py --units 2000 --firms 25

The large firm is made of simulated ones, each with a known cause or none in its four territories, whose rows stand
again under other names until there are so many territories. Times are CPU seconds.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections import Counter
from collections.abc import Iterator, Sequence

import salesdx
from salesdx.base.loading import shipped_home
from salesdx.facts.canonical_tables import TEXT, canonical_schema
from salesdx.facts.scope import TERRITORY
from salesdx.facts.simulation import CAUSES, SimulatedFirm, simulate
from salesdx.facts.warehouse import Warehouse
from salesdx.services.recorder import Recorder
from salesdx.services.scan import Scan, scan

STAGES = {
    "goals": "goals",
    "product": "product",
    "price": "pricing",
    "delivery": "delivery",
    "service": "service",
    "support": "training",
    "marketing": "marketing",
}
"""The stage at which each cause of the company belongs."""
TERRITORIES = 4
MONTHS = [f"{year}-{month:02}" for year, month in [(2025, 10), (2025, 11), (2025, 12)]] + [
    f"2026-{month:02}" for month in range(1, 10)
]
SHARED = {"product"}
FIRM = shipped_home() / "examples" / "furniture-maker" / "firm.yaml"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--units", type=int, default=2000, help="territories")
    parser.add_argument("--firms", type=int, default=25, help="simulated firms; their rows stand again")
    parser.add_argument("--periods", default=",".join(MONTHS), help="with commas between them")
    parser.add_argument("--strength", type=float, default=0.8)
    given = parser.parse_args()
    causes = [cause for cause in CAUSES if cause in STAGES or cause == "nothing"]
    firms = [simulate(causes[n % len(causes)], n, sellers=6, strength=given.strength) for n in range(given.firms)]
    copies = max(1, given.units // (TERRITORIES * given.firms))
    tables = merged(firms, copies)
    first = firms[0]
    clock = time.process_time()
    warehouse = Warehouse.of_rows(tables, data_until=first.data_until, rates=first.rates, currency="EUR")
    rows = sum(map(len, tables.values()))
    del tables
    units, spent = copies * given.firms * TERRITORIES, time.process_time() - clock
    print(f"{rows:,} rows of {units} territories read: {spent:.1f} CPU s", flush=True)
    base, nobody = salesdx.load(), Recorder(None, None, "nobody", "unstated")
    tally = Counter[tuple[str, str]]()
    for period in given.periods.split(","):
        clock = time.process_time()
        found = scan(warehouse, base, (TERRITORY,), period, FIRM, nobody)
        below = sum(unit.below for unit in found.units)
        spent = time.process_time() - clock
        print(f"{period}: {spent:.1f} CPU s, {len(found.units)} units, {below} below goal", flush=True)
        tally.update(listed(found, firms))
    for cause in sorted({cause for cause, _ in tally}):
        seen = {stage: n for (of, stage), n in tally.items() if of == cause}
        told = ", ".join(f"{stage or 'none'} {n}" for stage, n in sorted(seen.items(), key=lambda each: -each[1]))
        print(f"{cause}: {told}")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")


def listed(found: Scan, firms: Sequence[SimulatedFirm]) -> Iterator[tuple[str, str]]:
    """The injected cause of each unit below goal, and the stage that it is listed with."""
    for unit in found.units:
        if unit.below:
            number = int(unit.subject.unit.split(".")[0])
            yield firms[number].cause, unit.cause.stage if unit.cause else ""


def merged(firms: Sequence[SimulatedFirm], copies: int) -> dict[str, list[dict[str, object]]]:
    """The rows of all firms in one, ``copies`` times, each name of a firm's own with the firm before it."""
    schema = canonical_schema().tables
    found: dict[str, list[dict[str, object]]] = {}
    for name, table in schema.items():
        own = {
            n for n, column in table.columns.items() if column.type == TEXT and is_own(n, table.key, column.pseudonym)
        }
        for number, firm in enumerate(firms):
            for copy in range(copies):
                front = f"{number}.{copy}."
                for row in firm.tables.get(name, ()):
                    if name == "goals" and row["unit_kind"] not in ("person", TERRITORY):
                        continue
                    found.setdefault(name, []).append(
                        {k: f"{front}{v}" if k in own and isinstance(v, str) and v else v for k, v in row.items()}
                    )
    return {name: rows for name, rows in found.items() if rows}


def is_own(name: str, key: Sequence[str], pseudonym: str) -> bool:
    """Whether a column names something that is a firm's own."""
    return name not in SHARED and (
        bool(pseudonym) or name.endswith("_id") or name in ("territory", "parent", "unit", "account")
    )


if __name__ == "__main__":
    main()
