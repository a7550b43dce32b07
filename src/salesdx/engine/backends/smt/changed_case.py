"""What the second of two cases is to the first, by the change of which a property speaks."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property, partial

import z3

from salesdx.base.model import Property, Rule, Stage
from salesdx.base.properties import ADDED, CORE, WEAKER
from salesdx.engine.backends.smt.computed_terms import inputs
from salesdx.engine.backends.smt.cone import Made
from salesdx.engine.backends.smt.encoding import Encoding
from salesdx.engine.backends.smt.formulas import FALSE, TRUE, Formula, Symbol, same_value
from salesdx.engine.program import LeftOut, Program
from salesdx.language.conditions import names


class ChangedCase:
    """The second case of a search: for each fact what it may be, given the first.

    A change is never more than what the property says, and may be less: nothing gains in the low reading but what was
    distrusted before and no longer is, and any of it may be lost.
    """

    def __init__(
        self, program: Program, first: Encoding, second: Encoding, property: Property, of: Stage | Rule | None
    ) -> None:
        self.program, self.base, self.property = program, program.base, property
        self.first, self.second = first, second
        self._facts: dict[str, list[Formula]] = {}
        self.core: set[str] | None = None
        if property.forget == CORE and isinstance(of, Stage):
            core = set(names(of.ruled_out_when)) if of.ruled_out_when is not None else set()
            self.core = core | {t.name for t in self.base.terms.values() if core & inputs(t)}

    def ties(self) -> Iterator[tuple[Formula, Made]]:
        """What ties the second case to the first, by the variable of the second of which it speaks."""
        for stage, low in self.first.low.items():
            behind = self.second.low[stage]
            for name, fact in low.facts.items():
                yield behind.facts[name].known, partial(self._gained, behind.facts[name].known, fact.known)
                yield behind.excused[name], partial(self._gained, behind.excused[name], low.excused[name])
        for step in self.program.ladder:
            if isinstance(step, LeftOut) and step.name in self.first.symbols:
                before, after = self.first.symbols[step.name].value, self.second.symbols[step.name].value
                yield after, partial(_equal, before, after)
        if self.property.restated == ADDED:
            for rule in self.base.rules:
                for side in self.second.rules[rule.id]:
                    yield side, partial(self._settled, rule)
        for name in self.first.facts:
            yield self.second.facts[name].known, partial(self._fact, name)
            yield self.second.vague[name], partial(self._fact, name)
            yield self.second.excused[name], partial(self._fact, name)

    def conditions(self) -> Iterator[Formula]:
        """All that ties the second case to the first, where one makes the other as the property says and no more."""
        for _, make in self.ties():
            yield from make()
        if self.property.restated != WEAKER:
            yield from self._kept()

    def _kept(self) -> Iterator[Formula]:
        """What is as it was meets the floor as it did; what nobody who must know added to does not."""
        for stage, low in self.first.low.items():
            behind = self.second.low[stage]
            for name in (name for name, term in self.base.terms.items() if not term.computed):
                same = self._same(name) if self.property.restated == ADDED else self.second.facts[name].known
                yield z3.Implies(z3.And(low.facts[name].known, same), behind.facts[name].known)
                if self.property.restated == ADDED:
                    yield z3.Implies(behind.facts[name].known, same)
                yield z3.Implies(z3.And(low.excused[name], self._same(name)), behind.excused[name])

    def _fact(self, name: str) -> Iterator[Formula]:
        if name not in self._facts:
            made = [z3.Or(self._same(name), *self._may_be(name))]
            if self.base.terms[name].computed:
                made.append(z3.Or(self.second.vague[name] == self.first.vague[name], self._recomputed(name)))
            self._facts[name] = made
        yield from self._facts[name]

    def _gained(self, after: Formula, before: Formula) -> Iterator[Formula]:
        """Nothing gains in the low reading but what was distrusted."""
        yield z3.Implies(after, z3.Or(before, self._released))

    @cached_property
    def _released(self) -> Formula:
        """A kind of evidence is distrusted before the change, and no longer after it."""
        kinds = dict.fromkeys(rule.distrusts for rule in self.base.rules if rule.distrusts)
        trusted = ((self._distrusted(self.first, kind), self._distrusted(self.second, kind)) for kind in kinds)
        return z3.Or([z3.And(before, z3.Not(after)) for before, after in trusted])

    def _distrusted(self, encoding: Encoding, kind: str) -> Formula:
        rules = [rule for rule in self.base.rules if rule.distrusts == kind]
        return z3.Or([z3.Or(encoding.rules[rule.id][0], encoding.unsettled(rule)) for rule in rules])

    def _settled(self, rule: Rule) -> Iterator[Formula]:
        """A rule that was not settled stays so, or becomes true."""
        settled = z3.Or(self.second.rules[rule.id][0], self.second.unsettled(rule))
        yield z3.Implies(self.first.unsettled(rule), settled)

    # --- one fact ---

    def _may_be(self, name: str) -> Iterator[Formula]:
        """What a fact may be after the change, beside what it was before."""
        before, after = self.first.facts[name], self.second.facts[name]
        property, computed = self.property, self.base.terms[name].computed
        if name in property.better:
            excused = self.second.excused[name] == self.first.excused[name]
            yield z3.And(_better(before, after, property.better[name]), excused)
        elif property.forget and (self.core is None or name in self.core):
            unknown = z3.And(z3.Not(after.known), z3.Not(self.second.excused[name]))
            told = () if computed else (z3.Not(self.first.vague[name]), z3.Not(self.second.vague[name]))
            yield z3.And(unknown, *told)
            if computed:
                yield self._by_hand(name)
        elif property.restated and property.restated != WEAKER:
            yield self._wider(name, before, after)
            if property.restated == ADDED:
                settled = z3.Not(self.first.vague[name])
                yield z3.And(z3.Not(before.known), z3.Or(settled, self._recomputed(name)) if computed else settled)

    def _same(self, name: str) -> Formula:
        before, after = self.first.facts[name], self.second.facts[name]
        told = () if self.base.terms[name].computed else (self.first.vague[name] == self.second.vague[name],)
        excused = self.second.excused[name] == self.first.excused[name]
        return z3.And(after.known == before.known, same_value(before, after), excused, *told)

    def _by_hand(self, name: str) -> Formula:
        """A computed term may have a value that was written by hand, which meets no floor, once something that it reads
        is forgotten."""
        meets = [low.facts[name].known for low in self.second.low.values()]
        return z3.And(self._recomputed(name), self.second.facts[name].known, z3.Not(z3.Or(meets)))

    def _recomputed(self, name: str) -> Formula:
        return z3.Or([self._changed(read) for read in sorted(inputs(self.base.terms[name]))])

    def _changed(self, name: str) -> Formula:
        """Whether what a formula reads is otherwise after the change."""
        if name not in self.first.facts:
            return TRUE
        before, after = self.first.facts[name], self.second.facts[name]
        return z3.Not(z3.And(before.known == after.known, same_value(before, after)))

    def _wider(self, name: str, before: Symbol, after: Symbol) -> Formula:
        """A known value that is wider after the change; what is computed from such values may be unknown then, and
        where more is said a truth or a choice may be disputed."""
        inside = (
            []
            if before.low is before.high
            else [
                z3.Implies(after.has_low, z3.And(before.has_low, after.low <= before.low)),
                z3.Implies(after.has_high, z3.And(before.has_high, after.high >= before.high)),
            ]
        )
        vague = self.base.terms[name].computed or (self.property.restated == ADDED and not inside)
        lost = z3.And(z3.Not(after.known), self.second.vague[name]) if vague else FALSE
        wider = z3.And(after.known, *inside) if inside else FALSE
        return z3.And(before.known, z3.Or(lost, wider), z3.Not(self.second.excused[name]))


def _equal(before: Formula, after: Formula) -> Iterator[Formula]:
    yield before == after


def _better(before: Symbol, after: Symbol, way: str) -> Formula:
    """A number that is known at both times, with both its ends no worse."""
    low, high = (after.low, after.high) if way == "higher" else (before.low, before.high)
    least, most = (before.low, before.high) if way == "higher" else (after.low, after.high)
    bounds = [after.has_low == before.has_low, after.has_high == before.has_high]
    return z3.And(after.known == before.known, *bounds, low >= least, high >= most)
