"""The statuses that each stage can have on its ladder, and the cases that show them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from salesdx.authoring.coverage.runs import Runs
from salesdx.authoring.property_words import instances, property_holds
from salesdx.base.ladder_lines import LadderLine
from salesdx.base.model import RuleBase, Stage
from salesdx.engine.diagnosis import Diagnosis
from salesdx.engine.standing import CONCLUDED, HELD
from salesdx.language.conditions import Value, Values, truth
from salesdx.language.truth import FALSE, TRUE


@dataclass(frozen=True, slots=True)
class Shown:
    """A status, mode, intervention or property, and the cases, by path, that show it."""

    home: str
    name: str
    cases: tuple[str, ...]


def seen_statuses(base: RuleBase, runs: Runs) -> Iterator[Shown]:
    """Each stage with each status that it can have, and with `concluded` and `held` where it can be that."""
    for stage in base.stages:
        for word in possible_words(base, stage):
            yield Shown(stage.id, word, tuple(path for path, found in runs if _stands(found, stage.id, word)))


def seen_modes(base: RuleBase, runs: Runs) -> Iterator[Shown]:
    for name in possible(base.ladder.modes, {}):
        yield Shown("", name, tuple(path for path, found in runs if found.mode == name))


def seen_verdicts(base: RuleBase, runs: Runs) -> Iterator[Shown]:
    none = {} if any(_repaired(base, stage) for stage in base.stages) else {"under_remedy_n": Decimal(0)}
    for name in possible(base.ladder.verdicts, none):
        found = (path for path, found in runs if found.verdict is not None and found.verdict.name == name)
        yield Shown("", name, tuple(found))


def seen_interventions(base: RuleBase, runs: Runs) -> Iterator[Shown]:
    given = [(path, {r.intervention.id for r in found.recommendations}) for path, found in runs]
    for intervention in base.interventions.values():
        yield Shown(intervention.home, intervention.id, tuple(path for path, ids in given if intervention.id in ids))


def seen_properties(base: RuleBase, runs: Runs) -> Iterator[Shown]:
    """Each property with the cases that put it to the test: its premise is true there, of some stage or rule."""
    for property in base.properties:
        premise, of = property.premise, list(instances(base, property))
        yield Shown(
            "",
            property.id,
            tuple(
                path
                for path, found in runs
                if premise is None or any(property_holds(premise, found, each) for each in of)
            ),
        )


def possible_words(base: RuleBase, stage: Stage) -> list[str]:
    """The words that can be said of a stage: what the ladder rules out for every case is none."""
    known = _known(base, stage)
    ladder = base.ladder
    statuses = possible(ladder.decisions[stage.decided_by], known)
    words = dict.fromkeys(statuses)
    for status in statuses:
        values: Values = {**known, "status": status}
        concluded = truth(ladder.concluded_when, values)
        held = truth(ladder.held_when, {**values, CONCLUDED: concluded})
        words |= dict.fromkeys([*[CONCLUDED] * (concluded is not FALSE), *[HELD] * (held is not FALSE)])
    return list(words)


def possible(lines: Sequence[LadderLine], known: Values) -> list[str]:
    """The names of a decision list that can come out, for all that is known of every case."""
    found: dict[str, None] = {}
    for line in lines:
        met = truth(line.when, known)
        if met is not FALSE:
            found[line.name] = None
        if met is TRUE:
            break
    return list(found)


def _known(base: RuleBase, stage: Stage) -> Values:
    """What holds of a stage in every case."""
    used = {rule.strength for rule in base.rules_of[stage.id]}
    known: dict[str, Value | None] = {
        strength: Decimal(0) for strength in base.ladder.strengths if strength not in used
    }
    if stage.applies_when is None:
        known["applies"] = True
    for key in ("ruled_out_when", "set_aside_when"):
        if key not in stage.conditions:
            known[key] = False
    ids = [each.id for each in base.stages]
    person = ids.index(base.ladder.personnel_stage) if base.ladder.personnel_stage in ids else len(ids)
    known["personnel"] = ids.index(stage.id) >= person
    if stage.floor is None:
        known["unproven"] = Decimal(0)
    if not _repaired(base, stage):
        known["under_remedy"] = Decimal(0)
    if stage == base.stages[0]:
        none = dict.fromkeys(("not_passed", "not_proved", "unexamined"), Decimal(0))
        known |= {"previous_concluded": False, **none}
    return known


def _repaired(base: RuleBase, stage: Stage) -> bool:
    """Whether a remedy of the company can run for a stage: one of its own, or one that its rules recommend."""
    recommended = {name for rule in base.rules_of[stage.id] for name in rule.recommend}
    return any(
        not made.personnel and (made.home == stage.id or made.id in recommended) for made in base.interventions.values()
    )


def _stands(diagnosis: Diagnosis, stage: str, word: str) -> bool:
    standing = diagnosis.standing(stage)
    return word in (standing.status, *standing.beside)
