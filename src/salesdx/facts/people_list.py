"""All people who sell, side by side: what carries the gap of each, and whom luck alone would hardly put so low.

For looking, not for judging: a tenth of the marked stand there by luck, and what somebody was given to sell is no
ability.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import median

from salesdx.facts.comparable import OFFICE_COLUMNS, PEERS, WINDOW, Comparisons
from salesdx.facts.like_deals import all_deals, for_looking
from salesdx.facts.people_read import last_begun
from salesdx.facts.warehouse import Warehouse
from salesdx.facts.ways_of_recording import offices_apart
from salesdx.facts.windows import TimeWindow
from salesdx.language.statistics import fisher_lower_p

LEAST_LISTED = 5
"""People in a group below which it is not listed: one could be told from the others."""
DEALS, WIN_RATE, LIST_VALUE, PRICE_KEPT = "deals", "win rate", "list value", "price kept"
FACTORS = (DEALS, WIN_RATE, LIST_VALUE, PRICE_KEPT)
"""Their product is what was sold: decided deals, the share won, list value of a won deal, the share of it kept."""


@dataclass(frozen=True, slots=True)
class PersonBeside:
    """A person beside the group. Money is in the report currency.

    ``factors``: of FACTORS those that the rows give. ``against``: each divided by the group's median. ``carries``: the
    factor that is furthest below it; empty where none is. ``p``: the chance of so few wins by luck, the larger one of
    both tests, None under 30 decided deals or without peers. ``why_not``: why the person is compared with nobody.
    """

    person: str
    sold: float
    factors: Mapping[str, float]
    against: Mapping[str, float]
    carries: str
    p: Decimal | None
    marked: bool
    why_not: str


@dataclass(frozen=True, slots=True)
class PeopleGroup:
    """People in one role and team, the lowest sales first."""

    alike: tuple[str, ...]
    people: tuple[PersonBeside, ...]


@dataclass(frozen=True, slots=True)
class PeopleList:
    """The list over a window.

    ``unlisted``: people in groups too small to be listed. ``recorded``: what one office alone records, or leaves out,
    in words. ``why_nobody``: why nobody can be compared.
    """

    window: TimeWindow
    groups: tuple[PeopleGroup, ...]
    unlisted: int
    recorded: tuple[str, ...]
    why_nobody: str


def people_list(warehouse: Warehouse, window: TimeWindow) -> PeopleList:
    """Everybody who sells, by group."""
    comparisons = Comparisons(warehouse, window)
    sold = _factors(warehouse, window)
    groups = sorted({tuple(sorted(group)) for group in comparisons.groups.values()})
    listed = [group for group in groups if len(group) >= LEAST_LISTED]
    return PeopleList(
        window,
        tuple(_group(comparisons, group, sold) for group in listed),
        sum(len(group) for group in groups if len(group) < LEAST_LISTED),
        tuple(_recorded(comparisons)),
        comparisons.why_nobody,
    )


def _group(comparisons: Comparisons, group: Sequence[str], sold: Mapping[str, Mapping[str, float]]) -> PeopleGroup:
    chances = {person: p for person in group if (p := _chance(comparisons, person)) is not None}
    marked = for_looking(chances)
    usual = {
        factor: median(values)
        for factor in FACTORS
        if (values := [sold[person][factor] for person in group if factor in sold.get(person, {})])
    }
    people = [
        _person(comparisons, person, sold.get(person, {}), usual, chances.get(person), person in marked)
        for person in group
    ]
    alike = comparisons.people.employed[group[0]].alike
    return PeopleGroup(tuple(map(str, alike)), tuple(sorted(people, key=lambda each: (each.sold, each.person))))


def _person(
    comparisons: Comparisons,
    person: str,
    factors: Mapping[str, float],
    usual: Mapping[str, float],
    p: Decimal | None,
    marked: bool,
) -> PersonBeside:
    against = {factor: value / usual[factor] for factor, value in factors.items() if usual.get(factor)}
    lowest = min(against, key=lambda factor: against[factor], default="")
    amount = 1.0
    for factor in FACTORS:
        amount *= factors.get(factor, 1.0)
    why_not = comparisons.void(person, (WINDOW, PEERS)) if factors else "no decided deals: moved, new, or not exported?"
    carries = lowest if lowest and against[lowest] < 1 else ""
    return PersonBeside(person, amount if factors else 0.0, factors, against, carries, p, marked, why_not)


def _chance(comparisons: Comparisons, person: str) -> Decimal | None:
    """The larger chance of both tests, of this person alone; None where the person is not compared."""
    if person not in comparisons.mix_chances or comparisons.changed(person):
        return None
    own, peers = comparisons.decided(person), all_deals(map(comparisons.decided, comparisons.peers[person]))
    plain = fisher_lower_p(own.won, own.decided, peers.won, peers.decided)
    return None if plain is None else max(plain, comparisons.mix_chances[person])


def _recorded(comparisons: Comparisons) -> list[str]:
    """What one office alone records, by column."""
    teams = comparisons.people.teams
    told = []
    for column in OFFICE_COLUMNS:
        offices: dict[str, dict[str, int]] = {}
        for person, words in comparisons.words(column).items():
            for word, n in words.items() if person in teams else ():
                office = offices.setdefault(teams[person], {})
                office[word] = office.get(word, 0) + n
        told += [apart.told(office, "the others") for office, apart in offices_apart(column, offices)]
    return told


def _factors(warehouse: Warehouse, window: TimeWindow) -> Mapping[str, Mapping[str, float]]:
    """Person -> the factors of what was sold, from the deals decided in the window."""
    if not all(map(warehouse.has, ("deals.person", "deals.decided_on", "deals.outcome", "deals.amount"))):
        return {}
    listed = "list_amount_r" if warehouse.has("deals.list_amount") else "amount_r"
    begun = "and created_on <= $closed" if warehouse.has("deals.created_on") else ""
    found = warehouse.query(
        "select person, count(*), count(*) filter (outcome = 'won') / count(*), "
        f"avg({listed}) filter (outcome = 'won'), sum(amount_r) filter (outcome = 'won') / "
        f"nullif(sum({listed}) filter (outcome = 'won'), 0) from deals where person is not null "
        f"and decided_on between $first and $last and outcome in ('won', 'lost', 'none') {begun} group by person",
        {"first": window.start, "last": window.end, "closed": last_begun(warehouse)},
    )
    return {
        person: {factor: float(value) for factor, value in zip(FACTORS, values, strict=True) if value is not None}
        for person, *values in found.rows
    }
