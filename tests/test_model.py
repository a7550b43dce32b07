"""The product against a second implementation of its definition, over random cases."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from random import Random

import pytest
import yaml

import model_of_the_ladder as model
import salesdx
from random_cases import Case, count, fuzz_cases, random_case, smallest
from salesdx.authoring.worked_cases import case_files
from salesdx.base.model import RuleBase
from salesdx.engine.diagnose import quick
from salesdx.engine.diagnosis import Diagnosis


def without_texts(diagnosis: Diagnosis) -> dict:
    """A diagnosis in the shape of the model."""
    found = diagnosis.to_dict()
    interventions = {
        part: [(entry["intervention"], entry["rules"]) for entry in found[part]]
        for part in ("recommendations", "alternatives", "suppressed")
    }
    return {
        "truths": dict(diagnosis.matches.truths),
        "mode": found["mode"],
        "verdict": found["verdict"]["id"],
        "stages": [
            {key: stage[key] for key in ("id", "status", "held", "concluded", "findings", "missing")}
            for stage in found["stages"]
        ],
        "concluded": found["concluded"],
        "termination": found["termination"],
        "file": (found["files"][0]["blocked_by"], found["files"][0]["missing"]),
        "fired": [(rule["rule"], rule["stage"], rule["strength"], rule["finding"]) for rule in found["fired"]],
        **interventions,
        "next_questions": [question["term"] for question in found["next_questions"]],
        "unexamined": [(u["rule"], u["stage"], u["strength"], set(u["terms"])) for u in found["unexamined"]],
    }


def differences(case: Case, base: RuleBase) -> dict[str, tuple[object, object]]:
    """What the product says and what the model says, where they differ."""
    found = without_texts(quick(base, case.memory(base)))
    wanted = model.diagnosis(case.facts, case.excused)
    return {part: (found[part], wanted[part]) for part in wanted if found[part] != wanted[part]}


@pytest.mark.slow
def test_diagnosis_is_what_the_definition_says(base: RuleBase) -> None:
    seen: Counter[str] = Counter()
    for seed in range(fuzz_cases(1_200)):
        case = random_case(Random(seed), base)
        if differences(case, base):
            parts = differences(case, base).keys()
            small = smallest(case, lambda fewer, parts=parts: differences(fewer, base).keys() == parts)
            pytest.fail(f"case {seed}: {small.entries}\n(product, model): {differences(small, base)}")
        seen.update(features(model.diagnosis(case.facts, case.excused)))
    assert {feature for feature in WANTED if seen[feature] < 3} == set()


@pytest.mark.parametrize("path", case_files([model.ROOT / "rules" / "cases"]), ids=lambda path: path.stem)
def test_worked_case_expects_what_the_definition_says(base: RuleBase, path: Path) -> None:
    memory = salesdx.read_case(path, base)
    stated = {name: fact for name, fact in memory.facts.items() if name in memory.statements}
    facts = {name: None if fact.value is None else count(fact.value) for name, fact in stated.items()}
    wanted = model.diagnosis(facts, frozenset(name for name, fact in stated.items() if fact.excused))
    found = {
        "mode": wanted["mode"],
        "verdict": wanted["verdict"],
        "stages": {stage["id"]: stage["status"] for stage in wanted["stages"]},
        "concluded": wanted["concluded"],
        "termination": wanted["termination"],
        "fired": [rule for rule, *_ in wanted["fired"]],
        "next_questions": wanted["next_questions"],
    }
    expected = yaml.safe_load(path.read_text("utf-8"))["expect"]
    assert {key: expected[key] for key in found if key in expected} == {k: v for k, v in found.items() if k in expected}
    recommended = {intervention for intervention, _ in wanted["recommendations"]}
    assert set(expected["recommend"]) <= recommended <= {*expected["recommend"], *expected.get("may_recommend", ())}
    assert not recommended & set(expected.get("never_recommend", ()))
    assert without_texts(quick(base, memory)) == wanted


def features(wanted: dict) -> set[str]:
    """What a diagnosis is an example of."""
    parts = ("alternatives", "suppressed", "next_questions", "unexamined")
    return (
        {wanted["mode"], wanted["verdict"], wanted["termination"], f"concluded {wanted['concluded']}"}
        | {f"{stage['id']} {stage['status']}" for stage in wanted["stages"]}
        | {f"{stage['id']} held" for stage in wanted["stages"] if stage["held"]}
        | {part for part in parts if wanted[part]}
    )


WANTED = {
    *("success", "diagnosis", "not_reached", "blocked", "open", "eligible_for_human_review"),
    *("alternatives", "suppressed", "next_questions", "unexamined", "concluded None"),
    *(f"{stage} not_applicable" for stage in model.APPLIES),
    *(f"concluded {stage}" for stage in model.STAGES),
    *(f"{stage} {status}" for stage in model.STAGES for status in ("confirmed", "ruled_out", "open", "not_run")),
    *(f"{stage} held" for stage in model.STAGES[1:]),
    *("product set_aside", "pricing set_aside", "goal_met", "cause_found", "cause_likely", "no_cause"),
    *("within_season", "within_noise", "not_proved"),
}
"""The random cases are worth something only if all of this happens among them."""
