"""The search for a case that opens a door, among all that two rule bases can both be given."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import z3

from salesdx.base.model import RuleBase, Term
from salesdx.case.settling import computed
from salesdx.engine.backends.smt.beside import BaseEncoding, nearly_follows
from salesdx.engine.backends.smt.computed_terms import Samples, inputs, samples, written
from salesdx.engine.backends.smt.counterexample import HUNDREDTHS, NEWEST, OLDEST, Facts
from salesdx.engine.backends.smt.doors import Door, door_formula
from salesdx.engine.backends.smt.encoding import Encoding
from salesdx.engine.backends.smt.formulas import Symbol, answer
from salesdx.engine.backends.smt.reached import Reached
from salesdx.engine.backends.smt.sampled import by_formula
from salesdx.engine.backends.smt.statable import Said, Statable
from salesdx.engine.program import LeftOut, compile_base
from salesdx.language.conditions import names
from salesdx.language.intervals import Interval

GUESSES = 40
"""So often is z3 told the true value of a statistic."""


@dataclass(frozen=True)
class FoundCase:
    """The facts of a case that opens a door, and how each is said; ``gave_up`` says why there is none, or is empty."""

    facts: Facts | None = None
    said: Mapping[str, Said] = field(default_factory=dict)
    left_out: bool = False
    """Whether the case lacks a statement that an earlier record holds."""
    gave_up: str = ""


@dataclass(frozen=True)
class Attempt:
    """What a reader is helped by: exact values, numbers of two places, nothing written by hand, statistics known
    beforehand."""

    exact: bool = True
    rounded: bool = True
    by_hand: bool = False
    sampled: bool = True


ATTEMPTS = (
    Attempt(),
    Attempt(rounded=False),
    Attempt(rounded=False, sampled=False),
    Attempt(exact=False, rounded=False, by_hand=True, sampled=False),
)


class DoorSearch:
    """Two programs over one set of statements."""

    def __init__(self, new: RuleBase, base: RuleBase) -> None:
        self.new = Encoding(compile_base(new))
        self.base = BaseEncoding(compile_base(base), self.new)
        self.both = (self.new, self.base)
        self.cone = Reached()
        self.questions: dict[Door, Any] = {}

    def shut(self, doors: Sequence[Door], seconds: float) -> Mapping[Door, str | None]:
        """The doors that no possible case opens, left out those that one may: with why that is not known, or None.

        All are asked at once; what the answer opens is taken out, and the others are asked again.
        """
        found: dict[Door, str | None] = {}
        questions = {door: self._question(door) for door in doors}
        asked = [door for door in doors if not z3.is_false(questions[door])]
        found |= {door: None for door in doors if door not in asked}  # both have one formula
        while asked:
            model, why = self._ask(z3.Or([questions[door] for door in asked]), seconds * len(asked), None)
            if model is None:
                return found | dict.fromkeys(asked, why or None)
            opening = [door for door in asked if z3.is_true(model.eval(questions[door], model_completion=True))]
            asked = [door for door in asked if door not in (opening or asked[:1])]
        return found

    def find(self, door: Door, wanted: Attempt, seconds: float) -> FoundCase:
        """A case that opens a door, as one file can state it."""
        question, learnt = self._question(door), list(self.statable.headed)
        for _ in range(GUESSES):
            model, why = self._ask(z3.And(question, *learnt), seconds, self._statable(wanted))
            if model is None:
                return FoundCase(gave_up=why)
            if not (wrong := list(self._wrong_guesses(model))):
                return self._case(model)
            learnt += wrong
        return FoundCase(gave_up=f"the statistics were guessed wrong {GUESSES} times")

    def _question(self, door: Door) -> Any:
        if door not in self.questions:
            self.questions[door] = z3.simplify(door_formula(door, *self.both))
            self._grow()
        return self.questions[door]

    def _grow(self) -> None:
        """What was added to the domains since is known to the cone."""
        for encoding in self.both:
            self.cone.add(encoding.domain[self._grown.get(encoding.prefix, 0) :])
            self._grown[encoding.prefix] = len(encoding.domain)

    @cached_property
    def _grown(self) -> dict[str, int]:
        for encoding, term in self._apart:
            _keep(self.cone, encoding.facts[term.name], list(nearly_follows(encoding, term)))
        counts = [encoding.symbols[step.name].value for encoding in self.both for step in encoding.program.ladder
                  if isinstance(step, LeftOut) and step.name in encoding.symbols]  # fmt: skip
        self.cone.add([a == b for a in counts for b in counts if not a.eq(b)])
        return {}

    @cached_property
    def _apart(self) -> tuple[tuple[Encoding, Term], ...]:
        """The computed terms that the two do not have alike."""
        return tuple((encoding, term) for encoding in self.both for term in encoding.base.terms.values()
                     if term.computed and not self.base.pair.one_value(term.name))  # fmt: skip

    def _ask(self, question: Any, seconds: float, more: Reached | None) -> tuple[Any, str]:
        """A model, or None with why z3 gives up; with no word where there is none."""
        solver = z3.Solver()
        solver.set("timeout", max(1, int(seconds * 1000)))
        solver.add(question, *self.cone.of(question, more))
        found = answer(solver)
        if found == z3.sat:
            return solver.model(), ""
        return None, "" if found == z3.unsat else f"z3 gives up: {solver.reason_unknown()}"

    # --- what a file can state ---

    @cached_property
    def statable(self) -> Statable:
        """How each asked fact is said."""
        return Statable(*self.both)

    @cached_property
    def _statements(self) -> list[Any]:
        return list(self.statable.conditions())

    def _statable(self, wanted: Attempt) -> Reached:
        if wanted not in self._cones:
            cone = self._cones[wanted] = Reached()
            cone.add(self._statements)
            for encoding in self.both:
                self._formulas(cone, encoding, wanted)
                self._plain(cone, encoding, wanted)
            self._grow()
        return self._cones[wanted]

    @cached_property
    def _cones(self) -> dict[Attempt, Reached]:
        return {}

    def _formulas(self, cone: Reached, encoding: Encoding, wanted: Attempt) -> None:
        """Computed terms are what their formulas give; a statistic is one of some samples, or guessed."""
        for term in encoding.base.terms.values():
            if term.or_formula is not None:
                read = [encoding.facts[name].known for name in names(term.or_formula)]
                cone.reach(encoding.facts[term.name].known, z3.Not(z3.And(read)))
            if not term.computed:
                continue
            by_hand = wanted.by_hand and self.base.pair.one_value(term.name)
            known = self.samples[encoding.prefix][term.name]
            for part in (encoding, *encoding.low.values()):
                if known is not None and not wanted.sampled:
                    read = [part.facts[name].known for name in sorted(inputs(term))]
                    made = [part.facts[term.name].known == z3.And(encoding.facts[term.name].known, *read)]
                else:
                    made = list(by_formula(part, term, known or (), by_hand and part is encoding))
                _keep(cone, part.facts[term.name], made)
                cone.reach(part.excused[term.name], z3.And(made))

    @cached_property
    def samples(self) -> Mapping[str, Mapping[str, Samples | None]]:
        """Computed term -> what it is at some inputs, where its formula cannot be written; else None."""
        found: dict[str, dict[str, Samples | None]] = {}
        for encoding in self.both:
            mine = found[encoding.prefix] = {}
            for name in encoding.base.order:
                term = encoding.base.terms.get(name)
                if term is not None and term.computed:
                    earlier = {read: known for read, known in mine.items() if known}
                    mine[name] = None if written(encoding, term) is not None else samples(encoding.base, term, earlier)
        return found

    def _plain(self, cone: Reached, encoding: Encoding, wanted: Attempt) -> None:
        """What helps a reader."""
        for name, term in encoding.base.terms.items():
            fact, made = encoding.facts[name], list[Any]()
            if z3.is_bool(fact.low):  # what is known has a value, also where nothing asks for it
                made.append(z3.Or(z3.Not(fact.known), fact.low, z3.Not(fact.low)))
            else:
                made.append(z3.Implies(fact.known, fact.low <= fact.high))
            if wanted.exact:
                made += [z3.Implies(fact.known, fact.exact), z3.Not(encoding.vague[name])]
                cone.reach(encoding.vague[name], z3.Not(encoding.vague[name]))
            if fact.kind == "date":
                made.append(z3.And(fact.low >= OLDEST, fact.high <= NEWEST))
            if term.type == "percent" and not term.small and not term.computed:
                made.append(z3.Or(fact.low <= 0, fact.low > 1))
            if wanted.rounded and not term.computed and z3.is_real(fact.low) and encoding is self.new:
                made.append(fact.low * HUNDREDTHS == z3.ToReal(z3.FreshInt()))
            _keep(cone, fact, made)

    def _wrong_guesses(self, model: Any) -> Iterator[Any]:
        """The true value of each statistic that a model has otherwise, for these inputs."""
        for encoding in self.both:
            facts = None
            for name, known in self.samples[encoding.prefix].items():
                if known is None:
                    continue
                facts = encoding.facts_of(model) if facts is None else facts
                term = encoding.base.terms[name]
                values = {read: facts.get(read) for read in sorted(inputs(term))}
                if any(value is None or isinstance(value, Interval) for value in values.values()):
                    continue
                true = computed(term, values)
                if true != facts.get(name):
                    at = [_is(encoding, encoding.facts[read], value) for read, value in values.items()]
                    symbol = encoding.facts[name]
                    yield z3.Implies(z3.And(at), z3.Not(symbol.known) if true is None else _is(encoding, symbol, true))

    def _case(self, model: Any) -> FoundCase:
        counts = [encoding.symbols[step.name].value for encoding in self.both for step in encoding.program.ladder
                  if isinstance(step, LeftOut) and step.name in encoding.symbols]  # fmt: skip
        left_out = any(model.eval(count, model_completion=True).as_long() for count in counts)
        return FoundCase(self.new.facts_of(model), self.statable.said(model), left_out)


def _keep(cone: Reached, symbol: Symbol, conditions: list[Any]) -> None:
    """Conditions on a fact are reached through the fact alone."""
    if conditions:
        whole = z3.And(conditions)
        ends = (symbol.known, symbol.low, symbol.high, symbol.has_low, symbol.has_high)
        for variable in {part.get_id(): part for part in ends if not part.num_args()}.values():
            cone.reach(variable, whole)


def _is(encoding: Encoding, symbol: Symbol, value: Any) -> Any:
    return z3.And(symbol.exact, symbol.low == encoding.constant(value).low)
