"""Adverse impact: of everybody who could have been looked at, whom each step met, by group and where two groups meet.

Sources: Wilson 1927 (interval of a share), Katz and others 1978 (interval of a ratio), Fisher 1935 (exact test), Holm
1979 (several comparisons); 29 CFR 1607.4 D (four-fifths rule); 6 RCNY 5-301 (New York City, Local Law 144 of 2021).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property

from salesdx.base.policy_model import Policy
from salesdx.language.statistics import fisher_p, holm, katz, rounded, wilson
from salesdx.trail.report.cells import HIGH, LOW, RATIO, SHARE, TEXT, Cell, Column, Part
from salesdx.trail.report.crowd import LEAST_SHARE, PEOPLE, Crowd, ImpactQuestion
from salesdx.trail.report.reached import STEPS
from salesdx.trail.report.withholding import Group, columns_of
from salesdx.trail.report.workforce import BETWEEN, EVERYBODY, NOT_STATED, column_id

Figure = tuple[Cell, str]
"""A figure, and from which numbers it comes."""
NOTHING: Figure = (None, "")
UNMARKED: Figure = ("", "")

SIZES = (Column("group", "group", TEXT), Column("people", "people"), Column("share", "share", SHARE))
COMPARED = (
    Column("group", "group", TEXT),
    Column("people", "people"),
    Column("count", "with it"),
    Column("share", "share", SHARE),
    Column("low", "95% from", LOW),
    Column("high", "95% to", HIGH),
    Column("ratio", "ratio", RATIO),
    Column("ratio_low", "95% from", LOW),
    Column("ratio_high", "95% to", HIGH),
    Column("p", "p", RATIO),
    Column("p_holm", "p, Holm", RATIO),
    Column("mark", "mark", TEXT),
)
SELECTED = (
    Column("group", "group", TEXT),
    Column("people", "people"),
    Column("selected", "selected"),
    Column("selection_rate", "selection rate", SHARE),
    Column("impact_ratio", "impact ratio", RATIO),
    Column("mark", "mark", TEXT),
)


def impact_parts(crowd: Crowd, asked: ImpactQuestion, policy: Policy) -> Iterator[Part]:
    """The tables of a report: how many people there are, then two tables for each step and each way to group."""
    tables = [table for table in dict.fromkeys(map(columns_of, crowd.groups)) if table]
    for table in tables:
        yield _sizes(crowd, table)
    for step, words in STEPS.items():
        found = [_Table(crowd, asked, policy, step, table) for table in tables]
        if not any(table.lines for table in found):
            notes = ("no figure of this step can be shown",)
            yield Part(
                f"impact-{step}",
                f"Adverse impact: {words}",
                COMPARED,
                (),
                _how_compared(crowd.least),
                notes,
                (EVERYBODY,),
            )
            continue
        for one in found:
            yield one.compared()
            yield one.selected()


def _sizes(crowd: Crowd, table: tuple[int, ...]) -> Part:
    everybody = len(crowd.workforce.people)
    sizes = {group: crowd.count(PEOPLE, crowd.groups[group]) for group in _lines(crowd, PEOPLE, table)}
    rows: dict[Group, list[Figure]] = {
        group: [(size, f"{size} lines of the file"), (_four(Fraction(size, everybody)), f"{size} / {everybody}")]
        for group, size in sizes.items()
    }
    how = (
        "everybody in the file, whether the trail knows them or not; an empty cell is `not stated`. Groups of fewer "
        f"than {crowd.least} people are not shown, nor those by which they could be computed"
    )
    return _part(crowd, table, "people", "People", SIZES, rows, how, ())


@dataclass(frozen=True)
class _Table:
    """A step, and one way to group."""

    crowd: Crowd
    asked: ImpactQuestion
    policy: Policy
    step: str
    table: tuple[int, ...]

    @cached_property
    def lines(self) -> dict[Group, tuple[int, int]]:
        """Group -> how many the step met, and how many people there are: what can be shown."""
        crowd = self.crowd
        groups = {group: crowd.groups[group] for group in _lines(crowd, self.step, self.table)}
        return {group: (crowd.count(self.step, atoms), crowd.count(PEOPLE, atoms)) for group, atoms in groups.items()}

    @cached_property
    def known(self) -> list[Group]:
        """The groups of those who stated theirs."""
        return [group for group in self.lines if group and not _unstated(group)]

    # --- against the reference ---

    def compared(self) -> Part:
        """Shares with their intervals, and each group against the one that was named before."""
        first = self._reference()
        ps: dict[Group, Decimal] = {}
        for group in self.known:
            if first in self.lines and group != first:
                p = fisher_p(*self.lines[group], *self.lines[first])
                assert p is not None  # only beyond ten million people
                ps[group] = p
        rows = {
            group: [
                *self._share(group),
                *(self._against(group, first, ps) if first and group in ps else [*[NOTHING] * 5, UNMARKED]),
            ]
            for group in self.lines
        }
        how = _how_compared(self.crowd.least)
        return self._part(
            "impact", f"Adverse impact: {STEPS[self.step]}", COMPARED, rows, how, self._compared_with(first)
        )

    def _reference(self) -> Group | None:
        """The group that was named before; None where none was, for one of the columns."""
        names = self.crowd.workforce.columns
        if any(names[column] not in self.asked.reference for column in self.table):
            return None
        return tuple((column, self.asked.reference[names[column]]) for column in self.table)

    def _share(self, group: Group) -> list[Figure]:
        met, people = self.lines[group]
        interval = wilson(met, people)
        assert interval is not None  # nobody is in no group
        of = f"{met} / {people}"
        return [
            (people, f"{people} lines of the file"),
            (met, f"{met} of {people} with the step"),
            (_four(Fraction(met, people)), of),
            *((round(bound / 100, 4), f"Wilson's interval of {of}") for bound in interval),
        ]

    def _against(self, group: Group, first: Group, ps: Mapping[Group, Decimal]) -> list[Figure]:
        (met, people), (first_met, first_people) = self.lines[group], self.lines[first]
        interval = katz(met, people, first_met, first_people)
        assert interval is not None  # a count of zero is never shown
        ratio, least = Fraction(met * first_people, people * first_met), Fraction(self.policy.impact_ratio)
        formula = f"({met} / {people}) / ({first_met} / {first_people})"
        p = ps[group]
        adjusted = holm(p, *(other for name, other in ps.items() if name != group))
        outside = f"outside {self.policy.impact_ratio} to {_four(1 / least).normalize():f}"
        return [
            (_four(ratio), formula),
            *((round(bound, 4), f"Katz's interval of {formula}") for bound in interval),
            (round(p, 4), f"Fisher's test of {met} of {people} against {first_met} of {first_people}"),
            (round(adjusted, 4), f"Holm's correction of {round(p, 4)} among {len(ps)}"),
            ("" if least <= ratio <= 1 / least else outside, ""),
        ]

    def _compared_with(self, first: Group | None) -> Iterator[str]:
        if first is None:
            yield "no reference group was named before, so nothing is compared; `--reference COLUMN=GROUP` names one"
        elif first not in self.lines:
            yield f"the reference group `{_label(first)}` is not shown, so nothing is compared"
        else:
            yield f"compared with `{_label(first)}`, which was named before"

    # --- the tables of the laws ---

    def selected(self) -> Part:
        """Selection rates and impact ratios: against the group that is selected most."""
        rates = {group: 1 - Fraction(met, people) for group, (met, people) in self.lines.items()}
        counted = [group for group in self.known if not self._left_out(group)]
        best = max(counted, key=lambda group: rates[group], default=None)
        rows: dict[Group, list[Figure]] = {}
        for group, (met, people) in self.lines.items():
            formula = f"{people - met} / {people}"
            rows[group] = [
                (people, f"{people} lines of the file"),
                (people - met, f"{people} - {met} with the step"),
                (_four(rates[group]), formula),
                *(
                    self._impact_ratio(rates[group] / rates[best], formula, best)
                    if best and group in counted
                    else [NOTHING, UNMARKED]
                ),
            ]
        title = f"Selection rates and impact ratios: {STEPS[self.step]}"
        how = _how_selected(self.policy.impact_ratio)
        return self._part("selection", title, SELECTED, rows, how, self._selected_notes(best))

    def _impact_ratio(self, ratio: Fraction, formula: str, best: Group) -> list[Figure]:
        met, people = self.lines[best]
        mark = f"below {self.policy.impact_ratio}" if ratio < Fraction(self.policy.impact_ratio) else ""
        return [(_four(ratio), f"({formula}) / ({people - met} / {people})"), (mark, "")]

    def _left_out(self, group: Group) -> bool:
        """Whether a group is so small that it is left out of impact ratios, as was asked."""
        return bool(self.asked.left_out) and self.lines[group][1] < LEAST_SHARE * len(self.crowd.workforce.people)

    def _selected_notes(self, best: Group | None) -> Iterator[str]:
        if best is not None:
            yield f"divided by the rate of `{_label(best)}`, the group that is selected most"
        if small := [_label(group) for group in self.known if self._left_out(group)]:
            given = f"the reason given: {self.asked.left_out}"
            yield f"left out of impact ratios, each below 2% of all people: {', '.join(small)}; {given}"
        unstated = [group for group in self.crowd.groups if columns_of(group) == self.table and _unstated(group)]
        shown = sum(self.lines[group][1] for group in unstated if group in self.lines)
        if unstated:
            least = f"{shown} people" if all(group in self.lines for group in unstated) else "how many is withheld"
            yield f"in no impact ratio, because a group is not stated: {least}"

    def _part(
        self,
        kind: str,
        title: str,
        columns: tuple[Column, ...],
        rows: Mapping[Group, list[Figure]],
        how: str,
        notes: Iterator[str],
    ) -> Part:
        told = tuple(notes) if rows else ()
        return _part(self.crowd, self.table, f"{kind}-{self.step}", title, columns, rows, how, told)


# --- words ------------------------------------------------------------------------------------------------------------


def _how_compared(least: int) -> str:
    return (
        "people are counted, each once, by the last diagnosis of each of their cases. `share` is those with the step "
        "among all in the group; its 95% interval is Wilson's (1927). `ratio` is a group's share divided by that of "
        "the reference group; its 95% interval is that of Katz and others (1978). `p` is Fisher's exact test, "
        "two-sided: how often chance alone makes a difference at least as unlikely; `p, Holm` is the same for all "
        f"groups of the table together (Holm 1979). Withheld are figures where fewer than {least} people have the "
        "step, are without it, or stand between it and an earlier step, and those by which such a one could be computed"
    )


def _how_selected(ratio: Decimal) -> str:
    return (
        "`selected` are those whom this step did not meet: to be spared is what the laws call selected; a step that "
        "somebody may want is read in the table before. The rate is their share of all in the group, the impact ratio "
        "this rate divided by the highest one of a group of the table. The four-fifths rule (29 CFR 1607.4 D) reads "
        "these lines by sex and by race or ethnicity, and asks whether a ratio is below four fifths; the policy marks "
        f"those below {ratio}. Local Law 144 of New York City (6 RCNY 5-301(b)) reads the same lines by sex, by "
        "race/ethnicity, and where the two meet; its scoring rates (5-301(c)) are for programs that give scores, and "
        "this one gives none"
    )


def _part(
    crowd: Crowd,
    table: tuple[int, ...],
    kind: str,
    title: str,
    columns: tuple[Column, ...],
    rows: Mapping[Group, Sequence[Figure]],
    how: str,
    notes: tuple[str, ...],
) -> Part:
    names = [crowd.workforce.columns[column] for column in table]
    return Part(
        f"{kind}-by-{'-and-'.join(map(column_id, names))}",
        f"{title}, by {BETWEEN.join(names)}",
        columns,
        tuple((_label(group), *(cell for cell, _ in figures)) for group, figures in rows.items()),
        how,
        notes,
        tuple(
            sorted(_label(group) for group in crowd.groups if columns_of(group) in ((), table) and group not in rows)
        ),
        tuple(("", *(why for _, why in figures)) for figures in rows.values()),
    )


def _lines(crowd: Crowd, step: str, table: tuple[int, ...]) -> list[Group]:
    """Everybody and the groups of a table, as far as they are shown."""
    return [group for group in crowd.groups if columns_of(group) in ((), table) and group in crowd.shown[step]]


def _label(group: Group) -> str:
    return BETWEEN.join(name for _, name in group) or EVERYBODY


def _unstated(group: Group) -> bool:
    return any(name == NOT_STATED for _, name in group)


def _four(number: Fraction) -> Decimal:
    """A number to four places."""
    return round(rounded(number), 4)
