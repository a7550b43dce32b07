"""Results of diagnoses as records hold them: what a list says of one, and how a stage stands in it."""

from __future__ import annotations

import json
from functools import lru_cache

from salesdx.engine.comparing import Result, summary
from salesdx.engine.diagnosis import Diagnosis, status_words
from salesdx.engine.standing import CONCLUDED, HELD


def recorded_result(diagnosis: Diagnosis) -> str:
    """The result as it is compared at a replay: the JSON of `diagnose` without what names the engine."""
    found = diagnosis.to_dict()
    del found["engine"]
    found.pop("trial", None)  # no part of what follows from the facts
    found["rule_base"].pop("proof", None)  # it lies beside the rules, and is recorded beside the result
    return json.dumps(found, ensure_ascii=False, separators=(",", ":"))


@lru_cache(maxsize=64)
def result_of(text: str) -> Result:
    """A recorded result: ``salesdx.diagnosis/2`` without the engine, or one of language 1."""
    found: Result = json.loads(text)
    return found


def summary_line(result: Result) -> str:
    """A result in a few words; where nothing is concluded with the mode, and with the stage that waits for facts."""
    if result["concluded"] is not None:
        return summary(result)
    first = next((stage["title"] for stage in result["stages"] if stage["missing"]), None)
    waits = f"; {first} waits for facts" if first else ""
    return f"{summary(result)} (mode: {status_words(result['mode'])}){waits}"


def stage_words(result: Result, stage: str) -> frozenset[str]:
    """The status of a stage, and whether it is concluded or held; nothing where the result has no such stage."""
    for found in result["stages"]:
        if found["id"] == stage:
            return frozenset([found["status"], *(word for word in (CONCLUDED, HELD) if found[word])])
    return frozenset(found["status"] for found in result["files"] if found["id"] == stage)


def stage_ids(result: Result) -> list[str]:
    """The stages that a result speaks of."""
    return [found["id"] for found in (*result["stages"], *result["files"])]
