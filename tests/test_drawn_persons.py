"""What is drawn of one person: each fact against plain Python, what makes a comparison unfair, and one among many."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from statistics import median
from typing import Any

import pytest

from conftest import ROOT
from salesdx.base.model import RuleBase
from salesdx.facts.comparable import Comparisons
from salesdx.facts.draw import Draw, draw_facts, draw_units
from salesdx.facts.drawn_terms import definitions
from salesdx.facts.evidence import evidenced, redrawn, rows_behind
from salesdx.facts.firm_settings import PeerRule
from salesdx.facts.people_list import LIST_VALUE, WIN_RATE, people_list
from salesdx.facts.scope import PERSON, Subject
from salesdx.facts.warehouse import Warehouse
from salesdx.language.statistics import fisher_lower_p
from salesdx.render.people_page import people_data, people_report, people_rows
from salesdx.render.trail import render_page

sys.path.insert(0, str(ROOT / "benchmarks"))
teams: Any = importlib.import_module("drawn_persons")
WINDOW, BEFORE = teams.WINDOW, teams.BEFORE
OF_A_PERSON = [term for term, drawn in definitions().terms.items() if drawn.per == (PERSON,)]
Tables = dict[str, list[dict[str, Any]]]
WEAK = "weak"
COUNTS = ("ind_decided_deals_n", "ind_wins_n", "ind_peer_decided_n", "ind_peer_wins_n")


def team(sellers: int = 8, seed: int = 1) -> Tables:
    """Some sellers, and one who wins a tenth of what they do, with contacts and open prospects."""
    random = Random(seed)
    agents = [*teams.alike(sellers, decided=60), teams.Agent(WEAK, 60, 0.03)]
    tables: Tables = teams.rows_of(random, agents)
    tables["activities"] = []
    for agent in agents:
        for n in range(random.randint(25, 40)):
            deal = {**tables["deals"][0], "deal_id": f"{agent.name} open {n}", "person": agent.name, "outcome": "open"}
            begun = WINDOW.end - timedelta(random.randrange(120))
            tables["deals"].append(deal | {"created_on": begun, "decided_on": None, "amount": random.random()})
            for k in range(random.randrange(4)):
                contact = {"activity_id": f"{agent.name} {n} {k}", "person": agent.name, "deal_id": deal["deal_id"]}
                day = begun + timedelta(random.randrange(110))
                tables["activities"].append(contact | {"kind": "call", "on_": day, "done": random.random() < 0.9})
    return tables


def warehouse_of(tables: Tables, until: date = teams.DATA_UNTIL, **settings: Any) -> Warehouse:
    return Warehouse.of_rows(tables, data_until=until, sold_by="won", currency="EUR", **settings)


def drawn(base: RuleBase, tables: Tables, *people: str, only: str = "", **settings: Any) -> dict[str, Draw]:
    subjects = [Subject(PERSON, person) for person in people]
    found = draw_units(warehouse_of(tables, **settings), base, subjects, WINDOW, [only] if only else OF_A_PERSON)
    return {subject.unit: draw for subject, draw in found.items()}


def reason(base: RuleBase, tables: Tables, term: str, person: str = WEAK, **settings: Any) -> str:
    fact = drawn(base, tables, person, only=term, **settings)[person].facts[term]
    assert not fact.known
    return fact.reason


class Plainly:
    """The same facts of one person, computed from the rows in plain Python."""

    def __init__(self, tables: Tables, person: str) -> None:
        self.tables, self.person = tables, person
        self.peers = [row["person"] for row in tables["people"] if row["person"] != person]

    def of(self, table: str, person: str, keep: Callable[[dict[str, Any]], bool]) -> list[dict[str, Any]]:
        return [row for row in self.tables[table] if row["person"] == person and keep(row)]

    def decided(self, person: str) -> list[dict[str, Any]]:
        return self.of("deals", person, lambda row: row["outcome"] != "open" and within(row["decided_on"]))

    def against_peers(self, figure: Callable[[str], float]) -> float:
        return figure(self.person) / median(figure(peer) for peer in self.peers)

    def accounts(self, person: str) -> float:
        held = self.of("assignments", person, lambda row: row["account"] is not None)
        days = [
            sum(row["from_on"] <= day and (row["to_on"] is None or day <= row["to_on"]) for row in held)
            for day in (WINDOW.start + timedelta(n) for n in range(WINDOW.days))
        ]
        return sum(days) / len(days)

    def contacts(self, person: str) -> float:
        return len(self.of("activities", person, lambda row: row["done"] and within(row["on_"]))) / WINDOW.days

    def open(self, person: str) -> list[dict[str, Any]]:
        return self.of("deals", person, lambda row: row["outcome"] == "open" and row["created_on"] <= WINDOW.end)

    def waiting(self, person: str) -> int:
        closed = [row for row in self.tables["deals"] if row["decided_on"]]
        cycle = median((row["decided_on"] - row["created_on"]).days for row in closed)
        n = 0
        for deal in self.open(person):
            own = [row for row in self.tables["activities"] if row["deal_id"] == deal["deal_id"]]
            last = max((row["on_"] for row in own if row["done"] and row["on_"] <= WINDOW.end), default=None)
            planned = any(not row["done"] and row["on_"] > WINDOW.end for row in own)
            n += not planned and (WINDOW.end - (last or deal["created_on"])).days > max(14, cycle / 4)
        return n

    def attained(self, person: str) -> float:
        first, last = BEFORE.start, WINDOW.end
        won = self.of("deals", person, lambda row: row["outcome"] == "won" and first <= row["decided_on"] <= last)
        goals = [row["amount"] for row in self.tables["goals"] if row["unit"] == person]
        return 100 * sum(row["amount"] for row in won) / sum(goals)

    def facts(self) -> dict[str, float]:
        everybody = [*self.peers, self.person]
        return {
            "ind_peers_n": len(self.peers),
            "ind_people_scanned_n": sum(len(self.decided(each)) >= 30 for each in everybody),
            "ind_decided_deals_n": len(self.decided(self.person)),
            "ind_wins_n": wins(self.decided(self.person)),
            "ind_peer_decided_n": sum(len(self.decided(peer)) for peer in self.peers),
            "ind_peer_wins_n": sum(wins(self.decided(peer)) for peer in self.peers),
            "ind_mix_index": self.against_peers(lambda who: median(row["list_amount"] for row in self.decided(who))),
            "ind_deals_index": self.against_peers(
                lambda who: len(self.of("deals", who, lambda row: within(row["created_on"])))
            ),
            "ind_accounts_ratio": self.against_peers(self.accounts),
            "ind_workload_ratio": self.against_peers(self.accounts),
            "ind_activity_ratio": self.against_peers(self.contacts),
            "ind_open_prospects_n": len(self.open(self.person)),
            "ind_stale_n": self.waiting(self.person),
            "ind_stale_prospects_pct": 100 * self.waiting(self.person) / len(self.open(self.person)),
            "ind_peer_open_n": sum(len(self.open(peer)) for peer in self.peers),
            "ind_peer_stale_n": sum(self.waiting(peer) for peer in self.peers),
            "ind_stale_peer_ratio": self.against_peers(lambda who: self.waiting(who) / len(self.open(who))),
            "ind_attainment_pct": self.attained(self.person),
            "ind_peer_median_pct": median(map(self.attained, self.peers)),
            "ind_tenure_months": (WINDOW.end - date(2021, 1, 4)).days / 30.4375,
            "ind_ramp_norm_months": 6,
            "ind_window_working_days": 66,
            "ind_absence_protected_days": 0,
            "ind_territory_changed": False,
        }


def within(day: date | None) -> bool:
    return day is not None and WINDOW.start <= day <= WINDOW.end


def wins(deals: list[dict[str, Any]]) -> int:
    return sum(row["outcome"] == "won" for row in deals)


@pytest.mark.parametrize("seed", [1, 2])
def test_each_fact_is_what_plain_python_makes_of_the_rows(base: RuleBase, seed: int) -> None:
    tables = team(seed=seed)
    facts = drawn(base, tables, WEAK)[WEAK].facts
    expected = Plainly(tables, WEAK).facts()
    assert {term: facts[term].reason for term in expected if not facts[term].known} == {}
    for term, value in expected.items():
        assert facts[term].best == pytest.approx(value, abs=1e-9), term


def test_one_among_many_is_what_the_person_is_alone(base: RuleBase) -> None:
    tables = team()
    together = drawn(base, tables, *(row["person"] for row in tables["people"]))
    for person in ("S00", WEAK):
        alone = drawn(base, tables, person)[person]
        for term, fact in together[person].facts.items():
            other = alone.facts[term]
            assert (fact.stated, fact.reason, fact.n) == (other.stated, other.reason, other.n), term
            assert (fact.sql, fact.parameters) == (other.sql, other.parameters), term


def test_who_wins_as_others_do_has_no_counts_and_the_reason_is_luck(base: RuleBase) -> None:
    facts = drawn(base, team(), "S00")["S00"].facts
    assert {facts[term].reason for term in COUNTS} == {"on like deals the difference is no more than luck"}


def test_everybody_counts_who_was_looked_at(base: RuleBase) -> None:
    comparisons = Comparisons(warehouse_of(team()), WINDOW)
    alone = comparisons.mix_chances[WEAK]
    assert comparisons.mix_p(WEAK) == min(1, alone * 9)
    assert comparisons.looked_at(WEAK) == (*(f"S{n:02}" for n in range(8)), WEAK)
    for person in (WEAK, "S00"):
        fact = drawn(base, team(), person, only=COUNTS[0])[person].facts[COUNTS[0]]
        told = float(comparisons.mix_chances[person]), float(comparisons.mix_p(person) or 0), 9
        assert (fact.p, fact.p_adjusted, fact.people_scanned) == told


def test_what_is_behind_each_fact_is_there_again_and_a_changed_cell_is_noticed(base: RuleBase) -> None:
    tables = team()
    warehouse = warehouse_of(tables)
    found = evidenced(warehouse, base, draw_facts(warehouse, base, Subject(PERSON, WEAK), WINDOW, OF_A_PERSON))
    told = json.loads(json.dumps(found.entries))
    assert [*redrawn(warehouse_of(tables), base, told)] == []
    rows = {entry["term"]: rows_behind(warehouse, entry) for entry in told.values()}
    own = [row[rows["ind_wins_n"].columns.index("won")] for row in rows["ind_wins_n"].rows]
    peers = [row[rows["ind_peer_wins_n"].columns.index("won")] for row in rows["ind_peer_wins_n"].rows]
    facts = found.draw.facts
    assert [len(own), sum(own), len(peers), sum(peers)] == [facts[term].best for term in COUNTS]
    deal = next(row for row in tables["deals"] if row["person"] == "S01" and within(row["decided_on"]))
    deal["outcome"] = "lost" if deal["outcome"] == "won" else "won"
    changed = {each.term for each in redrawn(warehouse_of(tables), base, told)}
    assert {"ind_peer_wins_n", "ind_peer_decided_n"} <= changed and "ind_accounts_ratio" not in changed


def test_few_wins_in_a_single_period_may_be_luck(base: RuleBase) -> None:
    tables = team()
    before = [row for row in tables["deals"] if row["person"] == WEAK and row["outcome"] == "lost"]
    for row in before[::3]:
        row["outcome"] = "lost" if within(row["decided_on"]) else "won"
    assert {reason(base, tables, term) for term in COUNTS} == {
        "in the period before, wins on like deals were no fewer: a single period may be luck"
    }


def test_managers_and_house_accounts_are_no_peers_and_four_are_too_few(base: RuleBase) -> None:
    tables = team(6)
    tables["people"][0]["manager"] = "S01"
    tables["people"][2]["started_on"] = None
    wanted = "4 comparable colleagues, 5 needed"
    assert reason(base, tables, "ind_peers_n") == wanted
    assert {reason(base, tables, term) for term in (*COUNTS, "ind_mix_index", "ind_activity_ratio")} == {wanted}
    assert reason(base, tables, "ind_peers_n", "S01") == "leads others, and is compared with nobody"


def test_without_the_potential_of_territories_nobody_is_compared_unless_the_firm_says_so(base: RuleBase) -> None:
    tables = team()
    del tables["territories"]
    assert reason(base, tables, "ind_peers_n").startswith("no source holds a territory")
    settings = {"peers": PeerRule(potential_within_pct=None)}
    assert drawn(base, tables, WEAK, **settings)[WEAK].facts["ind_peers_n"].best == 8


def with_move(tables: Tables) -> None:
    day = date(2026, 8, 14)
    held = next(row for row in tables["assignments"] if row["person"] == WEAK and row["territory"])
    held["to_on"] = day - timedelta(1)
    tables["assignments"].append({**held, "territory": "T S00", "from_on": day, "to_on": None})


def with_goal(tables: Tables) -> None:
    goal = next(row for row in tables["goals"] if row["unit"] == WEAK and row["from_on"] == WINDOW.start)
    tables["goals"].append({**goal, "version": "2", "set_on": date(2026, 8, 3), "amount": 1.0})


def with_absence(tables: Tables) -> None:
    away = {"person": WEAK, "from_on": date(2026, 5, 4), "to_on": date(2026, 5, 29), "days": 20.0, "protected": True}
    tables["absences"].append(away)


@pytest.mark.parametrize(
    ("change", "words", "moved"),
    [
        (with_move, "the territory changed on 2026-08-14: before and after are not compared", True),
        (with_goal, "the goal changed on 2026-08-03: before and after are not compared", False),
        (with_absence, "absence of more than 10 days on 2026-05-04: before and after are not compared", False),
    ],
)
def test_a_change_inside_the_periods_makes_them_void_with_its_day(
    base: RuleBase, change: Callable[[Tables], None], words: str, moved: bool
) -> None:
    tables = team()
    change(tables)
    facts = drawn(base, tables, WEAK)[WEAK].facts
    compared = [term for term, fact in facts.items() if fact.definition.fair]
    assert len(compared) >= 20
    assert {facts[term].reason for term in compared} == {words}
    assert facts["ind_territory_changed"].best is moved


def test_whose_window_is_void_is_nobodys_peer(base: RuleBase) -> None:
    tables = team()
    with_move(tables)
    assert drawn(base, tables, "S01")["S01"].facts["ind_peers_n"].best == 7


def test_one_peer_alone_makes_no_difference(base: RuleBase) -> None:
    """Beside eight equal sellers and one star all rates together differ by more than luck: it is the star's doing."""
    random = Random(1)
    tables = teams.rows_of(random, [*teams.alike(8, rate=0.3), teams.Agent("star", 3_000, 0.9)])
    comparisons = Comparisons(warehouse_of(tables), WINDOW)
    own, peers = comparisons.decided("S00"), [comparisons.decided(each) for each in comparisons.peers["S00"]]
    won, decided = sum(each.won for each in peers), sum(each.decided for each in peers)
    assert fisher_lower_p(own.won, own.decided, won, decided) < Decimal("1e-9")  # type: ignore[operator]
    assert reason(base, tables, "ind_wins_n", "S00") == "on like deals the difference is no more than luck"


def test_what_one_alone_records_is_a_difference_in_recording(base: RuleBase) -> None:
    tables = team()
    for row in tables["deals"]:
        if row["outcome"] == "none" and row["person"] != WEAK:
            row["outcome"] = "lost"
        elif row["outcome"] == "lost" and row["person"] == WEAK:
            row["outcome"] = "none"
    assert {reason(base, tables, term) for term in COUNTS} == {
        "a difference in recording: outcome 'lost' is used by the others and never by this person"
    }
    calls = team()
    for row in calls["activities"]:
        row["kind"] = "letter" if row["person"] == WEAK else "call"
    assert reason(base, calls, "ind_activity_ratio").startswith("a difference in recording: kind 'call' is used")


def test_deals_under_new_keys_and_stand_ins_say_nothing_of_a_person(base: RuleBase) -> None:
    tables = team()
    again = [row for row in tables["deals"] if row["person"] == WEAK and row["outcome"] == "lost"]
    tables["deals"] += [{**row, "deal_id": f"{row['deal_id']} again"} for row in again]
    assert "stand there twice under different keys" in reason(base, tables, "ind_wins_n")
    served = frozenset({"assignments.account"})
    assert reason(base, team(), "ind_workload_ratio", proxies=served).startswith("what is recorded stands for")


def test_a_quarter_that_is_not_over_says_so(base: RuleBase) -> None:
    until = WINDOW.start + timedelta(36)
    assert reason(base, team(), "ind_wins_n", until=until) == "the data end on 2026-08-06, 37 days into this quarter"


def test_no_rows_are_no_zero(base: RuleBase) -> None:
    tables = team()
    tables["activities"] = [row for row in tables["activities"] if row["person"] != WEAK]
    facts = drawn(base, tables, WEAK)[WEAK].facts
    assert facts["ind_activity_ratio"].reason.endswith("none, or moved, new, or not exported?")
    assert facts["ind_activity_low_periods_n"].reason.endswith("none, or moved, new, or not exported?")


def test_the_last_check_of_a_register_says_what_a_person_knows(base: RuleBase) -> None:
    checks = [{"person": WEAK, "held_on": date(2026, 7, 1) + timedelta(n), "score": 60.0 + n} for n in range(3)]
    facts = drawn(base, team() | {"trainings": checks}, WEAK)[WEAK].facts
    assert facts["ind_knowledge_pct"].best == 62


def test_usual_talks_are_no_sessions_of_an_agreed_coaching(base: RuleBase) -> None:
    """Counted as such they would lift what protects a person whose coaching was too short."""
    day = date(2026, 7, 1)
    sessions = [{"person": WEAK, "planned_on": day, "held_on": day, "note_by_both": True} for _ in range(12)]
    facts = drawn(base, team() | {"coachings": sessions}, WEAK)[WEAK].facts
    assert [name for name in facts if base.terms[name].home == base.stages[-1].id] == []


def test_a_list_says_what_carries_each_gap_and_marks_for_looking() -> None:
    """Sold is deals x win rate x list value x price kept, exactly; the weak seller's gap is one of the win rate."""
    tables = team()
    listed = people_list(warehouse_of(tables), WINDOW)
    (group,) = listed.groups
    assert (group.alike, len(group.people), listed.unlisted) == (("seller", "north"), 9, 0)
    for each in group.people:
        own = Plainly(tables, each.person).decided(each.person)
        assert each.sold == pytest.approx(sum(row["amount"] for row in own if row["outcome"] == "won"), rel=1e-12)
    weak = group.people[0]
    assert (weak.person, weak.carries, weak.marked, weak.why_not) == (WEAK, WIN_RATE, True, "")
    rates = {each.person: each.factors[WIN_RATE] for each in group.people}
    assert weak.against[WIN_RATE] == pytest.approx(rates[WEAK] / median(rates.values()), abs=1e-12)
    assert not any(each.marked for each in group.people[1:])
    page = render_page(people_report(listed, "EUR"), people_data(listed), "text", 200, False, people_rows(listed))
    (line,) = (line for line in page.splitlines() if line.lstrip("| ").startswith(WEAK))
    assert "win rate" in line and "marked" in line and "For looking, not for judging" in page
    assert people_data(listed)["groups"][0]["people"][0]["against"][WIN_RATE] == weak.against[WIN_RATE]


def test_who_was_given_smaller_deals_has_a_gap_of_list_value() -> None:
    tables = team()
    for row in tables["deals"]:
        if row["person"] == "S03":
            row |= {"list_amount": row["list_amount"] / 4, "amount": row["amount"] / 4}
    people = people_list(warehouse_of(tables), WINDOW).groups[0].people
    assert next(each.carries for each in people if each.person == "S03") == LIST_VALUE


def test_small_groups_are_not_listed_and_offices_that_record_otherwise_are_named() -> None:
    tables = team()
    for n, row in enumerate(tables["people"]):
        row["team"] = "south" if n < 4 else "north"
    for row in tables["activities"]:
        row["kind"] = "visit" if row["person"] in ("S00", "S01", "S02", "S03") else "call"
    listed = people_list(warehouse_of(tables), WINDOW)
    assert ([group.alike for group in listed.groups], listed.unlisted) == ([("seller", "north")], 4)
    assert listed.recorded == (
        "kind 'call' is used by north and never by the others",
        "kind 'visit' is used by south and never by the others",
    )
