"""The simulated firm: one seed gives the same rows, causes begin at their onset, and it knows nothing of the rules."""

from __future__ import annotations

import ast
import csv
import re
from collections.abc import Callable
from datetime import date, timedelta
from functools import cache
from random import Random

import pytest

import salesdx
from conftest import ROOT
from salesdx.facts.canonical_tables import canonical_schema
from salesdx.facts.simulation import CAUSES, EFFECT_RANGES, TRAPS, SimulatedFirm, export_files, simulate
from salesdx.facts.simulation.causes import effects_of, strengths_of

ROOM = ROOT / "src" / "salesdx" / "facts" / "simulation"
EXAMPLE = ROOT / "examples" / "furniture-maker"
SEED = 5
Row = dict[str, object]


@cache
def firm(cause: str = "nothing", *, traps: tuple[str, ...] = (), strength: float | None = None) -> SimulatedFirm:
    return simulate(cause, SEED, sellers=6, traps=traps, strength=strength)


def test_it_knows_no_term_no_rule_and_no_limit():
    base = salesdx.load()
    findings = {rule.finding for rule in base.rules if rule.finding and "_" in rule.finding}
    taken = {*base.terms, *base.limits, *(rule.id for rule in base.rules), *findings}
    for path in ROOM.glob("*.py"):
        text = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or "."] if isinstance(node, ast.ImportFrom) else []
            ours = [name for name in names if not name.startswith(("salesdx.facts.simulation", "__future__"))]
            assert not [name for name in ours if name.startswith(("salesdx", "."))], f"{path.name} reads {ours}"
        assert taken.isdisjoint(re.findall(r"\w+", text)), path.name


def test_one_seed_gives_the_same_rows_and_another_gives_others():
    first = firm("delivery")
    assert first == simulate("delivery", SEED, sellers=6)
    assert first.tables["orders"] != simulate("delivery", SEED + 1, sellers=6).tables["orders"]


def test_tables_and_columns_are_the_canonical_ones():
    schema = canonical_schema()
    for name, rows in firm().tables.items():
        columns = schema.tables[name].columns
        hours = {column.hour for column in columns.values() if column.moment}
        assert rows[0].keys() <= columns.keys() | hours, name
        assert all(row.keys() == rows[0].keys() for row in rows), name
        keys = [tuple(row[part] for part in schema.tables[name].key) for row in rows]
        assert not schema.tables[name].key or len(keys) == len(set(keys)), name


@pytest.mark.parametrize("cause", EFFECT_RANGES)
def test_at_strength_0_nothing_is_wrong_and_at_1_something_is(cause: str):
    assert firm(cause, strength=0).tables == firm().tables
    assert firm(cause, strength=1).tables != firm().tables


def test_effects_are_drawn_from_the_written_ranges():
    for seed in range(300):
        for cause, ranges in EFFECT_RANGES.items():
            effects = effects_of({cause: Random(seed).random()}, Random(seed))
            for effect, ends in ranges.items():
                name = effect.removeprefix("named ")
                value = effects.named[name] if name != effect else getattr(effects, effect)
                assert min(ends) <= value <= max(ends), (cause, effect)


def test_several_causes_are_two_or_three_of_the_company():
    drawn = [strengths_of("several", Random(seed), None) for seed in range(100)]
    assert {len(each) for each in drawn} == {2, 3}
    assert {cause for each in drawn for cause in each} == {*CAUSES} - {"person", "nothing", "several"}


@pytest.mark.parametrize(
    ("cause", "measure"),
    [
        ("goals", lambda rows: sum_of(rows["goals"], "amount")),
        ("product", lambda rows: len(rows["returns"])),
        ("price", lambda rows: sum_of(rows["order_lines"], "discount")),
        ("delivery", lambda rows: sum(row["cancel_reason"] == "delay" for row in rows["orders"])),
        ("service", lambda rows: sum(row["complaint"] for row in rows["tickets"])),
        ("support", lambda rows: sum(row["held_on"] is None for row in rows["trainings"])),
        ("marketing", lambda rows: -len(rows["leads"])),
        ("person", lambda rows: -sum(row["outcome"] == "won" for row in rows["deals"])),
    ],
)
def test_a_strong_cause_shows_in_rows_of_its_own(cause: str, measure: Callable[[object], float]):
    assert measure(firm(cause, strength=1).tables) > measure(firm().tables)


@pytest.mark.parametrize("cause", ["product", "price", "delivery", "service", "support", "marketing"])
def test_a_strong_cause_costs_sales_in_the_period(cause: str):
    assert sold(firm(cause, strength=1)) < 0.9 * sold(firm())


def test_a_weak_person_wins_less_and_the_others_do_not():
    weak, calm = firm("person", strength=1), firm()
    own, others = won(weak)
    own_calm, others_calm = won(calm)
    assert own < 0.7 * own_calm
    assert others == pytest.approx(others_calm, abs=0.05)


def test_a_cause_and_a_trap_that_nobody_knows_are_refused():
    for wrong in (
        lambda: firm("weather"),
        lambda: firm(traps=("weather",)),
        lambda: firm("price", strength=1.5),
        lambda: simulate("price", SEED, sellers=5),
    ):
        with pytest.raises(ValueError, match=r"no such|lies between|at least"):
            wrong()


def test_what_came_after_a_truncated_export_is_not_in_it():
    cut = firm(traps=("truncated quarter",))
    assert cut.data_until == cut.period[0] + timedelta(36)
    for name, column in (("orders", "delivered_on"), ("deals", "decided_on"), ("tickets", "solved_on")):
        assert all(row[column] is None or row[column] <= cut.data_until for row in cut.tables[name]), name
    assert all(deal["outcome"] == "open" for deal in cut.tables["deals"] if deal["decided_on"] is None)


def test_a_moved_seller_holds_no_account_and_another_territory():
    moved = firm(traps=("territory moved",))
    seats = [row for row in moved.tables["assignments"] if row["person"] == moved.person]
    assert {row["account"] for row in seats if row["to_on"] is None} == {None}
    assert len({row["territory"] for row in seats if row["account"] is None}) == 2


def test_traps_on_rows_do_what_they_say():
    calm = firm()
    bosses = {row["person"] for row in calm.tables["people"] if not row["sells"]}
    managed = firm(traps=("managers among peers",)).tables["deals"]
    assert any(deal["person"] in bosses for deal in managed)
    assert not any(deal["person"] in bosses for deal in calm.tables["deals"])
    twice = firm(traps=("duplicates",)).tables["orders"]
    assert 0.01 < len(twice) / len(calm.tables["orders"]) - 1 < 0.05
    notes = firm(traps=("returns",)).tables["order_lines"]
    assert sum(line["quantity"] < 0 for line in notes) == len(calm.tables["returns"])
    recorded = firm(traps=("different recording",))
    assert {row["person"] for row in recorded.tables["deal_stages"] if row["stage"] == "visit"} == {recorded.person}


def test_a_foreign_currency_has_a_rate_each_day_and_the_same_worth():
    calm, foreign = firm(), firm(traps=("two currencies",))
    rates = {day: rate for currency, day, rate in foreign.rates if currency == "CHF"}
    assert not calm.rates
    orders = {row["order_id"]: row for row in foreign.tables["orders"]}
    for line, before in zip(foreign.tables["order_lines"], calm.tables["order_lines"], strict=True):
        order = orders[line["order_id"]]
        worth = rates[order["ordered_on"]] if order["currency"] == "CHF" else 1
        assert line["price"] * worth == pytest.approx(before["price"], abs=0.01)


def test_files_hold_each_table_under_headings_of_the_systems(tmp_path):
    made = firm("several", traps=tuple(TRAPS))
    paths = export_files(made, tmp_path / "export")
    assert len(paths) == len(made.tables) + 1
    with (tmp_path / "export" / "erp_orders.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(made.tables["orders"])
    assert rows[0]["OrderDate"] == made.tables["orders"][0]["ordered_on"].isoformat()
    assert "order_id" not in rows[0]


def test_the_example_is_a_simulated_firm_and_is_small(tmp_path):
    export_files(simulate("delivery", 3, sellers=7, strength=0.6), tmp_path)
    for path in tmp_path.iterdir():
        assert path.read_bytes() == (EXAMPLE / path.name).read_bytes(), path.name
    assert {path.name for path in EXAMPLE.glob("*.csv")} == {path.name for path in tmp_path.iterdir()}
    assert sum(path.stat().st_size for path in EXAMPLE.iterdir()) < 1_500_000
    assert len((EXAMPLE / "ours.facts.yaml").read_text(encoding="utf-8").splitlines()) < 60


def sum_of(rows: list[Row], column: str) -> float:
    return sum(row[column] for row in rows)


def sold(made: SimulatedFirm) -> float:
    first, last = made.period
    kept = {
        row["order_id"]
        for row in made.tables["orders"]
        if first <= row["ordered_on"] <= last and row["cancelled_on"] is None
    }
    return sum(line["quantity"] * line["price"] for line in made.tables["order_lines"] if line["order_id"] in kept)


def won(made: SimulatedFirm) -> tuple[float, float]:
    """Share of decided deals won since the onset: of the firm's person, and of all others."""
    counts = {True: [0, 0], False: [0, 0]}
    for deal in made.tables["deals"]:
        if isinstance(deal["decided_on"], date) and deal["decided_on"] >= made.onset:
            counts[deal["person"] == made.person][0] += deal["outcome"] == "won"
            counts[deal["person"] == made.person][1] += 1
    return counts[True][0] / counts[True][1], counts[False][0] / counts[False][1]
