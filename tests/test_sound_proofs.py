"""What the prover says of random tiny rule bases, held to brute force over statements.

No random case, and no random change of one, may break what is PROVED; what is REFUTED is broken by the case that is
shown, read back from its file, and the change is one of which the property speaks.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

from random_statements import FIRST, LAST, TODAY, Source, random_case
from salesdx.authoring.property_words import instances, property_holds
from salesdx.authoring.prove import Result, prove_one
from salesdx.base.model import Property, RuleBase
from salesdx.case.file import case_from_text
from salesdx.case.memory import WorkingMemory
from salesdx.case.writing import new_case
from salesdx.engine.backends import reference
from salesdx.engine.diagnosis import Diagnosis
from salesdx.engine.judgement import judge
from salesdx.engine.program import compile_base
from salesdx.text.issues import CaseError
from second_model.base import read_base
from second_model.plain import read, write
from sound_bases import sound_base
from sound_changes import Pair, may_be, pairs

CASES, TRIES = 40, 200
"""Of each base, and for each property."""


@dataclass
class Trial:
    """One random base: the cases that are tried, and what the reference engine says of them."""

    base: RuleBase
    random: Random
    cases: list[WorkingMemory] = field(default_factory=list)
    seen: dict[int, tuple[WorkingMemory, Diagnosis]] = field(default_factory=dict)

    def diagnosis(self, memory: WorkingMemory) -> Diagnosis:
        if id(memory) not in self.seen:
            program = compile_base(self.base)
            found = judge(program, memory, reference.match(program, memory), reference.match)
            self.seen[id(memory)] = memory, found
        return self.seen[id(memory)][1]

    def breaks(self, property: Property, of: Any, pair: Pair) -> bool:
        before, after = self.diagnosis(pair.before), self.diagnosis(pair.after)
        if property.premise is not None and not property_holds(property.premise, before, of):
            return False
        return not property_holds(property.conclusion, after, of)


def read_data(data: dict[str, Any], base: RuleBase) -> WorkingMemory:
    return replace(case_from_text(write(data), "case", base), today=TODAY)


def starts(base: RuleBase, properties: list[Property]) -> list[dict[str, Any]]:
    """Cases in which what properties forbid is so, as the prover finds them: a place to begin with, and no proof."""
    found = []
    for text in dict.fromkeys(str(property.conclusion) for property in properties):
        property = next(each for each in properties if str(each.conclusion) == text)
        result = prove_one(base, replace(property, premise=None, forget="", better={}, restated=""), 5)
        if result.case is not None:
            found.append(in_period(read(new_case(result.case))))
    return found


def in_period(data: dict[str, Any]) -> dict[str, Any]:
    """A case of a counterexample's own day, moved to the period of random cases."""
    for said in data.get("facts", {}).values():
        for each in said if isinstance(said, list) else [said]:
            if isinstance(each, dict) and isinstance(each.get("date"), date):
                each["date"] = LAST
    return data | {"period": {"from": FIRST, "to": LAST}}


def trial(seed: int, folder: Path) -> Trial:
    random = Random(seed)
    return Trial(sound_base(random, folder), random)


def random_cases_of(base: RuleBase, folder: Path, random: Random, proved: list[Property]) -> list[WorkingMemory]:
    source = Source(read_base(folder), starts(base, proved))
    found = []
    for _ in range(CASES):
        try:
            found.append(read_data(random_case(random, source), base))
        except CaseError:
            continue
    return found


def held(trial: Trial, property: Property, count: Counter[str]) -> list[tuple[str, Pair]]:
    """The random pairs that break a property that was proved."""
    every = list(instances(trial.base, property))
    found = []
    for _ in range(TRIES if every else 0):
        of = trial.random.choice(every)
        for pair in pairs(trial.random, property, of, trial.cases, 1):
            count["tried"] += 1
            count["conclusion false"] += not property_holds(property.conclusion, trial.diagnosis(pair.after), of)
            if trial.breaks(property, of, pair):
                found.append((of.id if of is not None else "", pair))
    return found


def confirmed(trial: Trial, result: Result) -> bool:
    """Whether the case of a refuted property breaks it, read from its file, by a change that may be."""
    assert result.case is not None
    case = case_from_text(new_case(result.case), "case", trial.base)
    after = case if result.after is None else case_from_text(new_case(result.after), "case", trial.base)
    of = next(
        (each for each in instances(trial.base, result.property) if each is not None and each.id == result.where), None
    )
    pair = Pair(case, after)
    return trial.breaks(result.property, of, pair) and (
        not result.property.changes or may_be(pair, result.property, of)
    )
