"""Whether the people of a firm may be compared over a window, with whom, and for whom the window is void.

Everything is read once for all people, so that one more costs next to nothing. Rates are compared where kinds, outcomes
and stages are recorded alike; wins where they are also few on like deals, among all who were looked at.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any

from salesdx.facts.firm_settings import PeerRule
from salesdx.facts.like_deals import (
    DealCounts,
    Kind,
    LikeDeals,
    all_deals,
    among_all,
    expected_wins,
    like_deals,
    mix_lower_p,
)
from salesdx.facts.peer_group import Employed, peer_groups, peers_of, too_few
from salesdx.facts.people_read import (
    People,
    decided_deals,
    held_accounts,
    held_territories,
    people_of,
    person_goals,
    protected_absences,
    words_by_person,
)
from salesdx.facts.void_windows import (
    ConditionChange,
    absence_changes,
    account_changes,
    goal_changes,
    territory_changes,
)
from salesdx.facts.warehouse import Warehouse
from salesdx.facts.ways_of_recording import Words, recorded_apart
from salesdx.facts.windows import TimeWindow

LEAST_DEALS = 30
"""Decided deals from which on a person's win rate is looked at."""
LUCK = Decimal("0.05")
HALF = Decimal("0.5")
ONE_PERIOD = "in the period before, wins on like deals were no fewer: a single period may be luck"
PERIODS = 2
"""Closed periods that a comparison of a person needs."""
RATE_COLUMNS = ("deals.outcome", "deal_stages.stage")
"""What has to be recorded alike before rates of wins are compared."""
WINDOW, PEERS, RATES, CONTACTS, MIX = "window", "peers", "rates", "contacts", "mix"
FAIR = (WINDOW, PEERS, RATES, CONTACTS, MIX)
"""What a term may ask before it is said of a person: no change inside the periods, enough peers, outcomes and stages or
contacts that are recorded alike, fewer wins than luck gives on like deals."""
CONTACT_COLUMNS = ("activities.kind",)
"""The same before contacts are."""
OFFICE_COLUMNS = (*RATE_COLUMNS, *CONTACT_COLUMNS)
"""What a list of people compares between offices."""


@dataclass(frozen=True, slots=True)
class LuckTold:
    """The chance of as few wins on like deals, for one person alone and among all who were looked at."""

    p: float
    p_adjusted: float
    people_scanned: int
    test: str = "Poisson-binomial on like deals"


@dataclass(frozen=True)
class Comparisons:
    """All people of a firm over the periods that end with a window."""

    warehouse: Warehouse = field(repr=False)
    window: TimeWindow

    @cached_property
    def span(self) -> TimeWindow:
        """The window with the period before it: what a comparison reads."""
        return TimeWindow(self.window.earlier(PERIODS - 1).start, self.window.end)

    @property
    def rule(self) -> PeerRule:
        return self.warehouse.settings.peers

    @cached_property
    def why_nobody(self) -> str:
        """Why nobody can be compared: a column that says who sells, since when, or where, is not there."""
        needed = ["people.person", "people.sells", "people.started_on", "assignments.territory"]
        needed += [f"people.{name}" for name in self.rule.same]
        needed += ["people.ramp_months"] * self.rule.ramped
        needed += ["territories.potential"] * (self.rule.potential_within_pct is not None)
        return next((self.warehouse.why_not(column) for column in needed if not self.warehouse.has(column)), "")

    @cached_property
    def people(self) -> People:
        return people_of(self.warehouse, (self.span.start, self.span.end))

    @cached_property
    def groups(self) -> Mapping[str, frozenset[str]]:
        """Each person who sells -> all who are looked at with this person, who is among them."""
        if self.why_nobody:
            return {}
        there = (each for each in self.people.employed.values() if each.overlaps(self.span.start, self.span.end))
        return peer_groups(there, self.people.managers)

    @cached_property
    def changes(self) -> Mapping[str, tuple[ConditionChange, ...]]:
        """Person -> what changed for this person inside the periods, by day."""
        first, last = self.span.start, self.span.end
        territories, accounts = held_territories(self.warehouse), held_accounts(self.warehouse)
        goals, away = person_goals(self.warehouse), protected_absences(self.warehouse)
        periods = [(each.start, each.end) for each in (self.window.earlier(), self.window)]
        return {
            person: tuple(
                sorted(
                    {
                        *territory_changes(territories.get(person, ()), first, last),
                        *account_changes(accounts.get(person, ()), first, last),
                        *goal_changes(goals.get(person, ()), periods),
                        *absence_changes(away.get(person, ()), first, last),
                    }
                )
            )
            for person in self.people.employed
        }

    @cached_property
    def peers(self) -> Mapping[str, tuple[str, ...]]:
        """Person -> the peers, in order."""
        void = {person for person, changes in self.changes.items() if changes}
        span = (self.span.start, self.span.end)
        return {
            person: peers_of(self._employed(person), [*map(self._employed, group)], self.rule, span, void)
            for person, group in self.groups.items()
        }

    def _employed(self, person: str) -> Employed:
        return self.people.employed[person]

    def no_peers(self, person: str) -> str:
        """Why there is nobody to compare a person with; empty where there is."""
        if self.why_nobody:
            return self.why_nobody
        if person not in self.groups:
            return self.people.why_no_seller(person)
        return too_few(self.peers[person], self.rule)

    def changed(self, person: str) -> str:
        """Why the window is void for a person, with the first day of it; empty where it is not."""
        changes = self.changes.get(person, ())
        return changes[0].reason if changes else ""

    def void(self, person: str, fair: Sequence[str]) -> str:
        """Why nothing of the kind is compared, however many rows there are; empty where it may be."""
        why = self.changed(person) if WINDOW in fair else ""
        return why or (self.no_peers(person) if PEERS in fair else "")

    def unfair(self, person: str, fair: Sequence[str]) -> str:
        """Why enough rows are no fair comparison; empty where they are."""
        why = self.apart(person, RATE_COLUMNS) if RATES in fair else ""
        why = why or (self.apart(person, CONTACT_COLUMNS) if CONTACTS in fair else "")
        return why or (self.luck(person) if MIX in fair else "")

    def moved(self, person: str) -> bool:
        """Whether the person's territory, or a quarter of the accounts, changed inside the periods."""
        return any(change.moved for change in self.changes.get(person, ()))

    @cached_property
    def deals(self) -> Mapping[str, Mapping[Kind, DealCounts]]:
        """Person -> deals decided in the window by kind; those begun too late to be decided evenly are left out."""
        return decided_deals(self.warehouse, self.window)

    def decided(self, person: str) -> DealCounts:
        return all_deals(self.deals.get(person, {}).values())

    def looked_at(self, person: str) -> tuple[str, ...]:
        """All with enough decided deals in the person's group, whoever the case is about."""
        group = self.groups.get(person, ())
        return tuple(sorted(other for other in group if self.decided(other).decided >= LEAST_DEALS))

    @cached_property
    def mix_chances(self) -> Mapping[str, Decimal]:
        """Person with enough deals and peers -> the chance of as few wins on like deals, for this person alone."""
        return {
            person: self._mix_chance(person)
            for person in self.groups
            if self.decided(person).decided >= LEAST_DEALS and not self.no_peers(person)
        }

    def _mix_chance(self, person: str) -> Decimal:
        """The largest chance among all peers, and all but the one who wins most beyond what the others' rates give.

        A difference that hangs on one peer is that peer's.
        """
        peers = self.peers[person]
        chance = mix_lower_p(self._pairs(person, peers))
        if chance >= LUCK:
            return chance
        outlier = max(peers, key=lambda peer: (self._beyond(peer, peers), peer))
        return max(chance, mix_lower_p(self._pairs(person, [peer for peer in peers if peer != outlier])))

    def _pairs(self, person: str, peers: Sequence[str]) -> list[LikeDeals]:
        pairs = like_deals(self.deals[person], [self.deals.get(peer, {}) for peer in peers])
        return pairs if all_deals(pair.own for pair in pairs).decided >= LEAST_DEALS else []

    def _beyond(self, peer: str, peers: tuple[str, ...]) -> float:
        """Wins of a peer beyond what the rates of the other peers give."""
        pairs = like_deals(self.deals.get(peer, {}), [self.deals.get(other, {}) for other in peers if other != peer])
        return float(all_deals(pair.own for pair in pairs).won - expected_wins(pairs))

    @cached_property
    def _adjusted(self) -> Mapping[frozenset[str], Mapping[str, Decimal]]:
        """Group -> the chances of all in it, adjusted for everybody with enough deals."""
        adjusted = {}
        for group in set(self.groups.values()):
            asked = {p for p in group if self.decided(p).decided >= LEAST_DEALS}
            adjusted[group] = among_all({person: self.mix_chances.get(person, Decimal(1)) for person in asked})
        return adjusted

    def mix_p(self, person: str) -> Decimal | None:
        """The chance of as few wins on like deals, adjusted for all who were looked at; None where there is none."""
        return self._adjusted[self.groups[person]].get(person) if person in self.groups else None

    def luck_told(self, person: str, fair: Sequence[str]) -> LuckTold | None:
        """What is told of luck beside a fact that asks for it; None where there is nothing."""
        if MIX not in fair or person not in self.mix_chances:
            return None
        adjusted = self.mix_p(person)
        assert adjusted is not None
        return LuckTold(float(self.mix_chances[person]), float(adjusted), len(self.looked_at(person)))

    def luck(self, person: str) -> str:
        """Why a person's wins are no fewer than luck gives on like deals; empty where they are."""
        p = self.mix_p(person)
        if p is not None and p < LUCK:
            return ONE_PERIOD if self._before(person) >= HALF else ""
        if person in self.peers and not self._pairs(person, self.peers[person]):
            return f"fewer than {LEAST_DEALS} of the deals are of kinds that the others sell"
        return "on like deals the difference is no more than luck"

    def _before(self, person: str) -> Decimal:
        """The chance of as few wins on like deals in the period before; 0 where too few were decided to say it."""
        pairs = like_deals(self.deals_before.get(person, {}), map(self._deals_before, self.peers[person]))
        return mix_lower_p(pairs) if all_deals(pair.own for pair in pairs).decided >= LEAST_DEALS else Decimal(0)

    @cached_property
    def deals_before(self) -> Mapping[str, Mapping[Kind, DealCounts]]:
        """Person -> deals decided in the period before by kind."""
        return decided_deals(self.warehouse, self.window.earlier())

    def _deals_before(self, person: str) -> Mapping[Kind, DealCounts]:
        return self.deals_before.get(person, {})

    def apart(self, person: str, columns: tuple[str, ...]) -> str:
        """What the person records otherwise than the peers, in words; empty where nothing."""
        for column in columns:
            words = self.words(column)
            others = [words.get(peer, {}) for peer in self.peers.get(person, ())]
            for each in recorded_apart(column, words.get(person, {}), others):
                return f"a difference in recording: {each.told('this person', 'the others')}"
        return ""

    def words(self, column: str) -> Mapping[str, Words]:
        """Person -> word of a column -> rows in the window that have it."""
        return self._all_words[column]

    @cached_property
    def _all_words(self) -> Mapping[str, Mapping[str, Words]]:
        return {column: words_by_person(self.warehouse, column, self.window) for column in OFFICE_COLUMNS}

    def pairs(self, person: str = "") -> dict[str, list[Any]]:
        """Each person with all of the group, oneself too, and whether the other is a peer; of one person, or of all.

        As parameters of a query: three lists, a pair at each place of them.
        """
        rows = [
            (one, other, other in self._peer_set(one))
            for one in ([person] if person else sorted(self.people.employed))
            for other in sorted(self.groups.get(one, {one}))
        ]
        return _lists(("people", "others", "peers"), rows)

    def moves(self, person: str = "") -> dict[str, list[Any]]:
        """Each change of territory or accounts, of one person or of all, as parameters of a query."""
        changes = self.changes if not person else {person: self.changes.get(person, ())}
        rows = [(who, each.day, each.words) for who, all in changes.items() for each in all if each.moved]
        return _lists(("moved", "days", "words"), rows)

    def _peer_set(self, person: str) -> frozenset[str]:
        return frozenset(self.peers.get(person, ()))


def _lists(names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> dict[str, list[Any]]:
    """Rows as one list for each of their columns."""
    return {name: [row[place] for row in rows] for place, name in enumerate(names)}
