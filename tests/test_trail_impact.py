"""Adverse impact by value: held to the formulas, to published tables, and to readers who compute what is withheld."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import ROOT
from salesdx import load
from salesdx.base.model import Policy
from salesdx.language.statistics import fisher_p, holm, katz, wilson
from salesdx.ledger.errors import Refused
from salesdx.trail.report.cells import Part
from salesdx.trail.report.crowd import PEOPLE, Crowd, ImpactQuestion
from salesdx.trail.report.differencing import Headcount, differ_by_few, headcount, opened_headcount, sealed_headcount
from salesdx.trail.report.impact import impact_parts
from salesdx.trail.report.reached import REVIEWED, SIGNED, STEPS
from salesdx.trail.report.withholding import Atoms, Counts, Group, shown_groups
from salesdx.trail.report.workforce import NOT_STATED, Workforce

Z = 1.959963984540054
"""The standard normal distribution has 2.5% beyond it."""
ALL_STEPS = list(STEPS)


def crowd(cells: Mapping[tuple[str, ...], Sequence[int]], least: int, columns: Sequence[str] = ()) -> Crowd:
    """People by their groups: how many there are, and how many of these reached the first, the second ... step."""
    people: dict[str, tuple[str, ...]] = {}
    steps: dict[str, frozenset[str]] = {}
    for groups, (size, *met) in cells.items():
        for n in range(size):
            who = f"{'/'.join(groups)} {n}".lower()
            people[who] = groups
            steps[who] = frozenset(step for step, count in zip(ALL_STEPS, met, strict=False) if n < count)
    width = len(next(iter(cells)))
    return Crowd(Workforce(tuple(columns) or tuple("abc"[:width]), people), steps, least)


@pytest.fixture(scope="module")
def policy() -> Policy:
    """The shipped policy: a ratio below 0.8 is marked."""
    found = load(ROOT).policy
    assert found is not None and found.impact_ratio == Decimal("0.8")
    return found


def parts(
    one: Crowd, policy: Policy, reference: Mapping[str, str] | None = None, left_out: str = ""
) -> dict[str, Part]:
    return {part.id: part for part in impact_parts(one, ImpactQuestion(reference or {}, left_out), policy)}


def lines(part: Part) -> dict[object, dict[str, Any]]:
    keys = [column.key for column in part.columns[1:]]
    return {row[0]: dict(zip(keys, row[1:], strict=True)) for row in part.rows}


# --- the formulas -----------------------------------------------------------------------------------------------------


def tables(most: int) -> Iterator[tuple[int, int, int, int]]:
    """Every pair of shares of up to so many people."""
    for people, other_people in itertools.product(range(1, most + 1), repeat=2):
        for met, other_met in itertools.product(range(people + 1), range(other_people + 1)):
            yield met, people, other_met, other_people


def test_intervals_of_shares_by_newcombe() -> None:
    """Newcombe 1998, Statistics in Medicine 17:857, table I, method 3 (Wilson's score interval)."""
    for (met, people), wanted in {
        (81, 263): (0.2553, 0.3662),
        (15, 148): (0.0624, 0.1605),
        (0, 20): (0.0, 0.1611),
        (1, 29): (0.0061, 0.1718),
    }.items():
        found = wilson(met, people)
        assert found is not None and tuple(round(float(bound) / 100, 4) for bound in found) == wanted


def test_interval_of_a_ratio_by_scipy() -> None:
    """The example of `scipy.stats.contingency.relative_risk`, which computes Katz's interval: 27 of 122, 44 of 487."""
    found = katz(27, 122, 44, 487)
    assert found is not None
    assert [round(float(bound), 10) for bound in found] == [
        round(1.5836990926700116, 10),
        round(3.7886786315466354, 10),
    ]


def test_intervals_of_all_small_tables() -> None:
    """Wilson's bounds are where the share is z standard errors away; Katz's, one factor below and above the ratio."""
    for met, people, other_met, other_people in tables(7):
        interval = wilson(met, people)
        assert interval is not None
        for bound in (float(found) / 100 for found in interval):
            assert math.isclose((met / people - bound) ** 2, Z**2 * bound * (1 - bound) / people, abs_tol=1e-9)
        found = katz(met, people, other_met, other_people)
        if not met or not other_met:
            assert found is None
            continue
        assert found is not None
        ratio = (met / people) / (other_met / other_people)
        error = math.sqrt((people - met) / (met * people) + (other_people - other_met) / (other_met * other_people))
        wanted = (ratio * math.exp(-Z * error), ratio * math.exp(Z * error))
        assert all(math.isclose(float(one), two, rel_tol=1e-9) for one, two in zip(found, wanted, strict=True))


@pytest.mark.parametrize("counts", [(-1, 5, 1, 5), (6, 5, 1, 5), (0, 5, 1, 5), (1, 5, 0, 5), (1, 0, 1, 5)])
def test_a_ratio_without_an_interval(counts: tuple[int, int, int, int]) -> None:
    assert katz(*counts) is None


def by_chance(met: int, people: int, other_met: int, other_people: int) -> Fraction:
    """Fisher's exact test by its definition: all tables with these margins that are no likelier than this one."""
    total = met + other_met

    def ways(k: int) -> int:
        return math.comb(people, k) * math.comb(other_people, total - k)

    return Fraction(
        sum(ways(k) for k in range(total + 1) if ways(k) <= ways(met)), math.comb(people + other_people, total)
    )


def step_down(ps: Sequence[Fraction]) -> list[Fraction]:
    """Holm's correction by its definition: the k-th smallest counts n - k times, and none falls below a smaller one."""
    adjusted = list(ps)
    highest = Fraction(0)
    for rank, n in enumerate(sorted(range(len(ps)), key=lambda n: ps[n])):
        highest = max(highest, min(Fraction(1), ps[n] * (len(ps) - rank)))
        adjusted[n] = highest
    return adjusted


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=6))
def test_holm_by_its_definition(thousandths: list[int]) -> None:
    ps = [Fraction(p, 1000) for p in thousandths]
    told = [Decimal(p) / 1000 for p in thousandths]
    found = [holm(p, *(other for m, other in enumerate(told) if m != n)) for n, p in enumerate(told)]
    assert [Fraction(p) for p in found] == step_down(ps)


# --- whole tables -----------------------------------------------------------------------------------------------------


def test_all_small_tables_against_the_formulas(policy: Policy) -> None:
    """Every figure of every table of two groups of up to seven people, or that it is withheld, where two are few."""
    shown = 0
    for met, people, other_met, other_people in tables(7):
        found = parts(crowd({("x",): (people, met), ("y",): (other_people, other_met)}, 2), policy, {"a": "x"})
        few = [min(c, n - c) < 2 for c, n in ((met, people), (other_met, other_people))]
        few.append(min(met + other_met, people + other_people - met - other_met) < 2)
        if any(few):
            part = found.get("impact-reviewed-by-a") or found["impact-reviewed"]
            assert {row[0] for row in part.rows} <= {"everybody", "x", "y"} - {
                "x" if few[0] else "",
                "y" if few[1] else "",
            }
            assert len(part.rows) < 2, "two of the three give the third away"
            continue
        shown += 1
        rows = lines(found["impact-reviewed-by-a"])
        ratio = Fraction(other_met * people, other_people * met)
        assert rows["y"]["people"], rows["y"]["count"] == (other_people, other_met)
        assert rows["y"]["share"] == round(Decimal(other_met) / other_people, 4)
        assert rows["y"]["ratio"] == round(Decimal(ratio.numerator) / ratio.denominator, 4)
        assert rows["y"]["p"] == rows["y"]["p_holm"]
        assert math.isclose(rows["y"]["p"], by_chance(other_met, other_people, met, people), abs_tol=6e-5)
        assert bool(rows["y"]["mark"]) == (not Fraction(4, 5) <= ratio <= Fraction(5, 4))
        assert rows["x"]["ratio"] is None
        assert rows["everybody"]["count"] == met + other_met
        spared = lines(found["selection-reviewed-by-a"])
        rates = {"x": Fraction(people - met, people), "y": Fraction(other_people - other_met, other_people)}
        for group, rate in rates.items():
            wanted = rate / max(rates.values())
            assert spared[group]["impact_ratio"] == round(Decimal(wanted.numerator) / wanted.denominator, 4)
            assert bool(spared[group]["mark"]) == (wanted < Fraction(4, 5))
    assert shown == 100


def test_several_groups_are_corrected_together(policy: Policy) -> None:
    cells = {("x",): (40, 10), ("y",): (30, 15), ("z",): (20, 9), ("w",): (35, 9), (NOT_STATED,): (10, 5)}
    part = parts(crowd(cells, 5), policy, {"a": "x"})["impact-reviewed-by-a"]
    rows = lines(part)
    others = [("y", 30, 15), ("z", 20, 9), ("w", 35, 9)]
    ps = [by_chance(met, people, 10, 40) for _, people, met in others]
    for (group, *_), p, adjusted in zip(others, ps, step_down(ps), strict=True):
        assert math.isclose(rows[group]["p"], p, abs_tol=6e-5)
        assert math.isclose(rows[group]["p_holm"], adjusted, abs_tol=6e-5)
    assert rows[NOT_STATED]["count"] == 5 and rows[NOT_STATED]["p"] is None
    assert part.notes == ("compared with `x`, which was named before",)


def test_the_reference_of_two_columns_is_where_both_meet(policy: Policy) -> None:
    cells = {(a, b): (20, 7) for a in "xy" for b in "uv"}
    one = crowd(cells, 5)
    found = parts(one, policy, {"a": "x", "b": "v"})
    assert found["impact-reviewed-by-a-and-b"].notes == ("compared with `x × v`, which was named before",)
    assert lines(found["impact-reviewed-by-a-and-b"])["y × u"]["ratio"] == 1
    alone = parts(one, policy, {"a": "x"})
    assert "no reference group was named" in alone["impact-reviewed-by-a-and-b"].notes[0]
    assert lines(alone["impact-reviewed-by-a-and-b"])["y × u"]["ratio"] is None


def test_a_reference_that_is_withheld_compares_nothing(policy: Policy) -> None:
    part = parts(crowd({("x",): (9, 2), ("y",): (30, 15), ("z",): (30, 12), ("w",): (30, 13)}, 5), policy, {"a": "x"})
    found = part["impact-reviewed-by-a"]
    assert found.notes == ("the reference group `x` is not shown, so nothing is compared",)
    assert all(row["ratio"] is None for row in lines(found).values())


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ({"c": "x"}, "`c` is no column that is counted: a"),
        ({"a": "xs"}, "nobody is in the group `xs` of `a`"),
        ({"a": NOT_STATED}, "nobody is in the group `not stated` of `a`"),
    ],
)
def test_a_reference_that_nobody_is_in(reference: dict[str, str], message: str) -> None:
    with pytest.raises(Refused, match=message):
        ImpactQuestion(reference).check(crowd({("x",): (3,), (NOT_STATED,): (3,)}, 5).workforce)


def test_every_figure_says_from_which_numbers_it_comes(policy: Policy) -> None:
    found = parts(crowd({("x",): (40, 10), ("y",): (30, 15)}, 5), policy, {"a": "x"})
    why = {
        part: found[part].to_dict()["rows"][2]["why"] for part in ("impact-reviewed-by-a", "selection-reviewed-by-a")
    }
    assert why == {
        "impact-reviewed-by-a": {
            "people": "30 lines of the file",
            "count": "15 of 30 with the step",
            "share": "15 / 30",
            "low": "Wilson's interval of 15 / 30",
            "high": "Wilson's interval of 15 / 30",
            "ratio": "(15 / 30) / (10 / 40)",
            "ratio_low": "Katz's interval of (15 / 30) / (10 / 40)",
            "ratio_high": "Katz's interval of (15 / 30) / (10 / 40)",
            "p": "Fisher's test of 15 of 30 against 10 of 40",
            "p_holm": "Holm's correction of 0.0440 among 1",
        },
        "selection-reviewed-by-a": {
            "people": "30 lines of the file",
            "selected": "30 - 15 with the step",
            "selection_rate": "15 / 30",
            "impact_ratio": "(15 / 30) / (30 / 40)",
        },
    }
    for part in found.values():
        figures = [
            (cell, why)
            for row, told in zip(part.rows, part.why, strict=True)
            for cell, why in zip(row, told, strict=True)
        ]
        assert all(why for cell, why in figures if isinstance(cell, int | Decimal)), part.id


# --- the tables of the laws -------------------------------------------------------------------------------------------


def test_the_four_fifths_rule_as_the_agencies_explain_it(policy: Policy) -> None:
    """Questions and answers on the Uniform Guidelines (44 FR 11996, 1979): rates of 60, 45, 48 and 51% give impact
    ratios of 75, 80 and 85%, and adverse impact is indicated for the first of these alone."""
    hired = {"white": 60, "american indian": 45, "hispanic": 48, "black": 51}
    one = crowd({(group,): (100, 100 - rate) for group, rate in hired.items()}, 5, ["race"])
    rows = lines(parts(one, policy)["selection-reviewed-by-race"])
    assert {
        group: (row["selection_rate"], row["impact_ratio"], row["mark"])
        for group, row in rows.items()
        if group in hired
    } == {
        "white": (Decimal("0.6"), 1, ""),
        "american indian": (Decimal("0.45"), Decimal("0.75"), "below 0.8"),
        "hispanic": (Decimal("0.48"), Decimal("0.8"), ""),
        "black": (Decimal("0.51"), Decimal("0.85"), ""),
    }


LAW_144 = {
    "sex": {"male": (1390, 667, 48, "1.000"), "female": (1181, 555, 47, "0.979")},
    "race": {
        "hispanic": (408, 204, 50, "0.97"),
        "white": (797, 412, 52, "1.00"),
        "black": (390, 170, 44, "0.84"),
        "pacific": (119, 52, 44, "0.85"),
        "asian": (616, 302, 49, "0.95"),
        "american indian": (41, 18, 44, "0.85"),
        "two or more": (213, 96, 45, "0.87"),
    },
}
"""The examples of the Department of Consumer and Worker Protection to 6 RCNY 5-301 (Notice of Adoption, 2023): group ->
applicants, selected, selection rate in percent, impact ratio."""


@pytest.mark.parametrize("column", LAW_144)
def test_the_tables_of_local_law_144(policy: Policy, column: str) -> None:
    one = crowd({(group,): (n, n - selected) for group, (n, selected, *_) in LAW_144[column].items()}, 5, [column])
    rows = lines(parts(one, policy)[f"selection-reviewed-by-{column}"])
    for group, (applicants, selected, rate, ratio) in LAW_144[column].items():
        row = rows[group]
        assert (row["people"], row["selected"]) == (applicants, selected)
        assert round(row["selection_rate"] * 100) == rate
        assert round(row["impact_ratio"], len(ratio) - 2) == Decimal(ratio)


def test_groups_below_two_percent_are_left_out_for_a_reason(policy: Policy) -> None:
    """6 RCNY 5-301(d): their number and their rate still stand there. 41 of 2,584 are 1.6%."""
    one = crowd({(group,): (n, n - selected) for group, (n, selected, *_) in LAW_144["race"].items()}, 5, ["race"])
    part = parts(one, policy, left_out="too few for a year")["selection-reviewed-by-race"]
    row = lines(part)["american indian"]
    assert (row["people"], row["selected"], row["selection_rate"]) == (41, 18, round(Decimal(18) / 41, 4))
    assert row["impact_ratio"] is None
    assert part.notes[1] == (
        "left out of impact ratios, each below 2% of all people: american indian; the reason given: too few for a year"
    )


def test_who_stated_no_group_is_counted_and_in_no_ratio(policy: Policy) -> None:
    """6 RCNY 5-301(b)(4) asks for their number. They are selected most, and nobody is compared with them."""
    part = parts(crowd({("x",): (40, 10), ("y",): (30, 15), (NOT_STATED,): (20, 5)}, 5), policy)[
        "selection-reviewed-by-a"
    ]
    assert part.notes == (
        "divided by the rate of `x`, the group that is selected most",
        "in no impact ratio, because a group is not stated: 20 people",
    )
    assert lines(part)[NOT_STATED]["impact_ratio"] is None
    few = parts(crowd({("x",): (40, 10), ("y",): (30, 15), (NOT_STATED,): (3, 1)}, 5), policy)[
        "selection-reviewed-by-a"
    ]
    assert few.notes[1] == "in no impact ratio, because a group is not stated: how many is withheld"
    assert few.withheld == (NOT_STATED, "y")


# --- what is withheld -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("met", "shown"), [(0, False), (4, False), (5, True), (15, True), (16, False), (20, False)])
def test_few_with_or_without_a_step_are_withheld(policy: Policy, met: int, shown: bool) -> None:
    cells = {("x",): (20, met), ("y",): (40, 20), ("z",): (50, 25)}
    found = parts(crowd(cells, 5), policy)
    assert ("x" in lines(found["impact-reviewed-by-a"])) == shown
    assert ("x" in lines(found["selection-reviewed-by-a"])) == shown
    assert "x" in lines(found["people-by-a"])


@pytest.mark.parametrize(("further", "shown"), [(6, True), (7, False), (11, False)])
def test_few_between_two_steps_are_withheld(policy: Policy, further: int, shown: bool) -> None:
    """Of 11 who were reviewed 7 got further: the difference of the two figures would tell of 4."""
    found = parts(crowd({("x",): (30, 11, further), ("y",): (40, 20, 10), ("z",): (40, 20, 12)}, 5), policy)
    assert "x" in lines(found["impact-reviewed-by-a"])
    assert ("x" in lines(found["impact-personnel_stage-by-a"])) == shown


def test_few_between_two_steps_of_which_none_holds_the_other_tell_nothing(policy: Policy) -> None:
    people = {f"e{n}": ("x",) for n in range(30)}
    steps = {
        f"e{n}": frozenset([ALL_STEPS[1]] if n < 11 else []) | ({ALL_STEPS[2]} if 1 <= n < 12 else set())
        for n in range(30)
    }
    one = Crowd(Workforce(("a",), people), steps, 5)
    assert () in one.shown[ALL_STEPS[1]] and () in one.shown[ALL_STEPS[2]]


def test_a_step_that_met_too_few_says_so_once(policy: Policy) -> None:
    found = parts(crowd({("x", "u"): (30, 9), ("y", "v"): (40, 9)}, 5), policy)
    assert [part for part in found if part.startswith(f"impact-{SIGNED}")] == [f"impact-{SIGNED}"]
    part = found[f"impact-{SIGNED}"]
    assert (part.rows, part.withheld, part.notes) == ((), ("everybody",), ("no figure of this step can be shown",))


def values(one: Crowd, step: str) -> dict[Group, set[int]]:
    """What a reader who knows all sizes finds possible: the values that each group's count can have."""
    sizes = one.numbers[PEOPLE]
    told = [(one.groups[group], one.count(step, one.groups[group])) for group in one.shown[step]]
    found: dict[Group, set[int]] = {group: set() for group in one.groups}
    for counts in itertools.product(*(range(size + 1) for size in sizes)):
        if all(sum(counts[atom] for atom in atoms) == count for atoms, count in told):
            for group, atoms in one.groups.items():
                found[group].add(sum(counts[atom] for atom in atoms))
    return found


def few(one: Crowd, group: Group, step: str = REVIEWED) -> bool:
    met, size = (one.count(what, one.groups[group]) for what in (step, PEOPLE))
    return min(met, size - met) < one.least


@given(st.lists(st.tuples(st.integers(1, 9), st.floats(0, 1)), min_size=1, max_size=5), st.integers(2, 4))
def test_a_reader_who_tries_all_numbers_finds_no_withheld_one(groups: list[tuple[int, float]], least: int) -> None:
    """One column: whatever is withheld can be at least two numbers; and what is shown is not few."""
    cells = {(f"g{n}",): (size, round(size * share)) for n, (size, share) in enumerate(groups)}
    one = crowd(cells, least)
    assert not any(few(one, group) for group in one.shown[REVIEWED])
    assert not any(one.count(PEOPLE, one.groups[group]) < least for group in one.shown[PEOPLE])
    possible = values(one, REVIEWED)
    assert all(len(possible[group]) > 1 for group in one.groups if few(one, group))


def spanned(rows: Iterable[Atoms], wanted: Atoms, width: int) -> bool:
    """Whether a count follows from others by adding and subtracting them: elimination in fractions."""
    reduced: list[list[Fraction]] = []

    def left(atoms: Atoms) -> list[Fraction]:
        vector = [Fraction(int(atom in atoms)) for atom in range(width)]
        for row in reduced:
            at = next(n for n, value in enumerate(row) if value)
            vector = [value - vector[at] / row[at] * other for value, other in zip(vector, row, strict=True)]
        return vector

    for row in rows:
        new = left(row)
        if any(new):
            reduced.append(new)
    return not any(left(wanted))


@given(st.data())
def test_no_withheld_count_follows_from_tables_that_cross(data: st.DataObject) -> None:
    """Two or three columns and each two of them together."""
    columns = data.draw(st.integers(2, 3))
    names = ["xyz"[: data.draw(st.integers(2, 3))] for _ in range(columns)]
    cells = {}
    for groups in itertools.product(*names):
        size = data.draw(st.integers(0, 12))
        if size:
            cells[groups] = (size, data.draw(st.integers(0, size)))
    if not cells:
        return
    one = crowd(cells, 3)
    for step in (PEOPLE, REVIEWED):
        shown = [one.groups[group] for group in one.shown[step]]
        for group, atoms in one.groups.items():
            small = one.count(PEOPLE, atoms) < 3 if step == PEOPLE else few(one, group)
            assert not (small and spanned(shown, atoms, len(one.kinds))), (group, cells)


def test_a_reader_who_tries_all_numbers_of_tables_that_cross() -> None:
    """500 small tables of two columns. In some, equations alone would leave a withheld count to be found by bounds."""
    random, tried, bounded = Random(2), 0, 0
    while tried < 500:
        names = [random.choice(["xy", "xyz"]), random.choice(["uv", "uvw"])]
        cells = {}
        for groups in itertools.product(*names):
            size = random.choice((0, 1, 2, 3, 4, 6))
            if size:
                cells[groups] = (size, sum(random.random() < 0.5 for _ in range(size)))
        if not cells or math.prod(size + 1 for size, _ in cells.values()) > 3000:
            continue
        tried += 1
        one = crowd(cells, 2)
        possible = values(one, REVIEWED)
        secrets = [group for group in one.groups if few(one, group)]
        assert all(len(possible[group]) > 1 for group in secrets), cells
        safe = [group for group in one.groups if not few(one, group)]
        rows = [one.groups[group] for group in safe]
        bounded += not one.shown[REVIEWED] >= set(safe) and not any(
            spanned(rows, one.groups[group], len(one.kinds)) for group in secrets
        )
    assert bounded > 10


def test_a_count_that_only_the_bounds_give_away_is_withheld() -> None:
    """x has 10 of 17: with 5 of 7 in x × z shown, 5 are left for x × u and x × v. v holds 2 people at most in x, and u
    has 3 of 9, of whom 1 at most is not in x: so x × u is 3, and x × v is 2. No equation says so."""
    cells = {
        ("x", "u"): (8, 3), ("x", "z"): (7, 5), ("x", "v"): (2, 2),
        ("y", "u"): (1, 0), ("y", "z"): (2, 1), ("y", "v"): (4, 3),
    }  # fmt: skip
    one = crowd(cells, 2)
    told = {(), ((0, "x"),), ((0, "y"),), ((1, "u"),), ((0, "x"), (1, "z"))}
    assert not any(few(one, group) for group in told)
    assert not any(
        spanned([one.groups[group] for group in told], one.groups[group], 6) for group in one.groups if few(one, group)
    )
    assert not told <= one.shown[REVIEWED]


def test_what_two_small_groups_hold_together_is_withheld_where_it_is_few() -> None:
    """2 of 20 and 2 of 20 are few; together they are 4 of 40, which is still few, so a third group goes with them."""
    cells = {("x",): (20, 2), ("y",): (20, 2), ("z",): (40, 20), ("w",): (60, 20)}
    one = crowd(cells, 5)
    assert one.shown[REVIEWED] == {(), ((0, "w"),)}


def test_safe_groups_are_all_shown() -> None:
    counts = Counts({(): frozenset({0, 1}), ((0, "x"),): frozenset({0}), ((0, "y"),): frozenset({1})}, [9, 9], [20, 20])
    assert shown_groups(counts, lambda atoms: False) == counts.groups.keys()
    assert shown_groups(counts, lambda atoms: True) == set()


# --- two reports ------------------------------------------------------------------------------------------------------


def staff(**groups: int) -> dict[str, tuple[str, ...]]:
    """So many people in each group, by names that tell the group they began in."""
    return {f"{group}{n}": (group,) for group, size in groups.items() for n in range(size)}


def told(people: Mapping[str, tuple[str, ...]], reviewed: Iterable[str] = (), least: int = 5) -> Headcount:
    steps = {who: frozenset({REVIEWED}) for who in reviewed}
    return headcount(Crowd(Workforce(("a",), dict(people)), steps, least))


WOMEN, MEN = [f"f{n}" for n in range(30)], [f"m{n}" for n in range(40)]
STAFF = staff(f=30, m=40)
MET = [*WOMEN[:10], *MEN[:12]]


def test_the_same_report_again_tells_nothing_new() -> None:
    assert not differ_by_few(told(STAFF, MET), told(STAFF, MET), 5)
    renamed = {who: ("women" if group == "f" else "men",) for who, (group,) in STAFF.items()}
    assert not differ_by_few(told(STAFF, MET), told(renamed, MET), 5)


@pytest.mark.parametrize(
    "changed",
    [
        {who: groups for who, groups in STAFF.items() if who != "f29"},
        STAFF | {"new": ("f",)},
        STAFF | {"f0": ("m",)},
        {who: ("women" if groups == ("f",) else "men",) for who, groups in (STAFF | {"f29": ("m",)}).items()},
        {who: (f"{group}{int(who[1:]) % 2}",) for who, (group,) in (STAFF | {"f29": ("m",)}).items()},
        {who: ("all",) for who in STAFF if who != "m39"},
        {who: groups for who, groups in STAFF.items() if who not in ("f27", "f28", "f29", "m39")},
        {who: groups for who, groups in STAFF.items() if who[0] == "f" or int(who[1:]) < 39}
        | {f"n{n}": ("f",) for n in range(9)},
    ],
)
def test_reports_that_differ_by_few(changed: dict[str, tuple[str, ...]]) -> None:
    assert differ_by_few(told(STAFF, MET), told(changed, MET), 5)
    assert differ_by_few(told(changed, MET), told(STAFF, MET), 5)


@pytest.mark.parametrize(("more", "few"), [(["f20"], True), (WOMEN[10:14], True), (WOMEN[10:15], False)])
def test_reports_of_the_same_people_at_two_times(more: list[str], few: bool) -> None:
    assert differ_by_few(told(STAFF, MET), told(STAFF, [*MET, *more]), 5) == few


def test_one_who_is_withheld_with_their_group_makes_no_difference() -> None:
    """What is left of the whole is those who were women before: both reports show the same."""
    assert not differ_by_few(told(STAFF, MET), told(STAFF | {"f0": (NOT_STATED,)}, MET), 5)


def test_reports_of_which_all_groups_differ_by_enough() -> None:
    changed = {who: groups for who, groups in STAFF.items() if who not in WOMEN[:6]} | {
        f"n{n}": ("m",) for n in range(7)
    }
    met = [*WOMEN[6:20], *MEN[:20]]
    assert not differ_by_few(told(STAFF, MET), told(changed, met), 5)


def test_another_column_of_the_same_people_is_no_difference() -> None:
    """Two groups of two columns that nearly hold the same people stand in one report; to repeat it tells nothing."""
    people = {who: (group, "part" if int(who[1:]) < 3 or group == "f" else "full") for who, (group,) in STAFF.items()}
    one = headcount(Crowd(Workforce(("a", "b"), people), {who: frozenset({REVIEWED}) for who in MET}, 5))
    assert not differ_by_few(one, one, 5)
    alone = told({who: (groups[1],) for who, groups in people.items()}, MET)
    assert differ_by_few(told(STAFF, MET), alone, 5), "one column alone, then the other, is one"


def unions(sets: Sequence[frozenset[str]]) -> Iterator[frozenset[str]]:
    for size in range(len(sets) + 1):
        for chosen in itertools.combinations(sets, size):
            yield frozenset().union(*chosen)


@given(st.lists(st.tuples(st.sampled_from(" xyz"), st.sampled_from(" uvw")), max_size=24), st.integers(2, 4))
def test_groups_put_together_in_every_way(people: list[tuple[str, str]], least: int) -> None:
    """A person is in a group of the one report and in one of the other, or in none of either."""

    def tables(side: int) -> list[frozenset[str]]:
        return [
            frozenset(f"p{n}" for n, groups in enumerate(people) if groups[side] == name)
            for name in sorted({groups[side] for groups in people} - {" "})
        ]

    def count(sets: Sequence[frozenset[str]]) -> Headcount:
        states = {who: n for n, members in enumerate(sets) for who in members}
        return Headcount(states, ((REVIEWED, tuple(frozenset({n}) for n in range(len(sets)))),))

    before, now = tables(0), tables(1)
    differences = {len(one ^ other) for one in unions(before) for other in unions(now)}
    same = set(before) == set(now)
    assert differ_by_few(count(before), count(now), least) == (
        not same and any(0 < size < least for size in differences)
    )


def test_what_is_sealed_names_nobody_and_comes_back_under_the_same_secret() -> None:
    found = told(STAFF, MET)
    body = sealed_headcount(found, b"s" * 32, b"salt")
    tokens = [token for token, _ in body["states"]]
    assert all(re.fullmatch("[0-9a-f]{32}", token) for token in tokens)
    assert tokens == sorted(tokens)
    assert {step for step, _ in body["tables"]} == {PEOPLE, *STEPS}, "no group by its name"
    assert opened_headcount(body, b"s" * 32, found) == found
    assert opened_headcount(body, b"t" * 32, found).states.keys().isdisjoint(found.states)
    assert sealed_headcount(found, b"s" * 32, b"other")["states"] != body["states"]


def test_fisher_of_the_definition_is_that_of_the_report() -> None:
    for counts in tables(5):
        found = fisher_p(*counts)
        assert found is not None and math.isclose(found, by_chance(*counts), abs_tol=1e-11)
