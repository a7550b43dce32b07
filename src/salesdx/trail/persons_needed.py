"""How many persons an act takes, and how many days it waits: what the policy says, and never less than its floor."""

from __future__ import annotations

from salesdx.base.policy_fields import LEAST
from salesdx.base.policy_model import Grant, Policy
from salesdx.ledger.errors import TrailError
from salesdx.ledger.storage import LogReader
from salesdx.trail.book import Book


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
    return max(LEAST[act][0], _grant(policy, act).persons)


def delay_days(policy: Policy | None, act: str) -> int:
    """The days that an act waits, in which it can be stopped."""
    return max(LEAST[act][1], _grant(policy, act).delay_days)


def _grant(policy: Policy | None, act: str) -> Grant:
    return (policy.may.get(act) if policy is not None else None) or Grant(())
