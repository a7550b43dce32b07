"""One recorded diagnosis run again by the reference engine: `python -m salesdx.trail.rerun_one`, JSON in and out.

A later program runs this module of the program that a trail keeps. So what it reads and writes never changes: in
comes ``{"case_file": text, "files": {name: text}}``, with ``firm``, ``today``, ``left_out``, ``persons``, ``trial`` and
``evidence`` as the record has them, out goes ``{"result": text}`` or ``{"fault": text}``; and it imports nothing that
the wheels beside it do not hold (`wheels.NEEDED`).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from salesdx.base.loading import digest_of
from salesdx.base.model import RuleBase
from salesdx.case.evidence_file import EvidenceSeal
from salesdx.case.file import case_from_text, firm_from, with_profile
from salesdx.case.left_out import recorded_statement
from salesdx.case.memory import WorkingMemory
from salesdx.case.other_rules import RECORDED
from salesdx.case.persons import Persons
from salesdx.engine.diagnose import EngineError, diagnose
from salesdx.engine.diagnosis import Diagnosis
from salesdx.ledger.errors import TrailError
from salesdx.text.issues import CaseError
from salesdx.trail.results import recorded_result
from salesdx.trail.rule_bases import base_of


def recorded_memory(body: Mapping[str, Any], base: RuleBase) -> WorkingMemory:
    """The working memory of a recorded diagnosis. Raises TrailError."""
    try:
        memory = case_from_text(body["case_file"], RECORDED, base)
        if "firm" in body:
            memory = with_profile(memory, *firm_from(body["firm"], RECORDED, (), base))
        today = date.fromisoformat(body["today"]) if "today" in body else None
        left_out = ((told["term"], recorded_statement(base, told["term"], told)) for told in body.get("left_out", ()))
        persons = Persons.of(body["persons"]) if "persons" in body else None
        trial = bool(body.get("trial"))
        evidence = EvidenceSeal.of(body["evidence"]) if "evidence" in body else None
        more = {"persons": persons, "trial": trial, "evidence": evidence}
        return replace(memory, today=today, left_out=tuple(left_out), **more)  # type: ignore[arg-type]
    except CaseError as error:
        raise TrailError(f"the recorded case cannot be read by its rules: {error.issues[0].message}") from None


def diagnosed_again(base: RuleBase, memory: WorkingMemory, engine: str = "reference") -> Diagnosis:
    """A recorded case diagnosed. Raises TrailError."""
    try:
        return diagnose(base, memory, engine)
    except EngineError as error:
        raise TrailError(f"the recorded case cannot be diagnosed: {error}") from None


def _answer(asked: Mapping[str, Any]) -> dict[str, str]:
    try:
        base = base_of(asked["files"], digest_of(asked["files"]))
        return {"result": recorded_result(diagnosed_again(base, recorded_memory(asked, base)))}
    except TrailError as error:
        return {"fault": str(error)}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_answer(json.loads(sys.stdin.buffer.read()))))
