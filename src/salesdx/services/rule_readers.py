"""Who reads, tries and compares the rules in a browser: as the policy in force says; nothing of it is recorded."""

from __future__ import annotations

from salesdx.base.model import RuleBase
from salesdx.base.policy_fields import FORMER
from salesdx.ledger.errors import NoSuch
from salesdx.ledger.log import Person

READ, TRY, COMPARE = "read_rules", "try_rules", "compare_rules"
"""Rows of the policy. One that is older than all rows gives them to those for whom it is what they are here for."""


def reads_rules(by: Person, base: RuleBase) -> bool:
    """Whether a role reads the rules. ``base`` is the one in force."""
    return _given(by, base, READ)


def check_reads_rules(by: Person, base: RuleBase) -> None:
    """Raises NoSuch for a role that does not read the rules."""
    _check(reads_rules(by, base))


def tries_rules(by: Person, base: RuleBase) -> bool:
    """Whether a role may try values on the rules."""
    return _given(by, base, TRY)


def check_tries_rules(by: Person, base: RuleBase) -> None:
    """Raises NoSuch for a role that may not try values on the rules."""
    _check(tries_rules(by, base))


def compares_rules(by: Person, base: RuleBase) -> bool:
    """Whether a role may compare changed rules with those that run."""
    return _given(by, base, COMPARE)


def check_compares_rules(by: Person, base: RuleBase) -> None:
    """Raises NoSuch for a role that may not compare changed rules."""
    _check(compares_rules(by, base))


def _given(by: Person, base: RuleBase, act: str) -> bool:
    grant = base.policy.may.get(act) if base.policy is not None else None
    return by.role in (grant.roles if grant is not None else FORMER[act][1])


def _check(given: bool) -> None:
    if not given:
        raise NoSuch("there is no such page")
