"""The search for a case that opens a door, among all that two rule bases can both be given."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from salesdx.base.model import RuleBase
from salesdx.case.settling import computed
from salesdx.engine.backends.smt.beside import BaseEncoding
from salesdx.engine.backends.smt.case_told import Facts
from salesdx.engine.backends.smt.computed_terms import Samples, follows, in_a_file, inputs, samples, told, written
from salesdx.engine.backends.smt.cone import Cone, variables
from salesdx.engine.backends.smt.counterexample import EFFORT, NEWEST, OLDEST, PATIENCE, in_hundredths
from salesdx.engine.backends.smt.doors import Door, door_formula
from salesdx.engine.backends.smt.encoding import Encoding
from salesdx.engine.backends.smt.formulas import same_value
from salesdx.engine.backends.smt.logic import (
    FALSE,
    NUMBER,
    TRUTH,
    VARIABLE,
    Formula,
    all_of,
    any_of,
    implies,
    negated,
)
from salesdx.engine.backends.smt.solving import Model, allowed, solve
from salesdx.engine.backends.smt.statable import Said, Statable
from salesdx.engine.program import LeftOut, compile_base
from salesdx.language.conditions import names
from salesdx.language.intervals import Interval

Ties = dict[Formula, list[Formula]]
"""What holds of every case beside the domains, by the variable of which it speaks."""
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
        self.cone = Cone()
        self.questions: dict[Door, Formula] = {}
        self.ties: Ties = {}
        self.learnt: list[Formula] = []
        """What statistics truly are at inputs for which z3 had guessed them wrong."""
        self._helped: dict[Attempt, Ties] = {}

    def shut(self, doors: Sequence[Door], seconds: float) -> Mapping[Door, str | None]:
        """The doors that no possible case opens, left out those that one may: with why that is not known, or None."""
        self._tie_formulas()
        questions = [self._question(door) for door in doors]
        if all(question is FALSE for question in questions):  # both have one formula
            return dict.fromkeys(doors)
        answers = allowed(self._reached(questions, self.ties), questions, **_limits(seconds))
        given_up = {answer: f"z3 gives up: {answer}" for answer in answers if isinstance(answer, str)}
        return {door: given_up[answer] if isinstance(answer, str) else None
                for door, answer in zip(doors, answers, strict=True) if answer is not True}  # fmt: skip

    def find(self, door: Door, wanted: Attempt, seconds: float, seed: int = 0) -> FoundCase:
        """A case that opens a door, as one file can state it; with another ``seed`` another of those there are."""
        question, ties = all_of(self._question(door), *self.statable.headed), self._ties_of(wanted)
        patience = 1 if wanted.rounded else PATIENCE
        for _ in range(GUESSES):
            model, why = self._ask(all_of(question, *self.learnt), seconds, ties, seed, patience)
            if model is None:
                return FoundCase(gave_up=why)
            if not (wrong := list(self._wrong_guesses(model))):
                return self._case(model)
            self.learnt += wrong
        return FoundCase(gave_up=f"the statistics were guessed wrong {GUESSES} times")

    def _question(self, door: Door) -> Formula:
        if door not in self.questions:
            self.questions[door] = door_formula(door, *self.both)
        return self.questions[door]

    def _tie_formulas(self) -> None:
        """The computed terms that the two do not have alike, each as its formula there gives it."""
        if self.ties:
            return
        for encoding in self.both:
            for term in encoding.base.terms.values():
                if term.computed and not self.base.pair.one_value(term.name):
                    for part in (encoding, *encoding.low.values()):
                        made = list(follows(part, term, by_hand=part is encoding))
                        _tie(self.ties, part, term.name, made)
        counts = [encoding.symbols[step.name].value for encoding in self.both for step in encoding.program.ladder
                  if type(step) is LeftOut and step.name in encoding.symbols]  # fmt: skip
        for a, b in ((a, b) for a in counts for b in counts if a is not b):
            _add(self.ties, a, a == b)

    def _ask(self, question: Formula, seconds: float, ties: Ties, seed: int, patience: int) -> tuple[Model | None, str]:
        """A model, or None with why z3 gives up; with no word where there is none."""
        model, why = solve([question, *self._reached([question], ties)], random_seed=seed, **_limits(seconds, patience))
        return model, why and f"z3 gives up: {why}"

    def _reached(self, questions: list[Formula], ties: Ties) -> list[Formula]:
        for encoding in self.both:
            self.cone.index(encoding)
        return self.cone.of(questions, ties, ties.__getitem__)

    # --- what a file can state ---

    @cached_property
    def statable(self) -> Statable:
        """How each asked fact is said."""
        return Statable(*self.both)

    def _ties_of(self, wanted: Attempt) -> Ties:
        """What one file can state, and what helps a reader."""
        if wanted not in self._helped:
            self._tie_formulas()
            ties = self._helped[wanted] = {variable: list(made) for variable, made in self.ties.items()}
            for condition in self._statements:
                for variable in variables(condition):
                    ties.setdefault(variable, []).append(condition)
            for encoding in self.both:
                self._formulas(ties, encoding, wanted)
                self._plain(ties, encoding, wanted)
        return self._helped[wanted]

    @cached_property
    def _statements(self) -> list[Formula]:
        return list(self.statable.conditions())

    def _formulas(self, ties: Ties, encoding: Encoding, wanted: Attempt) -> None:
        """Computed terms are what their formulas give; a statistic is one of some samples, or guessed."""
        for term in encoding.base.terms.values():
            if term.or_formula is not None:
                read = [encoding.facts[name].known for name in names(term.or_formula)]
                _add(ties, encoding.facts[term.name].known, negated(all_of(read)))
            if not term.computed:
                continue
            by_hand = wanted.by_hand and self.base.pair.one_value(term.name)
            known = self.samples[encoding.prefix][term.name]
            for part in (encoding, *encoding.low.values()):
                made = list(follows(part, term, by_hand and part is encoding))
                if known is None or wanted.sampled:
                    made += in_a_file(part, term, known or ())
                if (gives := written(part, term)) is not None:  # off by a rounding a case at a limit is none
                    fact = part.facts[term.name]
                    made.append(implies(all_of(fact.known, gives.known), same_value(fact, gives)))
                _tie(ties, part, term.name, made)

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

    def _plain(self, ties: Ties, encoding: Encoding, wanted: Attempt) -> None:
        """What helps a reader."""
        for name, term in encoding.base.terms.items():
            fact, made = encoding.facts[name], list[Formula]()
            if fact.low.sort == TRUTH:  # what is known has a value, also where nothing asks for it
                made.append(any_of(negated(fact.known), fact.low, negated(fact.low)))
            else:
                made.append(implies(fact.known, fact.low <= fact.high))
            if wanted.exact:
                made += [implies(fact.known, fact.exact), negated(encoding.vague[name])]
                _add(ties, encoding.vague[name], negated(encoding.vague[name]))
            if fact.kind == "date":
                made.append(all_of(fact.low >= OLDEST, fact.high <= NEWEST))
            if term.type == "percent" and not term.small and not term.computed:
                made.append(any_of(fact.low <= 0, fact.low >= 2))
            if wanted.rounded and not term.computed and fact.low.sort == NUMBER and encoding is self.new:
                made.append(in_hundredths(name, fact.low))
            _tie(ties, encoding, name, made)

    def _wrong_guesses(self, model: Any) -> Iterator[Any]:
        """The true value of each statistic that a model has otherwise, for these inputs."""
        for encoding in self.both:
            statistics = [name for name, known in self.samples[encoding.prefix].items() if known is not None]
            for part in (encoding, *encoding.low.values()) if statistics else ():
                facts = part.facts_of(model)
                for term in (encoding.base.terms[name] for name in statistics):
                    read = {name: value for name in inputs(term) if (value := facts.get(name)) is not None}
                    if read.keys() != inputs(term) or any(isinstance(value, Interval) for value in read.values()):
                        continue
                    if (true := computed(term, read)) != facts.get(term.name):
                        yield told(part, term, read, true)

    def _case(self, model: Any) -> FoundCase:
        counts = [encoding.symbols[step.name].value for encoding in self.both for step in encoding.program.ladder
                  if type(step) is LeftOut and step.name in encoding.symbols]  # fmt: skip
        left_out = any(model.number(count) for count in counts)
        return FoundCase(self.new.facts_of(model), self.statable.said(model), left_out)


def _limits(seconds: float, patience: int = PATIENCE) -> dict[str, int]:
    """How long z3 may search; it counts few steps at times."""
    return {"rlimit": int(seconds * EFFORT), "timeout": int(seconds * patience * 1000)}


def _tie(ties: Ties, encoding: Encoding, name: str, conditions: list[Formula]) -> None:
    """Conditions on a fact are reached through the fact alone."""
    symbol, whole = encoding.facts[name], all_of(conditions)
    ends = (symbol.known, symbol.low, symbol.high, symbol.has_low, symbol.has_high)
    own = (*ends, encoding.excused[name], encoding.vague[name])
    for variable in dict.fromkeys(part for part in own if part.op == VARIABLE):
        _add(ties, variable, whole)


def _add(ties: Ties, variable: Formula, condition: Formula) -> None:
    ties.setdefault(variable, []).append(condition)
