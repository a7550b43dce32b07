"""A base's program beside the one that goes further: both read one set of statements.

What the two have alike is one formula with the same variables, so that only what a change reaches is asked about.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from salesdx.base.ladder_lines import Floor
from salesdx.base.model import RuleBase, Stage, Term
from salesdx.case.memory import asked_behind
from salesdx.engine.backends.smt.computed_terms import inputs
from salesdx.engine.backends.smt.distrust import distrusted
from salesdx.engine.backends.smt.encoding import Encoding, LowEncoding
from salesdx.engine.backends.smt.formulas import exact, same_value
from salesdx.engine.backends.smt.logic import (
    NUMBER,
    TRUE,
    TRUTH,
    Formula,
    all_of,
    any_of,
    fixed,
    free,
    implies,
    negated,
    whole,
)
from salesdx.engine.program import LeftOut, Program, Step
from salesdx.language.conditions import Expr, names
from salesdx.language.rewriting import without_places

PREFIX = "base "


class BaseEncoding(Encoding):
    """The program of a base, its facts tied by name to those of the ``first`` encoding.

    In a proof, what the base reads otherwise may be anything: a term that is computed there or here alone, whose
    evidence ages otherwise, or whose value lies outside the base's range. What the other rules do not know at all
    nobody stated.
    """

    def __init__(self, program: Program, first: Encoding) -> None:
        self.first = first
        self.pair = Pair(program.base, first.base)
        super().__init__(program, PREFIX, first)

    # --- facts ---

    def _fact(self, term: Term) -> None:
        if self.pair.one_value(term.name):
            self.facts[term.name] = self.first.facts[term.name]
            self.excused[term.name] = self.first.excused[term.name]
            if self.pair.one_excuse(term.name):
                return
            excused = self.excused[term.name] = free(TRUTH, f"{PREFIX}excused {term.name}")
            self.domain.append(implies(excused, negated(self.facts[term.name].known)))
            return
        super()._fact(term)

    def _vague(self, name: str) -> None:
        if self.pair.one_value(name):
            self.vague[name] = self.first.vague[name]
            return
        super()._vague(name)
        self.domain += self._tied(self.pair.base.terms[name], self.pair.new.terms.get(name))

    def _tied(self, term: Term, new: Term | None) -> Iterator[Formula]:
        """What a fact that the two read otherwise is in the base."""
        fact, excused, vague = self.facts[term.name], self.excused[term.name], self.vague[term.name]
        if new is None and not term.computed:
            yield negated(any_of(fact.known, excused, vague))
        elif new is not None and self.pair.ranked and self.pair.one_age(term.name) and not new.computed:
            before = self.first.facts[term.name]
            same = all_of(fact.known == before.known, self.first.excused[term.name] == excused,
                          self.first.vague[term.name] == vague, *self.same(term, new))  # fmt: skip
            yield implies(self.readable(term, new), same)

    def readable(self, term: Term, new: Term) -> Formula:
        """Whether the base can read all that is said of an asked term; ``new`` is how the other rules have it."""
        before, fact = self.first.facts[term.name], self.facts[term.name]
        if before.kind != fact.kind:
            return negated(any_of(before.known, self.first.vague[term.name]))
        inside = []
        if term.type == "enum":
            choices = [value for value in new.values if value in term.values]
            inside.append(any_of([before.value == self.text(value) for value in choices]))
            inside.append(negated(self.first.vague[term.name]))
        if term.low is not None and term.high is not None:
            inside += [before.has_low, before.has_high]
            inside += [before.low >= exact(term.low), before.high <= exact(term.high)]
        if term.type == "integer" and before.low.sort == NUMBER:
            inside += [whole(before.low), whole(before.high)]
        unknown = all_of(negated(before.known), negated(self.first.vague[term.name]))
        return any_of(unknown, all_of(inside)) if inside else TRUE

    def same(self, term: Term, new: Term) -> Iterator[Formula]:
        """That a fact has one value in both; nothing where the two are of another kind."""
        before, fact = self.first.facts[term.name], self.facts[term.name]
        if before.kind == fact.kind:
            yield implies(before.known, same_value(before, fact))

    # --- what has one formula has one variable ---

    def _step(self, step: Step) -> None:
        if isinstance(step, LeftOut) and step.name in self.first.symbols:
            self.symbols[step.name] = self.first.symbols[step.name]
        else:
            super()._step(step)

    def _low(self, stage: Stage) -> LowEncoding:
        return _LowBeside(self, stage)

    @cached_property
    def distrust(self) -> tuple[Formula, Formula]:
        """Whether the base distrusts no more kinds of evidence than the other rules, and whether no fewer."""
        kinds = dict.fromkeys(rule.distrusts for base in (self.base, self.first.base) for rule in base.rules)
        pairs = [(distrusted(self, kind), distrusted(self.first, kind)) for kind in kinds if kind]
        pairs = [(here, there) for here, there in pairs if here is not there]
        return all_of([implies(here, there) for here, there in pairs]) if pairs else TRUE, (
            all_of([implies(there, here) for here, there in pairs]) if pairs else TRUE
        )


class _LowBeside(LowEncoding):
    """The low reading of a base: what meets a floor there and here is tied as far as the floors ask alike."""

    def __init__(self, full: BaseEncoding, stage: Stage) -> None:
        self.beside = full
        super().__init__(full, stage)

    @cached_property
    def twin(self) -> LowEncoding | None:
        """The low reading of the other rules for the same stage."""
        return self.beside.first.low.get(self.stage.id)

    def _meeting(self, name: str) -> None:
        if self.twin is None or not self.beside.pair.one_value(name):
            super()._meeting(name)
            return
        stricter, laxer = self._compared(name)
        here = self.twin.facts[name].known, self.twin.excused[name]
        if stricter is TRUE and laxer is TRUE:
            self._known_as(name, *here)
            return
        super()._meeting(name)
        mine = self.facts[name].known, self.excused[name]
        for a, b in zip(mine, here, strict=True):
            self.domain += [implies(stricter, implies(a, b)), implies(laxer, implies(b, a))]

    def _compared(self, name: str) -> tuple[Formula, Formula]:
        """Whether the base asks as much of a fact or more, and whether as much or less."""
        assert self.twin is not None
        pair, more, less = self.beside.pair, [], []
        for read in asked_behind(pair.base)[name] if pair.base.terms[name].computed else (name,):
            found = pair.asks(read, self.stage, self.kinds[read], self.twin.stage, self.twin.kinds[read])
            more.append(fixed(found[0]))
            less.append(fixed(found[1]))
        fewer, as_many = self.beside.distrust
        return all_of(as_many, *more), all_of(fewer, *less)


class Pair:
    """What two rule bases read alike of the same statements."""

    def __init__(self, base: RuleBase, new: RuleBase) -> None:
        self.base, self.new = base, new
        self.known: dict[str, bool] = {}
        self.kinds = [k.name for k in base.evidence] == [k.name for k in new.evidence]
        self.ranked = self.kinds and base.default_evidence == new.default_evidence
        """Whether both rank evidence alike."""

    def one_value(self, name: str) -> bool:
        """Whether a term or finding is the same in both, whatever is said."""
        if name not in self.known:
            self.known[name] = self._one_value(name)
        return self.known[name]

    def _one_value(self, name: str) -> bool:
        a, b = (base.terms.get(name) for base in (self.base, self.new))
        if a is None and b is None:
            return self._one_finding(name)
        if a is None or b is None or not self.ranked or not self.one_age(name):
            return False
        return _typed(a) == _typed(b) and _computed(a) == _computed(b) and all(map(self.one_value, _read(a)))

    def _one_finding(self, name: str) -> bool:
        rules = [[(rule.id, without_places(rule.when)) for rule in base.findings.get(name, ())]
                 for base in (self.base, self.new)]  # fmt: skip
        reads = {read for rule in self.base.findings.get(name, ()) for read in _names(rule.when)}
        return rules[0] == rules[1] and all(map(self.one_value, sorted(reads)))

    def one_age(self, name: str) -> bool:
        """Whether statements on a term are current in both alike."""
        a, b = self.base.terms[name], self.new.terms[name]
        return (a.valid_for, a.covers) == (b.valid_for, b.covers)

    def one_excuse(self, name: str) -> bool:
        """Whether the same role may say of a term that it does not apply."""
        return _own(self.base.terms[name]) == _own(self.new.terms[name])

    def asks(self, name: str, stage: Stage, kind: str, other: Stage, other_kind: str) -> tuple[bool, bool]:
        """Whether the base's floor asks as much of an asked fact as the other, or more; and as much or less."""
        a, b = self.base.terms[name], self.new.terms.get(name)
        mine, its = stage.floor, other.floor
        if b is None or mine is None or its is None or not self._comparable(a, b, mine, its):
            return False, False
        ranks = self.base.evidence_ranks
        pairs = ((ranks[other_kind], ranks[kind]), (mine.dated, its.dated), (a.authors, b.authors),
                 (not a.small, not b.small))  # fmt: skip
        return all(x >= y for x, y in pairs), all(x <= y for x, y in pairs)

    def _comparable(self, a: Term, b: Term, mine: Floor, its: Floor) -> bool:
        asker = self.base.ladder.asked_by == self.new.ladder.asked_by and mine.asker_kind == its.asker_kind
        inputs_too = all(self.one_value(read) for read in _read(a))
        return _own(a) == _own(b) and asker and self.ranked and _computed(a) == _computed(b) and inputs_too


def _typed(term: Term) -> tuple[object, ...]:
    return term.type, term.values, term.low, term.high, term.tolerance


def _computed(term: Term) -> tuple[object, ...]:
    exprs = [None if expr is None else without_places(expr) for expr in (term.formula, term.or_formula)]
    return *exprs, *((without_places(line.when), line.value) for line in term.choose)


def _read(term: Term) -> list[str]:
    return sorted(inputs(term) | (_names(term.or_formula) if term.or_formula is not None else set()))


def _own(term: Term) -> tuple[object, ...]:
    return (term.only,) if term.only and "system" not in term.only else (term.only, term.respondent)


def _names(expr: Expr) -> set[str]:
    return set(names(expr))
