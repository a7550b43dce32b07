"""What a case is after a change of which a property speaks, said of the facts of two encodings.

What people state changes as the property says. What is computed from it follows: it is not known which formula gives
what, only how a result can move when what it reads moves. So the second case may be any that a change of statements
can make, and some that none can.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import z3

from salesdx.base.model import NUMERIC, Property, Rule, RuleBase, Stage, Term
from salesdx.base.properties import CORE
from salesdx.case.also_calculated import calculated_from
from salesdx.case.memory import asked_behind
from salesdx.engine.backends.smt.directions import DOWN, SAME, UP, Directions
from salesdx.engine.backends.smt.encoding import Encoding
from salesdx.engine.backends.smt.formulas import FALSE, Symbol, same_value
from salesdx.engine.program import LeftOut
from salesdx.language.conditions import names


def core_facts(base: RuleBase, stage: Stage) -> frozenset[str]:
    """The terms that a stage's `ruled_out_when` reads, and those that these are computed from; what a finding reads is
    no core fact."""
    queue = list(names(stage.ruled_out_when)) if stage.ruled_out_when is not None else []
    found = dict[str, None]()
    while queue:
        name = queue.pop()
        if name in base.terms and name not in found:
            found[name] = None
            queue += [read for expr in base.terms[name].expressions for read in names(expr)]
    return frozenset(found)


@dataclass(frozen=True)
class Change:
    """One case before and after the change of a property, for one stage or rule."""

    before: Encoding
    after: Encoding
    property: Property
    of: Stage | Rule | None

    @property
    def base(self) -> RuleBase:
        return self.before.base

    @cached_property
    def told(self) -> frozenset[str]:
        """The terms of which statements change."""
        base, property = self.base, self.property
        if property.better:
            return frozenset(property.better)
        if property.wider:
            return frozenset(name for name, term in base.terms.items() if term.type in (*NUMERIC, "date"))
        return (
            core_facts(base, self.of)
            if property.forget == CORE and isinstance(self.of, Stage)
            else frozenset(base.terms)
        )

    @cached_property
    def following(self) -> frozenset[str]:
        """The terms that can be computed or calculated from something that changes."""
        terms, behind = self.base.terms, asked_behind(self.base)
        also = {name for name, read in calculated_from(self.base).items() if read & self.told}
        moved = self.told | also
        return frozenset(also | {name for name, term in terms.items() if term.computed and moved & {*behind[name]}})

    def formulas(self) -> Iterator[Any]:
        """What the second case is to the first."""
        for name, term in self.base.terms.items():
            same = self._same(name)
            if name not in self.told | self.following:
                yield same
            elif self.property.forget:
                yield self._forgotten(name, term)
            elif self.property.wider:
                yield z3.Or(same, self._wider(name))
            elif name in self.following:
                yield from self._followed(name, term)
            else:
                yield self._better(name)
        yield from self._floors()
        for step in self.before.program.ladder:
            if isinstance(step, LeftOut) and step.name in self.before.symbols:
                yield self.before.symbols[step.name].value == self.after.symbols[step.name].value

    def _parts(self, name: str) -> tuple[Symbol, Symbol, Any, Any, Any, Any]:
        return (self.before.facts[name], self.after.facts[name], self.before.excused[name], self.after.excused[name],
                self.before.vague[name], self.after.vague[name])  # fmt: skip

    def _same(self, name: str) -> Any:
        was, now, excused_was, excused, vague_was, vague = self._parts(name)
        return z3.And(was.known == now.known, same_value(was, now), excused == excused_was, vague == vague_was)

    # --- what people state ---

    def _forgotten(self, name: str, term: Term) -> Any:
        """Known only as before; or a value that was written by hand, where what it is computed from is forgotten."""
        was, now, excused_was, excused, vague_was, vague = self._parts(name)
        follows = name in self.following
        less = [z3.Implies(now.known, z3.And(was.known, same_value(was, now)))]
        if follows:  # whoever excused it may have been right before it was computed
            less.append(z3.Implies(excused, z3.Or(excused_was, was.known)))
        else:
            less += [z3.Implies(excused, excused_was), z3.Implies(vague, vague_was)]
        by_hand = z3.And(now.known, z3.Not(self._meets(name))) if follows and term.computed else FALSE
        return z3.Or(z3.And(less), by_hand)

    def _wider(self, name: str) -> Any:
        """A known value that is wider after the change; what is computed from such values may be unknown then."""
        was, now, excused_was, excused, _, vague = self._parts(name)
        inside = [] if was.low is was.high else [
            z3.Implies(now.has_low, z3.And(was.has_low, now.low <= was.low)),
            z3.Implies(now.has_high, z3.And(was.has_high, now.high >= was.high)),
        ]  # fmt: skip
        wider = z3.And(was.known, now.known, *inside, z3.Not(excused)) if inside else FALSE
        if name not in self.following:
            return wider
        unknown = z3.And(z3.Not(now.known), z3.Implies(excused, excused_was))
        return z3.Or(wider, z3.And(unknown, z3.Implies(was.known, vague)))

    def _better(self, name: str) -> Any:
        """A number that is known at both times, as exactly, with both its ends no worse."""
        was, now, excused_was, excused, vague_was, vague = self._parts(name)
        bounds = [now.has_low == was.has_low, now.has_high == was.has_high, now.exact == was.exact]
        ordered = _ordered(was, now, self.property.better[name] == "higher")
        return z3.And(now.known == was.known, *bounds, ordered, excused == excused_was, vague == vague_was)

    # --- what follows ---

    @cached_property
    def _directions(self) -> Directions:
        ways = {name: UP if way == "higher" else DOWN for name, way in self.property.better.items()}
        return Directions(self.base, ways, self.following)

    def _followed(self, name: str, term: Term) -> Iterator[Any]:
        """A result where something that it is computed from is better."""
        was, now, excused_was, excused, vague_was, vague = self._parts(name)
        reads = sorted(
            {read for expr in (*term.expressions, term.or_formula) if expr is not None for read in names(expr)}
        )
        unmoved = [self._same(read) if read in self.before.facts else self._same_finding(read) for read in reads]
        yield z3.Implies(z3.And(unmoved), self._same(name))
        if term.formula is not None:
            yield from self._of_formula(name, [self.before.symbols[read].known for read in reads],
                                        [self.after.symbols[read].known for read in reads])  # fmt: skip
        way = self._directions.of_term(name)
        if way in (UP, DOWN):
            yield z3.Implies(z3.And(was.known, now.known), _ordered(was, now, way == UP))
        if self._directions.known(name) == SAME:
            yield z3.And(was.known == now.known, excused == excused_was, vague == vague_was)

    def _of_formula(self, name: str, known: list[Any], known_after: list[Any]) -> Iterator[Any]:
        """Where something that a formula reads is unknown, its result is what a hand wrote, if anything. Where it is
        known, it meets a floor as what it reads does, and that is as it was."""
        was, now = self.before.facts[name], self.after.facts[name]
        silent = [z3.Not(z3.And(reads)) for reads in (known, known_after)]
        yield z3.Implies(z3.And(*silent, was.known, now.known), same_value(was, now))
        way = self._directions.known(name)
        met = [(low.facts[name].known, self.after.low[stage].facts[name].known)
               for stage, low in self.before.low.items()]  # fmt: skip
        yield from (z3.Implies(z3.And(was.known, now.known), one == other) for one, other in met)
        for one, other in [(was.known, now.known), *met]:
            if way in (SAME, UP):
                yield z3.Implies(other, one)
            if way in (SAME, DOWN):
                yield z3.Implies(one, other)

    def _same_finding(self, name: str) -> Any:
        was, now = self.before.symbols[name], self.after.symbols[name]
        return z3.And(was.known == now.known, was.value == now.value)

    # --- what meets the floor ---

    def _meets(self, name: str) -> Any:
        return z3.Or([low.facts[name].known for low in self.after.low.values()])

    def _floors(self) -> Iterator[Any]:
        """Evidence is as it was, or less; what is computed meets a floor as what it is computed from does.

        Where a kind of evidence is distrusted in one case alone, facts of that kind may meet a floor in the other.
        """
        grown, shrunk = self._distrust(self.before, self.after), self._distrust(self.after, self.before)
        for stage, was in self.before.low.items():
            now = self.after.low[stage]
            for name, fact in was.facts.items():
                met, meets = fact.known, now.facts[name].known
                excuse, excused = was.excused[name], now.excused[name]
                if name in self.following and self.property.better:
                    continue
                yield z3.Or(shrunk, z3.Implies(meets, met))
                if name in self.following:
                    yield z3.Or(shrunk, z3.Implies(excused, z3.Or(excuse, met)))
                    continue
                yield z3.Or(shrunk, z3.Implies(excused, excuse))
                if not self.property.forget:
                    yield z3.Or(grown, z3.Implies(met, meets))
                    yield z3.Or(grown, z3.Implies(excuse, excused))

    def _distrust(self, one: Encoding, other: Encoding) -> Any:
        """Whether some evidence is distrusted in the second encoding, and not in the first."""
        found = []
        for rule in (rule for rule in self.base.rules if rule.distrusts):
            was, now = (z3.Or(each.rules[rule.id][0], each.unsettled(rule)) for each in (one, other))
            found.append(z3.And(now, z3.Not(was)))
        return z3.Or(found)


def _ordered(was: Symbol, now: Symbol, up: bool) -> Any:
    low, high = (now, was) if up else (was, now)
    ends = [z3.Implies(z3.And(low.has_low, high.has_low), low.low >= high.low),
            z3.Implies(z3.And(low.has_high, high.has_high), low.high >= high.high)]  # fmt: skip
    return z3.And(ends)
