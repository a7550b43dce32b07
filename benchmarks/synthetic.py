"""A rule base of any size as a folder of YAML, and cases for it: the same for the same seed.

Rules are three typed tests over 60 terms (numbers, booleans, choices); in 30% of them one test is an earlier finding.
The stages 1 to 3 of a ladder of six are written to be ruled out, so that a diagnosis goes down the ladder and lists
what nobody looked at.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

STAGES = ("one", "two", "three", "four", "five", "six")
SETTLED = STAGES[:3]
"""Stages whose strong and moderate rules come true for no case here."""
STRENGTHS = ("strong", "moderate", "weak", "gate")
NUMBERS = [f"number_{i:02}" for i in range(30)]
BOOLEANS = [f"boolean_{i:02}" for i in range(15)]
CHOICES = [f"choice_{i:02}" for i in range(15)]
VALUES = ("north", "south", "east", "west")
INTERVENTIONS = 20
RARE = f"{NUMBERS[0]} > 98"
"""A test that is false in every case here, or unknown."""


def write(home: Path, shipped: Path, size: int, seed: int = 1) -> None:
    """Write a rule base of ``size`` rules into ``home``, with the shipped ladder's ways to decide a stage."""
    (home / "knowledge").mkdir(parents=True)
    (home / "rules").mkdir()
    ladder = yaml.safe_load((shipped / "knowledge" / "ladder.yaml").read_text(encoding="utf-8"))
    decided_by = dict.fromkeys(STAGES, "evidence") | {STAGES[-1]: "file"}
    ladder |= {
        "stages": [{"stage": stage, "decided_by": how} for stage, how in decided_by.items()],
        "modes": [
            {"mode": "success", "when": f"{NUMBERS[-1]} >= 100"},
            {"mode": "diagnosis", "when": "true"},
        ],
        "personnel_stage": STAGES[4],
    }
    ladder["verdicts"] = [line for line in ladder["verdicts"] if line.get("asks", True)]  # the others read findings
    for named in ("groups", "subject_term", "period_end_term", "result_terms", "currency_term", "cycle_term"):
        del ladder[named]
    _dump(home / "knowledge" / "ladder.yaml", ladder)
    _dump(home / "knowledge" / "sources.yaml", {})
    rules = _rules(random.Random(seed), size)
    for number, stage in enumerate(STAGES):
        _dump(home / "knowledge" / f"{stage}.yaml", _stage(stage, number, ladder["respondents"]))
        _dump(home / "rules" / f"{stage}.yaml", [rule for home_, rule in rules if home_ == stage])


def cases(count: int, unknown: float = 0.0, seed: int = 2) -> Iterator[dict[str, Any]]:
    """Facts of random cases; each is left out with the probability ``unknown``."""
    rng = random.Random(seed)
    for _ in range(count):
        facts: dict[str, Any] = {name: rng.randint(0, 98) for name in NUMBERS}
        facts |= {name: rng.random() < 0.5 for name in BOOLEANS}
        facts |= {name: rng.choice(VALUES) for name in CHOICES}
        yield {name: value for name, value in facts.items() if rng.random() >= unknown}


def _dump(path: Path, content: object) -> None:
    path.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=120), encoding="utf-8")


def _stage(stage: str, number: int, respondents: dict[str, str]) -> dict[str, Any]:
    asked = {"question": "What is it?", "respondent": next(iter(respondents)), "source": "J"}
    terms: dict[str, Any] = {}
    for name in (*NUMBERS, *BOOLEANS, *CHOICES)[number :: len(STAGES)]:
        if name in NUMBERS:
            terms[name] = {"type": "number", "unit": "points", "range": [0, 100], **asked}
        elif name in BOOLEANS:
            terms[name] = {"type": "boolean", **asked}
        else:
            terms[name] = {"type": "enum", "values": list(VALUES), **asked}
    does = {"owner": "somebody", "do": "Something", "judge_after": "a quarter", "worked_when": "it shows"}
    interventions = {f"{stage}_{i:02}": {"title": f"Step {i}", **does, "source": "J"} for i in range(INTERVENTIONS)}
    made = {"stage": stage, "title": stage.title()}
    if stage != STAGES[-1]:
        made["ruled_out_when"] = f"{NUMBERS[-2]} >= 0"
    return {**made, "terms": terms, "interventions": interventions}


def _rules(rng: random.Random, size: int) -> list[tuple[str, dict[str, Any]]]:
    """(stage, rule) in the order of the ladder, so that a finding is read after it is made."""
    rules = []
    for i in range(size):
        stage = STAGES[i * len(STAGES) // size]
        strength = rng.choice(STRENGTHS if stage != STAGES[-1] else ("block", "eligible"))
        tests = [_test(rng, name) for name in rng.sample((*NUMBERS[1:-1], *BOOLEANS, *CHOICES), 3)]
        if i and rng.random() < 0.3:
            tests[rng.randrange(3)] = f"finding_{rng.randrange(i):05}"
        if stage in SETTLED and strength in ("strong", "moderate"):
            tests[0] = RARE
        rule = {
            "id": f"Q{i:05}",
            "strength": strength,
            "when": " and ".join(tests),
            "finding": f"finding_{i:05}",
            "recommend": [f"{stage}_{rng.randrange(INTERVENTIONS):02}"],
            "because": "The value is {" + rng.choice(NUMBERS) + "}.",
            "source": "J",
        }
        rules.append((stage, rule))
    return rules


def _test(rng: random.Random, name: str) -> str:
    if name in NUMBERS:
        return f"{name} {rng.choice(('<', '<=', '>', '>='))} {rng.randint(10, 90)}"
    if name in BOOLEANS:
        return f"{rng.choice(('', 'not '))}{name}"
    value, other = rng.sample(VALUES, 2)
    return f"{name} == '{value}'" if rng.random() < 0.5 else f"{name} in ['{value}', '{other}']"
