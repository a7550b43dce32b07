"""The playbook of a firm: what sells, what wins, what was tried and whether it helped; without the names of persons."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from salesdx.base.model import RuleBase
from salesdx.case.followed import ACCEPTED
from salesdx.case.memory import WorkingMemory
from salesdx.engine.diagnose import quick
from salesdx.services.experience import Experience, experiences


@dataclass(frozen=True)
class Success:
    """What a rule found where the goal was met: in how many cases, and what it says of each."""

    group: str
    """The title of the rule's group."""
    rule: str
    says: tuple[str, ...]


@dataclass(frozen=True)
class Praised:
    """Somebody who was praised and agreed to be named: by which name, for what, when, in which form."""

    name: str
    intervention: str
    day: date
    form: str


@dataclass(frozen=True)
class Playbook:
    """All that can be shared of some cases."""

    base: RuleBase
    cases: int
    successes: tuple[Success, ...]
    tried: tuple[Experience, ...]
    praised: tuple[Praised, ...]


def playbook_of(base: RuleBase, cases: Iterable[WorkingMemory], today: date) -> Playbook:
    """The playbook of some cases: of those that met their goal what the rules found that belong to success itself,
    in the group that is called as its mode is. What others say of a person's own case is nobody else's."""
    cases = tuple(cases)
    said: dict[str, list[str]] = {}
    for memory in cases:
        found = quick(base, memory)
        if found.mode != base.ladder.success_mode:
            continue
        for rule in found.fired:
            if rule.home == base.ladder.success_mode:
                said.setdefault(rule.id, []).append(found.because(rule))
    successes = tuple(
        Success(base.home[base.rule[id].home].title, id, tuple(dict.fromkeys(words))) for id, words in said.items()
    )
    praised = {
        (action.named, action.intervention, action.start, action.form)
        for memory in cases
        for action in memory.followed.actions
        if action.state == ACCEPTED and action.named and action.start
    }
    found_praised = tuple(Praised(name, what, day, form) for name, what, day, form in praised if day is not None)
    newest = tuple(sorted(found_praised, key=lambda one: (one.day, one.name), reverse=True))
    return Playbook(base, len(cases), successes, experiences(cases, today), newest)
