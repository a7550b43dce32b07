"""The report for HR: overrides, acts faster than reading, outcomes by rule and by person.

Every table says how its numbers are computed. Groups of few people are not shown, nor what would give them away.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from salesdx.base.policy_model import Policy
from salesdx.ledger.errors import TrailError
from salesdx.trail.book import Book, type_words
from salesdx.trail.report.cells import SHARE, TEXT, Cell, Column, Part, hidden, share
from salesdx.trail.report.decisions import OUTCOMES, OVERRIDDEN, Decision, Window, window
from salesdx.trail.report.fast import fast


@dataclass(frozen=True)
class TrailReport:
    """A report on a window of a trail: its tables, and what it could not count."""

    since: str
    until: str
    parts: tuple[Part, ...]
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        return {
            "since": self.since or None,
            "until": self.until or None,
            "parts": [part.to_dict() for part in self.parts],
            "notes": list(self.notes),
        }


def trail_report(book: Book, since: str = "", until: str = "") -> TrailReport:
    """The report on what was recorded between two times.

    Small cells and reading speed follow the policy in force. Raises TrailError where there is
    a diagnosis and no policy.
    """
    found = window(book, since, until)
    notes = [f"diagnoses that this version cannot count: {why}" for why in found.unread]
    if found.erased:
        notes.append(f"{found.erased} diagnoses were erased and are counted nowhere")
    parts = [_counts(found)]
    if found.cases:
        policy = policy_of(book)
        acted, last = list(found.acted_on()), list(found.last())
        parts += [
            _overrides(acted),
            _grouped("overrides-by-rule", "Overrides by rule", acted, _by_giver, OVERRIDDEN, policy),
            _grouped("overrides-by-person", "Overrides by person", acted, _by_person, OVERRIDDEN, policy),
            *fast(book, since, until),
            _grouped("outcomes-by-rule", "Outcomes by rule", last, _by_rule, OUTCOMES, policy),
            _grouped("outcomes-by-person", "Outcomes by person", last, _by_person, OUTCOMES, policy),
        ]
    return TrailReport(since, until, tuple(parts), tuple(notes))


def policy_of(book: Book) -> Policy:
    """The policy of the rules that people adopted, or of the newest rule base that has one. Raises TrailError where
    there is none."""
    adopted = book.people.adoptions.in_force
    if adopted and (policy := book.base(adopted).policy) is not None:
        return policy
    for record in book.records(types=("rule_base",), newest_first=True):
        try:
            policy = book.base(record.rule_base or "").policy
        except TrailError:
            continue
        if policy is not None:
            return policy
    raise TrailError(
        "no rule base of the trail has a policy (`knowledge/policy.yaml`), so nothing says which groups are too small "
        "to be shown; diagnose with one that has"
    )


# --- tables -----------------------------------------------------------------------------------------------------------


def _counts(found: Window) -> Part:
    people = {decision.who for decisions in found.cases.values() for decision in decisions}
    rows = (
        *((type_words(type), count) for type, count in sorted(found.counts.items())),
        ("cases with a diagnosis", len(found.cases)),
        ("people or things that these are about", len(people)),
    )
    how = (
        "how many records of each type were made in this time, how many cases have a diagnosis among them, and how "
        "many different subjects these are about; a case that names none counts as one"
    )
    return Part("counts", "What was recorded", (Column("what", "what", TEXT), Column("count", "count")), rows, how)


def _overrides(acted: list[Decision]) -> Part:
    overridden = sum(decision.overridden for decision in acted)
    how = (
        "cases with a diagnosis of this time that somebody overrode in this time, divided by all cases with a "
        "diagnosis of this time"
    )
    columns = (Column("cases", "cases"), Column("overridden", "overridden"), Column("share", "share", SHARE))
    return Part("overrides", "Overrides", columns, ((len(acted), overridden, share(overridden, len(acted))),), how)


@dataclass(frozen=True)
class _Grouping:
    """How cases are put into groups: the names of a case's groups, and whether each case is in exactly one."""

    of: Callable[[Decision], Iterable[str]]
    title: str
    how: str
    whole: bool = False
    has: Callable[[Decision, str, str], bool] = lambda decision, group, outcome: outcome in decision.marks
    """Whether a case counts with an outcome in a group."""


_by_rule = _Grouping(lambda d: d.rules, "rule", "under every rule that is true in it")
_by_giver = _Grouping(
    lambda d: d.givers,
    "rule",
    "under every rule that gave one of its recommendations, and counts as overridden where one of these was",
    has=lambda decision, group, outcome: group in decision.overruled,
)
_by_person = _Grouping(
    lambda d: [d.by.name or f"{d.by.pseudonym} (erased)"], "recorded by", "under the person who recorded it", True
)


def _grouped(
    id: str, title: str, decisions: list[Decision], grouping: _Grouping, outcomes: Mapping[str, str], policy: Policy
) -> Part:
    """Cases by group: how many people they are about, and how many of them have each outcome."""
    groups: dict[str, list[Decision]] = {}
    for decision in decisions:
        for name in grouping.of(decision):
            groups.setdefault(name, []).append(decision)
    sizes = {name: len({decision.who for decision in found}) for name, found in groups.items()}
    small = frozenset(name for name, size in sizes.items() if size < policy.small_cell)
    withheld = hidden(sizes, policy.small_cell) if grouping.whole else small
    columns = [Column(grouping.title.replace(" ", "_"), grouping.title, TEXT), Column("people", "people")]
    columns.append(Column("cases", "cases"))
    for outcome, words in outcomes.items():
        columns += [Column(outcome, words), Column(f"{outcome}_share", "share", SHARE)]
    rows: list[tuple[Cell, ...]] = []
    for name in sorted(groups.keys() - withheld, key=lambda name: (-len(groups[name]), name)):
        found = groups[name]
        row: list[Cell] = [name, sizes[name], len(found)]
        for outcome in outcomes:
            count = sum(grouping.has(decision, name, outcome) for decision in found)
            row += [count, share(count, len(found))]
        rows.append(tuple(row))
    counted = (
        "the last diagnosis of this time that somebody overrode, or else the last one"
        if outcomes is OVERRIDDEN
        else "the last diagnosis of this time"
    )
    how = (
        f"one diagnosis a case counts, {counted}; it stands {grouping.how}. Groups of fewer than {policy.small_cell} "
        "people are not shown" + (", nor those by which they could be computed" if grouping.whole else "")
    )
    return Part(id, title, tuple(columns), tuple(rows), how, withheld=tuple(sorted(withheld)))
