"""The drawn terms of products, service, training, marketing and success, against plain Python on random rows."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from drawn_list import LISTED, PAGE, drawn_terms, made_terms, rules, stated_terms, tables_of, with_lists
from plain_facts import PLAIN, Asked
from salesdx.facts.canonical_tables import canonical_schema
from salesdx.facts.draw_source import DrawSource
from salesdx.facts.drawn_terms import definitions, placeholders, read_definitions
from salesdx.facts.evidence_rows import evidence_query
from salesdx.facts.scope import Subject
from salesdx.facts.sheet_kinds import sheet_words
from salesdx.facts.sql_text import QueryRefused
from salesdx.facts.warehouse import Warehouse
from salesdx.facts.windows import parse_window

QUARTER, UNTIL = parse_window("2026-Q3"), date(2027, 6, 30)
STAGES = ("product", "service", "training", "marketing", "success", "recognition", "profile")
SHEETS = ("goal_forecast_error_pct", "scope_market_change_pct")
"""Terms of other stages that are drawn from small sheets."""
OF_STAGES = {
    name: term
    for name, term in definitions().terms.items()
    if term.path.split("/")[-1][:-5] in STAGES or name in SHEETS
}
HALF_YEAR = date(2026, 4, 4)
"""The first of the 180 days that end with the quarter."""
EDGES = [
    day + timedelta(days=off)
    for day in (date(2026, 7, 1), date(2026, 9, 30), date(2025, 7, 1), date(2025, 9, 30), date(2024, 9, 30), HALF_YEAR)
    for off in (-1, 0, 1)
]
PEOPLE, TERRITORIES, PRODUCTS = ["p1", "p2", "p3", "p4", "p5", "p6"], ["N", "S", "E"], ["a", "b", "c"]
Tables = dict[str, list[dict[str, Any]]]


class Firm(Random):
    """Random rows that lie near every border: days at the ends of windows, empty cells, few words."""

    def day(self, first: date = date(2023, 6, 1), last: date = date(2026, 12, 31)) -> date:
        if self.random() < 0.4 and (edges := [day for day in EDGES if first <= day <= last]):
            return self.choice(edges)
        return first + timedelta(days=self.randrange((last - first).days + 1))

    def later(self, day: date, most: int, empty: float = 0.2) -> date | None:
        return None if self.random() < empty else day + timedelta(days=self.randrange(most))

    def hour(self, day: date) -> datetime:
        return datetime.combine(day, time(self.randrange(24), self.randrange(60)))

    def moment(self, at: datetime, most: int, empty: float = 0.2) -> datetime | None:
        return None if self.random() < empty else at + timedelta(minutes=self.randrange(most))

    def yes(self, share: float = 0.5, empty: float = 0.1) -> bool | None:
        return None if self.random() < empty else self.random() < share

    def tables(self) -> Tables:
        return {name.removeprefix("of_"): list(getattr(self, name)()) for name in dir(self) if name.startswith("of_")}

    def of_people(self) -> Iterator[dict[str, Any]]:
        for person in PEOPLE:
            start = self.day(date(2024, 1, 1), date(2026, 8, 1))
            row = {"person": person, "manager": self.choice(["m1", "m2", None]), "sells": self.random() < 0.8}
            yield row | {"started_on": start, "ended_on": self.later(start, 900, 0.7)}

    def of_assignments(self) -> Iterator[dict[str, Any]]:
        for person in PEOPLE:
            cut = self.day(date(2025, 6, 1), date(2026, 10, 1))
            for first, last in ((date(2023, 1, 1), cut), (cut + timedelta(days=1), None)):
                where = self.choice([*TERRITORIES, None])
                yield {"person": person, "territory": where, "from_on": first, "to_on": last}

    def of_products(self) -> Iterator[dict[str, Any]]:
        for product in PRODUCTS:
            launch = self.day(date(2025, 6, 1))
            yield {"product": product, "family": self.choice(["chairs", "tables"]), "launched_on": launch}

    def of_orders(self) -> Iterator[dict[str, Any]]:
        for n in range(420):
            day = self.day()
            row = {"order_id": f"o{n}", "customer": self.choice([*(f"c{k}" for k in range(25)), None])}
            row |= {"person": self.choice(PEOPLE), "territory": self.choice(TERRITORIES), "ordered_on": day}
            yield row | {"delivered_on": self.later(day, 40), "cancelled_on": self.later(day, 20, 0.9)}

    def of_order_lines(self) -> Iterator[dict[str, Any]]:
        for n in range(420):
            for line in range(self.randrange(3)):
                row = {"order_id": f"o{n}", "line": str(line), "product": self.choice(PRODUCTS)}
                yield row | {"quantity": self.randrange(0, 9), "price": self.randrange(1, 5000) / 100}

    def of_returns(self) -> Iterator[dict[str, Any]]:
        orders = self.orders
        for n in range(160):
            order = self.choice(orders)
            row = {"return_id": f"r{n}", "order_id": order["order_id"], "product": self.choice(PRODUCTS)}
            yield row | {"returned_on": order["ordered_on"] + timedelta(days=self.choice([0, 5, 34, 35, 36]))}

    def of_deals(self) -> Iterator[dict[str, Any]]:
        for n in range(500):
            day = self.day(date(2025, 1, 1))
            row = {"deal_id": f"d{n}", "person": self.choice(PEOPLE), "product": self.choice(PRODUCTS)}
            row |= {"segment": self.choice(["s", "t", None]), "created_on": day, "decided_on": self.later(day, 200)}
            row |= {"outcome": self.choice(["won", "lost", "none"]) if row["decided_on"] else "open"}
            row |= {"competitor": self.choice(["Rival", " ", "", None])}
            yield row | {"technique": self.choice(["trial", "trial ", "demo", "", None])}

    def of_activities(self) -> Iterator[dict[str, Any]]:
        for n in range(400):
            row = {"activity_id": f"t{n}", "deal_id": f"d{self.randrange(500)}", "customer": f"c{self.randrange(30)}"}
            yield row | {"on_": self.day(date(2026, 5, 1)), "done": self.random() < 0.7}

    def of_interviews(self) -> Iterator[dict[str, Any]]:
        for n in range(240):
            row = {"interview_id": f"i{n}", "deal_id": self.choice([f"d{self.randrange(500)}", None])}
            row |= {"kind": self.choice(["lost", "won", "exit"]), "held_on": self.day(date(2026, 2, 1))}
            row |= {"asked_by": self.choice(["third_party", "marketing", "seller", None])}
            yield row | {"reason": self.choice(["product", "service", "technique", "price", None])}

    def of_surveys(self) -> Iterator[dict[str, Any]]:
        for n in range(500):
            kind = self.choice(["request", "recommend", "awareness", "motivation"])
            scale = 10 if kind == "recommend" else 5
            row = {"survey_id": f"v{n}", "kind": kind, "on_": self.day(date(2025, 2, 1))}
            row |= {"score": self.choice([*range(scale + 2), None]), "scale": self.choice([scale, scale, None, 7])}
            yield row

    def of_tickets(self) -> Iterator[dict[str, Any]]:
        for n in range(260):
            opened = self.hour(self.day(date(2025, 5, 1)))
            answer = self.moment(opened, 20_000)
            row = {"ticket_id": f"k{n}", "opened_on": opened.date(), "opened_at": opened, "first_answer_at": answer}
            row |= {"solved_on": self.later(opened.date(), 60, 0.3), "contacts": self.choice([1, 1, 2, 5, None])}
            yield row | {"complaint": self.yes(0.4)}

    def of_leads(self) -> Iterator[dict[str, Any]]:
        for n in range(300):
            created = self.hour(self.day(date(2025, 6, 1)))
            given = self.moment(created, 4000, 0.1)
            touched = self.moment(given, 4000) if given else None
            row = {"lead_id": f"l{n}", "person": self.choice(PEOPLE), "created_at": created, "assigned_at": given}
            row |= {"created_on": created.date(), "assigned_on": given and given.date(), "first_touch_at": touched}
            yield row | {"accepted": self.yes(), "fits_profile": self.yes(0.7, 0.3)}

    def of_goals(self) -> Iterator[dict[str, Any]]:
        last = self.choice([date(2026, 9, 30), date(2026, 9, 29)])
        for first, end in ((date(2026, 4, 1), date(2026, 7, 15)), (date(2026, 7, 16), last)):
            for version in (1, 2):
                row = {"unit_kind": "company", "unit": "all", "from_on": first, "to_on": end, "metric": "leads"}
                row |= {"amount": self.randrange(50, 400), "version": str(version)}
                yield row | {"set_on": first - timedelta(days=20 - version)}
        quarter = {"from_on": date(2026, 7, 1), "to_on": date(2026, 9, 30), "version": "1", "set_on": date(2026, 6, 1)}
        yield {"unit_kind": "territory", "unit": "N", "metric": "leads", "amount": 99} | quarter
        for kind, unit, goal in (("company", "all", 8000), ("territory", "N", 2500), ("product", "a", 2500)):
            for k in range(self.randrange(1, 9)):
                part = {"unit_kind": kind, "unit": unit, "metric": "sales", "amount": self.randrange(goal) + 1}
                window = QUARTER.earlier(k) if k else QUARTER
                span = {"from_on": window.start, "to_on": window.end, "version": "1"}
                yield part | span | {"set_on": window.start - timedelta(days=9)}

    def of_forecasts(self) -> Iterator[dict[str, Any]]:
        for kind, unit in (("company", "all"), ("territory", "N"), ("territory", "S")):
            for k in range(5):
                window = QUARTER.earlier(k) if k else QUARTER
                for ahead in self.sample(range(-20, 40), 3):
                    row = {"unit_kind": kind, "unit": unit, "from_on": window.start, "to_on": window.end}
                    made = window.start - timedelta(days=ahead)
                    yield row | {"made_on": made, "amount": self.randrange(9000)}

    def of_absences(self) -> Iterator[dict[str, Any]]:
        return iter(())

    def of_markets(self) -> Iterator[dict[str, Any]]:
        for category in ("chairs", "tables"):
            day = date(2024, 7, self.choice([1, 1, 20]) if category == "chairs" else 1)
            while day < date(2026, 12, 1):
                last = day + timedelta(days=self.choice([30, 90, 364]))
                row = {"category": category, "from_on": day, "to_on": last}
                yield row | {"size": self.randrange(100, 900)}
                day = last + timedelta(days=1)

    def of_spending(self) -> Iterator[dict[str, Any]]:
        for first, last in (((7, 1), (7, 31)), ((8, 1), (8, 31)), ((9, 1), (9, 30)), ((9, 15), (10, 1))):
            row = {"from_on": date(2026, *first), "to_on": date(2026, *last)}
            yield row | {"planned": self.randrange(1, 90), "spent": self.randrange(90)}

    def of_campaigns(self) -> Iterator[dict[str, Any]]:
        for n in range(4):
            first = self.day(date(2026, 4, 1), date(2026, 12, 1))
            row = {"campaign": str(n), "territory": self.choice([*TERRITORIES, None]), "from_on": first}
            yield row | {"to_on": first + timedelta(days=self.randrange(120))}

    def of_trainings(self) -> Iterator[dict[str, Any]]:
        for _ in range(60):
            row = {"person": self.choice([*PEOPLE, "gone"]), "course": self.choice(["x", "y", "z"])}
            row |= {"product": self.choice([*PRODUCTS, None]), "required": self.random() < 0.7}
            row |= {"held_on": self.choice([self.day(date(2025, 6, 1)), None]), "passed": self.yes()}
            yield row | {"score": self.choice([None, 101, *range(40, 100, 7)])}

    def of_coachings(self) -> Iterator[dict[str, Any]]:
        for _ in range(60):
            row = {"person": self.choice(PEOPLE), "planned_on": self.day(date(2026, 4, 1))}
            yield row | {
                "held_on": self.choice([self.day(date(2026, 4, 1)), None]),
                "hours": self.choice([0.5, 2, None]),
            }

    def of_seats(self) -> Iterator[dict[str, Any]]:
        for seat in range(5):
            day = date(2025, 1, 1)
            for _ in range(8):
                last = day + timedelta(days=self.randrange(20, 160))
                yield {"seat": str(seat), "from_on": day, "to_on": last, "filled": self.random() < 0.6}
                day = last + timedelta(days=1)
            yield {"seat": str(seat), "from_on": day, "to_on": None, "filled": True}

    def of_help_requests(self) -> Iterator[dict[str, Any]]:
        for n in range(80):
            day = self.day(date(2026, 5, 1))
            yield {"request_id": str(n), "asked_on": day, "answered_on": self.later(day, 20)}

    def of_working_time(self) -> Iterator[dict[str, Any]]:
        for _ in range(90):
            row = {"person": self.choice(PEOPLE), "day": self.day(date(2026, 2, 1))}
            yield row | {"hours": self.choice([0, 4, 8]), "selling_hours": self.randrange(9)}

    def of_recognitions(self) -> Iterator[dict[str, Any]]:
        for kind, units in (("company", ["all"]), ("territory", TERRITORIES), ("person", PEOPLE)):
            for unit in units:
                yield {"unit_kind": kind, "unit": unit, "given_on": self.day(date(2025, 6, 1))}

    def of_rival_launches(self) -> Iterator[dict[str, Any]]:
        for n in range(3):
            yield {"rival": str(n), "launched_on": self.day(date(2025, 6, 1)), "better": self.random() < 0.5}

    def of_missing_features(self) -> Iterator[dict[str, Any]]:
        for _ in range(60):
            row = {"deal_id": f"d{self.randrange(30)}", "feature": self.choice("uvwxyz")}
            yield row | {"must_have": self.random() < 0.7, "noted_on": self.day(date(2026, 2, 1))}

    @property
    def orders(self) -> list[dict[str, Any]]:
        return self.known


def firm(seed: int) -> Tables:
    random = Firm(seed)
    random.known = list(random.of_orders())
    return random.tables() | {"orders": random.known}


def figures(source: DrawSource, name: str, subject: Subject) -> tuple[object, int]:
    term = OF_STAGES[name]
    rows = evidence_query(source, term, subject)
    ((value, n),) = source.warehouse.query(rows.asked(f"{term.value}, {term.n}"), rows.parameters).rows
    return value, int(n)


SUBJECTS = [Subject(), Subject("territory", "N"), Subject("person", "p1"), Subject("product", "a")]


def test_each_term_of_these_stages_is_worked_out_by_hand_as_well() -> None:
    assert OF_STAGES.keys() == PLAIN.keys()


def near(value: object, wanted: object) -> bool:
    if isinstance(value, float | int) and isinstance(wanted, float | int):
        return math.isclose(value, wanted, rel_tol=1e-9, abs_tol=1e-9)
    return value == wanted


@pytest.mark.parametrize("seed", range(4))
def test_each_is_what_plain_python_finds(seed: int) -> None:
    tables = firm(seed)
    source = DrawSource(Warehouse.of_rows(tables, data_until=UNTIL), definitions(), QUARTER)
    wrong, seen = [], set()
    for name, term in OF_STAGES.items():
        for subject in SUBJECTS:
            if subject.kind not in term.per or source.missing(term, subject):
                continue
            asked = Asked(tables, QUARTER.start, QUARTER.end, UNTIL, subject.kind, subject.unit)
            (value, n), (wanted, count) = figures(source, name, subject), PLAIN[name](asked)
            if n or count:
                seen.add(name)
                if n != count or not near(value, wanted):
                    wrong.append(f"{name} {subject}: {value} of {n}, by hand {wanted} of {count}")
    assert wrong == []
    assert len(seen) >= len(PLAIN) - 4


# --- what each says that it reads ------------------------------------------------------------------------------------

SOLD = ("orders.ordered_on", "order_lines.quantity", "order_lines.price")


def columns_of(reads: Iterable[str], sql: str, which: int) -> set[str]:
    """The columns that a query says it cannot do without, with those of one meaning of each shared relation."""
    found = {column for read in reads for column in (SOLD if read == "sold" else (read,))}
    for name in placeholders(sql):
        if name in definitions().relations:
            meaning = definitions().relations[name][which]
            found |= columns_of(meaning.reads, meaning.select, which)
    return found


def narrow(tables: Tables, columns: frozenset[str]) -> Warehouse:
    """A firm that has these columns and no others, beside the keys of its tables, with few rows."""
    names: dict[str, set[str]] = {}
    for table, _, name in (column.partition(".") for column in columns):
        names.setdefault(table, set(canonical_schema().tables[table].key[:1])).add(name)
    rows = {
        table: [{name: row.get(name) for name in of} for row in tables.get(table, [])[:5] or [{}]]
        for table, of in names.items()
    }
    return Warehouse.of_rows(rows, data_until=UNTIL)


def test_each_term_is_drawn_of_the_columns_that_it_says_it_reads() -> None:
    """A firm that has no more than these is told a figure or a reason, and no query is refused."""
    tables, kept, wrong, ran = firm(1), dict[frozenset[str], Warehouse](), [], 0
    for name, term in definitions().terms.items():
        for asked in {frozenset(columns_of(term.reads, term.rows, which)) for which in (0, -1)}:
            warehouse = kept.get(asked) or narrow(tables, asked)
            kept[asked] = warehouse
            source = DrawSource(warehouse, definitions(), QUARTER)
            for subject in SUBJECTS:
                if subject.kind in term.per and term.rows and not source.missing(term, subject):
                    rows = evidence_query(source, term, subject)
                    try:
                        warehouse.query(rows.asked(f"{term.value}, {term.n}"), rows.parameters)
                        ran += 1
                    except QueryRefused as error:
                        wrong.append(f"{name} of a {subject.kind}: {error}")
    assert wrong == []
    assert ran > 150


# --- the page ---------------------------------------------------------------------------------------------------------


def test_the_page_lists_what_the_files_say() -> None:
    """`python tests/drawn_list.py` writes the lists anew."""
    page = PAGE.read_text(encoding="utf-8")
    assert with_lists(page) == page
    assert {found[1] for found in LISTED.finditer(page)} == {"counted", "drawn", "sheets", "computed", "stated"}


def test_each_fact_stands_in_one_list_of_the_page() -> None:
    base = rules()
    lists = [drawn_terms(), made_terms(), stated_terms()]
    assert sorted(term.name for terms in lists for term in terms) == sorted(base.terms)
    homes = [
        home for found in LISTED.finditer(PAGE.read_text(encoding="utf-8")) if found[2] for home in found[2].split(", ")
    ]
    assert sorted(homes) == sorted({term.home for term in base.terms.values()})
    assert not [term.name for term in drawn_terms() if term.computed]
    assert all(term.evidence and term.respondent for term in stated_terms())


def test_the_term_that_the_page_shows_is_one_of_the_files(tmp_path: Path) -> None:
    shown = PAGE.read_text(encoding="utf-8").partition("```yaml\n")[2].partition("```")[0]
    (tmp_path / "terms").mkdir()
    (tmp_path / "terms" / "shown.yaml").write_text(shown, encoding="utf-8")
    terms = read_definitions(tmp_path).terms
    assert terms
    for name, term in terms.items():
        assert replace(term, path="") == replace(definitions().terms[name], path="")


def test_nothing_of_a_personnel_file_is_drawn() -> None:
    """A usual talk is no session of an agreed coaching, and no list of goals is a signed paper."""
    last = rules().stages[-1].id
    assert [term.name for term in drawn_terms() if term.home == last] == []


def test_each_table_is_filled_by_a_system_or_a_sheet_and_read_by_a_term() -> None:
    """A table that no term reads would be asked of a firm for nothing."""
    read = {table for term in drawn_terms() for table in tables_of(definitions().terms[term.name])}
    kept = {kind.table for kind in sheet_words().kinds.values()}
    assert kept - read == set()
