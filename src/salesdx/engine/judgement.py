"""The truth of every rule -> the diagnosis: the ladder decided, recommendations gathered, what is missing named.

Written once, above all back ends, as a row of steps that each add what they find. What they decide by is the program's
ladder, which is data.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from itertools import compress
from typing import Any

from salesdx.base.model import Rule, Stage, Term
from salesdx.case.memory import WorkingMemory, computed, shown_value
from salesdx.engine.diagnosis import (
    NO_ENGINE,
    Conflict,
    Diagnosis,
    Engine,
    Recommendation,
    Unexamined,
    fill,
    status_words,
)
from salesdx.engine.looking import Looks, Prepared, prepare
from salesdx.engine.program import MODE, Matches, Program, ladder_name
from salesdx.engine.standing import Ground, Standing
from salesdx.language.conditions import divisions_by_zero, truth, unknown_names
from salesdx.language.truth import TRUE, UNKNOWN

Lists = tuple[tuple[Recommendation, ...], tuple[Recommendation, ...], tuple[Recommendation, ...]]
"""What is recommended, the alternatives to it, and what is held back."""


def judge(program: Program, memory: WorkingMemory, matches: Matches, engine: Engine = NO_ENGINE) -> Diagnosis:
    """The diagnosis that follows from the truth of every rule."""
    found = _Judging(program, memory, matches)
    for step in STEPS:
        step(found)
    return Diagnosis(
        program.base,
        memory,
        matches,
        found.ladder[MODE],
        tuple(found.standings),
        *found.recommended,
        found.next_questions,
        found.unexamined,
        found.conflicts,
        found.notes,
        found.ladder,
        engine,
    )


@dataclass(slots=True)
class _Judging:
    """What is known so far: each step adds its part."""

    program: Program
    memory: WorkingMemory
    matches: Matches
    prepared: Prepared = field(init=False)
    looks: Looks = field(init=False)
    fired: list[Rule] = field(init=False)
    true_rules: dict[str, list[Rule]] = field(init=False)
    """Stage or group -> its true rules, in rule order."""
    ladder: dict[str, Any] = field(init=False)
    standings: list[Standing] = field(init=False)
    recommended: Lists = field(init=False)
    next_questions: tuple[Term, ...] = field(init=False)
    unexamined: tuple[Unexamined, ...] = field(init=False)
    conflicts: tuple[Conflict, ...] = field(init=False)
    notes: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.prepared = prepare(self.program)
        self.looks = Looks(self.prepared, self.program, self.memory, self.matches)


def _fire(found: _Judging) -> None:
    """The true rules, in rule order."""
    found.fired = list(compress(found.program.base.rules, found.matches.truths.values()))  # neither false nor unknown
    found.true_rules = {}
    for rule in found.fired:
        found.true_rules.setdefault(rule.home, []).append(rule)


def _decide_ladder(found: _Judging) -> None:
    """Every name of the ladder."""
    counts: dict[tuple[str, str], int] = {}
    for rule in found.fired:
        key = (rule.home, rule.strength)
        counts[key] = counts.get(key, 0) + 1
    found.ladder = found.prepared.ladder(found.matches.values, counts, found.looks.count)


def _stand(found: _Judging) -> None:
    """How each stage stands, in ladder order."""
    base, ladder = found.program.base, found.ladder
    ground = Ground(base, found.matches, ladder[MODE])
    found.standings = []
    before: Standing | None = None
    holding: list[Stage] = []
    for stage in base.stages:
        status, applies, ruled_out, passed, concluded, held, asked, complete = found.prepared.standing[stage.id](ladder)
        file = stage.id in found.prepared.files
        reached = not file or (before is not None and before.concluded)
        rules = tuple(found.true_rules.get(stage.id, ()))
        blocked_by, missing = _of_file(found, stage, rules) if file and reached else ((), ())
        if asked is TRUE and not file:
            missing = found.looks.missing(stage, ladder)
        before = Standing(
            stage,
            status,
            file,
            reached,
            applies,
            ruled_out,
            passed is TRUE,
            concluded is TRUE,
            held is TRUE,
            asked is TRUE,
            complete is TRUE,
            rules,
            tuple(holding) if held is TRUE else (),
            blocked_by,
            missing,
            ground,
        )
        found.standings.append(before)
        if passed is not TRUE:
            holding.append(stage)


def _of_file(found: _Judging, stage: Stage, rules: tuple[Rule, ...]) -> tuple[tuple[Rule, ...], tuple[str, ...]]:
    """What keeps a file from being complete, and what it lacks."""
    ladder, recommends = found.ladder, found.program.recommends
    exhausted = ladder[ladder_name(stage.id, "exhausted")]
    blocks = tuple(rule for rule in rules if ladder[recommends[rule.id]] is TRUE and not exhausted)
    truths = found.matches.truths
    open_rules = [rule.id for rule in found.program.base.rules_of[stage.id] if truths[rule.id] is UNKNOWN]
    return blocks, tuple(dict.fromkeys(part for id in open_rules for part in found.looks.deciding(id)))


def _recommend(found: _Judging) -> None:
    """Recommendations, alternatives and suppressed ones, in rule order."""
    base, ladder, standings = found.program.base, found.ladder, found.standings
    given: dict[str, list[Rule]] = {}
    for rule in found.fired:
        if rule.recommend and ladder[found.program.recommends[rule.id]] is TRUE:
            for id in rule.recommend:
                given.setdefault(id, []).append(rule)
    suppressing = {id: rule for rule in reversed(found.fired) for id in rule.suppresses}
    spent = next((standing for standing in standings if standing.complete), None)
    person = next((standing for standing in standings if standing.stage.id == base.ladder.personnel_stage), None)
    recommended: list[Recommendation] = []
    suppressed: list[Recommendation] = []
    for id, rules in given.items():
        intervention = base.interventions[id]
        why = ""
        if id in suppressing:
            rule = suppressing[id]
            why = f"{rule.id}: {fill(rule.because, base, found.matches.values)}"
        elif intervention.personnel and person is not None and not person.concluded:
            why = f"it acts on a person, and `{person.stage.title}` is not concluded"
        elif intervention.personnel and spent is not None and not any(rule.home == spent.stage.id for rule in rules):
            why = f"the earlier help is exhausted: {spent.stage.title} is {status_words(spent.status)}"
        (suppressed if why else recommended).append(Recommendation(intervention, tuple(rules), why))
    found.recommended = (*_prefer(recommended, found.matches), tuple(suppressed))


def _ask_next(found: _Judging) -> None:
    """The questions about the first stage that asks for evidence; none once a cause is concluded."""
    evidence = [standing for standing in found.standings if not standing.by_file]
    concluded = any(standing.concluded for standing in evidence)
    first = None if concluded else next((standing.stage for standing in evidence if standing.asked), None)
    found.next_questions = found.looks.next_questions(first) if first else ()


def _look_back(found: _Judging) -> None:
    """The signs of stages that count as ruled out, at which nobody looked."""
    found.unexamined = found.looks.unexamined(standing.stage for standing in found.standings if standing.passed)


def _name_conflicts(found: _Judging) -> None:
    """The statements that disagree."""
    found.conflicts = _conflicts(found.prepared, found.memory, found.matches)


def _take_notes(found: _Judging) -> None:
    """Divisions by zero, and modes that were passed over."""
    found.notes = tuple(_notes(found.prepared, found.program, found.matches))


STEPS: tuple[Callable[[_Judging], None], ...] = (
    _fire,
    _decide_ladder,
    _stand,
    _recommend,
    _ask_next,
    _look_back,
    _name_conflicts,
    _take_notes,
)
"""How a diagnosis comes about, in order."""


def _prefer(
    recommended: list[Recommendation], matches: Matches
) -> tuple[tuple[Recommendation, ...], tuple[Recommendation, ...]]:
    """Where one form is preferred, the others become alternatives; where none is, all stay."""
    forms = {
        r.intervention.id: truth(r.intervention.preferred_when, matches.values)
        for r in recommended
        if r.intervention.preferred_when is not None
    }
    if TRUE not in forms.values():
        return tuple(recommended), ()
    chosen = tuple(r for r in recommended if forms.get(r.intervention.id, TRUE) is TRUE)
    preferred = ", ".join(r.intervention.title for r in chosen if r.intervention.id in forms)
    return chosen, tuple(
        Recommendation(r.intervention, r.rules, f"the person prefers: {preferred}")
        for r in recommended
        if r not in chosen
    )


def _conflicts(prepared: Prepared, memory: WorkingMemory, matches: Matches) -> tuple[Conflict, ...]:
    found = {fact.term: Conflict(fact) for fact in memory.facts.values() if fact.conflict}
    for term in prepared.late:  # known only now that the findings are
        if (fact := memory.facts.get(term.name)) is not None:
            known = computed(term, matches.values)
            if known is not None and known != fact.value:
                why = f"the formula gives {shown_value(known)}, the stated value is used"
                found[fact.term] = Conflict(replace(fact, conflict=why))
    return tuple(found[name] for name in memory.base.terms if name in found) if found else ()


def _notes(prepared: Prepared, program: Program, matches: Matches) -> Iterable[str]:
    for rule in prepared.dividing:
        if matches.truths[rule.id] is UNKNOWN:
            for part in divisions_by_zero(rule.when, matches.values):
                yield f"rule {rule.id} divides by zero: `{rule.text[part.start : part.end]}` is unknown"
    for line in program.base.ladder.modes:
        if all(matches.values.get(name) is not None for name in prepared.modes[line.name]):
            continue
        missing = unknown_names(line.when, matches.values)
        if missing:
            yield f"whether the mode is `{line.name}` is not known: {', '.join(missing)} is unknown"
