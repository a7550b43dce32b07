"""The truth of every rule -> the diagnosis: the ladder decided, recommendations gathered, what is missing named.

Written once, above all back ends, as a row of steps that each add what they find. What they decide by is the program's
ladder, which is data.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain, compress
from typing import Any

from salesdx.base.ladder_lines import LadderLine
from salesdx.base.model import PRESSURE, Rule, RuleBase, Stage, Term
from salesdx.case.memory import WorkingMemory
from salesdx.case.statement import Unknown, doubtful, shown_value
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
from salesdx.engine.known_anyway import known_anyway
from salesdx.engine.likely import Provisional, provisional, suspected_first
from salesdx.engine.looking import Looks, Prepared, ladder_of, prepare
from salesdx.engine.low_reading import Match, WeakFact
from salesdx.engine.program import MODE, VERDICT, Matches, Program, ask_name, ladder_name
from salesdx.engine.standing import Ground, Standing
from salesdx.language.conditions import And, divisions_by_zero, names, truth, unknown_names
from salesdx.language.truth import FALSE, TRUE, UNKNOWN

Lists = tuple[tuple[Recommendation, ...], tuple[Recommendation, ...], tuple[Recommendation, ...]]
"""What is recommended, the alternatives to it, and what is held back."""


def judge(
    program: Program, memory: WorkingMemory, matches: Matches, match: Match, engine: Engine = NO_ENGINE
) -> Diagnosis:
    """The diagnosis that follows from the truth of every rule; ``match`` gives it for the low reading too."""
    draft = _Draft(program, memory, matches, match)
    for step in STEPS:
        step(draft)
    return Diagnosis(
        program.base,
        memory,
        matches,
        draft.ladder[MODE],
        tuple(draft.standings),
        *draft.recommended,
        draft.next_questions,
        draft.unexamined,
        draft.conflicts,
        draft.notes,
        draft.ladder,
        draft.provisional,
        draft.looks,
        engine,
        draft.verdict,
    )


@dataclass(slots=True)
class _Draft:
    """A diagnosis in the making: each step adds its part."""

    program: Program
    memory: WorkingMemory
    matches: Matches
    match: Match
    prepared: Prepared = field(init=False)
    looks: Looks = field(init=False)
    fired: list[Rule] = field(init=False)
    true_rules: dict[str, list[Rule]] = field(init=False)
    """Stage or group -> its true rules, in rule order."""
    ladder: dict[str, Any] = field(init=False)
    verdict: LadderLine | None = field(init=False)
    standings: list[Standing] = field(init=False)
    recommended: Lists = field(init=False)
    next_questions: tuple[Term, ...] = field(init=False)
    unexamined: tuple[Unexamined, ...] = field(init=False)
    conflicts: tuple[Conflict, ...] = field(init=False)
    notes: tuple[str, ...] = field(init=False)
    ground: Ground = field(init=False)
    provisional: Provisional = field(init=False)

    def __post_init__(self) -> None:
        self.prepared = prepare(self.program)
        self.looks = Looks(self.prepared, self.program, self.memory, self.matches, self.match)


def _fire(draft: _Draft) -> None:
    """The true rules, in rule order."""
    draft.fired = list(compress(draft.program.base.rules, draft.matches.truths.values()))  # neither false nor unknown
    draft.true_rules = {}
    for rule in draft.fired:
        draft.true_rules.setdefault(rule.home, []).append(rule)


def _decide_ladder(draft: _Draft) -> None:
    """Every name of the ladder, and the verdict."""
    counts: dict[tuple[str, str], int] = {}
    for rule in draft.fired:
        key = (rule.home, rule.strength)
        counts[key] = counts.get(key, 0) + 1
    decide = ladder_of(draft.program, draft.memory.imprecise)
    draft.ladder = decide(draft.matches.values, counts, draft.looks)
    found = draft.ladder.get(VERDICT)
    draft.verdict = next((line for line in draft.program.base.ladder.verdicts if line.name == found), None)


def _stand(draft: _Draft) -> None:
    """How each stage stands, in ladder order."""
    base, ladder = draft.program.base, draft.ladder
    ground = draft.ground = Ground(base, draft.matches, ladder[MODE])
    draft.standings = []
    before: Standing | None = None
    holding: list[Stage] = []
    unproved: list[Stage] = []
    asking = _asking(draft)
    for stage in base.stages:
        status, applies, ruled_out, set_aside, passed, proved, concluded, held, complete, pressure = (
            draft.prepared.standing[stage.id](ladder)
        )
        asked = stage.id in asking
        held_by = unproved if stage.id == base.ladder.personnel_stage else holding
        file = stage.id in draft.prepared.files
        reached = not file or (before is not None and before.concluded)
        rules = tuple(draft.true_rules.get(stage.id, ()))
        blocked_by, missing = _of_file(draft, stage, rules) if file and reached else ((), ())
        if asked and not file:
            missing = draft.looks.missing(stage, ladder)
        before = Standing(
            stage=stage,
            status=status,
            by_file=file,
            reached=reached,
            applies=applies,
            ruled_out=ruled_out,
            set_aside=set_aside,
            passed=passed is TRUE,
            proved=proved is TRUE,
            concluded=concluded is TRUE,
            held=held is TRUE,
            asked=asked,
            complete=complete is TRUE,
            pressure=pressure is TRUE,
            unproven=_weak_facts(draft, stage),
            true_rules=rules,
            held_by=tuple(held_by) if held is TRUE else (),
            blocked_by=blocked_by,
            missing=missing,
            remedies=draft.memory.under_remedy(stage.id),
            ground=ground,
        )
        draft.standings.append(before)
        if passed is not TRUE:
            holding.append(stage)
        if proved is not TRUE:
            unproved.append(stage)


def _asking(draft: _Draft) -> set[str]:
    """The stages about which the ladder asks: those that fulfil the first of its conditions that any fulfils.

    A file is asked about whenever one is fulfilled; the later conditions count while no cause is concluded.
    """
    stages, ladder, lines = draft.program.base.stages, draft.ladder, range(len(draft.program.base.ladder.ask_when))
    asked = [{stage.id for stage in stages if ladder[ask_name(stage.id, line)] is TRUE} for line in lines]
    files = draft.prepared.files.intersection(*[set().union(*asked)])
    if any(ladder[ladder_name(stage.id, "concluded")] is TRUE for stage in stages):
        asked = asked[:1]
    return next((found for each in asked if (found := each - draft.prepared.files)), set()) | files


def _weak_facts(draft: _Draft, stage: Stage) -> tuple[WeakFact, ...]:
    """The facts below the floor through which what leads to a stage is not proved; where that was asked at all."""
    found = draft.looks.unproven.get(stage.id)
    return found.facts if found else ()


def _of_file(draft: _Draft, stage: Stage, rules: tuple[Rule, ...]) -> tuple[tuple[Rule, ...], tuple[str, ...]]:
    """What keeps a file from being complete, and what it lacks."""
    ladder, recommends = draft.ladder, draft.program.recommends
    exhausted = ladder[ladder_name(stage.id, "exhausted")]
    blocks = tuple(rule for rule in rules if ladder[recommends[rule.id]] is TRUE and not exhausted)
    truths = draft.matches.truths
    open_rules = [rule.id for rule in draft.program.base.rules_of[stage.id] if truths[rule.id] is UNKNOWN]
    return blocks, tuple(dict.fromkeys(part for id in open_rules for part in draft.looks.deciding(id)))


def _recommend(draft: _Draft) -> None:
    """Recommendations, alternatives and suppressed ones, in rule order."""
    base, ladder, standings = draft.program.base, draft.ladder, draft.standings
    given: dict[str, list[Rule]] = {}
    for rule in draft.fired:
        if rule.recommend and ladder[draft.program.recommends[rule.id]] is TRUE:
            for id in rule.recommend:
                given.setdefault(id, []).append(rule)
    suppressing = _suppressing(draft)
    spent = next((standing for standing in standings if standing.complete), None)
    person = next((standing for standing in standings if standing.stage.id == base.ladder.personnel_stage), None)
    recommended: list[Recommendation] = []
    suppressed: list[Recommendation] = []
    for id, rules in given.items():
        intervention = base.interventions[id]
        why = ""
        if id in suppressing:
            rule = suppressing[id]
            why = f"{rule.id}: {fill(rule.because, base, draft.matches.values)}"
        elif intervention.personnel and person is not None and not person.concluded:
            why = f"it acts on a person, and `{person.stage.title}` is not concluded"
        elif intervention.personnel and intervention.weight == PRESSURE and person is not None and not person.pressure:
            why = "pressure needs every sign looked at"
        elif intervention.personnel and spent is not None and not any(rule.home == spent.stage.id for rule in rules):
            why = f"the earlier help is exhausted: {spent.stage.title} is {status_words(spent.status)}"
        (suppressed if why else recommended).append(Recommendation(intervention, tuple(rules), why))
    draft.recommended = (*_prefer(recommended, draft.matches), tuple(suppressed))


def _suppressing(draft: _Draft) -> dict[str, Rule]:
    """Intervention -> the first rule that keeps it back.

    A rule that could still be true through what is imprecise or disputed keeps back what acts on a person.
    """
    base = draft.program.base
    found: dict[str, Rule] = {}
    for rule in base.rules:
        fires = draft.matches.truths[rule.id] is TRUE
        if not rule.suppresses or not (fires or draft.looks.is_unsettled(rule.id)):
            continue
        for id in rule.suppresses:
            if fires or base.interventions[id].personnel:
                found.setdefault(id, rule)
    return found


def _ask_next(draft: _Draft) -> None:
    """The questions about the first stage that asks for evidence, a suspected one before the others.

    None once a cause is concluded, or where the verdict says so. A suspicion of a person moves no question.
    """
    evidence = [standing for standing in draft.standings if not standing.by_file]
    concluded = any(standing.concluded for standing in evidence)
    silent = concluded or (draft.verdict is not None and not draft.verdict.asks)
    suspected = suspected_first(draft.program.base, draft.memory.head, evidence)
    asked = chain(suspected, (standing for standing in evidence if standing.asked))
    first = None if silent else next(asked, None)
    draft.next_questions = draft.looks.next_questions(first.stage) if first else ()


def _answer_provisionally(draft: _Draft) -> None:
    """What is likely, what contributes, and what becomes of the suspicions."""
    draft.provisional = provisional(draft.ground, draft.memory.head, draft.standings, draft.looks.unsettled_facts)


def _look_back(draft: _Draft) -> None:
    """The signs of stages that count as ruled out, at which nobody looked; one that does not apply needs no look.

    While causes are looked for and the personnel stage is not passed, also the rules that keep something from a person.
    """
    ladder = draft.program.base.ladder
    person = next((one for one in draft.standings if one.stage.id == ladder.personnel_stage), None)
    draft.unexamined = draft.looks.unexamined(
        (standing.stage for standing in draft.standings if standing.passed and standing.applies is not FALSE),
        bool(person and person.applies is TRUE and not person.passed) and draft.ladder[MODE] != ladder.success_mode,
    )


def _name_conflicts(draft: _Draft) -> None:
    """The statements that disagree."""
    draft.conflicts = _conflicts(draft.prepared, draft.memory, draft.matches)


def _take_notes(draft: _Draft) -> None:
    """Divisions by zero, modes that were passed over, facts that are said not to apply and do, or may, and percentages
    that may be fractions."""
    divided = _notes(draft.prepared, draft.program, draft.matches)
    not_applying = _said_not_to_apply(draft.prepared, draft.memory, draft.matches)
    draft.notes = (*divided, *not_applying, *known_anyway(draft.memory), *_doubtful(draft.memory))


STEPS: tuple[Callable[[_Draft], None], ...] = (
    _fire,
    _decide_ladder,
    _stand,
    _recommend,
    _ask_next,
    _answer_provisionally,
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
        found.pop(term.name, None)
        if (fact := memory.computed_fact(term, matches.values)).conflict:
            found[fact.term] = Conflict(fact)
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
            kind = status_words(line.name)
            yield f"whether this is a review of the kind “{kind}” is not known: {', '.join(missing)} is unknown"


def _doubtful(memory: WorkingMemory) -> Iterator[str]:
    """The percentages that are taken as they are written and may have been meant as fractions."""
    for term in _percentages(memory.base):
        fact = memory.facts.get(term.name)
        if fact is not None and fact.value is not None and fact.used and doubtful(term, fact.used):
            yield f"taken as {shown_value(fact.value)}% and may be meant as a fraction: {term.name}"


@lru_cache(maxsize=8)
def _percentages(base: RuleBase) -> tuple[Term, ...]:
    return tuple(term for term in base.terms.values() if term.type == "percent" and not term.small)


def _said_not_to_apply(prepared: Prepared, memory: WorkingMemory, matches: Matches) -> Iterable[str]:
    """What is known of the firm says whether a fact applies; who says so of the fact alone leaves it unknown."""
    for name in memory.base.terms if prepared.applying is not None else ():
        fact = memory.facts.get(name)
        if fact is None or fact.unknown is not Unknown.NOT_APPLICABLE:
            continue
        conditions = And(prepared.applying.get(fact.term, ())) if prepared.applying else And(())
        applies = truth(conditions, matches.values)
        told = "stated as not applicable and left unknown, since"
        reads = ", ".join(names(conditions))
        if not reads:
            yield f"{told} it always applies: {fact.term}"
        elif applies is TRUE:
            yield f"{told} by the profile it applies: {fact.term}, by {reads}"
        elif applies is UNKNOWN:
            yield f"{told} the profile does not say so: {fact.term}, settled by {reads}"
