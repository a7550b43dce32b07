"""Since when a rule is in force as it stands, and with which adoptions it came, changed and went."""

from __future__ import annotations

from dataclasses import dataclass

from salesdx.base.model import Rule
from salesdx.ledger.log import Trail
from salesdx.trail.replay import stored_base

MOST_ADOPTED = 8
"""So many adoptions are looked at, the newest: each holds a whole rule base."""
CAME, CHANGED, WENT = "came", "changed", "went"


@dataclass(frozen=True)
class RuleEvent:
    """What became of a rule when other rules came into force: CAME, CHANGED or WENT; when, by whom, by which record."""

    what: str
    time: str
    version: str
    by: tuple[str, ...]
    record: int


@dataclass(frozen=True)
class RuleHistory:
    """What became of a rule, the newest last; ``now`` is the rule as it is in force, None where it is not.

    ``cut``: earlier adoptions were not looked at, so the first event may be older than it says.
    """

    events: tuple[RuleEvent, ...]
    now: Rule | None
    cut: bool


def rule_history(trail: Trail, id: str) -> RuleHistory:
    """The history of a rule in the adoptions of a trail. Raises TrailError."""
    with trail.read() as reader:
        adopted = trail.people.register(reader).adoptions.adopted
        bases = [(one, stored_base(reader, one.rules)) for one in adopted[-MOST_ADOPTED:]]
    events: list[RuleEvent] = []
    before: Rule | None = None
    for one, base in bases:
        now = base.as_written.rule.get(id)
        if now != before:
            what = CAME if before is None else WENT if now is None else CHANGED
            events.append(RuleEvent(what, one.time, one.proposal.version, tuple(one.proposal.by), one.seq))
        before = now
    return RuleHistory(tuple(events), before, len(adopted) > MOST_ADOPTED)
