"""The ladder as rungs: each stage with how it stands and its decisive facts."""

from __future__ import annotations

from collections.abc import Iterator

from salesdx.base.model import Stage
from salesdx.engine.diagnosis import Diagnosis, status_words
from salesdx.engine.standing import Standing
from salesdx.language.truth import FALSE
from salesdx.render.blocks import LadderBlock, Mark, Rung
from salesdx.render.wording import comparisons, rule_titles, who_answers
from salesdx.text.english import capital, listed

SHOWN = 2
"""So many signs of a stage are told on the ladder; the others are named, and proved further down."""


def ladder(diagnosis: Diagnosis) -> LadderBlock:
    """The rungs in ladder order: stages that evidence decides, and stages that people decide on a file."""
    return LadderBlock(tuple(_rung(diagnosis, standing) for standing in diagnosis.standings))


def step_number(diagnosis: Diagnosis, stage: Stage) -> int:
    """A stage's place on the ladder, from 1; 0 for a group."""
    ids = [s.id for s in diagnosis.base.stages]
    return ids.index(stage.id) + 1 if stage.id in ids else 0


def stage_title(diagnosis: Diagnosis, stage: Stage) -> str:
    """A stage with its number, a group without."""
    place = step_number(diagnosis, stage)
    return f"{place} {stage.title}" if place else stage.title


def says(diagnosis: Diagnosis, result: Standing) -> str:
    """What the ladder says to readers about a stage's status."""
    lines = diagnosis.base.ladder.decisions.get(result.stage.decided_by, ())
    return next((line.says for line in lines if line.name == result.status), "")


def _rung(diagnosis: Diagnosis, result: Standing) -> Rung:
    mark = _mark(result)
    status = status_words(result.status)
    if mark is Mark.CONCLUDED:
        status += ", concluded"
    if mark is Mark.HELD:
        status += ", held"
    lines = _file_lines(diagnosis, result) if result.by_file else _stage_lines(diagnosis, result)
    return Rung(step_number(diagnosis, result.stage), result.stage.title, mark, status, tuple(lines))


def _mark(result: Standing) -> Mark:
    if result.by_file:
        if not result.reached:
            return Mark.IDLE
        if result.complete:
            return Mark.COMPLETE
        return Mark.BLOCKED if result.blocked_by else Mark.OPEN
    if result.concluded:
        return Mark.CONCLUDED
    if result.held:
        return Mark.HELD
    if result.passed:
        return Mark.PASSED
    return Mark.OPEN if result.asked else Mark.IDLE


def _stage_lines(diagnosis: Diagnosis, result: Standing) -> Iterator[str]:
    values = diagnosis.matches.values
    if result.concluded or result.held:
        yield from _signs(diagnosis, result)
    if result.held_by:
        yield f"held by {listed([stage_title(diagnosis, s) for s in result.held_by])}"
    if result.held and result.unproven:
        yield "rests on too little"
    if result.passed_by and (said := says(diagnosis, result)):
        yield said
    if result.passed_by:
        yield comparisons(diagnosis.base, result.decisive, values)
    if result.asked:
        yield from _open(diagnosis, result)
    if result.excluded_by:
        yield comparisons(diagnosis.base, result.excluded_by, values)


def _signs(diagnosis: Diagnosis, result: Standing) -> Iterator[str]:
    """The true rules of the strongest class that has any, and the names of the others."""
    told = result.strongest[:SHOWN]
    for rule in told:
        yield f"{rule.id}: {diagnosis.because(rule)}"
    others = [rule for rule in result.signs if rule not in told]
    if others:
        yield f"also: {rule_titles(others)}"


def _open(diagnosis: Diagnosis, result: Standing) -> Iterator[str]:
    """What keeps a stage open: a sign too weak alone, a core fact out of its band, a fact that nobody stated."""
    for rule in result.signs:
        yield f"{rule.id}, not enough alone: {diagnosis.because(rule)}"
    if result.decisive and result.ruled_out is FALSE and not result.passed:
        yield f"not ruled out: {comparisons(diagnosis.base, result.decisive, diagnosis.matches.values)}"
    if result.unknown:
        yield f"unknown: {who_answers(diagnosis, result.unknown)}"


def _file_lines(diagnosis: Diagnosis, result: Standing) -> Iterator[str]:
    if not result.reached:
        return
    said = says(diagnosis, result)
    if said:
        yield capital(said)
    for rule in result.blocked_by[:SHOWN]:
        yield f"{rule.id}: {diagnosis.because(rule)}"
    others = result.blocked_by[SHOWN:]
    if others:
        yield f"also: {rule_titles(others)}"
    if result.missing:
        yield f"unknown: {who_answers(diagnosis, result.missing)}"
    unseen = diagnosis.unexamined_before(result.stage)
    if unseen and not result.complete:
        yield f"not looked at: {len(unseen)} signs of earlier steps"
