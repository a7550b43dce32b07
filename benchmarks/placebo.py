"""How often a person is found by chance, and how often a weak one: `benchmarks/placebo.py`.

Deals are drawn with a seed, everything else is in order: every earlier stage is ruled out on the evidence of a worked
case. The product decides each person's case, by the shipped rules and, beside them, by those on chance and fairness as
they were in content 2026.12 (a plain two-sided p, and a gate that knew of no move, mix, period or shortfall of all).
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from random import Random
from statistics import median

import salesdx
from salesdx.base.loading import shipped_home
from salesdx.base.model import RuleBase
from salesdx.case.memory import WorkingMemory
from salesdx.engine.diagnose import quick

IN_ORDER = "individual-picked-as-the-last-of-ten.yaml"
TEAM = 30
RATE = 0.30
GATE = 80
"""Percent of goal. Nobody at it or above is compared (IN0, before as now), so only cases below are decided."""
BEFORE = {
    "layer.yaml": (
        "extends: salesdx\nname: Chance as in 2026.12\nremoves:\n  G14: the rule was not there\n"
        "  IN16: the rule was not there\n"
    ),
    "knowledge/individual.yaml": """\
terms:
  ind_win_p_value:
    label: Chance of this win rate by luck
    type: number
    unit: probability
    range: [0, 1]
    formula: fisher_p(ind_wins_n, ind_decided_deals_n, ind_peer_wins_n, ind_peer_decided_n)
    tolerance: 0.001
    evidence: the four counts of decided and won deals
    derive: two-sided Fisher exact test on won and not won, person against peers
    valid_for: period
    source: J
""",
    "rules/individual.yaml": """\
- id: IN0
  strength: gate
  title: The comparison is fair
  when: >-
    ind_peers_n >= 5 and ind_tenure_months >= ind_ramp_norm_months and case_periods_below_goal >= 2 and
    ind_attainment_pct < 80 and ind_attainment_pct <= 0.8 * ind_peer_median_pct and goal_potential_ratio <= 1.15 and
    ind_workload_ratio <= 1.25 and ind_capacity_limit == 'none' and (ind_absence_protected_days == 0 or
    ind_absence_adjusted)
  finding: comparable_gap
  recommend: []
  because: "{ind_attainment_pct}% of goal."
  source: J
- id: IN1
  strength: strong
  title: The win rate is lower by more than luck
  when: >-
    comparable_gap and ind_decided_deals_n >= 30 and ind_win_p_value < 0.05 and ind_wins_n * ind_peer_decided_n <
    ind_peer_wins_n * ind_decided_deals_n
  finding: conversion_gap_person
  recommend: [coaching_plan]
  because: "A probability of {ind_win_p_value}."
  source: J
""",
}
TRAPS: Mapping[str, Mapping[str, object]] = {
    "accounts taken away": {"ind_territory_changed": True, "goal_moved_with_accounts": False},
    "a truncated period": {"case_data_until": date(2026, 6, 9), "case_period_end": date(2026, 6, 30)},
    "mix: smaller deals": {"ind_mix_index": Decimal("0.4")},
    "one outlier among the peers": {"ind_attainment_pct": 75, "ind_peer_median_pct": 80},
    "recorded in a different way": {"data_crm_completeness_pct": 62},
}
"""What lowers a seller's win rate to half the peers' without being the seller's doing, and the facts that show it."""


@dataclass(frozen=True)
class Seller:
    """Deals won in each of two periods, of as many decided in each."""

    won: tuple[int, int]
    decided: int

    @property
    def wins(self) -> int:
        return sum(self.won)

    @property
    def rate(self) -> float:
        return self.wins / (2 * self.decided)


@dataclass(frozen=True)
class Firm:
    """One rule base and the case in which everything but the person's deals is in order."""

    base: RuleBase
    in_order: WorkingMemory

    def concludes_person(self, facts: Mapping[str, object]) -> bool:
        memory = self.in_order
        for name, value in facts.items():
            memory = memory.with_fact(name, value)
        concluded = quick(self.base, memory).concluded
        return concluded is not None and concluded.stage.id == self.base.ladder.personnel_stage


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=1_000, help="teams, weak sellers and traps of each kind")
    parser.add_argument("--deals", type=int, default=200, help="decided deals of each seller over two periods, even")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        now, before = firm(None), firm(written(Path(folder)))
        print(f"| {given.times:,} times each, {given.deals} deals a seller, won at {RATE:.0%} | shipped | before |")
        print("|---|---|---|")
        for what, cases in rows(given.times, given.seed, given.deals // 2):
            counts = [0, 0]
            for persons in cases:
                asked = [facts for facts in persons if int(str(facts["ind_attainment_pct"])) < GATE]
                for side, one in enumerate((now, before)):
                    counts[side] += any(one.concludes_person(facts) for facts in asked)
            print(f"| {what} | " + " | ".join(f"{count / given.times:.1%}" for count in counts) + " |", flush=True)


def rows(times: int, seed: int, half: int) -> Iterator[tuple[str, Iterator[list[dict[str, object]]]]]:
    """Each row of the table with its cases; a case is the facts of every person who may be found in it."""
    yield f"at least one of {TEAM} equal sellers is concluded", placebo(Random(seed), times, half)
    yield f"a seller at half the rate of {TEAM} others is concluded", weak(Random(seed), times, half, {})
    yield f"one of the {TEAM} beside that seller is concluded", weak(Random(seed), times, half, None)
    for what, shown in TRAPS.items():
        yield f"{what}: the seller is concluded", weak(Random(seed), times, half, shown)


def placebo(random: Random, times: int, half: int) -> Iterator[list[dict[str, object]]]:
    """Teams of equals: the outcomes of all deals are shuffled over the sellers."""
    deals = 2 * half * TEAM
    outcomes = [n < round(RATE * deals) for n in range(deals)]
    for _ in range(times):
        random.shuffle(outcomes)
        won = [sum(outcomes[start : start + half]) for start in range(0, deals, half)]
        team = [Seller((won[2 * n], won[2 * n + 1]), half) for n in range(TEAM)]
        yield [facts_of(seller, team) for seller in team]


def weak(
    random: Random, times: int, half: int, shown: Mapping[str, object] | None
) -> Iterator[list[dict[str, object]]]:
    """Teams with one seller more, who wins half as often: that one with the facts shown, or (None) all the others."""
    for _ in range(times):
        team = [drawn(random, RATE, half) for _ in range(TEAM)]
        last = drawn(random, RATE / 2, half)
        team.append(last)
        others = [facts_of(seller, team) for seller in team if seller is not last]
        yield others if shown is None else [facts_of(last, team) | shown]


def drawn(random: Random, rate: float, half: int) -> Seller:
    return Seller((wins(random, rate, half), wins(random, rate, half)), half)


def wins(random: Random, rate: float, deals: int) -> int:
    return sum(random.random() < rate for _ in range(deals))


def facts_of(seller: Seller, team: list[Seller]) -> dict[str, object]:
    """What is stated of one seller who was picked after the whole team was looked at. The goal is the team's mean."""
    peers = [other for other in team if other is not seller]
    goal = sum(other.rate for other in team) / len(team)
    below = 0
    for won in reversed(seller.won):
        if won / seller.decided >= goal:
            break
        below += 1
    attained = percent(seller.rate / goal)
    return {
        "case_attainment_pct": min(attained, 99),
        "case_periods_below_goal": below,
        "ind_attainment_pct": attained,
        "ind_peer_median_pct": percent(median(other.rate for other in peers) / goal),
        "ind_peers_n": len(peers),
        "ind_wins_n": seller.wins,
        "ind_decided_deals_n": 2 * seller.decided,
        "ind_peer_wins_n": sum(other.wins for other in peers),
        "ind_peer_decided_n": sum(2 * other.decided for other in peers),
        "ind_people_scanned_n": len(team),
    }


def percent(share: float) -> int:
    return round(share * 100)


def firm(home: Path | None) -> Firm:
    base = salesdx.load(home) if home else salesdx.load()
    return Firm(base, salesdx.read_case(shipped_home() / "rules" / "cases" / IN_ORDER, base))


def written(home: Path) -> Path:
    """The layer with the rules as they were."""
    for name, text in BEFORE.items():
        path = home / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return home


if __name__ == "__main__":
    sys.exit(main())
