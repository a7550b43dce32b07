"""Who reads the rules in a browser, and who tries them: reading is no act, so nothing of it is recorded.

The policy in force has no row for it. Whoever decides by the rules, signs, reports, takes copies, or adopts rules must
be able to read them. Values are tried by those who bring rules into force, and not by those who answer by them.
"""

from __future__ import annotations

from salesdx.base.model import RuleBase
from salesdx.ledger.errors import NoSuch
from salesdx.ledger.log import Person

READING = ("answer", "sign_off", "report", "export", "adopt")
TRYING = ("adopt",)
"""Rows of the policy whose roles read the rules, and try them."""
CONSULTANT = "consultant"
"""The role that compares changed rules."""
OUTSIDE = (CONSULTANT, "works_council")
"""Roles that read and try the rules whatever the policy gives them: it is what they are here for."""


def reads_rules(by: Person, base: RuleBase) -> bool:
    """Whether a role reads the rules. ``base`` is the one in force."""
    return _given(by, base, READING)


def check_reads_rules(by: Person, base: RuleBase) -> None:
    """Raises NoSuch for a role that does not read the rules."""
    _check(_given(by, base, READING))


def tries_rules(by: Person, base: RuleBase) -> bool:
    """Whether a role may try values on the rules."""
    return _given(by, base, TRYING)


def check_tries_rules(by: Person, base: RuleBase) -> None:
    """Raises NoSuch for a role that may not try values on the rules."""
    _check(_given(by, base, TRYING))


def compares_rules(by: Person) -> bool:
    """Whether a role may compare changed rules with those that run."""
    return by.role == CONSULTANT


def check_compares_rules(by: Person) -> None:
    """Raises NoSuch for a role that may not compare changed rules."""
    _check(compares_rules(by))


def _given(by: Person, base: RuleBase, acts: tuple[str, ...]) -> bool:
    may = base.policy.may if base.policy is not None else {}
    return by.role in OUTSIDE or any(by.role in may[act].roles for act in acts if act in may)


def _check(given: bool) -> None:
    if not given:
        raise NoSuch("there is no such page")
