"""The language as vectors (`tests/conformance/*.yaml`), on every back end."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from homes import Loader, load_home, memory_of
from salesdx.case.memory import WorkingMemory
from salesdx.engine.diagnose import BACKENDS, diagnose, rete_loads
from salesdx.engine.program import compile_base
from salesdx.followup.with_record import with_record

VECTORS = [
    pytest.param(vector, id=f"{path.stem}: {vector['vector']}")
    for path in sorted((Path(__file__).parent / "conformance").glob("*.yaml"))
    if path.stem != "statements"  # a form of its own: test_second_model.py
    for vector in yaml.load(path.read_text("utf-8"), Loader)
]


@pytest.fixture(params=VECTORS, scope="module")
def vector(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A vector with its rule base, which all back ends share."""
    homes = request.param.get("homes") or {"only": {key: request.param[key] for key in ("terms", "rules")}}
    return {**request.param, "base": load_home(tmp_path_factory.mktemp("home"), homes)}


@pytest.mark.parametrize("backend", BACKENDS)
def test_vector(vector: dict[str, Any], backend: str) -> None:
    if reason := vector.get("skip", {}).get(backend, rete_loads() if backend == "rete" else ""):
        pytest.skip(reason)
    base = vector["base"]
    for memory, wanted in vector_cases(vector):
        if "truths" in wanted:
            matches = importlib.import_module(BACKENDS[backend]).match(compile_base(base), memory)
            found = {"truths": {rule: "unknown" if truth is None else truth for rule, truth in matches.truths.items()}}
        else:
            found = summary(diagnose(base, memory, backend).to_dict())
        assert wanted and {key: narrowed(found[key], part) for key, part in wanted.items()} == wanted, memory


def vector_cases(vector: dict[str, Any]) -> Iterator[tuple[WorkingMemory, dict[str, Any]]]:
    """The cases of a vector as their record tells them, each with what is expected of it."""
    for case in vector["cases"]:
        wanted = {"facts": {}, **vector.get("head", {}), **case}
        given = {key: wanted.pop(key) for key in ("facts", "period", "subject", "actions", "events") if key in wanted}
        memory = memory_of(vector["base"], **given)
        yield with_record(replace(memory, today=wanted.pop("today", memory.today))), wanted


def narrowed(found: Any, wanted: Any) -> Any:
    """What was found of what a vector asks for."""
    return {key: found.get(key) for key in wanted} if isinstance(wanted, dict) else found


def summary(diagnosis: dict[str, Any]) -> dict[str, Any]:
    """A diagnosis in the words of the vectors."""
    return {
        **{file["id"]: file["status"] for file in diagnosis["files"]},
        **{
            key: [entry["intervention"] for entry in diagnosis[key]]
            for key in ("recommendations", "alternatives", "suppressed")
        },
        "mode": diagnosis["mode"],
        "concluded": diagnosis["concluded"],
        "statuses": {stage["id"]: stage["status"] for stage in diagnosis["stages"]},
        "held": [stage["id"] for stage in diagnosis["stages"] if stage["held"]],
        "missing": {each["id"]: each["missing"] for each in (*diagnosis["stages"], *diagnosis["files"])},
        "given_by": {entry["intervention"]: entry["rules"] for entry in diagnosis["recommendations"]},
        "why": {entry["intervention"]: entry["why"] for entry in diagnosis["suppressed"]},
        "next_questions": [entry["term"] for entry in diagnosis["next_questions"]],
        "unexamined": [entry["rule"] for entry in diagnosis["unexamined"]],
        "unexamined_terms": {entry["rule"]: entry["terms"] for entry in diagnosis["unexamined"]},
        "conflicts": [entry["term"] for entry in diagnosis["conflicts"]],
    }
