"""How many persons an act takes, and how many days it waits: what the policy says, and never less than stands here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from salesdx.base.policy_model import Policy
from salesdx.ledger.errors import TrailError
from salesdx.ledger.storage import LogReader
from salesdx.trail.book import Book

LEAST: Mapping[str, tuple[int, int]] = {"release": (2, 0), "erase": (2, 7), "retention": (2, 0)}
"""Act -> persons and days, at the least."""


def policy_in_force(reader: LogReader) -> Policy | None:
    """The policy of the newest record that rests on rules; None where there is none, or it cannot be read."""
    for row in reader.rows(newest_first=True):
        if (digest := row.header["rule_base"]) is not None:
            try:
                return Book(reader).base(digest).policy
            except TrailError:
                return None
    return None


def persons_needed(policy: Policy | None, act: str) -> int:
    """The different persons that an act takes."""
    return max(LEAST[act][0], getattr(_grant(policy, act), "persons", 0))


def delay_days(policy: Policy | None, act: str) -> int:
    """The days that an act waits, in which it can be stopped."""
    return max(LEAST[act][1], getattr(_grant(policy, act), "delay_days", 0))


def _grant(policy: Policy | None, act: str) -> Any:
    return getattr(policy, "may", {}).get(act)
