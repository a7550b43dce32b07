"""How many questions are left once facts are drawn: of simulated firms, with the ERP's tables, the CRM's, and all.

A question is left that a report hands over: an answer to it can still change the result. The firm has said what kind of
firm it is (it ships goods, sets prices, has rivals), as a profile does once for all its cases.
"""

from __future__ import annotations

import argparse
from datetime import date
from statistics import median

from salesdx import load
from salesdx.base.model import RuleBase
from salesdx.case.memory import WorkingMemory
from salesdx.case.statement import Statement
from salesdx.facts.simulation import CAUSES, simulate
from salesdx.facts.warehouse import Warehouse
from salesdx.interview.open_questions import questions_by_respondent
from salesdx.services.drawn_cases import drawn_case

MANAGER = "sales_manager"
REGISTERS = ("people", "territories", "assignments", "absences", "goals")
ERP = (*REGISTERS, "orders", "order_lines", "returns", "products", "stock_days")
CRM = (*REGISTERS, "leads", "deals", "deal_stages", "activities", "quotes")


def main() -> None:
    """Print, for each set of sources, the median and the range of questions left, of the manager and of all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=1)
    base, left = load(), dict[str, list[tuple[int, int]]]()
    for cause in CAUSES:
        for seed in range(1, parser.parse_args().seeds + 1):
            firm = simulate(cause, seed)
            for name, tables in (("nothing", ()), ("ERP", ERP), ("CRM", CRM), ("all", tuple(firm.tables))):
                rows = {table: firm.tables[table] for table in tables if table in firm.tables}
                left.setdefault(name, []).append(_left(base, rows, firm.data_until, firm.period))
    print(f"{len(left['all'])} firms; median of questions left (least to most)")
    for name, counts in left.items():
        own, all_ = zip(*counts, strict=True)
        print(
            f"{name:8} manager {median(own):4} ({min(own)} to {max(own)})   "
            f"all {median(all_):5} ({min(all_)} to {max(all_)})"
        )


def _left(base: RuleBase, rows: dict[str, object], until: date, period: tuple[date, date]) -> tuple[int, int]:
    memory = WorkingMemory(base, {}, "firm", today=until).headed({"kind": "company"}, period)
    for name, term in base.profile.items():
        if term.type == "boolean":
            memory = memory.saying(name, Statement(True, by=term.respondent))
    if rows:
        memory = drawn_case(Warehouse.of_rows(rows, data_until=until, currency="EUR"), memory).memory  # type: ignore[arg-type]
    asked = questions_by_respondent(base, memory)
    return len(asked.get(MANAGER, ())), sum(map(len, asked.values()))


if __name__ == "__main__":
    main()
