"""What a firm decides about decisions: who signs, who may do what, how long records are kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from salesdx.text.source import Place


@dataclass(frozen=True, slots=True)
class Grant:
    """Who may do an act: in which roles, how many different persons it takes, and how many days it waits."""

    roles: tuple[str, ...]
    persons: int = 1
    delay_days: int = 0


@dataclass(frozen=True, slots=True)
class Policy:
    """What a firm decides about decisions. ``retention_days`` goes by the kind of a case's subject, or `other`."""

    roles: tuple[str, ...]
    """The roles that sign a complete file, each by another person."""
    wait_hours: int
    """Hours between the case against and a signature."""
    words_per_minute: int
    """Whoever signs faster than this reader has not read."""
    small_cell: int
    """Groups of fewer people are not shown."""
    impact_ratio: Decimal
    """A lower ratio of selection rates is marked (29 CFR 1607.4 D)."""
    retention_days: Mapping[str, int]
    signature_days: int = 14
    """Days for which a signature counts; and, after the hours of waiting, that somebody has read the case against."""
    outside_days: int = 31
    """Days after which the last signature from outside, on the trail of the firm, is too old to count."""
    may: Mapping[str, Grant] = field(default_factory=dict)
    """Act -> who may do it in a trail that knows its people; empty in a policy that is older, and nobody may there."""
    places: Mapping[str, Place] = field(default_factory=dict, compare=False, repr=False)
    """Where each key stands, the days of each kind of subject, and each act as `may.ACT`."""
