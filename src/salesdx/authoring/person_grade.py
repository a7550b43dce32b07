"""Whether one result ends harsher for a person than another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from salesdx.authoring.worked_cases import WorkedCase
from salesdx.base.model import HELP, RuleBase
from salesdx.engine.diagnosis import Diagnosis
from salesdx.language.conditions import Value, truth
from salesdx.language.truth import TRUE

HARSHER, MILDER, SAME = "harsher", "milder", "same"


@dataclass(frozen=True, slots=True)
class OnPerson:
    """How a result stands towards a person: whether the personnel stage is concluded, how far each file is, and what
    presses on a person is recommended."""

    concluded: bool
    files: Mapping[str, int]
    pressure: frozenset[str]


def on_person(
    base: RuleBase, diagnosis: Diagnosis, case: WorkedCase | None = None, expected_alone: bool = False
) -> OnPerson:
    """How a diagnosis stands towards a person; what a worked case expects counts in its place.

    With ``expected_alone`` nothing else counts: what is not expected is as far from a person as can be.
    """
    found: dict[str, str | tuple[str, ...] | None] = {
        "concluded": diagnosis.concluded.stage.id if diagnosis.concluded else None,
        "recommend": tuple(r.intervention.id for r in diagnosis.recommendations),
        **{file.stage.id: file.status for file in diagnosis.files},
    }
    if expected_alone:
        least = {file.stage.id: base.ladder.decisions[file.stage.decided_by][0].name for file in diagnosis.files}
        found = {"concluded": None, "recommend": (), **least}
    found |= {e.key: e.wanted for e in case.expect if e.key in found} if case is not None else {}
    given = [base.interventions[id] for id in found["recommend"] or () if id in base.interventions]
    return OnPerson(
        found["concluded"] is not None and found["concluded"] == base.ladder.personnel_stage,
        {file.stage.id: _reach(base, file.stage.decided_by, str(found[file.stage.id])) for file in diagnosis.files},
        frozenset(made.id for made in given if made.personnel and made.weight != HELP),
    )


def graded(before: OnPerson, after: OnPerson) -> str:
    """HARSHER where anything goes further towards a person, else MILDER where anything goes less far, else SAME."""
    files = before.files.keys() | after.files.keys()
    steps = [after.files.get(id, -1) - before.files.get(id, -1) for id in files]
    if after.concluded > before.concluded or after.pressure - before.pressure or any(step > 0 for step in steps):
        return HARSHER
    return SAME if before == after else MILDER


def _reach(base: RuleBase, decided_by: str, status: str) -> int:
    """How far a file is: the line of its status in the list, and behind all others one that exhausts help."""
    statuses = list(dict.fromkeys(line.name for line in base.ladder.decisions[decided_by]))
    words: dict[str, Value | None] = {"status": status, "concluded": True, "held": False}
    exhausts = truth(base.ladder.exhausted_when, words) is TRUE
    return len(statuses) if exhausts else statuses.index(status) if status in statuses else len(statuses)
