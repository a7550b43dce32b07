"""What was looked at in one case, what was not, and which facts would decide it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import Any

from salesdx.base.applying import Conditions, conditions_of
from salesdx.base.model import PROFILE, Rule, Stage, Term, is_file
from salesdx.case.memory import WorkingMemory
from salesdx.engine.compilation import Ladder, compile_ladder
from salesdx.engine.diagnosis import Unexamined
from salesdx.engine.program import Matches, Program, deciding_terms, ladder_name
from salesdx.language.conditions import Expr, names, truth, unknown_names
from salesdx.language.truth import FALSE, UNKNOWN
from salesdx.language.unknowns import Reader, reader

CONDITIONS = {"applies": "applies_when", "ruled_out_when": "ruled_out_when"}
"""A word of the ladder -> the stage's condition behind it."""
STANDING = (
    "status", "applies", "ruled_out_when", "set_aside_when", "passed", "proved", "concluded", "held", "exhausted",
)  # fmt: skip
"""The words of the ladder that say how a stage stands."""


@dataclass(frozen=True)
class Prepared:
    """What every diagnosis by one program needs, worked out once."""

    standing: Mapping[str, Callable[[Mapping[str, Any]], tuple[Any, ...]]]
    """Stage -> what reads the words of STANDING from a decided ladder."""
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
    applying: Mapping[str, Conditions] | None
    """Term -> the conditions under which it applies; None where nothing is said of the firm."""


@lru_cache(maxsize=8)
def prepare(program: Program) -> Prepared:
    """What is the same for every case of a program, worked out once."""
    base = program.base
    examined = {name for name, strength in base.ladder.strengths.items() if strength.examined}
    conditions = {
        stage.id: {ladder_name(stage.id, word): getattr(stage, when) for word, when in CONDITIONS.items()}
        for stage in base.stages
    }
    return Prepared(
        {stage.id: itemgetter(*(ladder_name(stage.id, word) for word in STANDING)) for stage in base.stages},
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
        conditions_of(base) if PROFILE in base.home else None,
    )


@lru_cache(maxsize=16)
def ladder_of(program: Program, imprecise: bool) -> Ladder:
    """The ladder of a program, for a case of points or for one with imprecise values."""
    return compile_ladder(program, imprecise)


class Looks:
    """What was looked at and what was not, in one case."""

    def __init__(self, prepared: Prepared, program: Program, memory: WorkingMemory, matches: Matches) -> None:
        self.prepared, self.program, self.base = prepared, program, program.base
        self.memory, self.matches = memory, matches
        self.excused = {name for name, fact in memory.facts.items() if fact.unknown is not None and fact.excused}
        self.decided_by: dict[str, tuple[str, ...]] = {}

    def deciding(self, rule: str) -> tuple[str, ...]:
        """The unknown asked terms that would decide a rule."""
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
        """How many of some rules are open."""
        return len(self.open(rules))

    def unexamined(self, passed: Iterable[Stage]) -> tuple[Unexamined, ...]:
        """The rules that must be examined, in stages that are passed, at which nobody looked."""
        rules = [id for stage in passed for id in self.open(self.prepared.examined[stage.id])]
        return tuple([Unexamined(self.base.rule[id], self.decided_by[id]) for id in rules])

    def missing(self, stage: Stage, ladder: Mapping[str, Any]) -> tuple[str, ...]:
        """Unknown terms that keep a stage open, also those that a sample too small leaves unknown."""
        if ladder[ladder_name(stage.id, "ruled_out_when")] is FALSE and self.prepared.samples.get(stage.id):
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
