"""Facts drawn from rows: when each is known, what is said where it is not, and what stands behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from salesdx.base.loading import load
from salesdx.base.model import RuleBase
from salesdx.case.statement import Unknown
from salesdx.facts.draw import Draw, draw_facts, draw_units
from salesdx.facts.drawn_terms import Definitions, DrawnTerm, Noise, definitions
from salesdx.facts.evidence import evidenced, redrawn, rows_behind
from salesdx.facts.scope import COMPANY, Subject, parse_subject
from salesdx.facts.stated_facts import DrawnFact, rests_on_words
from salesdx.facts.warehouse import Warehouse
from salesdx.facts.windows import TimeWindow, parse_window
from salesdx.language.intervals import Interval

Row = Mapping[str, object]
QUARTER = parse_window("2026-Q3")
CLOSED = date(2026, 11, 30)
OTIF = "delivery_otif_pct"


@pytest.fixture(scope="module")
def base() -> RuleBase:
    return load()


def orders(late: int, punctual: int, **more: object) -> list[dict[str, object]]:
    """Orders promised for the middle of the quarter, some of which came a day late."""
    day = date(2026, 8, 15)
    return [
        {"order_id": f"o{n}", "promised_on": day, "delivered_on": day + timedelta(n < late), **more}
        for n in range(late + punctual)
    ]


def drawn(
    base: RuleBase, rows: Sequence[Row], until: date = CLOSED, subject: str = "company", **settings: object
) -> Draw:
    warehouse = Warehouse.of_rows({"orders": rows}, data_until=until, **settings)
    return draw_facts(warehouse, base, parse_subject(subject), QUARTER, [OTIF])


def test_what_is_there_closed_and_enough_is_stated(base: RuleBase) -> None:
    fact = drawn(base, orders(10, 40)).facts[OTIF]
    assert (fact.stated, fact.n, fact.reason) == (Decimal(80), 50, "")
    assert rests_on_words(fact) == "50 orders due"


@pytest.mark.parametrize(
    ("rows", "until", "subject", "reason"),
    [
        (orders(2, 17), CLOSED, "company", "19 orders due, 30 needed"),
        ([], CLOSED, "company", "no orders due in this quarter: none, or moved, new, or not exported?"),
        (orders(10, 40), date(2026, 8, 6), "company", "the data end on 2026-08-06, 37 days into this quarter"),
        (orders(10, 40), date(2026, 6, 6), "company", "the data end on 2026-06-06, before this quarter began"),
        (
            orders(10, 40),
            date(2026, 10, 20),
            "company",
            "the quarter ended on 2026-09-30 and its rows can change until 2026-11-04; the data end on 2026-10-20",
        ),
        (orders(10, 40), CLOSED, "territory:North", "no column says from which territory an order came"),
        ([{"order_id": "1", "delivered_on": CLOSED}], CLOSED, "company", "no column says when an order was promised"),
    ],
)
def test_each_condition_refuses_in_words_that_a_manager_understands(
    base: RuleBase, rows: list[dict[str, object]], until: date, subject: str, reason: str
) -> None:
    fact = drawn(base, rows, until, subject).facts[OTIF]
    assert (fact.stated, fact.reason) == (None, reason)


def test_an_order_that_is_still_open_after_its_promise_is_late(base: RuleBase) -> None:
    rows = orders(0, 30)
    rows[0]["delivered_on"] = None
    assert drawn(base, rows).facts[OTIF].best == pytest.approx(100 * 29 / 30, abs=1e-9)


def test_an_order_that_came_incomplete_is_late_and_a_cancelled_one_was_not_due(base: RuleBase) -> None:
    rows = orders(0, 40, complete=True, cancelled_on=None)
    rows[0]["complete"] = False
    rows[1] |= {"cancelled_on": date(2026, 8, 1), "delivered_on": None}
    fact = drawn(base, rows).facts[OTIF]
    assert (fact.n, fact.best) == (39, pytest.approx(100 * 38 / 39, abs=1e-9))


def test_many_units_in_one_pass_are_what_each_is_alone(base: RuleBase) -> None:
    rows = [row | {"territory": "NSE"[n % 3]} for n, row in enumerate(orders(20, 100))]
    warehouse = Warehouse.of_rows({"orders": rows}, data_until=CLOSED)
    units = [Subject("territory", name) for name in ("N", "S", "E", "W")]
    together = draw_units(warehouse, base, units, QUARTER, [OTIF])
    for unit in units:
        assert together[unit] == draw_facts(warehouse, base, unit, QUARTER, [OTIF])
    assert [together[unit].facts[OTIF].n for unit in units] == [40, 40, 40, 0]


def test_a_territory_has_the_rows_of_its_parts(base: RuleBase) -> None:
    rows = [row | {"territory": "North" if n % 2 else "Harbour"} for n, row in enumerate(orders(0, 60))]
    parts = [{"territory": "North", "parent": None}, {"territory": "Harbour", "parent": "North"}]
    warehouse = Warehouse.of_rows({"orders": rows, "territories": parts}, data_until=CLOSED)
    assert draw_facts(warehouse, base, Subject("territory", "North"), QUARTER, [OTIF]).facts[OTIF].n == 60
    assert draw_facts(warehouse, base, Subject("territory", "Harbour"), QUARTER, [OTIF]).facts[OTIF].n == 30
    units = [Subject("territory", name) for name in ("North", "Harbour")]
    together = draw_units(warehouse, base, units, QUARTER, [OTIF])
    assert [together[unit].facts[OTIF].n for unit in units] == [60, 30]


def test_where_orders_have_no_territory_they_are_of_that_which_their_seller_held_then(base: RuleBase) -> None:
    rows = orders(0, 40, person="p", ordered_on=date(2026, 8, 1))
    held = [
        {"person": "p", "territory": "North", "from_on": date(2026, 1, 1), "to_on": date(2026, 8, 31)},
        {"person": "p", "territory": "South", "from_on": date(2026, 9, 1), "to_on": None},
    ]
    warehouse = Warehouse.of_rows({"orders": rows, "assignments": held}, data_until=CLOSED)
    of = {
        name: draw_facts(warehouse, base, Subject("territory", name), QUARTER, [OTIF]).facts[OTIF].n
        for name in ("North", "South")
    }
    assert of == {"North": 40, "South": 0}


def with_noise(noise: Noise) -> Definitions:
    term = definitions().terms[OTIF]
    return Definitions({OTIF: replace(term, least=1, noise=noise)}, {})


def test_an_interval_across_a_limit_of_the_rules_says_so(base: RuleBase) -> None:
    warehouse = Warehouse.of_rows({"orders": orders(12, 14)}, data_until=CLOSED)
    share = with_noise(Noise("binomial", ("count(*) filter (ok)", "count(*)"), 100))
    fact = draw_facts(warehouse, base, Subject(), QUARTER, defined=share).facts[OTIF]
    assert isinstance(fact.stated, Interval)
    assert rests_on_words(fact) == "26 orders due, interval 33.37 to 73.41"
    warehouse = Warehouse.of_rows({"orders": orders(4, 26)}, data_until=CLOSED)
    fact = draw_facts(warehouse, base, Subject(), QUARTER, defined=share).facts[OTIF]
    assert [each.name for each in fact.crossed] == ["otif_very_low", "otif_good", "otif_aim"][:2]
    assert rests_on_words(fact).endswith("spans the limit 85, spans the limit 90")


def test_a_year_ago_is_the_same_relation_a_year_earlier(base: RuleBase) -> None:
    now, before = orders(10, 30), orders(5, 35)
    for row in before:
        row["order_id"] = f"before {row['order_id']}"
        row["promised_on"] -= timedelta(365)  # type: ignore[operator]
        row["delivered_on"] -= timedelta(365)  # type: ignore[operator]
    shared = definitions().terms[OTIF]
    term = replace(
        shared,
        compare="year_ago",
        value="50 + 100.0 * (avg(ok::int) filter (now) - avg(ok::int) filter (not now))",
        n="least(count(*) filter (now), count(*) filter (not now))",
    )
    warehouse = Warehouse.of_rows({"orders": now + before}, data_until=CLOSED)
    fact = draw_facts(warehouse, base, Subject(), QUARTER, defined=Definitions({OTIF: term}, {})).facts[OTIF]
    assert (fact.n, fact.stated) == (40, Decimal("37.5"))
    warehouse = Warehouse.of_rows({"orders": now}, data_until=CLOSED)
    fact = draw_facts(warehouse, base, Subject(), QUARTER, defined=Definitions({OTIF: term}, {})).facts[OTIF]
    assert fact.reason.startswith("no orders due")


def test_each_statement_has_its_entry_and_the_entry_its_rows(base: RuleBase) -> None:
    warehouse = Warehouse.of_rows({"orders": orders(10, 40)}, data_until=CLOSED, by={"orders": "sales_ops"})
    found = evidenced(warehouse, base, draw_facts(warehouse, base, Subject(), QUARTER, [OTIF]))
    said = found.statements[OTIF]
    entry = found.entries[said.drawn]
    assert (said.value, said.by, said.kind, said.date) == (Decimal(80), "sales_ops", "transaction data", QUARTER.end)
    assert (entry["value"], entry["n"], entry["window"]) == (80.0, 50, {"from": "2026-07-01", "to": "2026-09-30"})
    rows = rows_behind(warehouse, entry)
    ok = rows.columns.index("ok")
    assert (len(rows.rows), sum(row[ok] for row in rows.rows)) == (50, 40)


def test_what_is_not_known_says_so_with_its_reason(base: RuleBase) -> None:
    warehouse = Warehouse.of_rows({"orders": orders(1, 9)}, data_until=CLOSED)
    found = evidenced(warehouse, base, draw_facts(warehouse, base, Subject(), QUARTER, [OTIF]))
    said = found.statements[OTIF]
    assert (said.value, said.unknown, said.reason) == (None, Unknown.NOT_KNOWN, "10 orders due, 30 needed")
    assert found.entries[said.drawn]["reason"] == "10 orders due, 30 needed"


def test_a_new_draw_finds_a_change_of_one_cell(base: RuleBase) -> None:
    rows = orders(10, 40)
    warehouse = Warehouse.of_rows({"orders": rows}, data_until=CLOSED)
    found = evidenced(warehouse, base, draw_facts(warehouse, base, Subject(), QUARTER, [OTIF]))
    assert list(redrawn(warehouse, base, found.entries)) == []
    rows[20]["delivered_on"] = date(2026, 8, 14)  # as punctual as before
    changed = Warehouse.of_rows({"orders": rows}, data_until=CLOSED)
    assert [each.what for each in redrawn(changed, base, found.entries)] == ["rows"]


def test_what_stands_for_something_else_is_an_estimate(base: RuleBase) -> None:
    proxies = frozenset({"orders.promised_on"})
    warehouse = Warehouse.of_rows({"orders": orders(10, 40)}, data_until=CLOSED, proxies=proxies)
    said = evidenced(warehouse, base, draw_facts(warehouse, base, Subject(), QUARTER, [OTIF])).statements[OTIF]
    assert (said.kind, said.source) == (base.default_evidence, "proxy, ERP deliveries")


@pytest.mark.parametrize(
    ("text", "window"),
    [
        ("2026-Q3", TimeWindow(date(2026, 7, 1), date(2026, 9, 30))),
        ("2026-02", TimeWindow(date(2026, 2, 1), date(2026, 2, 28))),
        ("2026-H2", TimeWindow(date(2026, 7, 1), date(2026, 12, 31))),
        ("2026", TimeWindow(date(2026, 1, 1), date(2026, 12, 31))),
        ("2026-07-04/2026-08-03", TimeWindow(date(2026, 7, 4), date(2026, 8, 3))),
    ],
)
def test_windows_are_written_as_people_write_them(text: str, window: TimeWindow) -> None:
    assert parse_window(text) == window


def test_windows_before() -> None:
    assert QUARTER.earlier(3) == TimeWindow(date(2025, 10, 1), date(2025, 12, 31))
    assert parse_window("2024-02").year_ago == parse_window("2023-02")
    assert TimeWindow(date(2024, 2, 10), date(2024, 2, 29)).year_ago == TimeWindow(date(2023, 2, 10), date(2023, 2, 28))
    assert list(parse_window("2026-03").before(date(2026, 1, 1))) == [parse_window("2026-02"), parse_window("2026-01")]
    with pytest.raises(ValueError, match="before it begins"):
        parse_window("2026-08-03/2026-07-04")
    with pytest.raises(ValueError, match="2026-Q3"):
        parse_window("third quarter")


def test_every_drawn_term_is_asked_and_of_a_kind_that_the_ladder_knows(base: RuleBase) -> None:
    kinds = {kind.name for kind in base.evidence}
    for name, term in definitions().terms.items():
        assert not base.terms[name].computed
        assert isinstance(term, DrawnTerm)
        assert term.program or term.kind in kinds


@pytest.mark.parametrize(("days", "stated"), [((17, 17), True), ((17, 47), False), ((17, None), None), ((None,), None)])
def test_a_goal_without_a_day_of_confirmation_is_not_one_that_nobody_confirmed(
    base: RuleBase, days: tuple[int | None, ...], stated: bool | None
) -> None:
    goal = {"unit_kind": "person", "from_on": date(2026, 7, 1), "to_on": date(2026, 9, 30), "amount": 100.0}
    seen = [None if day is None else date(2026, 6, 1) + timedelta(day) for day in days]
    rows = [{**goal, "unit": f"p{n}", "confirmed_on": day} for n, day in enumerate(seen)]
    rows.append({**goal, "unit_kind": "company", "unit": "all", "confirmed_on": date(2026, 6, 9)})
    warehouse = Warehouse.of_rows({"goals": rows}, data_until=CLOSED)
    told = draw_facts(warehouse, base, Subject(), QUARTER, ["goal_communicated"]).facts["goal_communicated"]
    assert told.stated is stated and ("no day of confirmation" in told.reason) == (stated is None)


def test_reasons_in_words_that_nothing_understands_are_not_read_as_no_reason_of_that_kind() -> None:
    """Share of losses due to price: `zu teuer` alone says nothing, and with an alias it counts."""
    base = load()

    def shares(*reasons: str) -> DrawnFact:
        rows = [
            {"interview_id": str(n), "deal_id": None, "kind": "lost", "asked_by": "third_party",
             "held_on": date(2026, 8, 3), "reason": reasons[n % len(reasons)]}
            for n in range(20)
        ]  # fmt: skip
        firm = Warehouse.of_rows({"interviews": rows}, data_until=date(2026, 11, 15))
        term = "price_lost_reason_share_pct"
        return draw_facts(firm, base, Subject(COMPANY), parse_window("2026-Q3"), [term]).facts[term]

    strange = shares("zu teuer", "Beziehung")
    assert not strange.known and strange.reason == (
        "not one `reason` of interviews is a word that is understood: "
        "the mapping has to say by `aliases` what they mean"
    )
    assert shares("price", "Beziehung").best == 50
    assert shares("relationship", "timing").best == 0
