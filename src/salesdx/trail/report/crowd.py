"""People in groups, with how far each of them got; and which of these numbers can be shown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, partial
from itertools import combinations

from salesdx.base.reading import shortened
from salesdx.ledger.errors import Refused
from salesdx.text.issues import did_you_mean
from salesdx.trail.lookalike import MAX_REASON, kept_text
from salesdx.trail.report.reached import STEPS
from salesdx.trail.report.withholding import Atoms, Counts, Group, shown_groups
from salesdx.trail.report.workforce import NOT_STATED, Workforce

LEAST_SHARE = Fraction(2, 100)
"""Groups of a smaller share of all people may be left out of impact ratios, for a reason that is given: 6 RCNY
5-301(d), and 29 CFR 1607.15 A(2)(a)."""
BEGINNING = re.compile(r"(\d{4}(-\d\d(-\d\d(T\d\d:\d\d(:\d\d)?)?)?)?)?", re.ASCII)
"""A time as records write it, or how it begins; or nothing."""
PEOPLE = "people"
"""The count that belongs to no step: how many there are."""


@dataclass(frozen=True)
class ImpactQuestion:
    """What a report on adverse impact is asked for, before anybody has seen a figure of it."""

    reference: Mapping[str, str]
    """Column -> the group with which the others are compared."""
    left_out: str = ""
    """The reason why groups below LEAST_SHARE are left out of impact ratios; empty where they are not."""
    since: str = ""
    until: str = ""
    """The beginnings of two times (`2026-11-24`), both included; empty where there is none."""
    why: bool = False
    """Whether a page says under each table from which numbers its figures come."""

    def check(self, workforce: Workforce) -> None:
        """Raises Refused for a time or a reason that is none, and for a reference that nobody is in."""
        for time in (self.since, self.until):
            if not BEGINNING.fullmatch(time):
                raise Refused(f"`{shortened(time)}` is no day or time such as 2026-11-24 or 2026-11-24T09:30")
        if self.left_out:
            kept_text(self.left_out, "a reason", MAX_REASON)
        for column, group in self.reference.items():
            if column not in workforce.columns:
                raise Refused(f"`{column}` is no column that is counted: {', '.join(workforce.columns)}")
            groups = workforce.groups(workforce.columns.index(column))
            if group not in groups or group == NOT_STATED:
                near = did_you_mean(group, groups) or f"its groups are {', '.join(groups)}"
                raise Refused(f"nobody is in the group `{group}` of `{column}`, so nothing can be compared; {near}")


@dataclass(frozen=True)
class Crowd:
    """People in groups, with the steps that each of them reached."""

    workforce: Workforce
    steps: Mapping[str, frozenset[str]]
    """Subject, in small letters -> steps; who is not in it reached none."""
    least: int
    """People in the smallest cell that is shown."""

    @cached_property
    def kinds(self) -> dict[tuple[str, ...], int]:
        """A number for everybody who is in the same groups."""
        return {groups: n for n, groups in enumerate(sorted(set(self.workforce.people.values())))}

    @cached_property
    def kind_of(self) -> dict[str, int]:
        """The same number, by subject."""
        return {who: self.kinds[groups] for who, groups in self.workforce.people.items()}

    @cached_property
    def numbers(self) -> dict[str, list[int]]:
        """Step -> how many people of each kind reached it; and how many people there are."""
        found = {step: [0] * len(self.kinds) for step in (PEOPLE, *STEPS)}
        for who, kind in self.kind_of.items():
            for step in (PEOPLE, *self.steps.get(who, ())):
                found[step][kind] += 1
        return found

    @cached_property
    def groups(self) -> dict[Group, Atoms]:
        """Everybody, each group, and each two that meet; the large ones of each table first."""
        columns = range(len(self.workforce.columns))
        found: dict[Group, Atoms] = {}
        for table in ((), *((column,) for column in columns), *combinations(columns, 2)):
            parts: dict[Group, set[int]] = {}
            for groups, kind in self.kinds.items():
                parts.setdefault(tuple((column, groups[column]) for column in table), set()).add(kind)
            atoms = {group: frozenset(kinds) for group, kinds in parts.items()}
            found |= {group: atoms[group] for group in sorted(atoms, key=lambda g: (-self.count(PEOPLE, atoms[g]), g))}
        return found

    def count(self, step: str, atoms: Atoms) -> int:
        return sum(self.numbers[step][atom] for atom in atoms)

    @cached_property
    def shown(self) -> dict[str, frozenset[Group]]:
        """Step -> the groups whose count is shown; and those whose size is."""
        sizes, everybody = self.numbers[PEOPLE], len(self.workforce.people)
        counts = Counts(self.groups, sizes, [everybody] * len(sizes))
        sized = shown_groups(counts, lambda atoms: self.count(PEOPLE, atoms) < self.least)
        found = {PEOPLE: sized}
        for step in STEPS:
            counts = Counts(self.groups, self.numbers[step], sizes)
            found[step] = shown_groups(counts, partial(self._unsafe, step)) & sized
        return found

    def _unsafe(self, step: str, atoms: Atoms) -> bool:
        """Whether few have a step, few are without it, or few stand between it and an earlier one.

        Between two steps stand those who have one of them, where nobody has the other alone.
        """
        people, met = self.count(PEOPLE, atoms), self.count(step, atoms)
        if min(met, people - met) < self.least:
            return True
        earlier = list(STEPS)[: list(STEPS).index(step)]
        between = [sorted(self._only(one, other, atoms) for one, other in ((step, e), (e, step))) for e in earlier]
        return any(fewer == 0 and more < self.least for fewer, more in between)

    def _only(self, step: str, other: str, atoms: Atoms) -> int:
        """How many have a step without another one."""
        return sum(self._without[step, other][atom] for atom in atoms)

    @cached_property
    def _without(self) -> dict[tuple[str, str], list[int]]:
        """Two steps -> how many people of each kind have the first without the second."""
        found = {(step, other): [0] * len(self.kinds) for step in STEPS for other in STEPS if step != other}
        for who, kind in self.kind_of.items():
            mine = self.steps.get(who, frozenset())
            for step, other in found:
                found[step, other][kind] += step in mine and other not in mine
        return found
