"""What worked: over many cases, how often an intervention was taken on, worked, or did not, and for which rules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from salesdx.case.followed import ACCEPTED, Action
from salesdx.case.memory import WorkingMemory
from salesdx.facts.noise import binomial
from salesdx.followup.outcomes import Became, outcome

LEAST_TOLD = 5
"""Outcomes from which on a share is shown beside a recommendation."""
ALL_RULES = ""


@dataclass(frozen=True)
class Experience:
    """What became of one intervention, over all rules that recommended it or of one."""

    intervention: str
    rule: str
    """The rule; ALL_RULES for the intervention as a whole."""
    taken_on: int
    worked: int
    not_worked: int

    @property
    def decided(self) -> int:
        """Actions that worked or did not; what was not measured counts as nothing."""
        return self.worked + self.not_worked

    @property
    def interval(self) -> tuple[float, float] | None:
        """The exact 95% interval of the share that worked (Clopper and Pearson), in percent; None without outcomes."""
        found = binomial(self.worked, self.decided) if self.decided else None
        return None if found is None else (100 * found[0], 100 * found[1])

    @property
    def told(self) -> str:
        """The share in a sentence; empty below LEAST_TOLD outcomes."""
        if self.decided < LEAST_TOLD or self.interval is None:
            return ""
        low, high = self.interval
        return f"worked in {self.worked} of {self.decided} cases here, interval {low:.0f} to {high:.0f}%"


def experiences(cases: Iterable[WorkingMemory], today: date) -> tuple[Experience, ...]:
    """All interventions that were taken on, each as a whole and then by its rules, those with the most outcomes first.

    An action that a next review inherits is one action: the last case that has it counts.
    """
    counts: dict[tuple[str, str], list[int]] = {}
    for memory, action in _actions(cases):
        became = outcome(memory.base, memory, action, today).result
        for rule in (ALL_RULES, *dict.fromkeys(action.rules)):
            count = counts.setdefault((action.intervention, rule), [0, 0, 0])
            count[0] += 1
            count[1] += became is Became.WORKED
            count[2] += became is Became.NOT_WORKED
    found = [Experience(*key, *count) for key, count in counts.items()]
    order = {one.intervention: -one.decided for one in found if one.rule == ALL_RULES}
    return tuple(sorted(found, key=lambda one: (order[one.intervention], one.intervention, one.rule)))


def experience_of(found: Iterable[Experience], intervention: str) -> Experience | None:
    """What is known of an intervention as a whole; None where nobody took it on."""
    return next((one for one in found if (one.intervention, one.rule) == (intervention, ALL_RULES)), None)


def _actions(cases: Iterable[WorkingMemory]) -> Iterator[tuple[WorkingMemory, Action]]:
    """Each action once, with the last case that has it."""
    last: dict[tuple[object, ...], tuple[WorkingMemory, Action]] = {}
    for memory in sorted(cases, key=lambda each: each.period[1] if each.period else date.min):
        about = tuple(sorted(memory.subject.items())) or memory.case
        for action in memory.followed.actions:
            if action.state == ACCEPTED:
                last[about, action.intervention, action.start, action.owner] = memory, action
    yield from last.values()
