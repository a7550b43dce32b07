"""The JSON that other programs read: its schema, its page, and what a stage's standing says."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import salesdx
from conftest import ROOT, cases_in
from random_cases import random_case
from salesdx.authoring.contract_schema import contract_rows, diagnosis_schema
from salesdx.authoring.worked_cases import case_files
from salesdx.base.model import RuleBase
from salesdx.engine.diagnose import quick
from salesdx.engine.diagnosis import Diagnosis

PAGE = ROOT / "docs" / "json.md"
HEAD = "| key | type | meaning |\n|---|---|---|\n"
CASES = [*case_files([ROOT / "rules" / "cases"]), *cases_in(ROOT / "examples")]


@cache
def shipped() -> RuleBase:
    return salesdx.load()


@cache
def diagnosis(path: Path) -> Diagnosis:
    return salesdx.diagnose(shipped(), salesdx.read_case(path, shipped()), "reference")


def of(name: str) -> Diagnosis:
    return diagnosis(ROOT / "examples" / f"{name}.yaml")


def closed(schema: Any) -> Any:
    """The schema with no other keys allowed."""
    if isinstance(schema, dict):
        made = {key: closed(part) for key, part in schema.items()}
        return {"additionalProperties": False} | made if "properties" in schema else made
    return [closed(part) for part in schema] if isinstance(schema, list) else schema


@cache
def validators() -> tuple[Draft202012Validator, Draft202012Validator]:
    """The schema as it is shipped, and one that allows no other keys but those of the files."""
    schema = diagnosis_schema()
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema), Draft202012Validator(
        closed(schema) | {"additionalProperties": {"type": "string"}}
    )


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_every_worked_case_fits_the_schema_and_has_no_other_key(path: Path) -> None:
    data = json.loads(json.dumps(diagnosis(path).to_dict()))
    for validator in validators():
        assert [error.message for error in validator.iter_errors(data)] == []
    strange = data.keys() - diagnosis_schema()["properties"].keys()
    assert {key: data[key] for key in strange} == {file["id"]: file["status"] for file in data["files"]}


def test_random_cases_fit_the_schema(base: RuleBase) -> None:
    random = Random(2)
    for _ in range(100):
        memory = replace(random_case(random, base).memory(base), subject={"kind": "person", "ref": "E-1042"})
        data = json.loads(json.dumps(quick(base, memory).to_dict()))
        assert [error.message for error in validators()[1].iter_errors(data)] == []


@pytest.mark.parametrize(
    ("key", "wrong"),
    [
        ("schema", "salesdx.diagnosis/1"),
        ("mode", None),
        ("stages", [{"id": "pricing"}]),
        ("concluded", 4),
        ("subject", {"ref": "E-1"}),
        ("fired", {}),
    ],
)
def test_what_no_diagnosis_says_does_not_fit(key: str, wrong: object) -> None:
    data = of("late-delivery").to_dict() | {key: wrong}
    assert {error.path[0] for error in validators()[0].iter_errors(data)} == {key}


def test_the_page_has_every_key_with_its_type_and_meaning() -> None:
    """SALESDX_UPDATE_GOLDEN=1 writes the table anew."""
    rows = "".join(f"| `{key}` | {type} | {meaning} |\n" for key, type, meaning in contract_rows())
    before, head, told = PAGE.read_text(encoding="utf-8").partition(HEAD)
    if os.environ.get("SALESDX_UPDATE_GOLDEN"):
        PAGE.write_text(before + head + rows, encoding="utf-8")
    assert told == rows


# --- how a stage stands -----------------------------------------------------------------------------------------------


def decisive(found: Diagnosis, stage: str) -> list[tuple[str, object, bool]]:
    stages = {entry["id"]: entry for entry in found.to_dict()["stages"]}
    return [(part["test"], part["value"], part["holds"]) for part in stages[stage]["standing"]["decisive"]]


def test_what_ruled_a_stage_out() -> None:
    assert decisive(of("late-delivery"), "marketing") == [
        ("mkt_leads_vs_plan_pct >= 90", 97, True),
        ("mkt_icp_fit_pct >= 70", 78, True),
        ("case_subject in [territory, person]", "company", False),
        ("mkt_target_validated", True, True),
    ]


def test_what_confirmed_a_stage_that_is_held_and_by_which() -> None:
    service = of("late-delivery").standing("service")
    assert decisive(of("late-delivery"), "service") == [
        ("service_csat_pct < 70", 68, True),
        ("service_survey_n >= 30", 120, True),
        ("service_complaint_ratio >= 1.5", 1.7, True),
    ]
    assert (service.held, service.concluded, service.passed) == (True, False, False)
    assert [stage.id for stage in service.held_by] == ["delivery"]
    assert [rule.id for rule in service.signs] == ["C2", "C4"]
    assert [stage.id for stage in of("held-back").standing("individual").held_by] == ["product", "pricing", "service"]


def test_the_strongest_signs() -> None:
    delivery = of("late-delivery").standing("delivery")
    assert [rule.id for rule in delivery.signs] == ["D1", "D2", "D3", "D4", "D6", "D8"]
    assert [rule.strength for rule in delivery.signs] == ["strong"] * 3 + ["moderate"] * 3
    assert [rule.id for rule in delivery.strongest] == ["D1", "D2", "D3"]


def test_what_keeps_a_stage_open_and_what_it_does_not_know() -> None:
    product = of("held-back").standing("product")
    assert decisive(of("held-back"), "product") == [("lost_interviews_n >= 10", 0, False)]
    assert (product.asked, product.passed, product.beside) == (True, False, ())
    assert decisive(of("empty-start"), "goals") == []
    assert of("empty-start").standing("goals").unknown == (
        "goal_measurable", "goal_communicated", "goal_backtest_ratio_pct", "case_subject", "goal_potential_ratio",
    )  # fmt: skip


def test_a_stage_that_does_not_apply_and_one_that_is_not_run() -> None:
    assert decisive(of("late-delivery"), "individual") == [("case_subject == person", "company", False)]
    assert decisive(of("top-seller"), "individual") == [("case_attainment_pct >= 100", 128, True)]


def test_a_file_says_whether_it_is_reached() -> None:
    late, complete = of("late-delivery"), of("complete-file")
    assert [file["reached"] for file in late.to_dict()["files"]] == [False]
    assert [(file["reached"], file["status"]) for file in complete.to_dict()["files"]] == [
        (True, "eligible_for_human_review")
    ]
    assert complete.standing("termination").complete and not late.standing("termination").complete


def test_a_group_has_no_standing() -> None:
    with pytest.raises(KeyError):
        of("late-delivery").standing("scope")


def test_signs_of_earlier_stages_at_which_nobody_looked() -> None:
    found = of("late-delivery")
    assert found.concluded is not None
    before = [entry.rule.id for entry in found.unexamined_before(found.concluded.stage)]
    assert before == [e.rule.id for e in found.unexamined if e.rule.home in ("goals", "product", "pricing")]
    assert 0 < len(before) < len(found.unexamined)


def test_a_worked_case_says_that_it_is_one() -> None:
    """Of its facts it is only supposed who states them."""
    file = ROOT / "rules" / "cases" / "goals-raised-while-she-was-on-leave.yaml"
    assert diagnosis(file).to_dict()["worked"] is True
    assert "worked" not in of("late-delivery").to_dict()
