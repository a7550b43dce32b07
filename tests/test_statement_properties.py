"""What must hold when statements are forgotten, weakened, widened or added: no file and no person by saying less.

Over random cases of a small rule base. Two limits no design removes: who forgets one of two statements that disagree
settles the disagreement; and what is forgotten of a sign, and not of a core fact, can conclude a person, never a file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import timedelta
from fractions import Fraction
from functools import cache
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import pytest

import salesdx
from conftest import ROOT
from random_cases import fuzz_cases
from random_statements import FIRST, LAST, TODAY, Source, random_case, some_value
from salesdx.base.model import RuleBase
from salesdx.case.file import case_from_text
from salesdx.engine.diagnose import quick
from salesdx.language.intervals import Interval
from salesdx.text.issues import CaseError
from second_model.base import Base, Term, read_base
from second_model.conditions import names
from second_model.facts import age, read_case
from second_model.floor import doubtful
from second_model.intervals import Range
from second_model.plain import write
from second_model.reading import Reading
from second_model.shown import end_shown
from second_model.vectors import case_data, vectors, write_small_base

Said = dict[str, Any]
Facts = dict[str, list[Said]]
FILE, PERSON = "file", "seller"
OTHERWISE: tuple[dict[str, Any], ...] = (
    *({}, {}, {"matter_open": True}, {"coaching_failed": False}, {"calls_ratio": 0.95}, {"on_time_pct": 80}),
    {"price_index": 118, "lost_on_price_pct": 35},
)
"""What is otherwise than in order in the cases to begin with."""


@cache
def bases() -> tuple[Base, RuleBase]:
    """The rule base of the value cases, as the second model and as the product read it."""
    with TemporaryDirectory() as folder:
        write_small_base(Path(folder), ROOT / "docs" / "language.md")
        return read_base(Path(folder)), salesdx.load(folder)


@cache
def source() -> Source:
    in_order = vectors()["in_order"]
    return Source(bases()[0], [{"subject": {"kind": "person"}, "facts": in_order | other} for other in OTHERWISE])


@dataclass(frozen=True)
class Outcome:
    """What of a result speaks against a person, and which facts are disputed or lie between two ends."""

    file: bool
    person: bool
    personnel: frozenset[str]
    pressure: frozenset[str]
    disputed: frozenset[str]
    values: Mapping[str, Any]


def outcome(data: Mapping[str, Any]) -> Outcome:
    """The product's result. Raises CaseError."""
    base = bases()[1]
    found = quick(base, replace(case_from_text(write(data), "case", base), today=TODAY))
    recommended = {entry.intervention for entry in found.recommendations if entry.intervention.personnel}
    return Outcome(
        found.files[0].status == "eligible_for_human_review",
        found.concluded is not None and found.concluded.stage.id == PERSON,
        frozenset(each.id for each in recommended),
        frozenset(each.id for each in recommended if each.weight == "pressure"),
        frozenset(name for name, fact in found.memory.facts.items() if fact.disputed),
        found.matches.values,
    )


class Positions:
    """What is said of each term in a case: the different values that are current, and whether it does not apply."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.base = bases()[0]
        self.case = read_case(data, self.base, today=TODAY)
        self.reading = Reading(self.base, self.case)

    def of(self, name: str) -> set[Any]:
        term = self.base.terms[name]
        standing = self.case.standing(name)
        found = {said.value for said in standing if said.said == "value" and age(said, term, self.case) is None}
        found |= {said.said for said in standing if said.said == "not applicable"}
        calculated = self.reading.also_calculated(term)
        return found | ({calculated.value} if calculated is not None else set())

    def agreed(self, name: str) -> bool:
        """Whether all who speak say the same, of what can also be calculated from the term as well."""
        beside = [name, *(other for other, term in self.base.terms.items() if name in read_beside(term))]
        return all(len(self.of(each)) <= 1 for each in beside)


def read_beside(term: Term) -> tuple[str, ...]:
    return names(term.or_formula) if term.or_formula else ()


# --- what is changed --------------------------------------------------------------------------------------------------


def doubled(random: Random, data: dict[str, Any]) -> dict[str, Any]:
    """A case in which somebody else says much of the same too, so that a change often leaves enough."""
    facts = {name: list(said) for name, said in data["facts"].items()}
    for said in facts.values():
        said += [each | {"author": "cy"} for each in said[:1] if random.random() < 0.7]
    return {**data, "facts": facts}


Change = Callable[[Random, dict[str, Any]], dict[str, Any]]


def forgotten(random: Random, data: dict[str, Any]) -> dict[str, Any]:
    """Without some statements; where people disagree, without all of them or none."""
    positions, share = Positions(data), random.choice((0.03, 0.1, 0.3))
    facts: Facts = {}
    for name, said in data["facts"].items():
        if positions.agreed(name):
            facts[name] = [each for each in said if random.random() > share]
        elif read_beside(positions.base.terms[name]) or random.random() > share:
            facts[name] = said
    return {**data, "facts": {name: said for name, said in facts.items() if said}}


def weaker(random: Random, data: dict[str, Any]) -> dict[str, Any]:
    """The same values on weaker, undated or foreign evidence, where all who speak say the same."""
    made, positions = deepcopy(data), Positions(data)
    base = positions.base
    for name, said in made["facts"].items():
        if not positions.agreed(name):
            continue
        term = base.terms[name]
        for each, told in zip(said, positions.case.statements[name], strict=False):
            if random.random() < 0.8 or age(told, term, positions.case) is not None:
                continue
            kind = each.get("kind", base.ladder["default_evidence"])
            match random.choice(("by", "kind", "date", "author", "report")):
                case "by":
                    each["by"] = random.choice([role for role in base.ladder["respondents"] if role != each.get("by")])
                case "kind":
                    each["kind"] = random.choice(base.kinds[base.kinds.index(kind) :])
                case part:
                    each.pop(part, None)
    return made


def wider(random: Random, data: dict[str, Any]) -> dict[str, Any]:
    """Numbers and dates known less precisely, where all who speak say the same."""
    made, positions = deepcopy(data), Positions(data)
    for name, said in made["facts"].items():
        term = positions.base.terms[name]
        told = [each for each in positions.case.statements[name] if each.said == "value"]
        if random.random() < 0.7 or not positions.agreed(name) or term.type in ("boolean", "enum"):
            continue
        if any(doubtful(each, term) for each in told):
            continue  # a wider value may be above what looks like a fraction, and then it is in no doubt
        low, high = (Fraction(random.choice((0, 0, 1, 2, 5, 50))) for _ in "lh")
        for each, stated in zip(said, positions.case.statements[name], strict=False):
            if stated.said == "value":
                assert isinstance(stated.value, Range)
                ends = {"low": _less(stated.value.low, -low, term), "high": _less(stated.value.high, high, term)}
                each["value"] = {key: end_shown(end, term) for key, end in ends.items() if end is not None}
    return made


def _less(end: Fraction | None, by: Fraction, term: Term) -> Fraction | None:
    if end is None:
        return None
    low, high = term.bounds.low, term.bounds.high
    end = end + by
    end = end if low is None else max(end, low)
    return end if high is None else min(end, high)


def added(random: Random, data: dict[str, Any]) -> dict[str, Any]:
    """With more statements, each below every floor: an opinion, a foreign voice, or nobody's word."""
    made, base = deepcopy(data), bases()[0]
    for name in random.sample([name for name in base.terms if name not in source().fixed], random.choice((1, 2, 4))):
        term = base.terms[name]
        value = random.choice(("not_known", some_value(random, source(), term), some_value(random, source(), term)))
        said: Said = {"value": value, "author": f"another-{name}"}
        foreign = [role for role in base.ladder["respondents"] if role not in term.own_roles]
        match random.choice(("opinion", "foreign", "nobody")):
            case "opinion" if term.respondent:
                said |= {"by": term.respondent, "kind": "opinion", "date": LAST - timedelta(random.choice((0, 3)))}
            case "foreign" if foreign:
                said |= {"by": random.choice(foreign), "kind": random.choice(base.kinds), "date": LAST}
        made["facts"].setdefault(name, []).append(said)
    return made


# --- what must hold ---------------------------------------------------------------------------------------------------


Tried = tuple[dict[str, Any], dict[str, Any], Outcome, Outcome]
"""A case, the same changed, and the results of both."""


def tried(change: Change, count: int, seen: Counter[str]) -> list[Tried]:
    """Random cases before and after a change that can be read, with their results; ``seen`` counts both sides."""
    found = []
    for seed in range(count):
        random = Random(f"{change.__name__} {seed}")
        data = doubled(random, random_case(random, source()))
        after = change(random, data)
        try:
            results = outcome(data), outcome(after)
        except CaseError:  # two statements of one voice
            continue
        if after["facts"] == data["facts"]:
            continue
        found.append((data, after, *results))
        for word in ("file", "person"):
            for when, result in zip(("before", "after"), results, strict=True):
                seen[f"{word} {when}"] += getattr(result, word)
    return found


def both_sides(seen: Counter[str]) -> bool:
    """Whether files and persons are complete and concluded on both sides of the change."""
    return all(seen[f"{word} {when}"] > 0 for word in ("file", "person") for when in ("before", "after"))


@pytest.mark.slow
def test_forgetting_statements_completes_no_file_and_brings_no_pressure() -> None:
    seen: Counter[str] = Counter()
    for data, after, was, now in tried(forgotten, fuzz_cases(250), seen):
        assert was.file or not now.file, (data, after)
        assert now.pressure <= was.pressure, (data, after)
    assert both_sides(seen), seen


def test_forgetting_one_side_of_a_disagreement_can_complete_a_file() -> None:
    """The limit that no design removes: else no new statement could ever reopen a file."""
    data = in_order(price_index=104)
    again = deepcopy(data)
    again["facts"]["price_index"] = [data["facts"]["price_index"], {**data["facts"]["price_index"], "author": "ben"}]
    again["facts"]["price_index"][1]["value"] = 118
    assert not outcome(again).file and "price_index" in outcome(again).disputed
    assert outcome(data).file


def test_forgetting_a_sign_can_conclude_a_person_and_brings_help_alone() -> None:
    """The other limit: a stage is ruled out on its core facts, so a sign that nobody looked at holds back the file."""
    data = in_order(discount_change_points={"low": 3, "high": 6})
    assert not outcome(data).person
    found = outcome(in_order(discount_change_points=None))
    assert found.person and not found.file and not found.pressure


def in_order(**other: Any) -> dict[str, Any]:
    """The case in which everything is in order but for some facts, each at the floor."""
    case = {"in_order": other, "head": {**vectors()["head"], "period": {"from": FIRST, "to": LAST}}}
    made = case_data(case, {name: term.respondent for name, term in bases()[0].terms.items()})
    for said in made["facts"].values():
        said["date"] = LAST
    return made


@pytest.mark.slow
def test_weaker_evidence_of_the_same_completes_no_file_and_concludes_no_person() -> None:
    seen: Counter[str] = Counter()
    for data, after, was, now in tried(weaker, fuzz_cases(250), seen):
        assert was.file or not now.file, (data, after)
        assert was.person or not now.person, (data, after)
    assert both_sides(seen), seen


@pytest.mark.slow
def test_wider_values_complete_no_file_conclude_no_person_and_recommend_nothing_personal() -> None:
    seen: Counter[str] = Counter()
    for data, after, was, now in tried(wider, fuzz_cases(250), seen):
        assert was.file or not now.file, (data, after)
        assert was.person or not now.person, (data, after)
        assert now.personnel <= was.personnel, (data, after)
    assert both_sides(seen), seen


@pytest.mark.slow
def test_statements_below_the_floor_complete_no_file_and_conclude_no_person() -> None:
    seen: Counter[str] = Counter()
    for data, after, was, now in tried(added, fuzz_cases(250), seen):
        vague = {name: value for name, value in was.values.items() if isinstance(value, Interval)}
        if any(now.values.get(name) != value for name, value in vague.items()) or not was.disputed <= now.disputed:
            continue  # a disagreement is settled, or an interval may have become sharper
        assert was.file or not now.file, (data, after)
        assert was.person or not now.person, (data, after)
    assert both_sides(seen), seen
