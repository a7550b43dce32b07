"""Mappings of systems that come with the program, each on a small export that was written here.

Expected rows were worked out by hand from the files in `tests/data/systems/`.
"""

from __future__ import annotations

import re
import shutil
from datetime import date, datetime
from pathlib import Path

import pytest

from conftest import ROOT
from salesdx.facts.mapping import read_mapping, shipped_systems
from salesdx.facts.warehouse import Warehouse

EXPORTS = ROOT / "tests" / "data" / "systems"
SYSTEMS = ("csv", "erpnext", "hubspot", "odoo", "salesforce", "sap", "zendesk")
JULY = {day: date(2026, 7, day) for day in range(1, 32)}


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 7, day, hour, minute)


EXPECTED: dict[str, dict[str, list[tuple[object, ...]]]] = {
    "csv": {
        "order_id, customer, person, delivered_on, cancel_reason from orders": [
            ("o1", "c1", "p1", JULY[9], None),
            ("o2", "c2", "p1", None, "too late"),
        ],
        "day, amount_r from sold": [(JULY[1], 90.0)],
        "person, manager, sells from people": [("p1", "p2", True), ("p2", None, False)],
        "unit, amount from goals": [("North", 1000.0)],
        "lead_id, assigned_at, first_touch_at from leads": [("l1", at(1, 9), at(2, 8))],
    },
    "erpnext": {
        "order_id, person, delivered_on, complete, cancelled_on from orders": [
            ("SAL-ORD-1", "p1", JULY[11], True, None),
            ("SAL-ORD-2", "p2", None, False, None),
            ("SAL-ORD-3", None, None, False, JULY[6]),
        ],
        "order_id, product, amount_r from sold": [
            ("SAL-ORD-1", "CHAIR", 180.0),
            ("SAL-ORD-1", "TABLE", 300.0),
            ("SAL-ORD-2", "CHAIR", 100.0),
        ],
        "deal_id, person, outcome, decided_on, amount from deals": [
            ("OPP-1", "p1", "won", JULY[20], 900.0),
            ("OPP-2", "p2", "lost", JULY[21], 400.0),
            ("OPP-3", "p2", "none", JULY[21], 100.0),
            ("OPP-4", "p1", "open", None, None),
        ],
        "person from people": [("p1",), ("p2",)],
        "ticket_id, first_answer_at, complaint from tickets": [("ISS-1", at(3, 9), True), ("ISS-2", None, None)],
    },
    "hubspot": {
        "deal_id, person, outcome, decided_on, amount from deals": [
            ("101", "p1", "won", date(2026, 8, 15), 500.0),
            ("102", "p2", "lost", date(2026, 8, 16), 700.25),
            ("103", "p1", "open", None, None),
        ],
        "activity_id, kind, done from activities": [
            ("201", "call", True),
            ("202", "call", False),
            ("301", "meeting", False),
            ("401", "task", True),
        ],
        "lead_id, assigned_at, first_touch_at from leads": [("501", at(1, 9, 30), at(2, 8)), ("502", None, None)],
        "ticket_id, first_answer_at from tickets": [("601", at(8, 10)), ("602", None)],
    },
    "odoo": {
        "order_id, customer, person, promised_on, delivered_on, cancelled_on from orders": [
            ("1", "c1", "p1", JULY[10], JULY[9], None),
            ("3", "c2", "p2", None, None, JULY[5]),
            ("4", "c2", "p2", JULY[20], None, None),
        ],
        "order_id, amount_r from sold": [("1", 180.0), ("4", 150.0)],
        "product, family from products": [("31", "5"), ("32", "6")],
        "deal_id, outcome, decided_on from deals": [
            ("51", "won", JULY[20]),
            ("52", "lost", JULY[21]),
            ("54", "open", None),
        ],
        "lead_id, assigned_at, accepted from leads": [
            ("51", at(1, 7), True),
            ("52", at(2, 7), True),
            ("53", None, False),
            ("54", at(4, 6), True),
        ],
        "activity_id, deal_id, done from activities": [("61", "51", True), ("62", "54", False)],
        "person, team from people": [("p1", "1"), ("p2", "2")],
    },
    "salesforce": {
        "deal_id, person, customer, created_on, decided_on, outcome, amount from deals": [
            ("006A1", "p2", "c1", JULY[1], date(2026, 8, 20), "won", 1200.5),
            ("006A2", "p3", "c2", JULY[2], date(2026, 8, 30), "lost", 800.0),
            ("006A3", "p2", "c1", JULY[3], None, "open", None),
        ],
        "day, amount_r from sold": [(date(2026, 8, 20), 1200.5)],
        "deal_id, stage from deal_stages": [("006A1", "Closed Won"), ("006A1", "Qualification")],
        "activity_id, kind, on_, done from activities": [
            ("00TA", "Call", JULY[5], True),
            ("00TB", "Email", date(2026, 12, 24), False),
            ("00UA", "Event", JULY[9], True),
        ],
        "lead_id, created_at, accepted from leads": [("00QA", at(1, 6, 15), True), ("00QB", at(2, 6, 15), False)],
        "person, manager, role from people": [("p1", None, "Head"), ("p2", "p1", "Seller"), ("p3", "p1", "Seller")],
        "ticket_id, solved_at, complaint from tickets": [("500A", at(4, 8), True), ("500B", None, False)],
    },
    "sap": {
        "order_id, customer, promised_on, delivered_on, complete from orders": [
            ("0000004711", "c1", JULY[10], JULY[11], True),
            ("0000004712", "c2", JULY[12], None, False),
            ("0000004713", "c2", None, None, False),
        ],
        "order_id, product, amount_r from sold": [
            ("0000004711", "CHAIR", 180.0),
            ("0000004711", "TABLE", 1300.0),
            ("0000004712", "CHAIR", 100.0),
        ],
        "order_id, product, returned_on, quantity, reason from returns": [
            ("0000004711", "CHAIR", JULY[20], 1.0, "102"),
        ],
        "product, family, launched_on from products": [
            ("CHAIR", "SEATS", date(2020, 1, 1)),
            ("TABLE", "TABLES", date(2020, 1, 1)),
        ],
    },
    "zendesk": {
        "ticket_id, customer, opened_at, first_answer_at, solved_at, contacts from tickets": [
            ("1", "c1", at(1, 8), at(1, 9, 30), at(1, 20), 3.0),
            ("2", "c2", at(2, 8), None, None, 0.0),
        ],
        "survey_id, on_, score, scale from surveys": [("21", JULY[2], 1.0, 1.0), ("23", JULY[4], 0.0, 1.0)],
    },
}


def opened(tmp_path: Path, system: str, more: str = "") -> Warehouse:
    folder = shutil.copytree(EXPORTS / system, tmp_path / system)
    (folder / "ours.facts.yaml").write_text(f"extends: {system}\ncurrency: {{report: EUR}}\n{more}", encoding="utf-8")
    return Warehouse.opened(read_mapping(folder / "ours.facts.yaml"))


def test_every_shipped_system_is_tested() -> None:
    assert shipped_systems() == SYSTEMS == tuple(EXPECTED)


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_shipped_system_reads_its_export(tmp_path: Path, system: str) -> None:
    firm = opened(tmp_path, system)
    found = {query: list(firm.query(f"select {query} order by all").rows) for query in EXPECTED[system]}
    assert found == EXPECTED[system]
    assert firm.twice == ()


@pytest.mark.parametrize("system", [name for name in SYSTEMS if name != "csv"])
def test_a_shipped_system_names_the_pages_that_its_columns_were_taken_from(system: str) -> None:
    text = (ROOT / "knowledge" / "facts" / "systems" / f"{system}.yaml").read_text(encoding="utf-8")
    head = text.partition("system:")[0]
    assert re.search(r"https://\S+", head)
    assert text.startswith("# ")


def test_a_firm_lacks_a_file_and_has_a_column_of_its_own(tmp_path: Path) -> None:
    more = "reads: {event: none, case: none}\ntables: {deals: {competitor: \"'none'\", segment: none}}\n"
    firm = opened(tmp_path, "salesforce", more)
    assert firm.query("select activity_id from activities order by 1").rows == (("00TA",), ("00TB",))
    assert "tickets" not in firm.columns
    assert firm.columns["deals"][-2:] == ("amount", "competitor") and not firm.has("deals.segment")
