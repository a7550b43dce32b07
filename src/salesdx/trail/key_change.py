"""The key of a trail that knows its people: administrators propose a new one, and the last of them brings it in.

The service makes the key and keeps it; nobody else ever has it. Each of them signs with a key of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from salesdx.base.policy_model import Policy
from salesdx.ledger.errors import Refused
from salesdx.ledger.key_files import following_key, take_over
from salesdx.ledger.log import Person, Trail
from salesdx.ledger.standalone.register import KEY_PROPOSED
from salesdx.trail.persons_needed import persons_needed


@dataclass(frozen=True)
class ProposedKey:
    """A record by which somebody proposed the key that would follow: its number, the public key, who, and when."""

    record: int
    key: str
    by: str
    time: str


def proposed_keys(trail: Trail) -> list[ProposedKey]:
    """What was proposed and can be brought in: the key that follows the one in force. Raises TrailError."""
    assert trail.key is not None
    following = following_key(trail.key_file, trail.key.name) if trail.key_file is not None else None
    wanted = None if following is None else {"key": str(following.public), "before": str(trail.key.public)}
    found = trail.register().proposals().items()
    return [ProposedKey(seq, told["key"], by, time) for seq, (told, by, time) in found if dict(told) == wanted]


def propose_key(trail: Trail, key: str, by: Person) -> int:
    """Propose the key that follows, made here where there is none yet; the record. ``key``: no other than this one.

    Raises Refused.
    """
    assert trail.key is not None
    following = following_key(trail.key_file, trail.key.name, make=True)
    assert following is not None
    if key not in ("", str(following.public)):
        raise Refused("the service does not hold this key: propose another one")
    with trail.append() as appender:
        return appender.add(KEY_PROPOSED, {"key": str(following.public), "before": str(trail.key.public)}, by)


def bring_in_key(trail: Trail, key: str, records: Sequence[int], policy: Policy | None, by: Person) -> int:
    """Bring in the key that others proposed by these records, as the last of those whom it takes; the record.

    From then on it signs, here and in its file, and the one before is kept beside it. Raises Refused and TrailError.
    """
    needed = persons_needed(policy, "rotate")
    others = {one.by for one in proposed_keys(trail) if one.record in records and one.by != by.name}
    if len(others) + 1 < needed:
        raise Refused(f"a new key takes {needed} persons, and {len(others)} others proposed it by these records")
    assert trail.key is not None and trail.key_file is not None
    following = following_key(trail.key_file, trail.key.name)
    if following is None or str(following.public) != key:
        raise Refused("the service does not hold this key: propose another one")
    with trail.append() as appender:
        seq = appender.rotate(following, by, sorted(records))
    if trail.acting is None or trail.acting.drafting is None:
        take_over(trail.key_file, seq)
        trail.key = following
    return seq
