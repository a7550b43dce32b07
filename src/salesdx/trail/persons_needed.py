"""How many persons an act takes, and how many days it waits: what the policy says, and never less than its floor."""

from __future__ import annotations

from salesdx.base.policy_fields import LEAST
from salesdx.base.policy_model import Grant, Policy
from salesdx.ledger.errors import TrailError
from salesdx.ledger.storage import LogReader
from salesdx.trail.book import Book


def rules_in_force(reader: LogReader) -> tuple[int, str] | None:
    """The rules that people adopted last, by the record and the digest; where nobody did, of the newest that rests on
    some. None where there is none. Raises TrailError where the people cannot be trusted."""
    adopted = Book(reader).people.adoptions.adopted
    if adopted:
        return adopted[-1].seq, adopted[-1].rules
    found = ((row.seq, row.header["rule_base"]) for row in reader.rows(newest_first=True))
    return next(((seq, digest) for seq, digest in found if digest is not None), None)


def policy_in_force(reader: LogReader) -> Policy | None:
    """The policy of the rules in force; None where there are none, or they cannot be read."""
    try:
        found = rules_in_force(reader)
        return Book(reader).base(found[1]).policy if found is not None else None
    except TrailError:
        return None


def persons_needed(policy: Policy | None, act: str) -> int:
    """The different persons that an act takes."""
    return max(LEAST[act][0], _grant(policy, act).persons)


def delay_days(policy: Policy | None, act: str) -> int:
    """The days that an act waits, in which it can be stopped."""
    return max(LEAST[act][1], _grant(policy, act).delay_days)


def _grant(policy: Policy | None, act: str) -> Grant:
    return (policy.may.get(act) if policy is not None else None) or Grant(())
