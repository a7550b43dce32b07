"""The truth of every rule -> the diagnosis: the ladder decided, recommendations gathered, what is missing named.

Written once, above all back ends. What it decides by is the program's ladder, which is data.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import compress
from typing import Any

from salesdx.base.model import Rule, RuleBase, Stage, Term
from salesdx.case.memory import WorkingMemory, computed, shown_value
from salesdx.engine.compilation import Ladder, compile_ladder
from salesdx.engine.diagnosis import (
    NO_ENGINE,
    Conflict,
    Diagnosis,
    Engine,
    FileResult,
    Recommendation,
    StageResult,
    Unexamined,
    fill,
    status_words,
)
from salesdx.engine.program import Matches, Program, deciding_terms, is_file
from salesdx.language.conditions import Expr, divisions_by_zero, names, truth, unknown_names
from salesdx.language.truth import FALSE, TRUE, UNKNOWN
from salesdx.language.unknowns import Reader, reader


def judge(program: Program, memory: WorkingMemory, matches: Matches, engine: Engine = NO_ENGINE) -> Diagnosis:
    """The diagnosis that follows from the truth of every rule."""
    base = program.base
    fired = list(compress(base.rules, matches.truths.values()))  # neither false nor unknown passes
    counts: dict[tuple[str, str], int] = {}
    findings: dict[str, list[str]] = {}
    for rule in fired:
        key = (rule.home, rule.strength)
        counts[key] = counts.get(key, 0) + 1
        findings.setdefault(rule.home, []).append(rule.finding)
    prepared = _prepare(program)
    looks = _Looks(prepared, program, memory, matches)
    ladder = prepared.ladder(matches.values, counts, looks.count)
    stages, files = [], []
    for stage in base.stages:
        status = ladder[f"{stage.id}.status"]
        if stage.id in prepared.files:
            files.append(_file(base, stage, status, fired, looks, ladder))
            continue
        asked = ladder[f"{stage.id}.ask"] is TRUE
        stages.append(
            StageResult(
                stage,
                status,
                ladder[f"{stage.id}.held"] is TRUE,
                ladder[f"{stage.id}.concluded"] is TRUE,
                asked,
                tuple(dict.fromkeys(findings.get(stage.id, ()))),
                looks.missing(stage, ladder) if asked else (),
            )
        )
    concluded = any(stage.concluded for stage in stages)
    first = None if concluded else next((stage.stage for stage in stages if stage.asked), None)
    recommended, alternatives, suppressed = _recommend(program, memory, matches, fired, ladder)
    return Diagnosis(
        base,
        memory,
        matches,
        ladder["mode"],
        tuple(stages),
        tuple(files),
        recommended,
        alternatives,
        suppressed,
        looks.next_questions(first) if first else (),
        looks.unexamined(ladder),
        _conflicts(prepared, memory, matches),
        tuple(_notes(prepared, program, matches)),
        ladder,
        engine,
    )


@dataclass(frozen=True)
class _Prepared:
    """What every diagnosis by one program needs, worked out once."""

    ladder: Ladder
    files: frozenset[str]
    """The stages that people decide on a file."""
    examined: Mapping[str, tuple[str, ...]]
    """Stage -> its rules that must have been looked at."""
    conditions: Mapping[str, tuple[tuple[str, Expr, Reader], ...]]
    """Stage -> its conditions: the name of each in the ladder, and what keeps it unknown."""
    samples: Mapping[str, tuple[str, ...]]
    """Stage -> the samples that `ruled_out_when` reads."""
    modes: Mapping[str, tuple[str, ...]]
    """Mode -> what decides it."""
    dividing: tuple[Rule, ...]
    late: tuple[Term, ...]
    """Computed terms that read findings."""


@lru_cache(maxsize=8)
def _prepare(program: Program) -> _Prepared:
    base = program.base
    examined = {name for name, strength in base.ladder.strengths.items() if strength.examined}
    conditions = {
        stage.id: {f"{stage.id}.applies": stage.applies_when, f"{stage.id}.ruled_out_when": stage.ruled_out_when}
        for stage in base.stages
    }
    return _Prepared(
        compile_ladder(program),
        frozenset(stage.id for stage in base.stages if stage.ruled_out_when is None and is_file(base, stage)),
        {
            stage.id: tuple(rule.id for rule in base.rules_of[stage.id] if rule.strength in examined)
            for stage in base.stages
        },
        {
            stage: tuple((name, expr, reader(expr)) for name, expr in exprs.items() if expr is not None)
            for stage, exprs in conditions.items()
        },
        {
            stage.id: tuple(n for n in names(stage.ruled_out_when) if n in base.terms and base.terms[n].sample)
            for stage in base.stages
            if stage.ruled_out_when is not None
        },
        {line.name: names(line.when) for line in base.ladder.modes},
        tuple(rule for rule in base.rules if "/" in rule.text),
        tuple(step for step in program.steps if isinstance(step, Term)),
    )


class _Looks:
    """What was looked at and what was not, in one case."""

    def __init__(self, prepared: _Prepared, program: Program, memory: WorkingMemory, matches: Matches) -> None:
        self.prepared, self.program, self.base = prepared, program, program.base
        self.memory, self.matches = memory, matches
        self.excused = {name for name, fact in memory.facts.items() if fact.unknown is not None and fact.excused}
        self.decided_by: dict[str, tuple[str, ...]] = {}

    def deciding(self, rule: str) -> tuple[str, ...]:
        if rule not in self.decided_by:
            self.decided_by[rule] = deciding_terms(self.base, self.matches, self.memory, rule)
        return self.decided_by[rule]

    def open(self, rules: Iterable[str]) -> list[str]:
        """The rules that are unknown, and not only through terms that somebody excused."""
        truths = self.matches.truths
        return [rule for rule in rules if truths[rule] is UNKNOWN and not self._is_excused(rule)]

    def _is_excused(self, rule: str) -> bool:
        deciding = self.deciding(rule)  # empty where a division by zero is met: nobody excused that
        return bool(deciding) and self.excused.issuperset(deciding)

    def count(self, rules: tuple[str, ...]) -> int:
        return len(self.open(rules))

    def unexamined(self, ladder: Mapping[str, Any]) -> tuple[Unexamined, ...]:
        found = []
        for stage in self.base.stages:
            if ladder[f"{stage.id}.passed"] is not TRUE:
                continue
            rules = self.open(self.prepared.examined[stage.id])
            found += [Unexamined(self.base.rule[id], self.decided_by[id]) for id in rules]
        return tuple(found)

    def missing(self, stage: Stage, ladder: Mapping[str, Any]) -> tuple[str, ...]:
        """Unknown terms that keep a stage open, also those that a sample too small leaves unknown."""
        if ladder[f"{stage.id}.ruled_out_when"] is FALSE and self.prepared.samples.get(stage.id):
            values = self.matches.values
            return tuple(term.name for term in self.next_questions(stage) if values.get(term.name) is None)
        reads = [read for name, _, read in self.prepared.conditions[stage.id] if ladder[name] is UNKNOWN]
        return tuple(dict.fromkeys(name for read in reads for name in self._asked(read(self.matches.values))))

    def _asked(self, unknown: Iterable[str]) -> tuple[str, ...]:
        """Unknown names as facts that somebody can answer: through findings and formulas down to what is asked."""
        found: dict[str, None] = {}
        for name in unknown:
            term = self.base.terms.get(name)
            if term is not None and (not term.computed or term.question):
                found[name] = None
                continue
            rules = [rule.id for rule in self.base.findings.get(name, ()) if self.matches.truths[rule.id] is UNKNOWN]
            inner = [part for rule in rules for part in self.deciding(rule)]
            if term is not None:
                inner = [part for expr in term.expressions for part in unknown_names(expr, self.matches.values)]
            found.update(dict.fromkeys(part for part in inner if part in self.base.terms))
        return tuple(found)

    def next_questions(self, stage: Stage) -> tuple[Term, ...]:
        """The terms that can still change a stage's ruling out. A sample that is too small counts as not gathered."""
        values = dict(self.matches.values)
        if expr := stage.ruled_out_when:
            counts = {name: values[name] for name in self.prepared.samples[stage.id] if name in values}
            without = values | dict.fromkeys(counts)
            values |= {name: None for name in counts if truth(expr, without | {name: counts[name]}) is FALSE}
        conditions = self.prepared.conditions[stage.id]
        reads = [read for _, expr, read in conditions if truth(expr, values) is UNKNOWN]
        asked = dict.fromkeys(name for read in reads for name in self._asked(read(values)))
        return tuple(self.base.terms[name] for name in asked)


def _file(
    base: RuleBase, stage: Stage, status: str, fired: list[Rule], looks: _Looks, ladder: Mapping[str, Any]
) -> FileResult:
    previous = base.stages[base.stages.index(stage) - 1]
    reached = ladder[f"{previous.id}.concluded"] is TRUE
    if not reached:
        return FileResult(stage, status, False, (), ())
    rules = base.rules_of[stage.id]
    recommends = {rule.id: ladder[looks.program.recommends[rule.id]] is TRUE for rule in rules}
    blocks = tuple(r for r in fired if r.home == stage.id and recommends[r.id] and not ladder[f"{stage.id}.exhausted"])
    open_rules = [rule.id for rule in rules if looks.matches.truths[rule.id] is UNKNOWN]
    missing = dict.fromkeys(part for id in open_rules for part in looks.deciding(id))
    return FileResult(stage, status, True, blocks, tuple(missing))


Lists = tuple[tuple[Recommendation, ...], tuple[Recommendation, ...], tuple[Recommendation, ...]]


def _recommend(
    program: Program, memory: WorkingMemory, matches: Matches, fired: list[Rule], ladder: Mapping[str, Any]
) -> Lists:
    """Recommendations, alternatives and suppressed ones, in rule order."""
    base = program.base
    given: dict[str, list[Rule]] = {}
    for rule in fired:
        if rule.recommend and ladder[program.recommends[rule.id]] is TRUE:
            for id in rule.recommend:
                given.setdefault(id, []).append(rule)
    suppressing = {id: rule for rule in reversed(fired) for id in rule.suppresses}
    exhausted = next((stage for stage in base.stages if ladder[f"{stage.id}.exhausted"] is TRUE), None)
    personnel_stage = base.home.get(base.ladder.personnel_stage)
    reached = personnel_stage is None or ladder[f"{personnel_stage.id}.concluded"] is TRUE
    recommended: list[Recommendation] = []
    suppressed: list[Recommendation] = []
    for id, rules in given.items():
        intervention = base.interventions[id]
        why = ""
        if id in suppressing:
            rule = suppressing[id]
            why = f"{rule.id}: {fill(rule.because, base, matches.values)}"
        elif intervention.personnel and not reached and personnel_stage is not None:
            why = f"it acts on a person, and `{personnel_stage.title}` is not concluded"
        elif intervention.personnel and exhausted is not None and not any(rule.home == exhausted.id for rule in rules):
            why = (
                f"the earlier help is exhausted: {exhausted.title} is {status_words(ladder[f'{exhausted.id}.status'])}"
            )
        (suppressed if why else recommended).append(Recommendation(intervention, tuple(rules), why))
    chosen, others = _prefer(recommended, matches)
    return chosen, others, tuple(suppressed)


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


def _conflicts(prepared: _Prepared, memory: WorkingMemory, matches: Matches) -> tuple[Conflict, ...]:
    found = {fact.term: Conflict(fact) for fact in memory.facts.values() if fact.conflict}
    for term in prepared.late:  # known only now that the findings are
        if (fact := memory.facts.get(term.name)) is not None:
            known = computed(term, matches.values)
            if known is not None and known != fact.value:
                why = f"the formula gives {shown_value(known)}, the stated value is used"
                found[fact.term] = Conflict(replace(fact, conflict=why))
    return tuple(found[name] for name in memory.base.terms if name in found) if found else ()


def _notes(prepared: _Prepared, program: Program, matches: Matches) -> Iterable[str]:
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
