"""The ladder as rungs: each stage with how it stands and its decisive facts."""

from __future__ import annotations

from collections.abc import Iterator

from salesdx.base.model import Rule, Stage
from salesdx.engine.diagnosis import Diagnosis, FileResult, StageResult, status_words
from salesdx.language.conditions import names
from salesdx.language.truth import FALSE, TRUE
from salesdx.render.blocks import LadderBlock, Mark, Rung
from salesdx.render.wording import comparisons, who_answers
from salesdx.text.english import capital, listed

SHOWN = 2
"""So many signs of a stage are told on the ladder; the others are named, and proved further down."""


def ladder(diagnosis: Diagnosis) -> LadderBlock:
    """The rungs in ladder order: stages that evidence decides, and stages that people decide on a file."""
    results: dict[str, StageResult | FileResult] = {r.stage.id: r for r in diagnosis.stages}
    results |= {r.stage.id: r for r in diagnosis.files}
    return LadderBlock(
        tuple(_rung(diagnosis, results[stage.id]) for stage in diagnosis.base.stages if stage.id in results)
    )


def step_number(diagnosis: Diagnosis, stage: Stage) -> int:
    """A stage's place on the ladder, from 1; 0 for a group."""
    ids = [s.id for s in diagnosis.base.stages]
    return ids.index(stage.id) + 1 if stage.id in ids else 0


def stage_title(diagnosis: Diagnosis, stage: Stage) -> str:
    """A stage with its number, a group without."""
    place = step_number(diagnosis, stage)
    return f"{place} {stage.title}" if place else stage.title


def says(diagnosis: Diagnosis, result: FileResult | StageResult) -> str:
    """What the ladder says to readers about a stage's status."""
    lines = diagnosis.base.ladder.decisions.get(result.stage.decided_by, ())
    return next((line.says for line in lines if line.name == result.status), "")


def _rung(diagnosis: Diagnosis, result: StageResult | FileResult) -> Rung:
    mark = _mark(diagnosis, result)
    status = status_words(result.status)
    if mark is Mark.CONCLUDED:
        status += ", concluded"
    if mark is Mark.HELD:
        status += ", held"
    lines = _file_lines(diagnosis, result) if isinstance(result, FileResult) else _stage_lines(diagnosis, result)
    return Rung(step_number(diagnosis, result.stage), result.stage.title, mark, status, tuple(lines))


def _mark(diagnosis: Diagnosis, result: StageResult | FileResult) -> Mark:
    decided = diagnosis.ladder
    if isinstance(result, FileResult):
        if not result.reached:
            return Mark.IDLE
        if decided[f"{result.stage.id}.exhausted"] is TRUE:
            return Mark.COMPLETE
        return Mark.BLOCKED if result.blocked_by else Mark.OPEN
    if result.concluded:
        return Mark.CONCLUDED
    if result.held:
        return Mark.HELD
    if decided[f"{result.stage.id}.passed"] is TRUE:
        return Mark.PASSED
    return Mark.OPEN if result.asked else Mark.IDLE


def _stage_lines(diagnosis: Diagnosis, result: StageResult) -> Iterator[str]:
    stage, values = result.stage, diagnosis.matches.values
    if result.concluded or result.held:
        yield from _signs(diagnosis, stage)
    if result.held:
        yield f"held by {listed([stage_title(diagnosis, s) for s in _holding(diagnosis, stage)])}"
    if diagnosis.ladder[f"{stage.id}.passed"] is TRUE and stage.ruled_out_when is not None:
        yield comparisons(stage.ruled_out_when, values, TRUE)
    if result.asked:
        yield from _open(diagnosis, result)
    if diagnosis.ladder[f"{stage.id}.applies"] is FALSE and stage.applies_when is not None:
        yield comparisons(stage.applies_when, values, FALSE)


def _examined(diagnosis: Diagnosis, stage: Stage) -> list[Rule]:
    """The stage's true rules that can confirm it."""
    strengths = diagnosis.base.ladder.strengths
    return [rule for rule in diagnosis.fired if rule.home == stage.id and strengths[rule.strength].examined]


def _signs(diagnosis: Diagnosis, stage: Stage) -> Iterator[str]:
    """The true rules of the strongest class that has any, and the names of the others."""
    signs = _examined(diagnosis, stage)
    order = list(diagnosis.base.ladder.strengths)
    best = min((order.index(rule.strength) for rule in signs), default=0)
    told = [rule for rule in signs if order.index(rule.strength) == best][:SHOWN]
    for rule in told:
        yield f"{rule.id}: {diagnosis.because(rule)}"
    others = [rule.id for rule in signs if rule not in told]
    if others:
        yield f"also {listed(others)}"


def _holding(diagnosis: Diagnosis, stage: Stage) -> list[Stage]:
    """The earlier stages that are not passed."""
    earlier = diagnosis.base.stages[: step_number(diagnosis, stage) - 1]
    return [s for s in earlier if diagnosis.ladder[f"{s.id}.passed"] is not TRUE]


def _open(diagnosis: Diagnosis, result: StageResult) -> Iterator[str]:
    """What keeps a stage open: a sign too weak alone, a core fact out of its band, a fact that nobody stated."""
    stage, values = result.stage, diagnosis.matches.values
    for rule in _examined(diagnosis, stage):
        yield f"{rule.id}, not enough alone: {diagnosis.because(rule)}"
    if stage.ruled_out_when is not None and diagnosis.ladder[f"{stage.id}.ruled_out_when"] is FALSE:
        yield f"not ruled out: {comparisons(stage.ruled_out_when, values, FALSE)}"
    if unknown := core_unknown(diagnosis, result):
        yield f"unknown: {who_answers(diagnosis, unknown)}"


def core_unknown(diagnosis: Diagnosis, result: StageResult) -> tuple[str, ...]:
    """An open stage's unknown core facts: those that keep it open, and those that it needs besides."""
    when, values = result.stage.ruled_out_when, diagnosis.matches.values
    read = names(when) if when is not None and result.asked else ()
    return tuple(dict.fromkeys([*result.missing, *(name for name in read if values.get(name) is None)]))


def _file_lines(diagnosis: Diagnosis, result: FileResult) -> Iterator[str]:
    if not result.reached:
        return
    said = says(diagnosis, result)
    if said:
        yield capital(said)
    for rule in result.blocked_by[:SHOWN]:
        yield f"{rule.id}: {diagnosis.because(rule)}"
    others = [rule.id for rule in result.blocked_by[SHOWN:]]
    if others:
        yield f"also {listed(others)}"
    if result.missing:
        yield f"unknown: {who_answers(diagnosis, result.missing)}"
    if _not_looked_at(diagnosis, result):
        yield f"not looked at: {_not_looked_at(diagnosis, result)} signs of earlier steps"


def _not_looked_at(diagnosis: Diagnosis, file: FileResult) -> int:
    """How many signs of earlier steps nobody has looked at, where that still matters for a file."""
    return 0 if diagnosis.ladder[f"{file.stage.id}.exhausted"] is TRUE else len(diagnosis.unexamined)
