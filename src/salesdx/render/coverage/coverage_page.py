"""Coverage as one page: the conditions with what the cases show of each comparison, told by marks and words as well."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from salesdx.authoring.coverage import Coverage
from salesdx.authoring.coverage.comparisons_seen import RULE, Condition
from salesdx.engine.diagnosis import status_words as spoken
from salesdx.render.coverage.coverage_words import (
    BY_STAGE,
    COUNTING,
    SAYS,
    condition_name,
    counts,
    gaps,
    percent,
    place_words,
    total,
    unseen,
)
from salesdx.render.html import page
from salesdx.text.english import capital
from salesdx.text.source import Place

Address = Callable[[Place], str]
SPACE = re.compile(r"\s+")
STATES = {(): "both", ("true",): "one", ("false",): "one"}
KEY = (
    ("both", "seen true and false"),
    ("one", "one of the two was never seen"),
    ("none", "neither was seen"),
)


@dataclass(frozen=True, slots=True)
class CoverageGap:
    """What no case shows: of what, with a link to it on the page, the comparison if it is one, and words."""

    link: str
    name: str
    says: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class ShownPart:
    """A comparison of a condition with what was seen of it, or, without a state, what stands between two of them."""

    text: str
    state: str = ""
    marks: str = ""
    counts: str = ""
    gap: str = ""


@dataclass(frozen=True, slots=True)
class ShownCondition:
    """A condition in parts, with a link to its place in a file (may be empty)."""

    id: str
    title: str
    parts: tuple[ShownPart, ...]
    never: bool
    counts: str
    place: str
    link: str


@dataclass(frozen=True, slots=True)
class ShownHome:
    """A stage or group: its conditions, and rows for its statuses and boundaries with numbers of cases."""

    id: str
    title: str
    conditions: tuple[ShownCondition, ...]
    statuses: tuple[tuple[str, int], ...]
    boundaries: tuple[tuple[str, tuple[tuple[str, int], ...], str], ...]


def coverage_html(found: Coverage, address: Address) -> str:
    """The page. ``address`` gives the link to a place in a file, or nothing where there is none."""
    return page(
        "coverage.html",
        base=found.base,
        cases=len(found.cases),
        overall=percent(found.overall.percent),
        total=total(found),
        odd=found.odd,
        measures=[
            (capital(SAYS[m.name]), f"{m.seen} of {m.of}", percent(m.percent)) for m in found.measures().values()
        ],
        by_stage=("Stage", *(name.capitalize() for name in BY_STAGE)),
        stages=list(_stages(found)),
        gaps=list(_gaps(found)),
        key=KEY,
        homes=[_home(found, home, address) for home in found.base.home],
        counting=COUNTING,
    )


def _stages(found: Coverage) -> Iterator[tuple[object, ...]]:
    for home, stage in found.base.home.items():
        measures = found.measures(home)
        yield (
            stage,
            *(f"{measures[name].seen} of {measures[name].of}" if measures[name].of else "" for name in BY_STAGE),
        )


def _gaps(found: Coverage) -> Iterator[CoverageGap]:
    for n, condition in enumerate(found.conditions):
        link, name = f"c{n}", condition_name(condition)
        if condition.kind == RULE and not condition.seen.true:
            yield CoverageGap(link, name, "the rule was never true")
        for part in condition.comparisons:
            if part.seen.missing:
                yield CoverageGap(link, name, gaps(part.seen), part.text)
    for home, says in unseen(found):
        yield CoverageGap(f"stage-{home}", found.base.home[home].title if home else "", says)


def _home(found: Coverage, home: str, address: Address) -> ShownHome:
    return ShownHome(
        home,
        found.base.home[home].title,
        tuple(_condition(c, f"c{n}", address) for n, c in enumerate(found.conditions) if c.home == home),
        tuple((spoken(s.name), len(s.cases)) for s in found.statuses if s.home == home),
        tuple(
            (b.term, tuple((side.says, len(side.cases)) for side in b.sides), ", ".join(b.read_by))
            for b in found.boundaries
            if b.home == home
        ),
    )


def _condition(condition: Condition, id: str, address: Address) -> ShownCondition:
    rule = condition.kind == RULE
    title = f"{condition.name}: {condition.title}" if rule and condition.title else capital(condition_name(condition))
    return ShownCondition(
        id,
        title,
        tuple(part for part in _parts(condition) if part.text),
        rule and not condition.seen.true,
        counts(condition.seen),
        place_words(condition.place),
        address(condition.place),
    )


def _parts(condition: Condition) -> Iterator[ShownPart]:
    at = 0
    for part in condition.comparisons:
        seen = part.seen
        marks = f"✓{len(seen.true)} ✗{len(seen.false)} ?{len(seen.unknown)}"
        gap = gaps(seen).removeprefix("was ") if seen.missing else ""
        yield ShownPart(SPACE.sub(" ", condition.text[at : part.start]))
        yield ShownPart(part.text, STATES.get(seen.missing, "none"), marks, counts(seen), gap)
        at = part.end
    yield ShownPart(SPACE.sub(" ", condition.text[at:]))
