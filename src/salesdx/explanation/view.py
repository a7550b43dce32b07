"""A diagnosis read by name: facts, findings, rules, and the names of the ladder with the counts it was decided by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cached_property
from itertools import product

from salesdx.base.model import Rule
from salesdx.case.memory import WorkingMemory
from salesdx.case.settling import Fact
from salesdx.engine.diagnose import quick
from salesdx.engine.diagnosis import Diagnosis
from salesdx.engine.low_reading import WeakFact
from salesdx.engine.program import (
    MODE,
    OPPOSITE,
    Count,
    Decide,
    Define,
    LeftOut,
    Program,
    Step,
    Tally,
    Total,
    UnderRemedy,
    UnexaminedCount,
    UnprovenCount,
    UnsettledCount,
    compile_base,
    ladder_name,
)
from salesdx.language.conditions import And, Compare, Expr, Literal, Not, Or, Value, Values, names, truth, unknown_names
from salesdx.language.truth import UNKNOWN, Truth

MOST = 8
"""So many more true rules than now are tried, to see what could still change a status."""


class View:
    """One diagnosis and everything that can be asked of it by name."""

    def __init__(self, diagnosis: Diagnosis) -> None:
        self.diagnosis, self.base, self.memory = diagnosis, diagnosis.base, diagnosis.memory
        self.matches = diagnosis.matches
        self.program: Program = compile_base(diagnosis.base)

    @cached_property
    def steps(self) -> Mapping[str, Step]:
        """The steps of the ladder by name."""
        return {step.name: step for step in self.program.ladder}

    @cached_property
    def values(self) -> Values:
        """What every name is: a fact, a finding, a name of the ladder; None where it is unknown."""
        return {**self.matches.values, **self.diagnosis.ladder, **self._counts()}

    def fact(self, name: str) -> Fact:
        """The fact of a term, also of one that is computed from findings."""
        term = self.base.terms[name]
        return self.memory.computed_fact(term, self.matches.values) if term.computed else self.memory.fact(name)

    def decision(self, stage: str) -> Decide:
        """The lines that decide a stage's status; of no stage, the mode."""
        step = self.steps[ladder_name(stage, "status") if stage else MODE]
        assert isinstance(step, Decide)
        return step

    def truth(self, expr: Expr) -> Truth:
        """The truth of an expression in this case, names of the ladder included."""
        return truth(expr, self.values)

    def true_rules(self, count: Count) -> tuple[Rule, ...]:
        """The true ones of the rules that are counted."""
        return tuple(rule for rule in self.rules_of(count) if self.matches.truths[rule.id] is True)

    def rules_of(self, count: Count) -> tuple[Rule, ...]:
        """The rules that are counted."""
        return tuple(rule for rule in self.base.rules_of[count.home] if rule.strength == count.strength)

    def unexamined(self, step: UnexaminedCount) -> tuple[tuple[str, str], ...]:
        """The rules that nobody looked at, each with the name that makes it count."""
        open_rules = {entry.rule.id for entry in self.diagnosis.unexamined}
        passed = [(name, rules) for name, rules in step.parts if self.diagnosis.ladder[name] is True]
        return tuple((name, rule) for name, rules in passed for rule in rules if rule in open_rules)

    def unsettled(self, step: UnsettledCount) -> tuple[str, ...]:
        """The rules that are unknown through a fact that is imprecise or disputed."""
        return tuple(rule for rule in step.rules if self.diagnosis.looks.is_unsettled(rule))

    def unproven(self, step: UnprovenCount) -> Mapping[str, tuple[WeakFact, ...]]:
        """What leads to a stage and does not hold in the low reading, each with the facts below the floor."""
        ladder = self.diagnosis.ladder
        return self.diagnosis.looks.unproven_of(step.stage, ladder).conditions if step.stage else {}

    def _counts(self) -> dict[str, Value]:
        found: dict[str, Value] = {}
        for step in self.program.ladder:
            match step:
                case Count():
                    found[step.name] = len(self.true_rules(step))  # type: ignore[assignment]
                case Tally(name, of):
                    found[name] = sum(self.diagnosis.ladder[part] is not True for part in of)  # type: ignore[assignment]
                case Total(name, of):
                    found[name] = sum(self.diagnosis.ladder[part] is True for part in of)  # type: ignore[assignment]
                case UnexaminedCount(name):
                    found[name] = len(self.unexamined(step))  # type: ignore[assignment]
                case UnsettledCount(name):
                    found[name] = len(self.unsettled(step))  # type: ignore[assignment]
                case UnprovenCount(name):
                    found[name] = len(self.unproven(step))  # type: ignore[assignment]
                case UnderRemedy(name, stage):
                    found[name] = len(self.memory.under_remedy(stage))  # type: ignore[assignment]
                case LeftOut(name):
                    found[name] = len(self.memory.left_out)  # type: ignore[assignment]
        return found

    def asked(self, unknown: Iterable[str]) -> tuple[str, ...]:
        """The unknown asked terms behind unknown names, through findings and computed terms."""
        found: dict[str, None] = {}
        seen: set[str] = set()

        def follow(name: str) -> None:
            if name in seen:
                return
            seen.add(name)
            rules = [r.when for r in self.base.findings.get(name, ()) if self.matches.truths[r.id] is UNKNOWN]
            term = self.base.terms.get(name)
            exprs = [*rules, *(term.expressions if term and name not in self.memory.statements else ())]
            inner = list(dict.fromkeys(n for expr in exprs for n in unknown_names(expr, self.matches.values)))
            for part in inner:
                follow(part)
            if not inner and term is not None:
                found[name] = None

        for name in unknown:
            follow(name)
        return tuple(found)

    def deciding(self, expr: Expr) -> tuple[str, ...]:
        """The unknown asked terms that would decide a condition on facts."""
        return self.asked(unknown_names(expr, self.matches.values))

    def missing(self, stage: str) -> tuple[str, ...]:
        """The unknown asked terms that could still change a stage's own status: of its rules and its conditions.

        Each rule and condition counts as free to become true or false; what then changes no status is left out.
        """
        step = self.decision(stage)
        free: dict[str, tuple[Value | None, ...]] = {}
        behind: dict[str, tuple[str, ...]] = {}
        for name in dict.fromkeys(name for line in step.lines for name in names(line.when)):
            part = self.steps.get(name)
            if isinstance(part, Count):
                open_rules = [rule for rule in self.rules_of(part) if self.matches.truths[rule.id] is UNKNOWN]
                known = len(self.true_rules(part))
                free[name] = tuple(range(known, known + min(len(open_rules), MOST) + 1))  # type: ignore[arg-type]
                behind[name] = tuple(dict.fromkeys(t for rule in open_rules for t in self.deciding(rule.when)))
            elif isinstance(part, Define) and not set(names(part.expr)) & set(self.steps):
                decided = self.truth(part.expr)
                free[name] = (decided,) if decided is not UNKNOWN else (True, False, None)
                behind[name] = self.deciding(part.expr)
            elif isinstance(part, UnexaminedCount) and (looked := self.unexamined(part)):
                free[name] = (0, len(looked))  # type: ignore[assignment]
                behind[name] = tuple(
                    dict.fromkeys(t for _, id in looked for t in self.deciding(self.base.rule[id].when))
                )
        open_names = [name for name in free if len(free[name]) > 1]
        results: dict[tuple[Value | None, ...], str | None] = {}
        for chosen in product(*(free[name] for name in open_names)):
            values = {**self.values, **dict(zip(open_names, chosen, strict=True))}
            results[chosen] = next((line.name for line in step.lines if truth(line.when, values) is True), None)
        matter = [
            name
            for at, name in enumerate(open_names)
            if len({(c[:at] + c[at + 1 :], r) for c, r in results.items()})
            > len({c[:at] + c[at + 1 :] for c in results})
        ]
        found = dict.fromkeys(term for name in matter for term in behind[name])
        return tuple(found)


def restricted(memory: WorkingMemory, terms: Iterable[str]) -> WorkingMemory:
    """The case as if only these terms had been stated."""
    kept = set(terms)
    return replace(memory, statements={term: said for term, said in memory.statements.items() if term in kept})


def view_of(memory: WorkingMemory) -> View:
    return View(quick(memory.base, memory))


def pushed(expr: Expr, negated: bool = False) -> Expr:
    """The expression with ``not`` only before names and `in`: what a reader sees as one comparison is one leaf."""
    match expr:
        case Not(part):
            return pushed(part, not negated)
        case And(parts) | Or(parts):
            both = tuple(pushed(part, negated) for part in parts)
            return And(both) if isinstance(expr, And) is not negated else Or(both)
        case Compare(op, left, right) if negated:
            return Compare(OPPOSITE[op], left, right)
        case Literal(known) if negated:
            return Literal(known is not True)
        case _:
            return Not(expr) if negated else expr
