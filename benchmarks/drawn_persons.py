"""How often a person is concluded from drawn facts: by chance, rightly, or through a trap (`make bench-persons`).

Teams of sellers are made with a seed: people, territories, accounts, goals and deals, as a firm's systems have them.
Everybody's facts are drawn from these rows, and everything that rows do not say is in order: the evidence of a worked
case. The shipped rules decide.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from random import Random

from placebo import RATE, TEAM, Firm, firm

from salesdx.base.model import RuleBase
from salesdx.case.statement import Unknown
from salesdx.facts.draw import Draw, draw_units
from salesdx.facts.drawn_terms import definitions
from salesdx.facts.scope import PERSON, Subject
from salesdx.facts.warehouse import Warehouse
from salesdx.facts.windows import parse_window

PERIOD = "2026-Q3"
WINDOW = parse_window(PERIOD)
BEFORE = WINDOW.earlier()
DATA_UNTIL = date(2026, 11, 20)
PRODUCTS = {"chairs": (8_000, 1.2), "tables": (10_000, 1.0), "cabinets": (12_000, 0.8)}
HARD = {"kitchens": (10_000, 0.5)}
"""Mean list value of a deal, and how much easier than others it is won."""
SEGMENTS, SOURCES = ("retail", "office"), ("web", "referral")
PRICE_KEPT = 0.92
ACCOUNTS = 20
FEWEST, MOST = 100, 550
"""Decided deals of an agent where they differ."""
OF_A_PERSON = [
    *("case_attainment_pct", "case_periods_below_goal"),
    *(term for term, drawn in definitions().terms.items() if drawn.per == (PERSON,)),
]
WINS = "ind_wins_n"
"""Without it no rule that the benchmark leaves open can speak of a person: the rest is drawn of those who have it."""

Row = dict[str, object]
Tables = dict[str, list[Row]]


@dataclass(frozen=True)
class Agent:
    """A seller of a simulated team: deals decided in a quarter, and the chance to win one of a usual kind."""

    name: str
    decided: int = 200
    rate: float = RATE
    team: str = "north"
    leads: str | None = None
    """Who leads this seller."""
    products: tuple[str, ...] = tuple(PRODUCTS)


@dataclass(frozen=True)
class Rows:
    """The rows of a team, and until when there are any."""

    tables: Tables
    until: date = DATA_UNTIL
    asked: tuple[str, ...] = field(default=())
    """Whom the question is about; nobody: everybody."""


def rows_of(random: Random, agents: Sequence[Agent]) -> Tables:
    """The tables of a team in which nothing is wrong but what its agents are."""
    return {
        "people": [_person(agent) for agent in agents],
        "assignments": [row for agent in agents for row in _assignments(agent)],
        "territories": [{"territory": f"T {a.name}", "potential": 100.0, "from_on": date(2020, 1, 1)} for a in agents],
        "absences": [],
        "goals": [row for agent in agents for row in _goals(agent)],
        "deals": [
            row
            for agent in agents
            for window in (BEFORE, WINDOW)
            for n in range(agent.decided)
            for row in [_deal(random, agent, f"{agent.name} {window.start} {n}", window.start)]
        ],
    }


def _person(agent: Agent) -> Row:
    return {
        "person": agent.name,
        "role": "seller",
        "team": agent.team,
        "manager": agent.leads,
        "started_on": date(2021, 1, 4),
        "ended_on": None,
        "sells": True,
        "ramp_months": 6.0,
    }


def _assignments(agent: Agent) -> Iterator[Row]:
    held = {"person": agent.name, "from_on": date(2021, 1, 4), "to_on": None}
    yield held | {"territory": f"T {agent.name}", "account": None}
    yield from (held | {"territory": None, "account": f"{agent.name} {n}"} for n in range(ACCOUNTS))


def _goals(agent: Agent) -> Iterator[Row]:
    """What the usual rate gives for the agent's deals."""
    mean = sum(value * easier for value, easier in PRODUCTS.values()) / len(PRODUCTS)
    for window in (BEFORE, WINDOW):
        yield {
            "unit_kind": "person",
            "unit": agent.name,
            "from_on": window.start,
            "to_on": window.end,
            "amount": round(agent.decided * RATE * mean * PRICE_KEPT, 2),
            "currency": "EUR",
            "metric": "revenue",
            "version": "1",
            "set_on": date(2025, 12, 15),
        }


def _deal(random: Random, agent: Agent, id: str, first: date) -> Row:
    product = random.choice(agent.products)
    value, easier = (PRODUCTS | HARD)[product]
    decided = first + timedelta(random.randrange(WINDOW.days - 2))
    listed = round(value * random.lognormvariate(-0.08, 0.4), 2)
    return {
        "deal_id": id,
        "person": agent.name,
        "customer": f"{agent.name} {random.randrange(ACCOUNTS)}",
        "product": product,
        "segment": random.choice(SEGMENTS),
        "source": random.choice(SOURCES),
        "created_on": decided - timedelta(random.randint(15, 45)),
        "decided_on": decided,
        "outcome": "won" if random.random() < agent.rate * easier else random.choice(("lost", "lost", "lost", "none")),
        "amount": round(listed * PRICE_KEPT, 2),
        "list_amount": listed,
        "currency": "EUR",
    }


def alike(n: int = TEAM, **other: object) -> list[Agent]:
    return [replace(Agent(f"S{number:02}"), **other) for number in range(n)]  # type: ignore[arg-type]


def placebo(random: Random) -> Rows:
    """Agents of different sizes with one rate; the owners of all deals of a kind are shuffled."""
    agents = [replace(agent, decided=random.randint(FEWEST, MOST) // 2) for agent in alike()]
    tables = rows_of(random, agents)
    for product in PRODUCTS:
        deals = [row for row in tables["deals"] if row["product"] == product]
        outcomes = [row["outcome"] for row in deals]
        random.shuffle(outcomes)
        for row, outcome in zip(deals, outcomes, strict=True):
            row["outcome"] = outcome
    return Rows(tables)


def weak(random: Random) -> Rows:
    """One of 31 wins half as often."""
    return Rows(rows_of(random, [*alike(), Agent("weak", rate=RATE / 2)]), asked=("weak",))


def beside(random: Random) -> Rows:
    """The thirty beside that seller."""
    return replace(weak(random), asked=tuple(agent.name for agent in alike()))


def moved(random: Random) -> Rows:
    """Half of the accounts go to a colleague in August, and half of the wins with them."""
    rows = weak(random)
    day = date(2026, 8, 10)
    for row in rows.tables["assignments"]:
        if row["person"] == "weak" and row["account"] and int(str(row["account"]).split()[1]) % 2:
            row["to_on"] = day - timedelta(1)
            rows.tables["assignments"].append({**row, "person": "S00", "from_on": day, "to_on": None})
    return replace(rows, asked=("weak", "S00"))


def truncated(random: Random) -> Rows:
    """The data end 51 days into the quarter; what is won late is not there yet."""
    rows = weak(random)
    until = WINDOW.start + timedelta(50)
    kept = [row for row in rows.tables["deals"] if row["decided_on"] <= until]  # type: ignore[operator]
    return Rows(rows.tables | {"deals": kept}, until, ("weak",))


def managers(random: Random) -> Rows:
    """Six who lead the others sell to the largest customers, and win twice as often."""
    leaders = [Agent(f"M{n}", 300, 2 * RATE) for n in range(6)]
    sellers = [replace(agent, leads=f"M{n % 6}") for n, agent in enumerate(alike())]
    return Rows(rows_of(random, [*sellers, *leaders]))


def outlier(random: Random) -> Rows:
    """One of 31 decides twenty times as many deals and wins most of them."""
    return Rows(rows_of(random, [*alike(), Agent("star", 2_000, 0.8)]))


def harder(random: Random) -> Rows:
    """One sells nothing but what everybody loses twice as often."""
    agents = [*alike(), Agent("weak", products=tuple(HARD))]
    with_hard = [replace(agent, products=(*PRODUCTS, *HARD)) for agent in agents[:-1]]
    return Rows(rows_of(random, [*with_hard, agents[-1]]), asked=("weak",))


def recorded(random: Random) -> Rows:
    """One enters each first talk as a deal that ends in no decision, and the others never do."""
    rows = Rows(rows_of(random, alike(TEAM + 1)), asked=("S00",))
    for row in rows.tables["deals"]:
        if row["outcome"] == "none":
            row["outcome"] = "lost"
    own = [row for row in rows.tables["deals"] if row["person"] == "S00"]
    rows.tables["deals"] += [{**row, "deal_id": f"{row['deal_id']} talk", "outcome": "none"} for row in own]
    return rows


def twice(random: Random) -> Rows:
    """The deals that one lost were imported again under new keys."""
    rows = Rows(rows_of(random, alike(TEAM + 1)), asked=("S00",))
    lost = [row for row in rows.tables["deals"] if row["person"] == "S00" and row["outcome"] != "won"]
    rows.tables["deals"] += [{**row, "deal_id": f"{row['deal_id']} {n}"} for row in lost for n in (2, 3)]
    return rows


CASES: Mapping[str, Callable[[Random], Rows]] = {
    f"{TEAM} equal sellers, outcomes shuffled: at least one is concluded": placebo,
    f"a seller at half the rate of {TEAM} others is concluded": weak,
    f"one of the {TEAM} beside that seller is concluded": beside,
    "half of the accounts taken away: who had or got them is concluded": moved,
    "a quarter whose data end early: a weak seller is concluded": truncated,
    "managers who sell beside them: anybody is concluded": managers,
    "one outlier among the peers: anybody is concluded": outlier,
    "who sells what is harder is concluded": harder,
    "who alone records first talks is concluded": recorded,
    "whose lost deals stand there again under new keys is concluded": twice,
}


def concluded(ours: Firm, base: RuleBase, rows: Rows) -> list[str]:
    """The people at whom the diagnosis of their drawn facts ends."""
    warehouse = Warehouse.of_rows(rows.tables, data_until=rows.until, sold_by="won", currency="EUR")
    people = rows.asked or tuple(str(row["person"]) for row in rows.tables["people"])
    first = draw_units(warehouse, base, [Subject(PERSON, each) for each in people], WINDOW, [WINS])
    known = [subject for subject, draw in first.items() if draw.facts[WINS].known]
    drawn = draw_units(warehouse, base, known, WINDOW, OF_A_PERSON)
    return [subject.unit for subject, draw in drawn.items() if ours.concludes_person(facts(draw))]


def facts(draw: Draw) -> dict[str, object]:
    """What the rows say, or that they do not say it; of tables that the firm has none of, all is in order."""
    there = {term: fact for term, fact in draw.facts.items() if fact.sql}
    return {term: fact.stated if fact.known else Unknown.NOT_KNOWN for term, fact in there.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=1_000, help="teams of each kind")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="the kinds with these words")
    given = parser.parse_args()
    ours = firm(None)
    print(f"| {given.times:,} times each, {TEAM} sellers | |\n|---|---|")
    for what, make in CASES.items():
        if given.only in what:
            random = Random(given.seed)
            ends = sum(bool(concluded(ours, ours.base, make(random))) for _ in range(given.times))
            print(f"| {what} | {ends / given.times:.1%} |", flush=True)


if __name__ == "__main__":
    sys.exit(main())
