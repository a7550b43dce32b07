"""What a firm's mapping says beside its tables: periods, holidays, what counts as sold, who is a peer of whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

PERIODS = ("month", "quarter", "half", "year")
"""The lengths of a period in which goals are set."""


@dataclass(frozen=True, slots=True)
class FirmCalendar:
    """The periods in which a firm sets goals, its time zone, and its working days.

    ``year_starts``: month and day. ``working``: days of the week, Monday is 1.
    """

    period: str = "quarter"
    year_starts: tuple[int, int] = (1, 1)
    time_zone: str = "UTC"
    holidays: frozenset[date] = frozenset()
    working: tuple[int, ...] = (1, 2, 3, 4, 5)


@dataclass(frozen=True, slots=True)
class PeerRule:
    """Who is compared with whom: columns of `people` that agree, how far potentials may differ, how many it takes.

    ``potential_within_pct`` is None where potentials are not compared.
    """

    same: tuple[str, ...] = ("role", "team")
    ramped: bool = True
    potential_within_pct: float | None = 15
    at_least: int = 5


@dataclass(frozen=True, slots=True)
class SourceFile:
    """What a mapping read: its name there, what it is, how many rows, and the SHA-256 of its bytes, or of its rows."""

    read: str
    what: str
    rows: int
    digest: str


@dataclass(frozen=True)
class FirmSettings:
    """What draws read beside the tables.

    ``settles``: canonical table -> how long its rows still change after a period; where a table is not among them, they
    do not. ``sold_by``: `booked`, `invoiced`, `delivered`, or `won`;
    ``sold_where``: the firm's own condition for it, as SQL. ``by`` and
    ``says``: canonical table -> the respondent in whose name, and the source from which, its facts are stated.
    ``proxies``: columns, such as `leads.lead_id`, that stand for what the firm does not record. ``not_here``: table or
    column -> why the firm has none. ``sources``: what was read. ``mapping_digest``: the SHA-256 of the mapping, with
    what it extends. ``keyed``: whether pseudonyms are made with a key; without one nothing is drawn for a person.
    """

    data_until: date
    calendar: FirmCalendar = FirmCalendar()
    currency: str = ""
    settles: Mapping[str, timedelta] = field(default_factory=dict)
    sold_by: str = "booked"
    sold_where: str = ""
    peers: PeerRule = PeerRule()
    by: Mapping[str, str] = field(default_factory=dict)
    says: Mapping[str, str] = field(default_factory=dict)
    proxies: frozenset[str] = frozenset()
    not_here: Mapping[str, str] = field(default_factory=dict)
    sources: tuple[SourceFile, ...] = ()
    mapping_digest: str = ""
    keyed: bool = True
