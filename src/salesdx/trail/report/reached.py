"""How far each person got: reviewed at all, and each step that weighs on a person, as the trail holds them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from salesdx.base.model import HELP, PRESSURE
from salesdx.ledger.errors import Refused
from salesdx.ledger.moments import stamp
from salesdx.trail.book import Book
from salesdx.trail.report.decisions import ADVICES, FILE, OUTCOMES, STAGE, Decision, Window
from salesdx.trail.sign_off_story import status

REVIEWED, SIGNED = "reviewed", "signed"
STEPS = {
    REVIEWED: "reviewed at all",
    STAGE: OUTCOMES[STAGE],
    ADVICES[HELP]: "help for the person is recommended",
    ADVICES[PRESSURE]: "something that presses on the person is recommended",
    FILE: OUTCOMES[FILE],
    SIGNED: "everybody who signs has approved a complete file",
}
"""From the first one on; a person can have each of them without the one before."""


@dataclass(frozen=True)
class Reached:
    """Who got how far in a time: subject, in small letters -> steps."""

    steps: Mapping[str, frozenset[str]]
    nameless: int
    """Cases of nobody in particular: they name no subject, or its name was erased."""


def reached(book: Book, found: Window, until: str) -> Reached:
    """The steps of each person in a window: those of the last diagnosis of each of their cases.

    Whom a diagnosis is about that cannot be read was reviewed, which is all that is known. A signature later than
    ``until`` does not count. Raises TrailError.
    """
    names = [name for who in sorted(found.unknown) if (name := book.name(who).name) is not None]
    steps: dict[str, set[str]] = {_folded(name): {REVIEWED} for name in names}
    nameless = 0
    for last in found.last():
        name = book.name(last.who).name if last.who.startswith("s-") else None
        if name is None:
            nameless += 1
            continue
        mine = steps.setdefault(_folded(name), {REVIEWED})
        mine |= last.marks & STEPS.keys()
        if FILE in last.marks and _signed(book, last, until):
            mine.add(SIGNED)
    return Reached({who: frozenset(mine) for who, mine in steps.items()}, nameless)


def _folded(name: str) -> str:
    """A subject as a file of everybody names it: in small letters, with single spaces."""
    return " ".join(name.split()).casefold()


def _signed(book: Book, decision: Decision, until: str) -> bool:
    """Whether every role that signs had approved; what ended that later is no matter."""
    rules = book.record(decision.seq).rule_base
    policy = book.base(rules).policy if rules is not None else None
    try:
        given = status(book.reader, decision.seq).signatures
    except Refused:  # nobody could sign it: a case without a name, rules without a policy
        return False
    approved = {one.role for one in given if one.approves and (not until or stamp(one.time)[: len(until)] <= until)}
    return policy is not None and approved >= set(policy.roles)
