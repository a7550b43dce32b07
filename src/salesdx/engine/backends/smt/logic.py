"""Formulas over truths and numbers, each made once, and what is constant worked out as it is made.

z3's own objects cost twenty times as much to make, and of what is made a question reaches a small part: that alone is
written out for z3, when it is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import count
from operator import is_
from typing import Any
from weakref import WeakValueDictionary

TRUTH, WHOLE, NUMBER = "Bool", "Int", "Real"
FIXED, VARIABLE, NOT, AND, OR, EQUAL, AT_MOST, EITHER, COUNT, LIFTED, IS_WHOLE = (
    "fixed", "variable", "not", "and", "or", "=", "<=", "ite", "count", "to_real", "is_int",
)  # fmt: skip
Number = int | Fraction
Parts = "Formula | Iterable[Formula]"


class Formula:
    """A truth, a whole number or a number, by its ``sort``. Those that are made alike are one object.

    ``parts`` are what it is made of; a constant or variable has a ``value`` instead: what it is, or its name.
    """

    __slots__ = ("__weakref__", "id", "op", "parts", "sort", "value")

    def __init__(self, op: str, sort: str, parts: tuple[Formula, ...], value: Any) -> None:
        self.op, self.sort, self.parts, self.value = op, sort, parts, value
        self.id = next(_numbers)

    __hash__ = object.__hash__

    def __bool__(self) -> bool:
        raise TypeError("a formula is no truth of Python")

    def __eq__(self, other: Formula | Number) -> Formula:  # type: ignore[override]
        return _equal(self, _formula(other))

    def __ne__(self, other: Formula | Number) -> Formula:  # type: ignore[override]
        return negated(_equal(self, _formula(other)))

    def __le__(self, other: Formula | Number) -> Formula:
        return _at_most(self, _formula(other))

    def __ge__(self, other: Formula | Number) -> Formula:
        return _at_most(_formula(other), self)

    def __lt__(self, other: Formula | Number) -> Formula:
        return negated(_at_most(_formula(other), self))

    def __gt__(self, other: Formula | Number) -> Formula:
        return negated(_at_most(self, _formula(other)))

    def __add__(self, other: Formula | Number) -> Formula:
        return _calculated("+", *_alike(self, _formula(other)))

    def __sub__(self, other: Formula | Number) -> Formula:
        return _calculated("-", *_alike(self, _formula(other)))

    def __mul__(self, other: Formula | Number) -> Formula:
        return _calculated("*", *_alike(self, _formula(other)))

    def __neg__(self) -> Formula:
        return fixed(0) - self

    def __truediv__(self, other: Formula | Number) -> Formula:
        return _calculated("/", as_number(self), as_number(_formula(other)))


_numbers = count()
_known: WeakValueDictionary[tuple[object, ...], Formula] = WeakValueDictionary()


def _leaf(op: str, sort: str, value: object) -> Formula:
    key = op, sort, value
    if (found := _known.get(key)) is None:
        found = _known[key] = Formula(op, sort, (), value)
    return found


def _made(op: str, sort: str, parts: tuple[Formula, ...]) -> Formula:
    key = op, *[part.id for part in parts]
    if (found := _known.get(key)) is None:
        found = _known[key] = Formula(op, sort, parts, None)
    return found


TRUE, FALSE = (_leaf(FIXED, TRUTH, value) for value in (True, False))


def fixed(value: bool | Number) -> Formula:
    """A constant: a truth, a whole number by `int`, a number by `Fraction`."""
    if isinstance(value, bool):
        return TRUE if value else FALSE
    return _leaf(FIXED, WHOLE if isinstance(value, int) else NUMBER, value)


def free(sort: str, name: str) -> Formula:
    """A truth or number that can be anything."""
    return _leaf(VARIABLE, sort, name)


def _formula(value: Formula | Number) -> Formula:
    return value if isinstance(value, Formula) else fixed(value)


# --- truths -----------------------------------------------------------------------------------------------------------


def negated(formula: Formula) -> Formula:
    """That a truth does not hold."""
    if formula.op == FIXED:
        return FALSE if formula is TRUE else TRUE
    return formula.parts[0] if formula.op == NOT else _made(NOT, TRUTH, (formula,))


def all_of(*parts: Formula | Iterable[Formula]) -> Formula:
    """That all of these hold, formulas and lists of them."""
    return _joined(AND, OR, parts, TRUE, FALSE)


def any_of(*parts: Formula | Iterable[Formula]) -> Formula:
    """That one of these holds, formulas and lists of them."""
    return _joined(OR, AND, parts, FALSE, TRUE)


def implies(premise: Formula, conclusion: Formula) -> Formula:
    """That the second holds where the first does."""
    return any_of(negated(premise), conclusion)


def _joined(
    op: str, dual: str, parts: Iterable[Formula | Iterable[Formula]], idle: Formula, decisive: Formula
) -> Formula:
    """One formula of some, without what is ``idle`` in it. That not both a and b hold, or a does, is sure."""
    kept: dict[int, Formula] = {}
    denied: set[int] = set()
    for some in parts:
        for part in (some,) if isinstance(some, Formula) else some:
            if part is decisive:
                return decisive
            if part is idle:
                continue
            kept[part.id] = part
            if part.op == NOT:
                inner = part.parts[0]
                denied.add(inner.id)
                denied.update([each.id for each in inner.parts] if inner.op == dual else ())
    if not denied.isdisjoint(kept):
        return decisive
    if len(kept) < 2:
        return next(iter(kept.values()), idle)
    return _made(op, TRUTH, tuple(kept.values()))


def either(when: Formula, then: Formula, otherwise: Formula) -> Formula:
    """The first value where a truth holds, and the second where it does not."""
    if when.op == FIXED:
        return then if when is TRUE else otherwise
    if then is otherwise:
        return then
    if then.sort != TRUTH:
        return _made(EITHER, (parts := _alike(then, otherwise))[0].sort, (when, *parts))
    if then.op == FIXED:
        return any_of(when, otherwise) if then is TRUE else all_of(negated(when), otherwise)
    if otherwise.op == FIXED:
        return any_of(negated(when), then) if otherwise is TRUE else all_of(when, then)
    return _made(EITHER, TRUTH, (when, then, otherwise))


# --- numbers ----------------------------------------------------------------------------------------------------------


def how_many(truths: Iterable[Formula]) -> Formula:
    """How many of these hold."""
    maybe = tuple(truth for truth in truths if truth is not FALSE)
    return fixed(len(maybe)) if all(truth is TRUE for truth in maybe) else _made(COUNT, WHOLE, maybe)


def as_number(formula: Formula) -> Formula:
    """The same number, which need not be whole."""
    if formula.sort == NUMBER:
        return formula
    if formula.op == FIXED:
        return fixed(Fraction(formula.value))
    if formula.op == EITHER:
        when, *values = formula.parts
        return either(when, *map(as_number, values))
    return _made(LIFTED, NUMBER, (formula,))


def whole(formula: Formula) -> Formula:
    """That a number is whole."""
    if formula.op == FIXED:
        return fixed(Fraction(formula.value).denominator == 1)
    return TRUE if formula.sort == WHOLE or formula.op == LIFTED else _made(IS_WHOLE, TRUTH, (formula,))


def _alike(a: Formula, b: Formula) -> tuple[Formula, Formula]:
    return (a, b) if a.sort == b.sort else (as_number(a), as_number(b))


def _calculated(op: str, a: Formula, b: Formula) -> Formula:
    if a.op == b.op == FIXED and not (op == "/" and b.value == 0):
        return fixed(CALCULATE[op](a.value, b.value))
    return _made(op, a.sort, (a, b))


def _equal(a: Formula, b: Formula) -> Formula:
    a, b = _alike(a, b)
    if a is b:
        return TRUE
    if a.op == FIXED:
        a, b = b, a
    if a.sort != TRUTH:
        return _compared(EQUAL, a, b)
    if b.op == FIXED:
        return a if b is TRUE else negated(a)
    return FALSE if negated(a) is b else _made(EQUAL, TRUTH, (a, b))


def _at_most(a: Formula, b: Formula) -> Formula:
    a, b = _alike(a, b)
    return TRUE if a is b else _compared(AT_MOST, a, b)


def _compared(op: str, a: Formula, b: Formula) -> Formula:
    """A comparison; with a constant that of each number that there may be."""
    if a.op == b.op == FIXED:
        return fixed(a.value == b.value if op == EQUAL else a.value <= b.value)
    for one, other in ((a, b), (b, a)):
        if other.op != FIXED:
            continue
        if one.op == EITHER:
            when, then, otherwise = one.parts
            return either(when, *(_compared(op, *((x, b) if one is a else (a, x))) for x in (then, otherwise)))
        if one.op == COUNT:
            return _counted(op, one.parts, other.value, one is a)
    return _made(op, TRUTH, (a, b))


def _counted(op: str, truths: tuple[Formula, ...], number: int, most: bool) -> Formula:
    """That so many hold: just this number, at ``most`` this, or at least."""
    if op == EQUAL:
        return all_of(_at_least(truths, number), negated(_at_least(truths, number + 1)))
    return negated(_at_least(truths, number + 1)) if most else _at_least(truths, number)


def _at_least(truths: tuple[Formula, ...], number: int) -> Formula:
    if number <= 0:
        return TRUE
    if number > len(truths):
        return FALSE
    if number > (len(truths) + 1) // 2:  # then as well: so few do not
        return negated(_at_least(tuple(map(negated, truths)), len(truths) - number + 1))
    row = [TRUE, *[FALSE] * number]
    for truth in reversed(truths):
        row = [TRUE, *(any_of(row[n], all_of(truth, row[n - 1])) for n in range(1, number + 1))]
    return row[number]


CALCULATE: dict[str, Callable[[Any, Any], Any]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
}


# --- walks ------------------------------------------------------------------------------------------------------------


def parts_first(formulas: Iterable[Formula], known: dict[int, Any]) -> Iterator[Formula]:
    """All of which formulas are made, parts first, but for what is ``known``; who walks adds what he is given to it."""
    for formula in formulas:
        stack = [formula]
        while stack:
            last = stack[-1]
            if last.id in known:
                stack.pop()
            elif waiting := [part for part in last.parts if part.id not in known]:
                stack += reversed(waiting)
            else:
                yield stack.pop()


def parts(formula: Formula, seen: set[int]) -> Iterator[Formula]:
    """All of which a formula is made, each once, but for what was ``seen``."""
    stack = [formula]
    while stack:
        last = stack.pop()
        if last.id not in seen:
            seen.add(last.id)
            stack += last.parts
            yield last


def put_in(formula: Formula, instead: Mapping[Formula, Formula], known: dict[int, Formula]) -> Formula:
    """A formula with others in place of its variables; ``known`` keeps what was made so far."""
    stack = [formula]
    while stack:
        last = stack[-1]
        if last.id in known:
            stack.pop()
        elif not last.parts:
            known[last.id] = instead.get(last, last)
        elif waiting := [part for part in last.parts if part.id not in known]:
            stack += waiting
        else:
            made = [known[part.id] for part in last.parts]
            known[last.id] = last if all(map(is_, made, last.parts)) else remade(last, made)
    return known[formula.id]


def remade(formula: Formula, parts: Sequence[Formula]) -> Formula:
    """The same of other parts."""
    make = MAKE.get(formula.op)
    return make(*parts) if make is not None else CALCULATE[formula.op](*parts)


MAKE: dict[str, Callable[..., Formula]] = {
    NOT: negated, AND: all_of, OR: any_of, EQUAL: _equal, AT_MOST: _at_most, EITHER: either, LIFTED: as_number,
    IS_WHOLE: whole, COUNT: lambda *truths: how_many(truths),
}  # fmt: skip
