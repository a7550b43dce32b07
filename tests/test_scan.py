"""All units of a firm at once: an injected cause stands first, each unit as it is diagnosed alone, and what changed."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import salesdx
from conftest import ROOT
from on_record import action
from salesdx.base.model import RuleBase
from salesdx.case.file import with_firm
from salesdx.case.followed import Action, Followed
from salesdx.case.memory import WorkingMemory
from salesdx.cli import cli
from salesdx.facts.scope import Subject
from salesdx.facts.simulation import SimulatedFirm, simulate
from salesdx.facts.unit_history import unit_histories
from salesdx.facts.warehouse import Warehouse
from salesdx.facts.windows import parse_window
from salesdx.followup.actions import AFTER, BEFORE, IN
from salesdx.render.scan_page import scan_report
from salesdx.render.scan_pictures import scan_html
from salesdx.render.trail import render_page
from salesdx.services.drawn_cases import drawn_case, headed_for, open_systems
from salesdx.services.recorder import Recorder
from salesdx.services.scan import Scan, scan
from salesdx.services.scan_changes import UnitChange, changed_units, scan_data

EXAMPLE = ROOT / "examples/furniture-maker"
QUARTER = "2026-Q3"
WINDOW = parse_window(QUARTER)
NOBODY = Recorder(None, None, "somebody", "unstated")
Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def warehouse() -> Warehouse:
    return open_systems(EXAMPLE / "ours.facts.yaml")


@pytest.fixture(scope="module")
def found(warehouse: Warehouse, base: RuleBase) -> Scan:
    return scan(warehouse, base, ("territory",), QUARTER, EXAMPLE / "firm.yaml", NOBODY)


def late_in(firm: SimulatedFirm, territory: str) -> Mapping[str, Rows]:
    """A firm in which one territory delivers late, loses orders for it, and sells half."""
    tables = {name: [dict(row) for row in rows] for name, rows in firm.tables.items()}
    own = [row for row in tables["orders"] if row["territory"] == territory and row["ordered_on"] >= WINDOW.start]
    gone = {row["order_id"] for row in own[::2]}
    for place, row in enumerate(own):
        if row["promised_on"] is not None and place % 3:
            row["delivered_on"] = row["promised_on"] + timedelta(days=15)
        if place % 7 == 1:
            row |= {"cancelled_on": row["promised_on"], "cancel_reason": "delay", "delivered_on": None}
    for table in ("orders", "order_lines", "returns"):
        tables[table] = [row for row in tables[table] if row["order_id"] not in gone]
    return tables


def test_the_unit_with_the_cause_is_listed_first_with_that_cause(base: RuleBase) -> None:
    firm = simulate("nothing", 3, sellers=12, strength=0.0)
    tables = late_in(firm, "North")
    rows = Warehouse.of_rows(tables, data_until=firm.data_until, rates=firm.rates, currency="EUR")
    units = scan(rows, base, ("territory",), QUARTER, EXAMPLE / "firm.yaml", NOBODY).of_kind("territory")
    assert units[0].subject.unit == "North" and len(units) == 4
    assert units[0].below and units[0].cause is not None
    assert units[0].cause.stage == "delivery"
    assert not [unit for unit in units[1:] if unit.cause and unit.cause.stage == "delivery"]


def test_each_unit_is_as_it_is_diagnosed_alone(warehouse: Warehouse, base: RuleBase, found: Scan) -> None:
    for unit in found.units:
        memory = with_firm(WorkingMemory(base, {}), EXAMPLE / "firm.yaml")
        alone = salesdx.diagnose(base, drawn_case(warehouse, headed_for(memory, unit.subject, WINDOW)).memory)
        told, shares = alone.to_dict(), alone.provisional.to_dict()
        assert unit.gap == alone.provisional.gap and unit.below
        assert {key: unit.parts[key] for key in ("gap", "likely", "contributing", "not_explained_pct")} == {
            key: shares[key] for key in ("gap", "likely", "contributing", "not_explained_pct")
        }
        first = next(iter(told["likely"]), None)
        assert told["concluded"] is None
        assert (unit.cause and unit.cause.stage) == (first and first["stage"])
        if first is not None and unit.cause is not None:
            assert unit.cause.because == next(f["because"] for f in told["fired"] if f["rule"] == first["signs"][0])


def test_the_periods_of_a_unit_are_sales_by_goal(warehouse: Warehouse, found: Scan) -> None:
    histories = unit_histories(warehouse, "territory", WINDOW)
    for unit in found.units:
        ends = [each.end for each in histories[unit.subject.unit]]
        assert ends == sorted(ends) and ends[-1] == WINDOW.end and len(ends) == 8
        assert unit.gap is not None and unit.gap.goal is not None and unit.gap.reached is not None
        assert histories[unit.subject.unit][-1].reached_pct == pytest.approx(
            100 * float(unit.gap.reached) / float(unit.gap.goal)  # type: ignore[arg-type]
        )


def test_what_changed_since_an_earlier_scan(found: Scan) -> None:
    assert list(changed_units(scan_data(found), found)) == []
    earlier = scan_data(found)
    names = [unit["subject"] for unit in earlier["units"]]
    east, south, north = earlier["units"][:3]
    east["below_goal"] = False
    south["cause"]["title"] = "Pricing"
    earlier["units"].remove(north)
    delivery = "Production and delivery"
    assert list(changed_units(earlier, found)) == [
        UnitChange(names[0], "newly_below", "", delivery),
        UnitChange(names[1], "other_cause", "Pricing", delivery),
        UnitChange(names[2], "newly_below", "", delivery),
    ]
    met = replace(found, units=tuple(replace(unit, gap=None, why_not="") for unit in found.units))
    assert {each.what for each in changed_units(scan_data(found), met)} == {"at_goal"}


def test_the_page_has_a_picture_of_each_unit_and_bridges_that_have_names_of_their_own(found: Scan) -> None:
    odd = replace(found.units[0], subject=Subject("territory", "<b>North</b>"))
    page = scan_html(replace(found, units=(odd, *found.units[1:])), 20, ())
    assert "<b>North" not in page and "&lt;b&gt;North" in page
    assert page.count('class="goal"') == 4 and page.count('<section class="bridge"') == 3
    names = re.findall(r' id="([^"]+)"', page)
    assert len(names) == len(set(names)) and "http://" not in page.replace("http://www.w3.org/2000/svg", "")


def test_the_command_gives_text_csv_and_json_that_it_reads_again(tmp_path: Path) -> None:
    kept, way = tmp_path / "last.json", ["scan", "--from", str(EXAMPLE / "ours.facts.yaml"), "--period", QUARTER]
    done = CliRunner().invoke(cli, [*way, "--by", "territory", "--format", "json", "-o", str(kept)])
    assert done.exit_code == 0, done.output
    told = json.loads(kept.read_text())
    assert told["schema"] == "salesdx.scan/1" and told["units"][0]["subject"] == "territory:East"
    text = CliRunner().invoke(cli, [*way, "--since", str(kept)])
    assert text.exit_code == 0 and "Nothing: the same units are below goal" in text.stdout
    rows = list(csv.DictReader(io.StringIO(CliRunner().invoke(cli, [*way, "--format", "csv"]).stdout)))
    assert [row["unit"] for row in rows] == ["East", "South", "North", "West"]
    assert rows[0]["missing"] == "161224.93" and rows[0]["surety"] == "likely"


def test_repairs_that_run_and_that_are_due_are_told_of_their_units_and_of_all(
    warehouse: Warehouse, base: RuleBase, found: Scan
) -> None:
    def case(name: str, subject: dict[str, str], *actions: Action) -> WorkingMemory:
        window = (WINDOW.start, WINDOW.end)
        return replace(WorkingMemory(base, {}, name).headed(subject, window), followed=Followed(actions))

    today = date.today()
    north = {"kind": "territory", "ref": "North"}
    cases = [
        case("runs", north, action("A1", "promise_date", today), action("A2", "coaching_plan", today)),
        case("is-due", {"kind": "territory", "ref": "South"}, action("A1", "promise_date", today - timedelta(days=40))),
        case("is-over", north, action("A1", "promise_date", today - timedelta(days=80))),
        case("firm", {"kind": "company"}, action("A1", "safety_stock", today)),
    ]
    repaired = scan(warehouse, base, ("territory",), QUARTER, EXAMPLE / "firm.yaml", NOBODY, cases)
    told = {unit.subject.unit: {(one.case, one.title, one.state) for one in unit.remedies} for unit in repaired.units}
    stock = ("firm", base.interventions["safety_stock"].title, BEFORE)
    promise = base.interventions["promise_date"].title
    assert told["West"] == told["East"] == {stock}
    assert told["South"] == {stock, ("is-due", promise, IN)}
    assert told["North"] == {stock, ("runs", promise, BEFORE), ("is-over", promise, AFTER)}, "no coaching of a person"
    (over,) = (one for unit in repaired.units for one in unit.remedies if one.case == "is-over")
    assert over.stages == ()
    page = " ".join(render_page(scan_report(repaired, 20), scan_data(repaired), "text", 200, False).split())
    until = today - timedelta(days=40) + timedelta(days=56)
    assert (
        f"territory South: “{promise}”, to be measured now by production and logistics, until {until}; "
        "Production and delivery is under remedy (case is-due)"
    ) in page
    assert page.index("to be measured now") < page.index("judged from")
    assert page.count("(case firm)") == page.count("all units: “") == 1
    data = {unit["subject"]: unit["remedies"] for unit in scan_data(repaired)["units"]}
    assert [one["state"] for one in data["territory:South"]] == [IN, BEFORE]
    assert all(unit.remedies == () for unit in found.units)


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["--by", "planet"], 1, "units are of the kinds territory, product, person"),
        (["--by", ""], 1, "units are of the kinds territory, product, person"),
        (["--by", "person"], 1, "a name that is only typed does not do"),
        (["--since", "none.json"], 1, "there is no file"),
        (["--since", str(EXAMPLE / "firm.yaml")], 1, "is no scan"),
        (["--period", "2026-Q7"], 1, "a period is written as"),
    ],
)
def test_what_cannot_be_done_is_said(words: list[str], status: int, said: str) -> None:
    way = ["scan", "--from", str(EXAMPLE / "ours.facts.yaml"), "--period", QUARTER]
    done = CliRunner().invoke(cli, [*way, *words])
    assert done.exit_code == status and said in done.stderr
