"""The search for a fact file that breaks a property, among all that are possible."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

import z3

from salesdx.base.model import Property, Rule, Stage, is_file
from salesdx.base.properties import (
    CONCLUDED,
    CORE,
    LOOKED_AT,
    NAMED_OPEN,
    NO_CAUSE,
    NONE,
    PERSONNEL,
    RULE_FALSE,
    RULE_TRUE,
    THIS,
)
from salesdx.engine.backends.smt.computed_terms import Samples, by_formula, by_its_formula, inputs, samples, written
from salesdx.engine.backends.smt.encoding import Encoding
from salesdx.engine.backends.smt.formulas import FALSE, TRUE, Symbol, answer, point, same_value
from salesdx.engine.program import LeftOut, Program, ask_name
from salesdx.language.conditions import Value, names

HUNDREDTHS = 100
OLDEST, NEWEST = date(2020, 1, 1).toordinal(), date(2025, 12, 31).toordinal()
Facts = Mapping[str, Value | None]
"""Term -> its value, None where its absence is excused."""


@dataclass(frozen=True)
class Found:
    """What a search found: ``facts`` break the property; where there are none, ``gave_up`` says why, or is empty."""

    facts: Facts | None = None
    after: Facts | None = None
    floor: Mapping[str, str] = field(default_factory=dict)
    """The facts that meet a floor -> the kind of evidence that does for it."""
    gave_up: str = ""


class CounterexampleSearch:
    """Two cases of one rule base; the second is used where a property speaks of a change."""

    def __init__(self, program: Program) -> None:
        self.program, self.base = program, program.base

    @cached_property
    def first(self) -> Encoding:
        """The program as formulas."""
        return _with_words(Encoding(self.program))

    @cached_property
    def second(self) -> Encoding:
        """The program of a second case, whose names differ."""
        return _with_words(Encoding(self.program, "after "))

    def find(
        self,
        property: Property,
        of: Sequence[Stage | Rule | None],
        seconds: float,
        formulas: bool = False,
        exact: bool = False,
        rounded: bool = False,
        seed: int = 0,
    ) -> Found:
        """Facts that break a property for one of these stages or rules (None for the case as a whole).

        ``formulas`` ties computed terms to what they are computed from, where that can be written. ``exact`` looks for
        exact numbers and dates alone, but for what a property makes wider, and ``rounded`` for two decimals: both help
        a reader, and never to prove. With another ``seed`` z3 finds another of the cases that there are.
        """
        two = property.changes
        second = self.second if two else self.first
        tied = list(self._formulas(two)) if formulas else []  # first, since it adds to the domains
        conditions = [*self.first.domain, *(self.second.domain if two else ()), *tied]
        if two:
            conditions += self._change(property, of[0])
        conditions.append(z3.Or([self._broken(property, each, second) for each in of]))
        if exact:
            conditions += self._exact(property)
        if rounded:
            conditions += self._rounded()
        solver = z3.Solver()
        solver.set("timeout", max(1, int(seconds * 1000)))
        solver.set("random_seed", seed)
        solver.add(*conditions)
        found = answer(solver)
        if found == z3.unsat:
            return Found()
        if found != z3.sat:
            return Found(gave_up=str(solver.reason_unknown()))
        model = solver.model()
        after = self.second.facts_of(model) if two else None
        return Found(self.first.facts_of(model), after, self.first.floor_of(model))

    def _broken(self, property: Property, of: Stage | Rule | None, second: Encoding) -> Any:
        """The formula under which a property is broken for one stage or rule."""
        for encoding in {id(part): part for part in (self.first, second)}.values():
            _set_this(encoding, of)
        before = TRUE if property.premise is None else self.first.true(property.premise)
        return z3.And(before, z3.Not(second.true(property.conclusion)))

    def _formulas(self, two: bool) -> Iterator[Any]:
        """Computed terms as a file has them: by their formula, or written by hand where all that is unknown of what it
        reads was said to be so. A value by hand meets no floor.

        A formula that cannot be written is known at some samples alone, so this helps to find a case and never to
        prove.
        """
        for encoding in (self.first, self.second) if two else (self.first,):
            for name in (self.base.ladder.subject_term, self.base.ladder.period_end_term):
                if name in encoding.facts:
                    yield encoding.facts[name].exact  # without them nothing meets a floor that asks for dates
            for term in (term for term in self.base.terms.values() if term.computed):
                yield from by_formula(encoding, term, self.samples[term.name], by_hand=True)
                for low in encoding.low.values():
                    yield from by_formula(low, term, self.samples[term.name], by_hand=False)
        for term in (term for term in self.base.terms.values() if two and term.computed):
            before, after = self.first.facts[term.name], self.second.facts[term.name]
            made = [by_its_formula(encoding, term, self.samples[term.name]) for encoding in (self.first, self.second)]
            same = z3.And(before.known, same_value(before, after))  # nothing is written by hand in a change
            yield z3.Implies(z3.And(after.known, z3.Not(made[1])), z3.Or(made[0], same))

    @cached_property
    def samples(self) -> Mapping[str, Samples]:
        """Computed term -> what it is at some inputs, where its formula cannot be written; else nothing."""
        found: dict[str, Samples] = {}
        for name in self.base.order:
            term = self.base.terms.get(name)
            if term is not None and term.computed:
                found[name] = () if written(self.first, term) is not None else samples(self.base, term, found)
        return found

    def _exact(self, property: Property) -> Iterator[Any]:
        """What helps a reader: values are exact, but for what a property makes wider; dates are of our time, and no
        percentage may be meant as a fraction."""
        for encoding in (self.first,) if property.wider or not property.changes else (self.first, self.second):
            yield from (z3.Implies(fact.known, fact.exact) for fact in encoding.facts.values())
            yield from (z3.Not(vague) for vague in encoding.vague.values())
            dates = [fact for fact in encoding.facts.values() if fact.kind == "date"]
            yield from (z3.And(fact.low >= OLDEST, fact.high <= NEWEST) for fact in dates)
            for term in self.base.terms.values():
                if term.type == "percent" and not term.small:
                    low = encoding.facts[term.name].low
                    yield z3.Or(low <= 0, low > 1)

    def _rounded(self) -> Iterator[Any]:
        """That the numbers that people state have two decimals."""
        asked = (fact.low for name, fact in self.first.facts.items() if not self.base.terms[name].computed)
        yield from (low * HUNDREDTHS == z3.ToReal(z3.FreshInt()) for low in asked if z3.is_real(low))

    def _change(self, property: Property, of: Stage | Rule | None) -> Iterator[Any]:
        """What the second case is to the first."""
        core: set[str] | None = None
        if property.forget == CORE and isinstance(of, Stage):
            core = set(names(of.ruled_out_when)) if of.ruled_out_when is not None else set()
            core |= {t.name for t in self.base.terms.values() if core & inputs(t)}
        yield from self._beside()
        for name, before in self.first.facts.items():
            after = self.second.facts[name]
            excuse, excused = self.first.excused[name], self.second.excused[name]
            vague = self.first.vague[name], self.second.vague[name]
            told = () if self.base.terms[name].computed else (vague[0] == vague[1],)
            same = z3.And(after.known == before.known, same_value(before, after), excused == excuse, *told)
            if name in property.better:
                yield z3.And(_better(before, after, property.better[name]), excused == excuse)
            elif property.wider:
                yield z3.Or(same, self._wider(name, before, after))
            elif property.forget and (core is None or name in core):
                yield z3.Or(same, z3.And(before.known, z3.Not(after.known), z3.Not(excused)), self._by_hand(name))
            else:
                yield same

    def _beside(self) -> Iterator[Any]:
        """What a change leaves as it is: what meets the floor, what is vague, and what was left out."""
        for stage, low in self.first.low.items():
            behind = self.second.low[stage]
            for name, fact in low.facts.items():
                after = behind.facts[name].known
                if self.base.terms[name].computed:
                    yield z3.Implies(after, fact.known)
                else:
                    yield after == z3.And(fact.known, self.second.facts[name].known)
                yield behind.excused[name] == z3.And(low.excused[name], self.second.excused[name])
        for term in (term for term in self.base.terms.values() if term.computed):
            vague = self.second.vague[term.name] == self.first.vague[term.name]
            yield z3.Or(vague, *(self._changed(name) for name in sorted(inputs(term))))
        for step in self.program.ladder:
            if isinstance(step, LeftOut) and step.name in self.first.symbols:
                yield self.first.symbols[step.name].value == self.second.symbols[step.name].value

    def _by_hand(self, name: str) -> Any:
        """A computed term may have a value that was written by hand, which meets no floor, once something that it reads
        is forgotten."""
        term = self.base.terms[name]
        if not term.computed:
            return FALSE
        changed = z3.Or([self._changed(read) for read in sorted(inputs(term))])
        meets = [low.facts[name].known for low in self.second.low.values()]
        return z3.And(changed, self.second.facts[name].known, z3.Not(z3.Or(meets)))

    def _changed(self, name: str) -> Any:
        """Whether what a formula reads is otherwise after a change."""
        return z3.Not(self._same(name)) if name in self.first.facts else TRUE

    def _same(self, name: str) -> Any:
        before, after = self.first.facts[name], self.second.facts[name]
        return z3.And(before.known == after.known, same_value(before, after))

    def _wider(self, name: str, before: Symbol, after: Symbol) -> Any:
        """A known value that is wider after the change; what is computed from such values may be unknown then."""
        term = self.base.terms[name]
        inside = (
            []
            if before.low is before.high
            else [
                z3.Implies(after.has_low, z3.And(before.has_low, after.low <= before.low)),
                z3.Implies(after.has_high, z3.And(before.has_high, after.high >= before.high)),
            ]
        )
        lost = z3.And(z3.Not(after.known), self.second.vague[name]) if term.computed else FALSE
        wider = z3.And(after.known, *inside) if inside else FALSE
        return z3.And(before.known, z3.Or(lost, wider), z3.Not(self.second.excused[name]))


def _better(before: Symbol, after: Symbol, way: str) -> Any:
    """A number that is known at both times, with both its ends no worse."""
    low, high = (after.low, after.high) if way == "higher" else (before.low, before.high)
    least, most = (before.low, before.high) if way == "higher" else (after.low, after.high)
    bounds = [after.has_low == before.has_low, after.has_high == before.has_high]
    return z3.And(after.known == before.known, *bounds, low >= least, high >= most)


def _with_words(encoding: Encoding) -> Encoding:
    """The encoding with the words of properties beside terms and findings."""
    base, symbols = encoding.base, encoding.symbols
    evidence = [stage for stage in base.stages if not is_file(base, stage)]

    def decided(stage: Stage, word: str) -> Any:
        return symbols[f"{stage.id}.{word}"].value

    concluded = [(stage.id, decided(stage, "concluded")) for stage in evidence]
    encoding.define(CONCLUDED, concluded, NONE)
    nothing = z3.Not(z3.Or([formula for _, formula in concluded]))
    asked = [(s, symbols[ask_name(s.id, line)].value) for line in range(len(base.ladder.ask_when)) for s in evidence]
    encoding.define(NAMED_OPEN, [(stage.id, z3.And(nothing, asks)) for stage, asks in asked], NONE)
    proved = [
        z3.Or(decided(stage, "proved"), z3.And(symbols[f"{stage.id}.applies"].known, z3.Not(decided(stage, "applies"))))
        for stage in evidence
    ]
    symbols[NO_CAUSE] = point("boolean", TRUE, z3.And(proved))
    symbols[PERSONNEL] = point("boolean", TRUE, _personnel(encoding))
    for stage in base.stages:
        symbols[stage.id] = symbols[f"{stage.id}.status"]
    return encoding


def _personnel(encoding: Encoding) -> Any:
    """Whether something is recommended that acts on a person."""
    base, symbols = encoding.base, encoding.symbols
    personnel = [id for id, intervention in base.interventions.items() if intervention.personnel]
    stage = base.home.get(base.ladder.personnel_stage)
    reached = symbols[f"{stage.id}.concluded"].value if stage is not None else TRUE
    exhausted = {s.id: symbols[f"{s.id}.exhausted"].value for s in base.stages}
    found = []
    for id in personnel:
        given = [
            (rule, z3.And(encoding.rules[rule.id][0], symbols[encoding.program.recommends[rule.id]].value))
            for rule in base.rules
            if id in rule.recommend
        ]
        suppressed = [encoding.rules[rule.id][0] for rule in base.rules if id in rule.suppresses]
        spent = [
            z3.And(done, z3.Not(z3.Or([formula for rule, formula in given if rule.home == home])))
            for home, done in exhausted.items()
        ]
        found.append(z3.And(z3.Or([f for _, f in given]), reached, z3.Not(z3.Or(suppressed)), z3.Not(z3.Or(spent))))
    return z3.Or(found) if found else FALSE


def _set_this(encoding: Encoding, of: Stage | Rule | None) -> None:
    if isinstance(of, Stage):
        encoding.symbols[THIS] = encoding.symbols[f"{of.id}.status"]
    elif isinstance(of, Rule):
        encoding.symbols[THIS] = encoding.symbols[f"{of.home}.status"]
        true, false = encoding.rules[of.id]
        for word, holds in ((LOOKED_AT, z3.Not(encoding.open(of))), (RULE_TRUE, true), (RULE_FALSE, false)):
            encoding.symbols[word] = point("boolean", TRUE, holds)
