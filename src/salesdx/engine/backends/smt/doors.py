"""The doors to a person that rules may open further than their base, as formulas over both."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from salesdx.base.model import PRESSURE, RuleBase, Stage, is_file
from salesdx.engine.backends.smt.encoding import Encoding
from salesdx.engine.backends.smt.logic import FALSE, TRUE, Formula, all_of, any_of, negated
from salesdx.engine.diagnosis import Diagnosis
from salesdx.engine.program import Define, compile_base, ladder_name
from salesdx.engine.standing import Standing
from salesdx.language.conditions import Name, truth
from salesdx.language.truth import FALSE as NO

PERSON, ACTION, NEW_ACTION, FILE, LIFTED = DOORS = ("person", "action", "new action", "file", "lifted")


@dataclass(frozen=True, slots=True)
class Door:
    """One way in which rules can end harsher for a person than their base does, with the same statements."""

    kind: str
    name: str = ""
    """The intervention, or the stage."""

    def __str__(self) -> str:
        return f"{self.kind} {self.name}".strip()


def door_named(text: str) -> Door | None:
    """A door by what it is called: `person`, `action ID`; None where none is called so."""
    kinds = [kind for kind in DOORS if text == kind or text.startswith(f"{kind} ")]
    return Door(kinds[0], text[len(kinds[0]) :].strip()) if kinds else None


def doors(new: RuleBase, base: RuleBase) -> tuple[Door, ...]:
    """Every door between two rule bases, the person first."""
    found = [Door(PERSON)]
    for id, made in new.interventions.items():
        if id in base.interventions and base.interventions[id].personnel:
            found.append(Door(ACTION, id))
        elif made.personnel:
            found.append(Door(NEW_ACTION, id))
    found += [Door(FILE, stage.id) for stage in new.stages if is_file(new, stage)]
    found += [Door(LIFTED, stage.id) for stage in base.stages
              if is_file(base, stage) and holding(base, stage) and stage.id in new.home]  # fmt: skip
    return tuple(found)


def missing_stages(new: RuleBase, base: RuleBase) -> tuple[str, ...]:
    """The stages of the base that other rules lack: then nothing can be compared."""
    return tuple(stage.id for stage in base.stages if stage.id not in {s.id for s in new.stages})


def persons(new: RuleBase, base: RuleBase) -> Iterator[tuple[str, str]]:
    """The personnel stage of either: as the new rules conclude it, and as the base does."""
    own = base.ladder.personnel_stage
    for id in dict.fromkeys((own, new.ladder.personnel_stage)):
        if id and id in new.home:
            yield id, id if id in base.home else own


def counted(base: RuleBase, stage: Stage | None = None) -> tuple[frozenset[str], frozenset[str]]:
    """The statuses of a file that count as complete in a base, and all that it knows; of any file, for None."""
    complete: set[str] = set()
    known: set[str] = set()
    for each in (stage,) if stage is not None else (s for s in base.stages if is_file(base, s)):
        known |= set(_statuses(base, each))
        complete |= {status for status in _statuses(base, each) if _completes(base, each, status)}
    return frozenset(complete), frozenset(known)


def holding(base: RuleBase, stage: Stage) -> tuple[str, ...]:
    """The statuses of a file that stand before the complete one: they hold it back."""
    found: list[str] = []
    for status in _statuses(base, stage):
        if _completes(base, stage, status):
            return tuple(found)
        found.append(status)
    return ()


def later(base: RuleBase, stage: Stage, status: str) -> tuple[str, ...]:
    """The statuses of a file up to one, those that stand later left out."""
    order = _statuses(base, stage)
    return order[: order.index(status) + 1]


def _statuses(base: RuleBase, stage: Stage) -> tuple[str, ...]:
    return tuple(dict.fromkeys(line.name for line in base.ladder.decisions[stage.decided_by]))


def _completes(base: RuleBase, stage: Stage, status: str) -> bool:
    """Whether a status may be one that exhausts the earlier help."""
    step = next(s for s in compile_base(base).ladder if s.name == ladder_name(stage.id, "exhausted"))
    assert isinstance(step, Define)
    return truth(step.expr, {ladder_name(stage.id, "status"): status}) is not NO


# --- as formulas ------------------------------------------------------------------------------------------------------


def door_formula(door: Door, new: Encoding, base: Encoding) -> Formula:
    """The formula under which a door stands open."""
    rules, below = new.base, base.base
    match door.kind:
        case "person":
            ways = [all_of(_is(new, one, "concluded"), negated(_is(base, other, "concluded")))
                    for one, other in persons(rules, below)]  # fmt: skip
            return any_of(ways)
        case "action":
            done = [_is(base, each.id, "exhausted") for each in below.stages]
            here, there = recommended(new, door.name), recommended(base, door.name)
            return FALSE if here is there else all_of(here, negated(there), negated(any_of(done)))
        case "new action":
            return all_of(recommended(new, door.name), negated(_is(base, below.ladder.personnel_stage, "concluded")))
        case "file":
            stage = below.home.get(door.name)
            complete, known = counted(below, stage)
            given = [_has(new, door.name, status) for status in _statuses(rules, rules.home[door.name])
                     if status in complete or status not in known]  # fmt: skip
            files = [stage] if stage is not None else below.stages
            done = [_is(base, file.id, "exhausted") for file in files]
            return all_of(any_of(*given, _is(new, door.name, "exhausted")), negated(any_of(done)))
    stage = below.home[door.name]
    return any_of([
        all_of(_has(base, stage.id, held), *(negated(_has(new, stage.id, s)) for s in later(below, stage, held)))
        for held in holding(below, stage)
    ])  # fmt: skip


def _is(encoding: Encoding, stage: str, word: str) -> Formula:
    """Whether the ladder says a word of a stage."""
    name = ladder_name(stage, word)
    return encoding.symbols[name].value if name in encoding.symbols else FALSE


def _has(encoding: Encoding, stage: str, status: str) -> Formula:
    """Whether a stage has a status."""
    return encoding.symbols[ladder_name(stage, "status")].value == encoding.text(status)


def recommended(encoding: Encoding, id: str) -> Formula:
    """Whether an intervention is recommended, be it as an alternative to another."""
    base, made = encoding.base, encoding.base.interventions.get(id)
    given = [(rule, all_of(encoding.rules[rule.id][0], encoding.true(Name(encoding.program.recommends[rule.id]))))
             for rule in base.rules if id in rule.recommend]  # fmt: skip
    if made is None or not given:
        return FALSE
    rules = [rule for rule in base.rules if id in rule.suppresses]
    kept = [any_of(encoding.rules[r.id][0], encoding.unsettled(r) if made.personnel else FALSE) for r in rules]
    found = [any_of([when for _, when in given]), negated(any_of(kept))]
    if made.personnel:
        person = base.ladder.personnel_stage
        if person in base.home:
            found.append(_is(encoding, person, "concluded"))
            found.append(_is(encoding, person, "pressure") if made.weight == PRESSURE else TRUE)
        earlier: list[Formula] = []
        for stage in base.stages:
            spent = _is(encoding, stage.id, "exhausted")
            own = [when for rule, when in given if rule.home == stage.id]
            found.append(any_of(negated(spent), *earlier, *own))
            earlier.append(spent)
    return all_of(found)


# --- as the engine finds them -----------------------------------------------------------------------------------------


def stands_open(door: Door, new: Diagnosis, base: Diagnosis) -> bool:
    """Whether a door stands open between two diagnoses of one case."""
    return may_stand_open(door, new, base.base) and _shut_below(door, new, base)


def may_stand_open(door: Door, new: Diagnosis, base: RuleBase) -> bool:
    """Whether a diagnosis goes far enough to open a door, whatever the base says of the case."""
    match door.kind:
        case "person":
            return any(_concludes(new, one) for one, _ in persons(new.base, base))
        case "action" | "new action":
            return door.name in _given(new)
        case "lifted":
            return _said(new, door.name) is not None
    complete, known = counted(base, base.home.get(door.name))
    here = _said(new, door.name)
    return here is not None and (here.complete or here.status in complete or here.status not in known)


def _shut_below(door: Door, new: Diagnosis, base: Diagnosis) -> bool:
    """Whether the base does not go so far."""
    below = base.base
    complete = [standing.stage.id for standing in base.standings if standing.complete]
    match door.kind:
        case "person":
            ways = persons(new.base, below)
            return any(_concludes(new, one) and not _concludes(base, other) for one, other in ways)
        case "action":
            return door.name not in _given(base) and not complete
        case "new action":
            return not _concludes(base, below.ladder.personnel_stage)
        case "file":
            return door.name not in complete if door.name in below.home else not complete
    held, given = _said(base, door.name), _said(new, door.name)
    if held is None or given is None:
        return False
    stage = below.home[door.name]
    return held.status in holding(below, stage) and given.status not in later(below, stage, held.status)


def _given(diagnosis: Diagnosis) -> set[str]:
    return {made.intervention.id for made in (*diagnosis.recommendations, *diagnosis.alternatives)}


def _said(diagnosis: Diagnosis, stage: str) -> Standing | None:
    return next((standing for standing in diagnosis.standings if standing.stage.id == stage), None)


def _concludes(diagnosis: Diagnosis, stage: str) -> bool:
    return any(standing.concluded for standing in diagnosis.standings if standing.stage.id == stage)
