"""Who works in a simulated firm, where, and what it sells: everything that stands before the first order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from math import exp
from random import Random

Row = dict[str, object]
Tables = dict[str, list[Row]]
"""The rows of each table. One row is one thing that happened."""

START = date(2023, 10, 1)
CRM_FROM = date(2025, 1, 1)
"""Sales and service work with their present systems since then; the ERP is older."""
DATA_UNTIL = date(2026, 11, 15)
"""The export is from six weeks after the period in question, which has settled; the next is open."""
QUARTERS = tuple(
    (date(year, month, 1), date(year + (month == 10), (month + 2) % 12 + 1, 1) - timedelta(1))
    for year in (2023, 2024, 2025, 2026)
    for month in (1, 4, 7, 10)
    if date(year, month, 1) >= START
)
"""First and last day of each quarter; the last is open."""
PERIOD = QUARTERS[-2]
"""The quarter that is asked about: the last one that is over."""

TERRITORIES = ("North", "South", "East", "West")
SEGMENTS = ("retail", "office", "hotel")
_SEASON = (0.94, 0.95, 1.01, 1.04, 1.03, 1.0, 0.95, 0.91, 1.01, 1.05, 1.07, 1.04)
_FAMILIES = {"chairs": (180, 320), "tables": (420, 980), "cabinets": (560, 1250), "beds": (640, 1400)}
_ACCOUNTS = 16
"""Accounts of a seller."""


@dataclass(frozen=True)
class Goods:
    """A product: its family, the list price at the start, its cost, and whether it is one of the fast-selling ones."""

    id: str
    family: str
    price: float
    cost: float
    fast: bool


@dataclass(frozen=True)
class Seller:
    """One seller: skill and luck with leads are factors around 1; months to full result are `ramp_months`."""

    id: str
    territory: str
    team: str
    started: date
    ended: date | None
    win: float
    leads: float
    ramp_months: int = 6

    def works_on(self, day: date) -> bool:
        return self.started <= day and (self.ended is None or day <= self.ended)

    def ramp(self, day: date) -> float:
        """What part of a full result is expected on this day, from 0.3 at the start to 1."""
        months = (day - self.started).days / 30.4
        return min(1.0, 0.3 + 0.7 * months / self.ramp_months)


@dataclass(frozen=True)
class Roster:
    """The firm as it stands: sellers, managers, goods, and the customers of each seller's territory."""

    sellers: Sequence[Seller]
    managers: Sequence[tuple[str, str]]
    """Id and team."""
    goods: Sequence[Goods]
    accounts: Sequence[tuple[str, str, str]]
    """Customer, seller at the start, segment."""

    def seller_for(self, territory: str, person: str, day: date) -> Seller | None:
        """Who serves a customer on a day: the seller, or another of the territory; None where all seats are empty."""
        there = [seller for seller in self.sellers if seller.territory == territory and seller.works_on(day)]
        same = [seller for seller in there if seller.id == person]
        return next(iter(same or there), None)


def season(day: date) -> float:
    """What part of an average month's demand this month brings."""
    return _SEASON[day.month - 1]


def quarter_of(day: date) -> int:
    """The index of the day's quarter in `QUARTERS`."""
    return (day.year - START.year) * 4 + (day.month - START.month) // 3


def days_between(first: date, last: date) -> Iterator[date]:
    for n in range((last - first).days + 1):
        yield first + timedelta(n)


def hour_on(random: Random, day: date) -> datetime:
    """An hour of a working day."""
    return datetime.combine(day, time(8)) + timedelta(minutes=random.randrange(540))


def dated(what: str, when: datetime) -> Row:
    """The day and the hour of something, as two columns; both empty where it came after the export."""
    when = when.replace(second=0, microsecond=0)
    past = when.date() <= DATA_UNTIL
    return {f"{what}_on": when.date() if past else None, f"{what}_at": when if past else None}


def happenings(random: Random, mean: float) -> int:
    """A number of things that happen independently of each other, `mean` of them on average (Poisson)."""
    left, n = exp(-mean), 0
    product = random.random()
    while product > left:
        n += 1
        product *= random.random()
    return n


def roster_of(random: Random, sellers: int) -> Roster:
    """A firm with so many seats for sellers; one seat changes hands half way."""
    teams = ("field",) if sellers < 14 else ("field 1", "field 2")
    staff = [_seller(random, n, teams[n % 4 * len(teams) // 4]) for n in range(sellers)]
    leaver = staff[-1]
    ended = date(2025, 3, 31)
    staff[-1] = Seller(leaver.id, leaver.territory, leaver.team, leaver.started, ended, leaver.win, leaver.leads)
    new = _seller(random, sellers, leaver.team)
    staff.append(Seller(new.id, leaver.territory, leaver.team, date(2025, 4, 14), None, new.win, new.leads))
    goods = [
        Goods(
            f"{family[:2].upper()}{n + 1}",
            family,
            price := 10.0 * random.randint(low // 10, high // 10),
            0.55 * price,
            n == 0,
        )
        for family, (low, high) in _FAMILIES.items()
        for n in range(3)
    ]
    accounts = [(f"C{1000 + n}", staff[n % sellers].id, random.choice(SEGMENTS)) for n in range(_ACCOUNTS * sellers)]
    return Roster(staff, [(f"M{n + 1}", team) for n, team in enumerate(teams)], goods, accounts)


def _seller(random: Random, n: int, team: str) -> Seller:
    started = date(2019, 1, 7) + timedelta(random.randrange(1500))
    return Seller(f"S{n + 1:02}", TERRITORIES[n % 4], team, started, None, _around(random, 0.06), _around(random, 0.05))


def _around(random: Random, spread: float) -> float:
    return max(0.7, min(1.3, random.gauss(1, spread)))
