"""Adverse impact by group: the four-fifths ratio and Fisher's exact test, with small groups withheld.

The groups come from a file apart. Sources: 29 CFR 1607.4 D (the four-fifths rule and its limits); Fisher 1935.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from salesdx.base.policy_model import Policy
from salesdx.language.statistics import fisher_p
from salesdx.trail.book import Book
from salesdx.trail.report.cells import RATIO, SHARE, TEXT, Cell, Column, Part, hidden, share
from salesdx.trail.report.decisions import OUTCOMES, Decision

NOBODY = "not in the file"
"""The group of those whom the file does not name, and of those whose name was erased."""


def impact(book: Book, decisions: Iterable[Decision], groups: Mapping[str, str], policy: Policy) -> Iterator[Part]:
    """A table for each outcome. ``groups`` is subject -> group; people are counted, not cases."""
    people: dict[str, set[str]] = {}
    for decision in decisions:
        people.setdefault(decision.who, set()).update(decision.marks)
    members: dict[str, list[str]] = {}
    for who in people:
        named = book.name(who).name
        group = NOBODY if named is None or not who.startswith("s-") else groups.get(named, NOBODY)
        members.setdefault(group, []).append(who)
    sizes = {group: len(found) for group, found in members.items()}
    withheld = hidden(sizes, policy.small_cell)
    for outcome, words in OUTCOMES.items():
        counts = {group: sum(outcome in people[who] for who in found) for group, found in members.items()}
        yield _table(outcome, words, sizes, counts, withheld, policy)


def _table(
    outcome: str,
    words: str,
    sizes: Mapping[str, int],
    counts: Mapping[str, int],
    withheld: frozenset[str],
    policy: Policy,
) -> Part:
    held = {g: size for g, size in sizes.items() if g != NOBODY and g not in withheld}
    rates = {group: Decimal(counts[group]) / size for group, size in held.items()}
    best = min(rates, key=lambda group: (rates[group], group), default=None)
    rows: list[tuple[Cell, ...]] = []
    for group in sorted(sizes.keys() - withheld, key=lambda group: (group == NOBODY, group)):
        if group == NOBODY or best is None:
            rows.append((group, sizes[group], counts[group], share(counts[group], sizes[group]), *[None] * 3, ""))
        else:
            rows.append(_row(group, best, sizes, counts, rates, policy))
    notes = [f"compared with `{best}`, the group that it met least"] if best is not None and len(held) > 1 else []
    if len(held) < 2:
        notes.append("there are no two groups that can be shown, so nothing is compared")
    how = (
        "the last diagnosis of each case counts; a person with several cases counts once, with the outcome if any of "
        "them has it. `spared` is the share of people without the outcome; its ratio is the one of 29 CFR 1607.4 D, "
        "this group's share divided by that of the group that the outcome met least. `met` is the same for those with "
        f"the outcome, the lowest share divided by this group's. Ratios below {policy.impact_ratio} are marked. `p` is "
        "Fisher's exact test, two-sided, against the same group: how often chance alone would make a difference as "
        f"large. Groups of fewer than {policy.small_cell} people are not shown, nor those by which they could be "
        "computed; a small group proves little either way"
    )
    columns = (
        Column("group", "group", TEXT),
        Column("people", "people"),
        Column("count", "with it"),
        Column("share", "share", SHARE),
        Column("spared_ratio", "ratio, spared", RATIO),
        Column("met_ratio", "ratio, met", RATIO),
        Column("p", "p", RATIO),
        Column("mark", "mark", TEXT),
    )
    title = f"Adverse impact: {words}"
    return Part(f"impact-{outcome}", title, columns, tuple(rows), how, tuple(notes), tuple(sorted(withheld)))


def _row(
    group: str,
    best: str,
    sizes: Mapping[str, int],
    counts: Mapping[str, int],
    rates: Mapping[str, Decimal],
    policy: Policy,
) -> tuple[Cell, ...]:
    rate, least = rates[group], rates[best]
    spared = round((1 - rate) / (1 - least), 4) if least < 1 else Decimal(1)
    met = round(least / rate, 4) if rate else Decimal(1)
    p = fisher_p(counts[group], sizes[group], counts[best], sizes[best]) if group != best else None
    marked = [word for word, ratio in (("spared", spared), ("met", met)) if ratio < policy.impact_ratio]
    mark = f"below {policy.impact_ratio}: {' and '.join(marked)}" if marked else ""
    return group, sizes[group], counts[group], round(rate, 4), spared, met, p and round(p, 4), mark
