"""The search for a fact file that breaks a property, among all that are possible."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property, partial
from typing import Any

from salesdx.base.model import PRESSURE, WEIGHTS, Property, Rule, Stage, Term, is_file
from salesdx.base.properties import (
    CONCLUDED,
    LOOKED_AT,
    NAMED_OPEN,
    NO_CAUSE,
    NONE,
    ON_FLOOR,
    PERSONNEL,
    PRESSING,
    RULE_FALSE,
    RULE_TRUE,
    THIS,
    floor_of,
)
from salesdx.case.settling import computed
from salesdx.engine.backends.smt.case_split import CaseSplit
from salesdx.engine.backends.smt.case_told import Facts, Told, facts_in, told_in
from salesdx.engine.backends.smt.changed_case import ChangedCase
from salesdx.engine.backends.smt.computed_terms import (
    Samples,
    also_follows,
    calculated_alone,
    follows,
    in_a_file,
    inputs,
    samples,
    told,
    written,
)
from salesdx.engine.backends.smt.cone import Cone, ReachedFormulas
from salesdx.engine.backends.smt.encoding import Encoding
from salesdx.engine.backends.smt.formulas import point
from salesdx.engine.backends.smt.logic import (
    FALSE,
    NUMBER,
    TRUE,
    WHOLE,
    Formula,
    all_of,
    any_of,
    as_number,
    free,
    implies,
    negated,
    parts,
)
from salesdx.engine.backends.smt.solving import Impossible, allowed, solve
from salesdx.engine.backends.smt.statable import HEADED, meeting
from salesdx.engine.backends.smt.stated_after import stated_after
from salesdx.engine.backends.smt.z3_objects import Z3Objects
from salesdx.engine.program import LeftOut, Program, ask_name
from salesdx.language.conditions import Value
from salesdx.language.intervals import Interval

HUNDREDTHS = 100
EFFORT = 5_000_000
"""Steps of z3 in a second, about: it counts them, so that a result hangs on no clock."""
STEPS = 2_000_000
"""Steps of z3 for a part of a question."""
MANY_RULES, MANY = 300, 40
"""A question on a change is asked in parts where the rule base is so large, or it is of so many stages or rules: of
what is smaller z3 is quicker with the whole, and of one case as well."""
PATIENCE = 4
"""How many times its seconds a search with formulas may last on a clock."""
OLDEST, NEWEST = date(2020, 1, 1).toordinal(), date(2025, 12, 31).toordinal()


@dataclass(frozen=True)
class Found:
    """What a search found: ``facts`` break the property; where there are none, ``gave_up`` says why, or is empty."""

    facts: Facts | None = None
    after: Facts | None = None
    told: Told = field(default_factory=Told)
    """How the facts are said."""
    told_after: Told = field(default_factory=Told)
    """The same after the change."""
    headed: bool = True
    """Whether subject and period are in the head of the case."""
    gave_up: str = ""


class CounterexampleSearch:
    """Two cases of one rule base; the second is used where a property speaks of a change."""

    def __init__(self, program: Program) -> None:
        self.program, self.base = program, program.base
        self.cone = Cone()
        self._made: dict[tuple[object, ...], list[Formula]] = {}
        self.learnt: list[tuple[Term, Mapping[str, Value], Value | None]] = []
        """What statistics give, where a search guessed it wrong: the term, what it reads, and its result."""

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
        file: bool = False,
        exact: bool = False,
        rounded: bool = False,
        seed: int = 0,
    ) -> Found:
        """Facts that break a property for one of these stages or rules (None for the case as a whole).

        ``formulas`` ties computed terms to what they are computed from, where that can be written. The others help a
        reader, and never to prove: ``file`` looks for a case that somebody can state, ``exact`` for exact numbers and
        dates alone, but for what a property makes wider, and ``rounded`` for two decimals. With another ``seed`` z3
        finds another of the cases that there are.
        """
        two = property.changes
        second = self.second if two else self.first
        change = self._change(property, of[0])
        question = any_of([self._broken(property, each, second) for each in of])
        if formulas:
            conditions = [*self._formulas(change, file), question]
            conditions += change.conditions() if change is not None else ()
            conditions += change.kept() if change is not None and file else ()
        else:
            reach = self._reach(change)
            asked = reach.put(question)
            conditions = [asked, *reach.of([asked])]
        if exact:
            conditions += self._exact(property)
        if rounded:
            conditions += self._rounded()
        if formulas:  # last, since all others add to the domains
            conditions += [*self.first.domain, *(self.second.domain if two else ())]
            conditions = change.merged(conditions) if change is not None else conditions
        limits = {"rlimit": int(seconds * EFFORT), "random_seed": seed}
        if formulas:  # there z3 counts few steps at times, as with hundredths and products
            limits["timeout"] = int(seconds * (1 if rounded else PATIENCE) * 1000)
        model, why = solve(conditions, **limits)
        if model is None:
            return Found(gave_up=why)
        if change is not None:
            model.put(change.alike)
        first, after = facts_in(self.first, model), facts_in(second, model) if two else None
        headed = not formulas or model.holds(HEADED)
        return Found(first, after, told_in(self.first, model), told_in(second, model), headed)

    def breakable(
        self, asked: Sequence[tuple[Property, Sequence[Stage | Rule | None]]], seconds: float
    ) -> list[bool | str]:
        """For properties of one change, each with its stages or rules, whether a case may break it, or why z3 gives up.

        Computed terms are free here: what no case breaks is proved, and the contrary says little. What reaches least is
        asked first, since what is proved helps with the rest: that a person is not concluded, before that of a file.
        """
        second = self.second if asked[0][0].changes else self.first
        change = self._change(asked[0][0], None)
        questions = [any_of(self._broken(property, each, second) for each in of) for property, of in asked]
        reach = self._reach(change)
        left = list(map(reach.put, questions))
        if change is not None and any(large := [self._is_large(of) for _, of in asked]):
            split = self._split(change, reach)
            left = [split.left(each) if apart else each for each, apart in zip(left, large, strict=True)]
        order = sorted(range(len(left)), key=lambda number: sum(1 for _ in parts(left[number], set())))
        order = [number for number in order if left[number] is not FALSE]
        shown = [reach.put(negated(each)) for each, rest in zip(questions, left, strict=True) if rest is FALSE]
        open_ones = [left[number] for number in order]
        conditions = [*reach.of(open_ones), *shown] if open_ones else []
        answers = allowed(conditions, open_ones, rlimit=int(seconds * EFFORT))
        found = dict(zip(order, answers, strict=True))
        return [found.get(number, False) for number in range(len(left))]

    def _is_large(self, of: Sequence[Stage | Rule | None]) -> bool:
        return len(self.base.rules) >= MANY_RULES or len(of) >= MANY

    def _split(self, change: ChangedCase, reach: ReachedFormulas) -> CaseSplit:
        """The parts of questions on a change."""
        owners = {variable: name for case in (self.first, self.second) for variable, (name, _) in case.owners.items()}
        impossible = Impossible(Z3Objects(), STEPS)
        return CaseSplit(reach, lambda variable: owners.get(variable, variable), impossible, *change.besides())

    def _change(self, property: Property, of: Stage | Rule | None) -> ChangedCase | None:
        return ChangedCase(self.program, self.first, self.second, property, of) if property.changes else None

    def _reach(self, change: ChangedCase | None) -> ReachedFormulas:
        """What questions reach of the cases and of the change between them."""
        self.cone.index(self.first)
        if change is None:
            return self.cone.reach()
        self.cone.index(self.second)
        return self.cone.reach(change.gates, change.tied, change.alike)

    def _broken(self, property: Property, of: Stage | Rule | None, second: Encoding) -> Formula:
        """The formula under which a property is broken for one stage or rule."""
        for encoding in {id(part): part for part in (self.first, second)}.values():
            _set_this(encoding, of)
        before = TRUE if property.premise is None else self.first.true(property.premise)
        return all_of(before, negated(second.true(property.conclusion)))

    def _formulas(self, change: ChangedCase | None, file: bool) -> Iterator[Formula]:
        """Computed terms as their formulas give them, or as they were written by hand; with ``file`` also what helps to
        find a case that somebody can state, and never to prove."""
        for encoding in (self.first, self.second) if change is not None else (self.first,):
            yield from self._once((encoding.prefix, *encoding.low, file), partial(self._of_case, encoding, file))
            for part in (encoding, *encoding.low.values()):
                yield from (told(part, *each) for each in self.learnt)
        if change is not None:
            of = change.property
            kind = of.restated, of.forget, frozenset(of.better.items()), change.told, file
            yield from self._once(kind, partial(self._of_change, change, file))

    def _once(self, key: tuple[object, ...], make: Callable[[], Iterator[Formula]]) -> list[Formula]:
        """Formulas that many searches use, made once."""
        if key not in self._made:
            self._made[key] = list(make())
        return self._made[key]

    def _of_change(self, change: ChangedCase, file: bool) -> Iterator[Formula]:
        """What is stated of the terms of two cases; in a file that is looked for nothing computed appears."""
        yield from stated_after(change)
        for name in (name for name, term in self.base.terms.items() if file and term.computed):
            yield implies(self.second.facts[name].known, self.first.facts[name].known)

    def _of_case(self, encoding: Encoding, file: bool) -> Iterator[Formula]:
        """The same of one case."""
        if file:
            yield HEADED
            yield from (encoding.symbols[step.name].value == 0 for step in self.program.ladder
                        if type(step) is LeftOut and step.name in encoding.symbols)  # fmt: skip
        for name, excused in encoding.excused.items() if file else ():
            yield from (implies(low.excused[name], excused) for low in encoding.low.values())
        for term in (term for term in self.base.terms.values() if term.computed):
            for part in (encoding, *encoding.low.values()):
                yield from follows(part, term, by_hand=part is encoding)
                if file:
                    yield from in_a_file(part, term, self.samples[term.name])
        for term in (term for term in self.base.terms.values() if term.or_formula is not None):
            yield from also_follows(encoding, term)
            if file:
                yield from (calculated_alone(part, term) for part in (encoding, *encoding.low.values()))
        yield from meeting(encoding, file)

    def learn(self, found: Found) -> bool:
        """Whether what a search found has a statistic that is otherwise; the next search knows what it is."""
        known = len(self.learnt)
        for facts in (found.facts, found.after):
            for term in (term for term in self.base.terms.values() if facts and term.computed):
                read = {name: value for name in sorted(inputs(term)) if (value := (facts or {}).get(name)) is not None}
                exact = read.keys() == inputs(term) and not any(isinstance(value, Interval) for value in read.values())
                if exact and written(self.first, term) is None and computed(term, read) != (facts or {}).get(term.name):
                    self.learnt.append((term, read, computed(term, read)))
        return len(self.learnt) > known

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
        for encoding in (self.first,) if property.restated or not property.changes else (self.first, self.second):
            yield from (implies(fact.known, fact.exact) for fact in encoding.facts.values())
            yield from (negated(vague) for vague in encoding.vague.values())
            dates = [fact for fact in encoding.facts.values() if fact.kind == "date"]
            yield from (all_of(fact.low >= OLDEST, fact.high <= NEWEST) for fact in dates)
            for term in self.base.terms.values():
                if term.type == "percent" and not term.small:
                    low = encoding.facts[term.name].low
                    yield any_of(low <= 0, low >= 2)

    def _rounded(self) -> Iterator[Any]:
        """That the numbers that people state have two decimals."""
        for name, fact in self.first.facts.items():
            if not self.base.terms[name].computed and fact.low.sort == NUMBER:
                yield in_hundredths(name, fact.low)


def in_hundredths(name: str, value: Formula) -> Formula:
    """That the value of a fact has two decimals."""
    return value * HUNDREDTHS == as_number(free(WHOLE, f"{name} in hundredths"))


def _with_words(encoding: Encoding) -> Encoding:
    """The encoding with the words of properties beside terms and findings."""
    base, symbols = encoding.base, encoding.symbols
    evidence = [stage for stage in base.stages if not is_file(base, stage)]

    def decided(stage: Stage, word: str) -> Any:
        return symbols[f"{stage.id}.{word}"].value

    concluded = [(stage.id, decided(stage, "concluded")) for stage in evidence]
    encoding.name(CONCLUDED, concluded, NONE)
    nothing = negated(any_of([formula for _, formula in concluded]))
    asked = [(s, symbols[ask_name(s.id, line)].value) for line in range(len(base.ladder.ask_when)) for s in evidence]
    encoding.name(NAMED_OPEN, [(stage.id, all_of(nothing, asks)) for stage, asks in asked], NONE)
    proved = [
        any_of(
            decided(stage, "proved"), all_of(symbols[f"{stage.id}.applies"].known, negated(decided(stage, "applies")))
        )
        for stage in evidence
    ]
    symbols[NO_CAUSE] = point("boolean", TRUE, all_of(proved))
    symbols[PERSONNEL] = point("boolean", TRUE, _recommended(encoding, WEIGHTS))
    symbols[PRESSING] = point("boolean", TRUE, _recommended(encoding, (PRESSURE,)))
    for stage in base.stages:
        symbols[stage.id] = symbols[f"{stage.id}.status"]
    return encoding


def _recommended(encoding: Encoding, weights: Sequence[str]) -> Formula:
    """Whether something of these weights is recommended that acts on a person."""
    base = encoding.base
    acting = [id for id, each in base.interventions.items() if each.personnel and each.weight in weights]
    return any_of([_is_recommended(encoding, id) for id in acting])


def _is_recommended(encoding: Encoding, id: str) -> Formula:
    base, symbols = encoding.base, encoding.symbols
    given = [
        (rule, all_of(encoding.rules[rule.id][0], symbols[encoding.program.recommends[rule.id]].value))
        for rule in base.rules
        if id in rule.recommend
    ]
    stage = base.home.get(base.ladder.personnel_stage)
    words = ("concluded", "pressure") if base.interventions[id].weight == PRESSURE else ("concluded",)
    reached = [symbols[f"{stage.id}.{word}"].value for word in words] if stage is not None else []
    suppressing = [rule for rule in base.rules if id in rule.suppresses]
    suppressed = [any_of(encoding.rules[rule.id][0], encoding.unsettled(rule)) for rule in suppressing]
    spent, before = [], FALSE
    for home in base.stages:  # the first file that is complete
        done = symbols[f"{home.id}.exhausted"].value
        own = any_of([formula for rule, formula in given if rule.home == home.id])
        spent.append(all_of(done, negated(before), negated(own)))
        before = any_of(before, done)
    return all_of(any_of([f for _, f in given]), *reached, negated(any_of(suppressed)), negated(any_of(spent)))


def _set_this(encoding: Encoding, of: Stage | Rule | None) -> None:
    if of is not None:
        encoding.symbols[ON_FLOOR] = point("boolean", TRUE, _on_floor(encoding, of))
    if isinstance(of, Stage):
        encoding.symbols[THIS] = encoding.symbols[f"{of.id}.status"]
    elif isinstance(of, Rule):
        encoding.symbols[THIS] = encoding.symbols[f"{of.home}.status"]
        true, false = encoding.rules[of.id]
        for word, holds in ((LOOKED_AT, negated(encoding.open(of))), (RULE_TRUE, true), (RULE_FALSE, false)):
            encoding.symbols[word] = point("boolean", TRUE, holds)


def _on_floor(encoding: Encoding, of: Stage | Rule) -> Formula:
    """Whether a stage does not apply or is ruled out, or a rule is true, in the low reading."""
    floor = floor_of(encoding.base, of)
    low = encoding.low_of(floor) if floor else encoding
    if isinstance(of, Rule):
        true: Formula = low.rules[of.id][0]
        return true
    out = [low.true(of.ruled_out_when)] if of.ruled_out_when is not None else []
    return any_of(*out, *([low.false(of.applies_when)] if of.applies_when is not None else []))
