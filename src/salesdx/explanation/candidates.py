"""Which values of a term are worth trying: those at and next to every boundary of a condition that reads it.

A boundary is where a comparison turns, with the other terms as they are in the case, and with another one at its own
boundaries. (In a comparison of three and more known terms, and in one that runs through a function, the others are as
in the case, and in a function the turn is looked for up to 1,024 steps away.) Numbers move by the smallest place that
the term's thresholds and its value have, whole numbers and dates by one. Values that no condition tells apart count
once, by the one nearest to the case.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import islice, product, zip_longest
from math import floor

from salesdx.base.model import Term
from salesdx.explanation.goal import Goal, Goals
from salesdx.explanation.probe import Probe
from salesdx.language.conditions import (
    Arithmetic,
    Call,
    Compare,
    Expr,
    In,
    Literal,
    Name,
    Value,
    Values,
    names,
    truth,
    value,
    walk,
)
from salesdx.language.rewriting import substitute

DOUBLINGS = 10
"""The turn of a comparison that is no straight line is looked for up to 2 ** 10 steps away."""
TRIED = 64
"""So many values of the other terms of a comparison are tried for the boundaries of one."""
PLACES = 6
SOME_DAY = date(2000, 1, 1)


def candidates(aims: Goals, goal: Goal) -> dict[str, tuple[Value, ...]]:
    """For each term that can change a goal, the values to try, the nearest to the case first."""
    tests, _ = aims.read_by(goal)
    found = {term: _Axis(aims.base.terms[term], aims, tests) for term in sorted(goal.terms)}
    for axis in found.values():
        axis.boundaries(aims.view.values)
    for axis in found.values():
        axis.seed(aims.view.values)
    first = {term: tuple(axis.values) for term, axis in found.items()}
    for axis in found.values():
        axis.beside(first)
    root = Probe(aims, {})
    values = {term: tuple(axis.values) for term, axis in found.items()}
    return {term: axis.classes(root, values) for term, axis in found.items()}


class _Axis:
    """The candidate values of one term."""

    def __init__(self, term: Term, aims: Goals, tests: Iterable[Expr]) -> None:
        self.term, self.aims = term, aims
        self.now = aims.view.values.get(term.name)
        self.tests = [test for test in tests if any(term.name in aims.reach(name) for name in names(test))]
        self.lines = [line for test in self.tests for line in dict.fromkeys((test, self.expanded(test)))]
        self.lines = [line for line in self.lines if term.name in names(line)]
        self.values: dict[Value, None] = {}
        if term.type == "boolean":
            self.values = {True: None, False: None}
        elif term.type == "enum":
            self.values = dict.fromkeys(term.values)
        self.ordered = term.type not in ("boolean", "enum")
        self.step = self._step()

    def expanded(self, test: Expr) -> Expr:
        """The comparison with the formulas of computed terms in the place of their names."""

        def formula(name: str) -> Expr:
            term = self.aims.base.terms.get(name)
            if term is None or term.formula is None or name == self.term.name:
                return Name(name)
            return substitute(term.formula, formula)

        return substitute(test, formula)

    def _step(self) -> Fraction:
        if self.term.type in ("integer", "date") or not self.ordered:
            return Fraction(1)
        literals = [
            bound.value
            for line in self.lines
            if set(names(line)) == {self.term.name} and isinstance(line, Compare | In)
            for bound in ((line.left, line.right) if isinstance(line, Compare) else line.values)
            if isinstance(bound, Literal)
        ]
        numbers = [number for number in (*literals, self.now) if isinstance(number, Decimal)]
        places = max((-int(number.normalize().as_tuple().exponent) for number in numbers), default=0)
        return Fraction(1, 10 ** max(0, min(places, PLACES)))

    def boundaries(self, values: Values) -> None:
        """The values at and next to where each comparison turns, the other terms being as given."""
        for line in self.lines if self.ordered else ():
            self.turns(line, values)

    def turns(self, line: Expr, values: Values) -> None:
        if isinstance(line, In):
            turns = [as_fraction(entry.value) for entry in line.values]
        elif isinstance(line, Compare):
            found = crossing(line, self.term.name, values)
            if found is None:
                self._search(line, values)
                return
            turns = list(found)
        else:
            return
        for turn in turns:
            if turn is not None:
                low = floor(turn / self.step) * self.step
                self.add((low, low - self.step, low + self.step) if low == turn else (low, low + self.step))

    def add(self, points: Iterable[Fraction]) -> None:
        for point in points:
            made = self.value(point)
            if made is not None:
                self.values.setdefault(made)

    def value(self, point: Fraction) -> Value | None:
        """A number as a value of the term; None if it is out of range."""
        if self.term.type == "date":
            return date.fromordinal(int(point)) if 1 <= point <= date.max.toordinal() else None
        made = Decimal(point.numerator) / Decimal(point.denominator)
        low, high = self.term.low, self.term.high
        return made if (low is None or low <= made) and (high is None or made <= high) else None

    def _search(self, line: Expr, values: Values) -> None:
        """The nearest turns of a comparison that runs through a function, by doubling and halving the distance."""
        if any(values.get(name) is None for name in names(line) if name != self.term.name):
            return
        start = as_fraction(self.now if self.now is not None else next(iter(self.values), None))
        if start is None:
            return

        def holds(steps: int) -> object:
            made = self.value(start + steps * self.step)
            return "outside" if made is None else truth(line, {**values, self.term.name: made})

        for side in (1, -1):
            near, far = 0, side
            while holds(far) == holds(near) and abs(far) < 2**DOUBLINGS:
                near, far = far, far * 2
            if holds(far) == holds(near):
                continue
            while abs(far - near) > 1:
                middle = (near + far) // 2
                near, far = (middle, far) if holds(middle) == holds(near) else (near, middle)
            self.add((start + near * self.step, start + far * self.step))

    def seed(self, values: Values) -> None:
        """Some value, where no boundary gives one; and a neighbour, where any change undoes what was stated by hand."""
        here = as_fraction(self.now)
        stated = self.aims.view.memory.statements
        if here is not None and any(self.term.name in self.aims.inputs(name) for name in stated):
            self.add((here + self.step, here - self.step))
        if self.values:
            return
        if self.term.type == "date":
            self.values[max((day for day in values.values() if isinstance(day, date)), default=SOME_DAY)] = None
        self.add((Fraction(0), Fraction(1)))
        if not self.values and self.term.low is not None:
            self.values[self.term.low] = None

    def beside(self, others: Mapping[str, tuple[Value, ...]]) -> None:
        """The boundaries where the other terms of a comparison have another value: one of their own candidates."""
        known = self.aims.view.values
        for line in self.lines if self.ordered else ():
            reads = [name for name in names(line) if name != self.term.name]
            if not reads or not isinstance(line, Compare | In) or any(name not in others for name in reads):
                continue
            if all(known.get(name) is not None for name in reads) and (len(reads) > 1 or _curved(line)):
                continue
            choices = [[*([known[name]] if known.get(name) is not None else []), *others[name]] for name in reads]
            for made in islice(product(*choices), TRIED):
                self.turns(line, {**known, **dict(zip(reads, made, strict=True))})

    def classes(self, root: Probe, values: Mapping[str, tuple[Value, ...]]) -> tuple[Value, ...]:
        """One value of each kind that the conditions tell apart, without the kind that the case has."""
        name = self.term.name
        beside = [(test, [n for n in names(self.expanded(test)) if n != name]) for test in self.tests]

        def kind(made: Value | None) -> object:
            """What the conditions make of a value; None is the case as it is."""
            found: list[object] = []
            own = {} if made is None else {name: made}
            for test, reads in beside:
                if len(reads) > 1 or any(read not in values for read in reads):
                    return made
                cases = [own, *({**own, read: other} for read in reads for other in values[read])]
                found += [truth(test, Probe(self.aims, case, root)) for case in cases]
            return tuple(found)

        kinds: dict[object, Value] = {}
        for made in sorted(self.values, key=self._distance):
            if made != self.now:
                kinds.setdefault(kind(made), made)
        kinds.pop(kind(None), None)
        return tuple(kinds.values())

    def _distance(self, made: Value) -> Fraction:
        here, there = as_fraction(self.now), as_fraction(made)
        return abs(there - here) if here is not None and there is not None else Fraction(0)


def _curved(line: Expr) -> bool:
    """Whether a comparison runs through a function."""
    return any(isinstance(part, Call) for part in walk(line))


def as_fraction(known: object) -> Fraction | None:
    """A number or a date on one axis."""
    if isinstance(known, date):
        return Fraction(known.toordinal())
    return Fraction(known) if isinstance(known, Decimal | Fraction) else None


Polynomial = tuple[Fraction, ...]
"""The coefficients, the constant first."""
ONE: Polynomial = (Fraction(1),)


def crossing(line: Compare, term: str, values: Values) -> tuple[Fraction, ...] | None:
    """Where the two sides of a comparison are equal, by the value of one term; None if that is not so simple."""
    left, right = ratio(line.left, term, values), ratio(line.right, term, values)
    if left is None or right is None:
        return None
    both = _plus(_times(left[0], right[1]), _times(right[0], left[1]), -1)
    while both and not both[-1]:
        both = both[:-1]
    return () if len(both) < 2 else (-both[0] / both[1],) if len(both) == 2 else None


def ratio(expr: Expr, term: str, values: Values) -> tuple[Polynomial, Polynomial] | None:
    """An expression as a ratio of polynomials in one term; None if it runs through a function or a part is unknown."""
    if isinstance(expr, Name) and expr.id == term:
        return (Fraction(0), Fraction(1)), ONE
    if term not in names(expr):
        known = as_fraction(value(expr, values))
        return None if known is None else ((known,), ONE)
    if not isinstance(expr, Arithmetic):
        return None
    left, right = ratio(expr.left, term, values), ratio(expr.right, term, values)
    if left is None or right is None:
        return None
    match expr.op:
        case "*":
            return _times(left[0], right[0]), _times(left[1], right[1])
        case "/":
            return _times(left[0], right[1]), _times(left[1], right[0])
    sign = 1 if expr.op == "+" else -1
    return _plus(_times(left[0], right[1]), _times(right[0], left[1]), sign), _times(left[1], right[1])


def _plus(a: Polynomial, b: Polynomial, sign: int) -> Polynomial:
    return tuple(x + sign * y for x, y in zip_longest(a, b, fillvalue=Fraction(0)))


def _times(a: Polynomial, b: Polynomial) -> Polynomial:
    made = [Fraction(0)] * (len(a) + len(b) - 1)
    for (i, x), (j, y) in product(enumerate(a), enumerate(b)):
        made[i + j] += x * y
    return tuple(made)
