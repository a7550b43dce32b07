"""A question in parts, each proved impossible with only so much of the rest as speaks of the same facts.

Where no case is as a question says, z3 finds few conflicts, and decides all other facts between two of them: its time
grows with the square of the rules. So what a question forces is worked out first. What is left is much that speaks of
few facts, and a long `or`: a way for each rule and each condition in which the question may come true. Each way is
asked by itself. What is left out allows no more than it would, so that an impossible way is impossible beside all the
rest as well; what was shown of one is known for the next.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence, Set
from itertools import islice
from operator import is_

from salesdx.engine.backends.smt.cone import ReachedFormulas
from salesdx.engine.backends.smt.logic import (
    AND,
    FALSE,
    FIXED,
    NOT,
    OR,
    TRUE,
    VARIABLE,
    Formula,
    all_of,
    fixed,
    negated,
    parts,
    put_in,
    remade,
)
from salesdx.engine.backends.smt.solving import Impossible

SMALL, LARGE = 200, 1500
"""How many parts a way has that is asked: of a larger one, so much that follows from it as is small; or if that shows
nothing, the way itself if it is not too large."""
TOGETHER = 400
"""How many parts ways have that are asked at once."""
TRIED, FEW = 4, 40
"""How many conditions are tried for ways that no case goes; and how many ways are left when none is spared, since the
last one would be taken for true."""

Told = Callable[[frozenset[Hashable]], Iterable[Formula]]
"""What is told beside a way, by the names of which it speaks."""


class CaseSplit:
    """Questions over one case or one change, in which alike variables are replaced. ``named`` gives what a variable
    speaks of; ``besides`` are conditions that hold, and ``doubts`` formulas that are likely to be impossible and would
    stand in the way of many."""

    def __init__(
        self,
        reach: ReachedFormulas,
        named: Callable[[Formula], Hashable],
        impossible: Impossible,
        besides: Iterable[Formula] = (),
        doubts: Iterable[Formula] = (),
    ) -> None:
        self.reach, self.named, self.impossible = reach, named, impossible
        self.besides = list(map(reach.put, besides))
        self.doubts = [way for doubt in doubts for way in ways(reach.put(doubt))]
        self._names: dict[int, frozenset[Hashable]] = {}
        self._sizes: dict[int, int] = {}

    def left(self, question: Formula) -> Formula:
        """What is left of a question once the ways are out that no case goes: FALSE where there are none."""
        rest, lemmas, before = Rest(), list[Formula](), set[int]()
        new: Iterable[Formula] = [question]
        while rest.add(new):
            told = list(rest.told.values())
            others = Related([*told, *self.besides], self._names_of)
            if not before:
                asked = {doubt: doubt for doubt in self.doubts}
                lemmas = list(map(negated, self._shown(asked, others.within, lemmas)))
            gone = self._gone(told, before, others, lemmas)
            if not gone:
                return all_of(told)
            new, before = map(negated, gone), set(rest.told)
        return FALSE

    def _gone(
        self, told: Sequence[Formula], before: Set[int], others: Related, lemmas: Sequence[Formula]
    ) -> list[Formula]:
        """The ways that no case goes of some condition: of a new one rather, and of a large one."""
        for formula in sorted(told, key=lambda each: (each.id in before, -self._size(each)))[:TRIED]:
            every = ways(formula)
            small = {way: part for way in every if (part := self._small(way)) is not TRUE}
            gone = self._shown(small, others.within, lemmas)
            if not gone or len(every) - len(gone) <= FEW:
                gone += self._shown(self._left(every, gone), others.within, lemmas)
            if len(every) - len(gone) <= FEW:
                gone += self._shown(self._left(every, gone), others.near, lemmas)
            if gone:
                return gone
        return []

    def _left(self, every: Sequence[Formula], gone: Sequence[Formula]) -> Mapping[Formula, Formula]:
        """The ways that are left, as far as they are not too large to be asked as they are."""
        out = set(gone)
        return {way: way for way in every if way not in out and self._size(way) <= LARGE}

    def _small(self, formula: Formula) -> Formula:
        """A formula, or if it is large so much that follows from it as is small."""
        if self._size(formula) <= SMALL:
            return formula
        return all_of(part for part in formula.parts if self._size(part) <= SMALL) if formula.op == AND else TRUE

    def _size(self, formula: Formula) -> int:
        """The number of parts of a formula."""
        if formula.id not in self._sizes:
            self._sizes[formula.id] = sum(1 for _ in parts(formula, set()))
        return self._sizes[formula.id]

    def _shown(self, asked: Mapping[Formula, Formula], others: Told, lemmas: Sequence[Formula]) -> list[Formula]:
        """Those of some ways that no case goes, by what is asked of them."""
        return [way for some in _chunks(asked.items()) for way in self._impossible(dict(some), others, lemmas)]

    def _impossible(self, asked: Mapping[Formula, Formula], others: Told, lemmas: Sequence[Formula]) -> list[Formula]:
        some = list(asked.values())
        names = frozenset[Hashable]().union(*map(self._names_of, (*some, *self.reach.of(some))))
        told = [*lemmas, *others(names)]
        gone = self.impossible([*told, *self.reach.of([*some, *told])], some)
        return [way for way, small in asked.items() if small in gone]

    def _names_of(self, formula: Formula) -> frozenset[Hashable]:
        if formula.id not in self._names:
            self._names[formula.id] = frozenset(
                self.named(each) for each in self.reach.entries(formula) if each.op == VARIABLE
            )
        return self._names[formula.id]


class Related:
    """Conditions by what they speak of."""

    def __init__(self, conditions: Iterable[Formula], names_of: Callable[[Formula], frozenset[Hashable]]) -> None:
        self._told = [(condition, names_of(condition)) for condition in conditions]
        self._by_name: dict[Hashable, list[int]] = {}
        for number, (_, names) in enumerate(self._told):
            for name in names:
                self._by_name.setdefault(name, []).append(number)

    def within(self, names: frozenset[Hashable]) -> list[Formula]:
        """The conditions that speak of nothing else."""
        return [self._told[number][0] for number in self._numbers(names) if self._told[number][1] <= names]

    def near(self, names: frozenset[Hashable]) -> list[Formula]:
        """The conditions that speak of one of these."""
        return [self._told[number][0] for number in self._numbers(names)]

    def _numbers(self, names: frozenset[Hashable]) -> list[int]:
        """In one order, so that what z3 does is the same in each run."""
        return sorted({number for name in names for number in self._by_name.get(name, ())})


class Rest:
    """Conditions that hold together, with what they force put in everywhere.

    What is forced is a constant in all that is made of it, and told once by what it is made of itself.
    """

    def __init__(self) -> None:
        self.told: dict[int, Formula] = {}
        self._forced = Forced()

    def add(self, conditions: Iterable[Formula]) -> bool:
        """Have more conditions hold; false where all contradict each other."""
        queue = list(conditions)
        while queue:
            new = self._forced.force(queue)
            if new is None:
                return False
            known = {id: fixed(side) for id, side in self._forced.sides.items()}
            was, self.told, queue = {**self.told, **{truth.id: truth for truth in new}}, {}, []
            for truth in was.values():
                left = _with(known, truth)
                if left is not truth:
                    queue.append(left)
                else:
                    self.told[truth.id] = truth
        return True


class Forced:
    """What truths must be, given that some hold: the parts of an `and`, the last part of an `or`, and so on."""

    def __init__(self) -> None:
        self.sides: dict[int, bool] = {}
        self._within: dict[int, list[Formula]] = {}
        self._needed, self._indexed = set[int](), set[int]()

    def force(self, conditions: Iterable[Formula]) -> list[Formula] | None:
        """Have conditions hold: those that are forced, but for what follows from their parts; None where there is a
        contradiction."""
        queue, found = list[tuple[Formula, bool, bool]](), list[Formula]()
        for condition in conditions:
            self._index(condition)
            queue.append((condition, True, True))
        while queue:
            formula, side, told = queue.pop()
            if formula.op == FIXED or formula.id in self.sides:
                if (formula is TRUE if formula.op == FIXED else self.sides[formula.id]) is not side:
                    return None
                if not told or formula.op == FIXED:
                    continue
            else:
                self.sides[formula.id] = side
                for outer in self._within.get(formula.id, ()):
                    queue += self._around(outer, side)
            if told:
                queue += self._inside(formula, side, found)
        return found

    def _index(self, formula: Formula) -> None:
        """Take in of what a formula is made."""
        for part in parts(formula, self._indexed):
            for inner in part.parts:
                self._within.setdefault(inner.id, []).append(part)

    def _inside(self, formula: Formula, side: bool, found: list[Formula]) -> Iterator[tuple[Formula, bool, bool]]:
        """What a truth that is told forces of its parts."""
        if formula.op == NOT:
            yield formula.parts[0], not side, True
        elif formula.op == (AND if side else OR):
            yield from ((part, side, True) for part in formula.parts)
        else:
            truth = formula if side else negated(formula)
            found.append(truth)
            if truth.id not in self._needed:
                self._needed.add(truth.id)
                yield from ((part, each, True) for part, each in _needed(truth))
            yield from self._last(formula, side)

    def _last(self, formula: Formula, side: bool) -> Iterator[tuple[Formula, bool, bool]]:
        """The part that is left of an `or` that holds, or of an `and` that does not."""
        if formula.op == (OR if side else AND):
            left = list(islice((part for part in formula.parts if self._side(part) is not (not side)), 2))
            if len(left) == 1:
                yield left[0], side, True

    def _around(self, outer: Formula, side: bool) -> Iterator[tuple[Formula, bool, bool]]:
        """What follows of a formula from one of its parts."""
        if outer.op == NOT:
            yield outer, not side, False
        elif outer.op in (AND, OR):
            if side is (outer.op == OR):
                yield outer, side, False
            elif self.sides.get(outer.id) is (not side):
                yield from self._last(outer, not side)
            elif all(self._side(part) is side for part in outer.parts):
                yield outer, side, False

    def _side(self, formula: Formula) -> bool | None:
        return formula is TRUE if formula.op == FIXED else self.sides.get(formula.id)


def _needed(formula: Formula) -> Iterable[tuple[Formula, bool]]:
    """What holds in each of the ways in which a formula may hold."""
    every = ways(formula)
    if len(every) < 2:
        return ()
    common: dict[tuple[int, bool], tuple[Formula, bool]] | None = None
    for way in every:
        own = {(part.id, side): (part, side) for part, side in _conjuncts(way)}
        common = own if common is None else {key: each for key, each in common.items() if key in own}
        if not common:
            return ()
    return (common or {}).values()


def _conjuncts(formula: Formula) -> Iterator[tuple[Formula, bool]]:
    """The truths that all hold where a formula does."""
    stack = [(formula, True)]
    while stack:
        part, side = stack.pop()
        if part.op == NOT:
            stack.append((part.parts[0], not side))
        else:
            yield part, side
            if part.op == (AND if side else OR):
                stack += ((each, side) for each in part.parts)


def _with(known: dict[int, Formula], truth: Formula) -> Formula:
    """A truth with what is known put in place of what it is made of; ``known`` keeps what was made so far."""
    formula = truth.parts[0] if truth.op == NOT else truth
    made = [put_in(part, {}, known) for part in formula.parts]
    if all(map(is_, made, formula.parts)):
        return truth
    return negated(remade(formula, made)) if truth.op == NOT else remade(formula, made)


def ways(formula: Formula) -> list[Formula]:
    """The truths of which one at least holds where a formula does."""
    found, seen, stack = dict[Formula, None](), set[tuple[int, bool]](), [(formula, True)]
    while stack:
        part, side = stack.pop()
        if (part.id, side) in seen:
            continue
        seen.add((part.id, side))
        if part.op == NOT:
            stack.append((part.parts[0], not side))
        elif part.op == (OR if side else AND):
            stack += ((each, side) for each in part.parts)
        else:
            found[part if side else negated(part)] = None
    return list(found)


def _chunks(asked: Iterable[tuple[Formula, Formula]]) -> Iterator[list[tuple[Formula, Formula]]]:
    """Ways that stand behind each other, as many as may be asked at once."""
    some, seen = list[tuple[Formula, Formula]](), set[int]()
    for way, small in asked:
        if some and len(seen) > TOGETHER:
            yield some
            some, seen = [], set()
        seen.update(part.id for part in parts(small, seen))
        some.append((way, small))
    if some:
        yield some
