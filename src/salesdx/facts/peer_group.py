"""Who may be compared with whom: people who sell, are ramped, and hold like territories, on each day of a window."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from salesdx.facts.firm_settings import PeerRule
from salesdx.followup.judging_time import months_later

LEAST_PEERS = 5


@dataclass(frozen=True, slots=True)
class Employed:
    """A person on the list of people, as far as it says.

    ``potential``: of the territories held, on the first day and on the last; None where nobody knows.
    """

    person: str
    alike: tuple[str | None, ...] = ()
    """What stands in the columns in which peers agree."""
    sells: bool = False
    started_on: date | None = None
    ended_on: date | None = None
    ramp_months: float | None = None
    potential: tuple[float | None, float | None] = (None, None)

    def there(self, first: date, last: date) -> bool:
        """Whether the person was there on every day of the window. A house account began on no day."""
        began = self.started_on is not None and self.started_on <= first
        return began and (self.ended_on is None or self.ended_on >= last)

    def overlaps(self, first: date, last: date) -> bool:
        """Whether the person was there on some day of the window, as far as the list says."""
        return (self.started_on or first) <= last and (self.ended_on or last) >= first

    def ramped_by(self, day: date) -> bool:
        if self.started_on is None or self.ramp_months is None:
            return False
        return months_later(self.started_on, self.ramp_months) <= day


def peer_groups(everyone: Iterable[Employed], managers: Collection[str]) -> dict[str, frozenset[str]]:
    """Each person who sells -> all who sell in the same role and team, the person among them.

    Who leads others, and who is not known to sell, is in none. Nor is anybody whose role or team is not known.
    """
    groups: dict[tuple[str | None, ...], set[str]] = {}
    sellers = [each for each in everyone if each.sells and each.person not in managers and None not in each.alike]
    for each in sellers:
        groups.setdefault(each.alike, set()).add(each.person)
    return {each.person: frozenset(groups[each.alike]) for each in sellers}


def peers_of(
    person: Employed,
    group: Collection[Employed],
    rule: PeerRule,
    window: tuple[date, date],
    void: Collection[str],
) -> tuple[str, ...]:
    """The peers of a person, in order.

    They are those of the group who were there all the time, ramped from the first day on, with territories of like
    potential, and without a change of their own inside the window.
    """
    return tuple(
        sorted(
            other.person
            for other in group
            if other.person != person.person
            and other.person not in void
            and other.there(*window)
            and (not rule.ramped or other.ramped_by(window[0]))
            and (rule.potential_within_pct is None or _like(person.potential, other.potential, rule))
        )
    )


def too_few(peers: Collection[str], rule: PeerRule) -> str:
    """Why a comparison is none; empty where there are enough peers."""
    least = max(LEAST_PEERS, rule.at_least)
    if len(peers) >= least:
        return ""
    return f"{len(peers)} comparable {'colleague' if len(peers) == 1 else 'colleagues'}, {least} needed"


def potential_of(held: Iterable[str], potentials: Mapping[str, float]) -> float | None:
    """The potential of all territories held on a day; None where one of them has none, or none is held."""
    values = [potentials.get(territory) for territory in held]
    known = [value for value in values if value is not None]
    return sum(known) if known and len(known) == len(values) else None


def _like(own: tuple[float | None, float | None], other: tuple[float | None, float | None], rule: PeerRule) -> bool:
    """Whether potentials are within the firm's percentage on both days."""
    share = (rule.potential_within_pct or 0) / 100
    return all(
        a is not None and b is not None and abs(a - b) <= share * a + 1e-9 * abs(a)
        for a, b in zip(own, other, strict=True)
    )
