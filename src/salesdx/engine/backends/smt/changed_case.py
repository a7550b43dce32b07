"""What the second of two cases is to the first, by the change of which a property speaks.

What people state changes as the property says. What is computed from it follows: it is not told what a formula gives,
only how a result can move when what it reads moves. So the second case may be any that a change of statements can make,
and some that none can.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from salesdx.base.model import NUMERIC, Property, Rule, RuleBase, Stage, Term
from salesdx.base.properties import ADDED, CORE, REMEDIED, WEAKER, WIDER
from salesdx.case.also_calculated import calculated_from
from salesdx.case.memory import asked_behind
from salesdx.engine.backends.smt.behind import by_hand, follows_no_test, is_plain, read_behind, uncovered
from salesdx.engine.backends.smt.directions import DOWN, SAME, UP, Directions
from salesdx.engine.backends.smt.distrust import distrusted
from salesdx.engine.backends.smt.encoding import Encoding
from salesdx.engine.backends.smt.formulas import Symbol, same_value
from salesdx.engine.backends.smt.logic import FALSE, Formula, all_of, any_of, implies, negated, put_in
from salesdx.engine.program import LeftOut, Program, UnderRemedy
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


class ChangedCase:
    """The second case of a search: for each fact what it may be, given the first.

    A change is never more than what the property says, and may be less: nothing gains in the low reading but what was
    distrusted before and no longer is, and any of it may be lost.
    """

    def __init__(
        self, program: Program, first: Encoding, second: Encoding, property: Property, of: Stage | Rule | None
    ) -> None:
        self.program, self.base, self.property, self.of = program, program.base, property, of
        self.first, self.second = first, second
        self._made: dict[str, list[Formula]] = {}

    @cached_property
    def changed(self) -> frozenset[str]:
        """The terms that may be otherwise after the change."""
        return self.told | self.following

    @cached_property
    def alike(self) -> Mapping[Formula, Formula]:
        """The variables of the second case that hang on those of the first -> what they are."""
        counts = [step.name for step in self.program.ladder
                  if isinstance(step, LeftOut) and step.name in self.first.symbols]  # fmt: skip
        found = {self.second.symbols[name].value: self.first.symbols[name].value for name in counts}
        found = {now: was for now, was in found.items() if now not in self._remedies}
        for name in self.base.terms:
            found |= self._alike(name)
        return found

    @cached_property
    def _remedies(self) -> Mapping[Formula, Formula]:
        """How many remedies run for each stage after the change -> how many did before; empty where none is added."""
        counts = [step.name for step in self.program.ladder
                  if isinstance(step, UnderRemedy) and step.name in self.first.symbols]  # fmt: skip
        two = ((self.second.symbols[name].value, self.first.symbols[name].value) for name in counts)
        return dict(two) if self.property.restated == REMEDIED else {}

    def merged(self, conditions: Iterable[Formula]) -> list[Formula]:
        """Conditions over both cases, with one variable for what does not change."""
        made: dict[int, Formula] = {}
        return list(dict.fromkeys(put_in(each, self.alike, made) for each in conditions))

    def _alike(self, name: str) -> Mapping[Formula, Formula]:
        """What `_fact` says of the variables of a fact, where that leaves them no choice, or only whether it is known.

        Of what is unknown the value is looked at nowhere, so it may be the one from before.
        """
        was, now = self.facts_of(name)
        ends = {now.low: was.low, now.high: was.high}
        bounds = {now.has_low: was.has_low, now.has_high: was.has_high, now.known: was.known}
        absent = {now: was for was, now in ((case[0][name], case[1][name]) for case in self._absences)}
        if name not in self.changed or self.property.restated == WEAKER:
            return {**ends, **bounds, **absent}
        if name in self.following or self.property.restated == ADDED:
            return {}
        if self.property.forget:
            still = {bound: all_of(before, now.known) for bound, before in bounds.items()}
            return {**ends, **still, **{after: all_of(before, after) for after, before in absent.items()}}
        if self.property.restated == WIDER:
            fewer = {bound: all_of(before, bound) for bound, before in bounds.items() if bound is not now.known}
            return {**fewer, now.known: was.known, **absent}
        return {**bounds, **absent}

    @cached_property
    def _absences(self) -> tuple[tuple[Mapping[str, Formula], Mapping[str, Formula]], ...]:
        return (self.first.excused, self.second.excused), (self.first.vague, self.second.vague)

    @cached_property
    def told(self) -> frozenset[str]:
        """The terms of which statements change."""
        terms, property = self.base.terms, self.property
        if property.better or property.restated == REMEDIED:
            return frozenset(property.better)
        if property.forget == CORE and isinstance(self.of, Stage):
            return core_facts(self.base, self.of)
        if property.forget or property.restated in (WEAKER, ADDED):
            return frozenset(terms)
        return frozenset(name for name, term in terms.items() if term.type in (*NUMERIC, "date"))

    @cached_property
    def following(self) -> frozenset[str]:
        """The terms that can be computed or calculated from something that changes."""
        terms, behind = self.base.terms, asked_behind(self.base)
        also = {name for name, read in calculated_from(self.base).items() if read & self.told}
        moved = self.told | also
        return frozenset(also | {name for name, term in terms.items() if term.computed and moved & {*behind[name]}})

    def tied(self, part: Formula) -> Sequence[Formula]:
        """What ties the second case to the first, by a part of the second through which it is reached."""
        if part in self._remedies:
            return (part >= self._remedies[part],)
        if part in self._rule_of:
            return (self._settled(self._rule_of[part]),)
        name, stage = self.second.owners[part]
        return [*self._fact(name), *(self._low(stage, name) if stage else ())]

    @cached_property
    def gates(self) -> Container[Formula]:
        """The parts of the second case to which something is tied."""
        return self.second.owners.keys() | self._rule_of.keys() | self._remedies.keys()

    def conditions(self) -> Iterator[Formula]:
        """All that ties the second case to the first."""
        yield from (now >= was for now, was in self._remedies.items())
        for name in self.base.terms:
            yield from self._fact(name)
            for stage in self.second.low:
                yield from self._low(stage, name)
        if self.property.restated == ADDED:
            yield from map(self._settled, self.base.rules)

    def besides(self) -> tuple[list[Formula], list[Formula]]:
        """What holds beside what is reached, for questions that are asked in parts; and what is rarely possible."""
        return [self._settled(rule) for rule in self._rule_of.values()], [self._released, self._withheld]

    @cached_property
    def _rule_of(self) -> Mapping[Formula, Rule]:
        rules = self.base.rules if self.property.restated == ADDED else ()
        return {side: rule for rule in rules for side in self.second.rules[rule.id]}

    def kept(self) -> Iterator[Formula]:
        """What is as it was meets the floor as it did; what nobody who must know added to does not."""
        if self.property.restated == WEAKER:
            return
        if self.property.better or self.property.restated == WIDER:  # what a hand wrote stays where it counts
            for name in (name for name, term in self.base.terms.items() if term.computed):
                known = [self.first.facts[read].known for read in asked_behind(self.base)[name]]
                yield implies(all_of(self.first.facts[name].known, negated(all_of(known))), self._same(name))
        for stage, low in self.first.low.items():
            behind = self.second.low[stage]
            for name in (name for name, term in self.base.terms.items() if not term.computed):
                same = self._same(name) if self.property.restated == ADDED else self.second.facts[name].known
                yield implies(all_of(low.facts[name].known, same), behind.facts[name].known)
                if self.property.restated == ADDED:
                    yield implies(behind.facts[name].known, same)
                yield implies(all_of(low.excused[name], self._same(name)), behind.excused[name])

    def _fact(self, name: str) -> list[Formula]:
        """What one fact may be after the change."""
        if name not in self._made:
            self._made[name] = list(self._changed(name, self.base.terms[name]))
        return self._made[name]

    def _changed(self, name: str, term: Term) -> Iterator[Formula]:
        if name not in self.changed or self.property.restated == WEAKER:
            return  # one variable stands for it in both
        if self.property.forget:
            yield self._forgotten(name, term)
            if term.or_formula is not None and name not in self.told:  # what people state of it stays
                read = [self.first.symbols[each].known for each in names(term.or_formula)]
                yield any_of(self._same(name), all_of(read))
        elif self.property.better:
            yield from self._followed(name, term) if name in self.following else [self._better(name)]
        else:
            yield from self._restated(name)

    def facts_of(self, name: str) -> tuple[Symbol, Symbol]:
        """A fact in both cases."""
        return self.first.facts[name], self.second.facts[name]

    def _same(self, name: str) -> Formula:
        was, now = self.facts_of(name)
        unknown = [
            self.second.excused[name] == self.first.excused[name],
            self.second.vague[name] == self.first.vague[name],
        ]
        return all_of(was.known == now.known, same_value(was, now), *unknown)

    # --- what people state ---

    def _forgotten(self, name: str, term: Term) -> Formula:
        """Known only as before; or a value that was written by hand, where what it is computed from is forgotten."""
        was, now = self.facts_of(name)
        excused, excuse = self.second.excused[name], self.first.excused[name]
        less = [implies(now.known, all_of(was.known, same_value(was, now)))]
        if name in self.following and term.computed:  # an excuse of what was computed counts once it is not
            less.append(implies(excused, any_of(excuse, self._may_come_to_light(name))))
        else:
            less.append(implies(excused, excuse))
        if name not in self.following:
            less.append(implies(self.second.vague[name], self.first.vague[name]))
        hand = by_hand(self, name) if name in self.following and term.computed else FALSE
        return any_of(all_of(less), hand)

    def _may_come_to_light(self, name: str) -> Formula:
        """Whether an excuse of a computed term can count after the change that did not count before: never where the
        formula is plain and no hand wrote a value, in either case, of the term or of what it is computed from.

        An excuse counts where something that the formula reads is unknown or imprecise, and all of that excused. Of
        people, what is excused afterwards was excused before, and what is exact afterwards was exact, so this held
        before; and so on from what is computed of that alone.
        """
        behind = sorted(read_behind(self.base, name))
        if not is_plain(self.base, name):
            return any_of(self.first.facts[name].known, *(self.first.symbols[read].known for read in behind))
        found = []
        for term in (self.base.terms[each] for each in (name, *behind)):
            if term.formula is not None:
                reads = names(term.formula)
                found += [all_of(case.facts[term.name].known, any_of([negated(case.facts[r].known) for r in reads]))
                          for case in (self.first, self.second)]  # fmt: skip
        return any_of(found)

    def _restated(self, name: str) -> Iterator[Formula]:
        """What a fact may be where it is known less precisely, or more is said; or what a hand wrote comes to light."""
        hand = uncovered(self, name) if self.base.terms[name].computed else FALSE
        if hand is FALSE:
            yield from self.less_precise(name)
        else:
            yield any_of(all_of(list(self.less_precise(name))), hand)

    def less_precise(self, name: str) -> Iterator[Formula]:
        """What a fact may be where it is known less precisely, or more is said.

        A known value is wider then, or as it was; what is computed from such values may be unknown, and where more is
        said a truth or a choice may be disputed. What nobody said may be said; but nothing settles what is disputed.
        """
        was, now = self.facts_of(name)
        vague, excused = self.second.vague[name], self.second.excused[name]
        added, follows, exact = self.property.restated == ADDED, name in self.following, was.low is was.high
        spanned = not exact and was.has_low is was.known  # else no span may be left of what is disputed
        plain = follows_no_test(
            self.base, name
        )  # else a test may be undecided that was not, and excused by who must know
        if plain:
            yield implies(excused, negated(was.known))
        yield implies(was.known, any_of(now.known, vague if follows or (added and not spanned) else FALSE))
        if exact:
            yield implies(all_of(was.known, now.known), now.low == was.low)
        else:
            for wider, has, had in (
                (now.low <= was.low, now.has_low, was.has_low),
                (now.high >= was.high, now.has_high, was.has_high),
            ):
                yield implies(all_of(was.known, has), had)
                yield implies(all_of(was.known, has), wider)
        if not added:
            yield implies(now.known, was.known)
            if not follows:
                yield self._as_unknown(name)
            elif plain:
                yield implies(excused, self.first.excused[name])
        elif not follows:
            yield implies(self.first.vague[name], all_of(negated(now.known), self._as_unknown(name)))

    def _as_unknown(self, name: str) -> Formula:
        """That a fact which is not known is so for the same reason; of what is known this says nothing."""
        pairs = ((case[0][name], case[1][name]) for case in self._absences)
        return any_of(self.first.facts[name].known, all_of(was == now for was, now in pairs))

    def _better(self, name: str) -> Formula:
        """A number that is known at both times, as exactly, with both its ends no worse."""
        was, now = self.facts_of(name)
        bounds = [now.has_low == was.has_low, now.has_high == was.has_high, now.exact == was.exact]
        unknown = [
            self.second.excused[name] == self.first.excused[name],
            self.second.vague[name] == self.first.vague[name],
        ]
        return all_of(
            now.known == was.known, *bounds, _ordered(was, now, self.property.better[name] == "higher"), *unknown
        )

    def _settled(self, rule: Rule) -> Formula:
        """A rule that was not settled stays so, or becomes true."""
        settled = any_of(self.second.rules[rule.id][0], self.second.unsettled(rule))
        return implies(self.first.unsettled(rule), settled)

    # --- what follows from better results ---

    @cached_property
    def directions(self) -> Directions:
        """How results move with what is better."""
        ways = {name: UP if way == "higher" else DOWN for name, way in self.property.better.items()}
        return Directions(self.base, ways, self.following)

    def _followed(self, name: str, term: Term) -> Iterator[Formula]:
        """A result where something that it is computed from is better."""
        was, now = self.facts_of(name)
        exprs = (*term.expressions, *([term.or_formula] if term.or_formula is not None else []))
        reads = sorted({read for expr in exprs for read in names(expr)})
        unmoved = [self._same(read) if read in self.base.terms else self._same_finding(read) for read in reads]
        yield implies(all_of(unmoved), self._same(name))
        if follows_no_test(self.base, name) and term.formula is not None:
            known = [[case.symbols[read].known for read in reads] for case in (self.first, self.second)]
            yield from self._of_formula(name, *map(all_of, known))
        way = self.directions.of_term(name)
        if way in (UP, DOWN):
            yield implies(all_of(was.known, now.known), _ordered(was, now, way == UP))
        if self.directions.known(name) == SAME:
            yield self.second.excused[name] == self.first.excused[name]
            yield self.second.vague[name] == self.first.vague[name]

    def _of_formula(self, name: str, known: Formula, known_after: Formula) -> Iterator[Formula]:
        """Where something that a formula reads is unknown, its result is what a hand wrote, if anything. Where it is
        known, it meets a floor as what it reads does, and that is as it was but for what is distrusted."""
        was, now = self.facts_of(name)
        silent = all_of(negated(known), negated(known_after))
        yield implies(all_of(silent, was.known, now.known), same_value(was, now))
        met = [(low.facts[name].known, self.second.low[stage].facts[name].known)
               for stage, low in self.first.low.items()]  # fmt: skip
        way, known = self.directions.known(name), all_of(was.known, now.known)
        for one, other in [(was.known, now.known), *met]:
            more, less = (FALSE, FALSE) if one is was.known else (self._released, self._withheld)
            if one is not was.known:
                yield implies(known, any_of(one == other, more, less))
            if way in (SAME, UP):
                yield implies(other, any_of(one, more))
            if way in (SAME, DOWN):
                yield implies(one, any_of(other, less))

    def _same_finding(self, name: str) -> Formula:
        was, now = self.first.symbols[name], self.second.symbols[name]
        return all_of(was.known == now.known, was.value == now.value)

    # --- what meets the floor ---

    def _low(self, stage: str, name: str) -> Iterator[Formula]:
        """Nothing gains in the low reading but what was distrusted."""
        if name in self.following and self.property.better:
            return
        was, now = self.first.low[stage], self.second.low[stage]
        yield implies(now.facts[name].known, any_of(was.facts[name].known, self._released))
        yield implies(now.excused[name], any_of(was.excused[name], self._released, self._uncovers(stage, name)))

    def _uncovers(self, stage: str, name: str) -> Formula:
        """Whether an excuse that stood behind a result comes to light, since something that this is calculated from is
        known no more."""
        was, now, terms = self.first.low[stage], self.second.low[stage], self.base.terms
        if self.property.restated in (ADDED, WEAKER):  # that would displace the value
            return FALSE
        if terms[name].computed:
            inputs = sorted(each for each in read_behind(self.base, name) if each in terms and terms[each].or_formula)
            return any_of([all_of(was.facts[each].known, now.excused[each]) for each in inputs])
        formula = terms[name].or_formula
        read = names(formula) if formula is not None else ()
        lost = [all_of(self.first.symbols[each].known, negated(self.second.symbols[each].known)) for each in read]
        return all_of(was.facts[name].known, any_of(lost))

    @cached_property
    def _trust(self) -> Sequence[tuple[Formula, Formula]]:
        """For each kind of evidence that a case may show to be of no use: whether it does, before and after."""
        kinds = dict.fromkeys(rule.distrusts for rule in self.base.rules if rule.distrusts)
        return [(distrusted(self.first, kind), distrusted(self.second, kind)) for kind in kinds]

    @cached_property
    def _released(self) -> Formula:
        """A kind of evidence is distrusted before the change, and no longer after it."""
        return any_of([all_of(before, negated(after)) for before, after in self._trust])

    @cached_property
    def _withheld(self) -> Formula:
        """A kind of evidence is distrusted after the change, and was not before it."""
        return any_of([all_of(negated(before), after) for before, after in self._trust])


def _ordered(was: Symbol, now: Symbol, up: bool) -> Formula:
    """That both ends of the second value are no lower (``up``), or no higher, than those of the first."""
    less, more = (was, now) if up else (now, was)
    return all_of(implies(all_of(less.has_low, more.has_low), less.low <= more.low),
                  implies(all_of(less.has_high, more.has_high), less.high <= more.high))  # fmt: skip
