"""The example of a simulated firm, drawn by its mapping: every fact or its reason as approved, and by plain Python."""

from __future__ import annotations

import math
import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from conftest import ROOT
from plain_facts import PLAIN, Asked
from salesdx.base.model import RuleBase
from salesdx.case.statement import shown_value
from salesdx.facts.draw import Draw, draw_facts
from salesdx.facts.drawn_terms import definitions
from salesdx.facts.mapping import read_mapping
from salesdx.facts.pseudonyms import PseudonymKey
from salesdx.facts.scope import COMPANY, Subject, parse_subject
from salesdx.facts.simulation import SimulatedFirm, simulate
from salesdx.facts.stated_facts import DrawnFact, as_decimal, rests_on_words
from salesdx.facts.warehouse import Warehouse
from salesdx.facts.windows import parse_window

GOLDEN = Path(__file__).parent / "data" / "furniture-maker-facts.txt"
KEY = PseudonymKey(bytes(32))
QUARTER = "2026-Q3"
ASKED = ((COMPANY, QUARTER), ("territory:North", QUARTER), ("person:S02", QUARTER), (COMPANY, "2026-Q4"))
"""The last period is not over: all but its goal is refused."""


@pytest.fixture(scope="module")
def warehouse() -> Warehouse:
    return Warehouse.opened(read_mapping(ROOT / "examples" / "furniture-maker" / "ours.facts.yaml"), KEY)


@pytest.fixture(scope="module")
def firm() -> SimulatedFirm:
    return simulate("delivery", 3, sellers=7, strength=0.6)


@pytest.fixture(scope="module")
def company(warehouse: Warehouse, base: RuleBase) -> Draw:
    return draw_facts(warehouse, base, Subject(COMPANY), parse_window(QUARTER))


def test_facts_and_reasons_are_as_approved(warehouse: Warehouse, base: RuleBase, company: Draw) -> None:
    """SALESDX_UPDATE_GOLDEN=1 writes them anew: look at the difference before it is committed."""
    told = "\n".join(page(warehouse, base, company))
    if os.environ.get("SALESDX_UPDATE_GOLDEN"):
        GOLDEN.write_text(told, encoding="utf-8")
    assert told == GOLDEN.read_text(encoding="utf-8")


def page(warehouse: Warehouse, base: RuleBase, company: Draw) -> Iterator[str]:
    for who, when in ASKED:
        subject = parse_subject(who)
        if subject.kind == "person":
            subject = Subject(subject.kind, KEY.pseudonym("person", subject.unit))
        ready = (subject, parse_window(when)) == (company.subject, company.window)
        drawn = company if ready else draw_facts(warehouse, base, subject, parse_window(when))
        yield f"{who}, {when}"
        yield from (f"  {base.terms[term].called}: {words(fact)}" for term, fact in drawn.facts.items())
        yield ""


def words(fact: DrawnFact) -> str:
    if not fact.known:
        return f"not known: {fact.reason}"
    best = fact.best if isinstance(fact.best, bool) or not isinstance(fact.best, float) else round(fact.best, 2)
    shown = shown_value(as_decimal(best) if isinstance(best, float | int) and not isinstance(best, bool) else best)
    return f"{shown} ({rests_on_words(fact)})"


def test_no_reason_names_a_column_or_a_term(company: Draw, base: RuleBase) -> None:
    reasons = [fact.reason for fact in company.facts.values() if not fact.known]
    assert reasons and all(reasons)
    assert not [reason for reason in reasons if "_" in reason or any(term in reason for term in base.terms)]


def test_a_quarter_that_is_open_is_refused(warehouse: Warehouse, base: RuleBase) -> None:
    drawn = draw_facts(warehouse, base, Subject(COMPANY), parse_window("2026-Q4"))
    reasons = {fact.reason for fact in drawn.facts.values() if fact.reason.startswith("the data end")}
    assert reasons == {"the data end on 2026-11-15, 46 days into this quarter"}
    assert len(drawn.known) <= 2


def test_a_price_step_in_spring_is_no_discount(base: RuleBase) -> None:
    """Prices go up and discounts stay: what was given is measured against the list of the order's day."""
    firm = simulate("price", 4, sellers=7, strength=1)
    lines = [line | {"price": line["list_price"], "discount": 0.0} for line in firm.tables["order_lines"]]
    warehouse = Warehouse.of_rows({**firm.tables, "order_lines": lines}, data_until=firm.data_until, currency="EUR")
    terms = ("price_discount_change_points", "price_increase_recent_pct")
    drawn = draw_facts(warehouse, base, Subject(COMPANY), parse_window(QUARTER), terms).facts
    assert drawn[terms[0]].best == 0
    assert drawn[terms[1]].best == pytest.approx(100 * firm.effects.list_raise, abs=3)


OF_THE_COMPANY = sorted(term for term in PLAIN if COMPANY in definitions().terms[term].per)


@pytest.mark.parametrize("term", OF_THE_COMPANY)
def test_each_fact_is_what_plain_python_gives(term: str, company: Draw, firm: SimulatedFirm) -> None:
    """Where the firm has such rows at all: what it has not is refused for that."""
    fact, (first, last) = company.facts[term], firm.period
    if not fact.sql:
        assert fact.reason.startswith("no ")
        return
    goals = [goal | {"unit": "all"} if goal["unit_kind"] == COMPANY else goal for goal in firm.tables["goals"]]
    value, n = PLAIN[term](Asked(defaultdict(list, firm.tables, goals=goals), first, last, firm.data_until))
    if fact.known and isinstance(value, int | float) and not isinstance(value, bool):
        assert math.isclose(float(str(fact.best)), value, rel_tol=1e-9, abs_tol=1e-9)
        assert fact.n == n
    elif fact.known:
        assert (fact.best, fact.n) == (value, n)
    else:
        assert fact.n == n or value is None


# --- traps ------------------------------------------------------------------------------------------------------------


def trapped(trap: str, base: RuleBase, *terms: str) -> tuple[Warehouse, Draw]:
    made = simulate("nothing", 3, sellers=7, traps=(trap,))
    opened = Warehouse.of_rows(made.tables, data_until=made.data_until, rates=made.rates, currency="EUR")
    return opened, draw_facts(opened, base, Subject(COMPANY), parse_window(QUARTER), terms)


def test_a_truncated_quarter_is_refused_and_never_a_fall(base: RuleBase) -> None:
    terms = ("case_attainment_pct", "delivery_otif_pct", "price_win_change_points")
    _, drawn = trapped("truncated quarter", base, *terms)
    assert {fact.reason for fact in drawn.facts.values()} == {"the data end on 2026-08-06, 37 days into this quarter"}


def test_rows_that_came_twice_are_seen(base: RuleBase) -> None:
    opened, _ = trapped("duplicates", base)
    assert opened.suspicious == {"orders", "deals"}


def test_a_territory_in_another_currency_sold_as_much(base: RuleBase) -> None:
    _, drawn = trapped("two currencies", base, "case_reached_amount")
    calm = reached(simulate("nothing", 3, sellers=7))
    assert drawn.facts["case_reached_amount"].best == pytest.approx(calm, rel=1e-4)


# --- what the ERP shows, once more from the rows alone ----------------------------------------------------------------

Row = Mapping[str, Any]
Tables = Mapping[str, Iterable[Row]]


def inside(day: date | None, firm: SimulatedFirm) -> bool:
    return day is not None and firm.period[0] <= day <= firm.period[1]


def due(firm: SimulatedFirm) -> list[Row]:
    orders = [order for order in firm.tables["orders"] if inside(order["promised_on"], firm)]
    return [order for order in orders if not order["cancelled_on"] or order["cancelled_on"] > order["promised_on"]]


def on_time(firm: SimulatedFirm) -> float:
    rows = due(firm)
    kept = [o for o in rows if o["delivered_on"] and o["delivered_on"] <= o["promised_on"] and o["complete"]]
    return 100 * len(kept) / len(rows)


def lines_of(firm: SimulatedFirm, ordered: Callable[[Row], bool]) -> list[Row]:
    orders = {order["order_id"] for order in firm.tables["orders"] if ordered(order)}
    return [line for line in firm.tables["order_lines"] if line["order_id"] in orders]


def reached(firm: SimulatedFirm) -> float:
    kept = lines_of(firm, lambda order: inside(order["ordered_on"], firm) and not order["cancelled_on"])
    return sum(line["quantity"] * line["price"] for line in kept)


def goal(firm: SimulatedFirm) -> float:
    rows = firm.tables["goals"]
    return sum(
        row["amount"]
        for row in rows
        if (row["unit_kind"], row["metric"]) == ("company", "sales") and inside(row["from_on"], firm)
    )


def out_of_stock(firm: SimulatedFirm) -> float:
    days = [row["on_hand"] <= 0 for row in firm.tables["stock_days"] if inside(row["day"], firm)]
    return 100 * sum(days) / len(days)


def won(firm: SimulatedFirm, year: int = 0) -> list[bool]:
    first, last = (day.replace(year=day.year - year) for day in firm.period)
    decided = [deal for deal in firm.tables["deals"] if deal["decided_on"] and first <= deal["decided_on"] <= last]
    return [deal["outcome"] == "won" for deal in decided]


def win_change(firm: SimulatedFirm) -> float:
    now, before = won(firm), won(firm, 1)
    return 100 * sum(now) / len(now) - 100 * sum(before) / len(before)


ERP: dict[str, Callable[[SimulatedFirm], float]] = {
    "delivery_otif_pct": on_time,
    "delivery_orders_n": lambda firm: len(due(firm)),
    "delivery_stockout_pct": out_of_stock,
    "case_goal_amount": goal,
    "case_reached_amount": reached,
    "case_attainment_pct": lambda firm: 100 * reached(firm) / goal(firm),
    "price_win_n": lambda firm: len(won(firm)),
    "price_win_before_n": lambda firm: len(won(firm, 1)),
    "price_win_change_points": win_change,
    "price_quote_turnaround_days": lambda firm: median(
        workdays(quote["asked_on"], quote["sent_on"])
        for quote in firm.tables["quotes"]
        if inside(quote["asked_on"], firm)
    ),
}


def workdays(first: date, last: date) -> int:
    days = (date.fromordinal(n) for n in range(first.toordinal() + 1, last.toordinal() + 1))
    return sum(day.isoweekday() < 6 for day in days)


@pytest.mark.parametrize("term", ERP)
def test_each_fact_of_the_erp_is_what_its_rows_give(term: str, company: Draw, firm: SimulatedFirm) -> None:
    assert math.isclose(float(str(company.facts[term].best)), ERP[term](firm), rel_tol=1e-9, abs_tol=1e-9)
