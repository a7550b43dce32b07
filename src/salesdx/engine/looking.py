"""What was looked at in one case, what was not, and which facts would decide it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import Any

from salesdx.base.applying import Conditions, conditions_of
from salesdx.base.model import PROFILE, Rule, Stage, Term, is_file
from salesdx.case.memory import WorkingMemory
from salesdx.case.settling import undecided_choices
from salesdx.engine.compilation import Ladder, compile_ladder
from salesdx.engine.diagnosis import Diagnosis, OpenQuestion, Unexamined
from salesdx.engine.excuses import Excuses
from salesdx.engine.low_reading import LowReading, Match, Unproven, holds_low, unproven
from salesdx.engine.needed import needs
from salesdx.engine.program import Matches, Program, guards, ladder_name
from salesdx.engine.undecided import deciding_terms
from salesdx.language.conditions import Expr, names, truth, unknown_names
from salesdx.language.intervals import Interval
from salesdx.language.truth import FALSE, TRUE, UNKNOWN, Truth
from salesdx.language.unknowns import Reader, reader

CONDITIONS = {"applies": "applies_when", "ruled_out_when": "ruled_out_when"}
"""A word of the ladder -> the stage's condition behind it."""
STANDING = (
    "status", "applies", "ruled_out_when", "set_aside_when", "passed", "proved", "concluded", "held", "exhausted",
    "pressure",
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
    guards: tuple[str, ...]
    """The rules that must have been looked at before a person may come to harm."""
    conditions: Mapping[str, tuple[tuple[str, Expr, Reader], ...]]
    """Stage -> its conditions: the name of each in the ladder, and what keeps it unknown."""
    samples: Mapping[str, tuple[str, ...]]
    """Stage -> the samples that `ruled_out_when` reads."""
    as_written: Mapping[str, Expr]
    """Stage -> `ruled_out_when` as if all applied that it reads."""
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
        guards(base),
        {
            stage: tuple((name, expr, reader(expr)) for name, expr in exprs.items() if expr is not None)
            for stage, exprs in conditions.items()
        },
        {
            stage.id: tuple(n for n in names(stage.ruled_out_when) if n in base.terms and base.terms[n].sample)
            for stage in base.stages
            if stage.ruled_out_when is not None
        },
        {stage.id: stage.ruled_out_when for stage in base.as_written.stages if stage.ruled_out_when is not None},
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

    def __init__(
        self, prepared: Prepared, program: Program, memory: WorkingMemory, matches: Matches, match: Match
    ) -> None:
        self.prepared, self.program, self.base = prepared, program, program.base
        self.memory, self.matches, self.match = memory, matches, match
        self.left_out = len(memory.left_out)
        self.blurred = {
            name
            for name, fact in memory.facts.items()
            if fact.disputed or type(fact.value) is Interval or type(matches.values.get(name)) is Interval
        }
        self.unproven: dict[str, Unproven] = {}
        self.lows: dict[str, LowReading] = {}
        self.excuses = Excuses(self.base, memory, matches)
        self.decided_by: dict[str, tuple[str, ...]] = {}

    def under_remedy(self, stage: str) -> int:
        """How many remedies of the company run for a stage."""
        return len(self.memory.under_remedy(stage))

    def deciding(self, rule: str) -> tuple[str, ...]:
        """The unknown asked terms that would decide a rule."""
        if rule not in self.decided_by:
            self.decided_by[rule] = deciding_terms(self.base, self.matches, self.memory, rule)
        return self.decided_by[rule]

    def open(self, rules: Iterable[str]) -> list[str]:
        """The rules that are unknown, and not only through terms that somebody excused."""
        return self.excuses.open(rules)

    def unexamined_count(self, rules: tuple[str, ...]) -> int:
        """How many of some rules are open."""
        return len(self.open(rules))

    def unsettled_count(self, rules: tuple[str, ...]) -> int:
        """How many of some rules are unknown through a fact that is imprecise or disputed."""
        return sum(map(self.is_unsettled, rules)) if self.blurred else 0

    def is_unsettled(self, rule: str) -> bool:
        """Whether a rule is unknown through a fact that is imprecise or disputed, also behind findings and formulas."""
        if self.matches.truths[rule] is not UNKNOWN or not self.blurred:
            return False
        return self.is_blurred(unknown_names(self.base.rule[rule].when, self.matches.values))

    def unsettled_facts(self, stage: Stage) -> tuple[str, ...]:
        """The asked facts, imprecise or disputed, through which rules that must be examined are unknown."""
        rules = (self.base.rule[id] for id in self.prepared.examined[stage.id] if self.is_unsettled(id))
        read = (name for rule in rules for name in self._asked(unknown_names(rule.when, self.matches.values)))
        return tuple(dict.fromkeys(name for name in read if self.is_blurred([name])))

    def is_blurred(self, unknown: Iterable[str]) -> bool:
        """Whether some unknown names are unknown through a fact that is imprecise or disputed."""
        queue = list(unknown)
        seen = set(queue)
        for name in queue:
            if name in self.blurred or type(self.matches.values.get(name)) is Interval:
                return True
            new = dict.fromkeys(self.behind(name))
            queue += [read for read in new if read not in seen]
            seen.update(new)
        return False

    def behind(self, name: str) -> Iterator[str]:
        """The names through which an unknown finding or computed term is unknown, themselves unknown or imprecise."""
        values, term = self.matches.values, self.base.terms.get(name)
        for rule in self.base.findings.get(name, ()):
            if self.matches.truths[rule.id] is UNKNOWN:
                yield from unknown_names(rule.when, values)
        if term is not None and (term.computed or term.or_formula is not None):
            formula = term.formula or term.or_formula
            tests = [formula] if formula is not None else undecided_choices(term, values)
            reads = (read for test in tests for read in names(test))
            yield from (read for read in reads if values.get(read) is None or type(values[read]) is Interval)

    def unproven_count(self, stage: str, ladder: Mapping[str, Any]) -> int:
        """How much of what leads to a stage does not follow from facts that meet its floor."""
        return len(self.unproven_of(stage, ladder).conditions)

    def unproven_of(self, stage: str, ladder: Mapping[str, Any]) -> Unproven:
        """What of the way to a stage does not follow from facts that meet its floor."""
        if stage not in self.unproven:
            self.unproven[stage] = unproven(self.low(stage), ladder, self.unsettled_count)
        return self.unproven[stage]

    def low(self, stage: str) -> LowReading:
        """The low reading of the case, for the floor of a stage."""
        if stage not in self.lows:
            home = self.base.home[stage]
            self.lows[stage] = LowReading(self.program, self.memory, home, self.match, self.distrusted)
        return self.lows[stage]

    def holds_low(self, expr: Expr, stage: str, ladder: Mapping[str, Any]) -> Truth:
        """The truth of a condition of the ladder in the low reading, for the floor of a stage."""
        return holds_low(expr, self.low(stage), ladder, self.unsettled_count)

    @property
    def distrusted(self) -> frozenset[str]:
        """The kinds of evidence that are of no use for single persons, by rules that are true or not settled."""
        rules = (rule for rule in self.base.rules if rule.distrusts)
        return frozenset(
            rule.distrusts for rule in rules if self.matches.truths[rule.id] is TRUE or self.is_unsettled(rule.id)
        )

    def unexamined(self, passed: Iterable[Stage], person: bool) -> tuple[Unexamined, ...]:
        """The rules that must be examined, in stages that are passed, at which nobody looked; where the review is of a
        ``person`` also those that keep something from one."""
        rules = [id for stage in passed for id in self.open(self.prepared.examined[stage.id])]
        rules += self.open(self.prepared.guards) if person else []
        return tuple([Unexamined(self.base.rule[id], self.deciding(id)) for id in rules])

    def needs(self, diagnosis: Diagnosis, everywhere: bool) -> dict[str, tuple[OpenQuestion, ...]]:
        """Respondent -> what is needed from him or her."""
        return needs(diagnosis, everywhere)

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
        if expr := self.prepared.as_written.get(stage.id):
            counts = {name: values[name] for name in self.prepared.samples[stage.id] if name in values}
            without = values | dict.fromkeys(counts)
            values |= {name: None for name in counts if truth(expr, without | {name: counts[name]}) is FALSE}
        conditions = self.prepared.conditions[stage.id]
        reads = [read for _, expr, read in conditions if truth(expr, values) is UNKNOWN]
        asked = dict.fromkeys(name for read in reads for name in self._asked(read(values)))
        return tuple(self.base.terms[name] for name in asked)
