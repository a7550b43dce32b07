"""How the result of a formula moves when something that it reads becomes higher or lower.

Read off the formula: a sum rises with each part, a product of what is never below zero with each factor. Rounding
keeps the order. Of a statistic there is one lemma, which a test tries on all small tables.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from fractions import Fraction
from functools import reduce

from salesdx.base.calculated import is_whole
from salesdx.base.model import RuleBase
from salesdx.case.memory import asked_behind
from salesdx.language.conditions import Arithmetic, Call, Expr, Literal, Name, walk

SAME, UP, DOWN, ANY = "same", "up", "down", "any"
OPPOSITE = {SAME: SAME, UP: DOWN, DOWN: UP, ANY: ANY}
LEMMAS: Mapping[str, int] = {"fisher_lower_p": 0}
"""Statistic -> the argument with which it does not fall while all others stay."""
WORDS = {"fisher_lower_p": "fisher_lower_p does not fall with the wins, all else equal"}
Bounds = tuple[Fraction | None, Fraction | None]


def lemmas(base: RuleBase) -> tuple[str, ...]:
    """The lemmas on statistics of which proofs of a rule base can make use, in words."""
    formulas = [term.formula for term in base.terms.values() if term.formula is not None]
    used = {part.function for formula in formulas for part in walk(formula) if isinstance(part, Call)}
    return tuple(words for function, words in WORDS.items() if function in used)


class Directions:
    """The ways in which terms move. ``given``: those of what people state; ``following``: what may move after it."""

    def __init__(self, base: RuleBase, given: Mapping[str, str], following: Set[str]) -> None:
        self.base, self.given, self.following = base, given, following

    def of_term(self, name: str) -> str:
        """How a term or finding moves."""
        if name in self.given and name not in self.following:
            return self.given[name]
        term = self.base.terms.get(name)
        if term is None:
            return ANY if {*asked_behind(self.base)[name]} & {*self.given, *self.following} else SAME
        if name not in self.following:
            return SAME
        return self._of(term.formula) if term.formula is not None else ANY

    def known(self, name: str) -> str:
        """Whether a term is known as it was (SAME), only if it was (UP: with more wins than deals there is no result),
        surely if it was (DOWN), or nothing can be said."""
        term = self.base.terms[name]
        if term.formula is None or (term.type == "integer" and not is_whole(self.base.terms, term.formula)):
            return ANY
        way = self._known(term.formula)
        return way if self._inside(name, self._bounds(term.formula)) else ANY

    def always(self, name: str) -> bool:
        """Whether the formula of a term gives a result wherever all that it reads is known, however imprecisely."""
        formula = self.base.terms[name].formula
        if formula is None:
            return False
        plain = all(_is_total(part) and None not in self._bounds(part) for part in walk(formula))
        return plain and self._inside(name, self._bounds(formula))

    def _known(self, expr: Expr) -> str:
        """The same of an expression; what it divides by must be as it was."""
        match expr:
            case Literal():
                return SAME
            case Name(id):
                if id not in self.base.terms:
                    return self.of_term(id)
                return self.known(id) if id in self.following else SAME
            case Arithmetic(op, left, right):
                bounded = None not in (*self._bounds(left), *self._bounds(right))
                if op in "*/" and not (bounded and (op == "*" or self._of(right) == SAME)):
                    return ANY  # what has no bound gives no product with zero
                return _both(self._known(left), self._known(right))
            case Call("min" | "max", arguments):
                return reduce(_both, map(self._known, arguments))
            case Call(function, arguments) if function in LEMMAS:
                wins = arguments[LEMMAS[function]]
                low, _ = self._bounds(wins)
                return self._of(expr) if self._known(wins) == SAME and low is not None and low >= 0 else ANY
        return ANY

    def _inside(self, name: str, found: Bounds) -> bool:
        term = self.base.terms[name]
        if term.low is None or term.high is None:
            return True
        low, high = found
        return low is not None and high is not None and term.low <= low and high <= term.high

    def _of(self, expr: Expr) -> str:
        match expr:
            case Literal():
                return SAME
            case Name(id):
                return self.of_term(id)
            case Arithmetic("+", left, right):
                return _both(self._of(left), self._of(right))
            case Arithmetic("-", left, right):
                return _both(self._of(left), OPPOSITE[self._of(right)])
            case Arithmetic(op, left, right):
                ways = self._of(left), self._of(right)
                if ways == (SAME, SAME):
                    return SAME
                if ways[1] == SAME and self._positive(right):
                    return ways[0]
                if not (self._positive(left) and self._positive(right)):
                    return ANY
                return _both(ways[0], ways[1] if op == "*" else OPPOSITE[ways[1]])
            case Call(function, arguments):
                return self._of_call(function, arguments)
        return ANY

    def _of_call(self, function: str, arguments: tuple[Expr, ...]) -> str:
        ways = [self._of(each) for each in arguments]
        if all(way == SAME for way in ways):
            return SAME
        if function in ("min", "max"):
            return reduce(_both, ways)
        at = LEMMAS.get(function)
        others = [way for n, way in enumerate(ways) if n != at]
        return ways[at] if at is not None and all(way == SAME for way in others) else ANY

    def _positive(self, expr: Expr) -> bool:
        low, _ = self._bounds(expr)
        return low is not None and low >= 0

    def _bounds(self, expr: Expr) -> Bounds:
        """Between which ends a number lies, by the ranges of the terms."""
        match expr:
            case Literal(value):
                return Fraction(value), Fraction(value)  # type: ignore[arg-type]
            case Name(id) if id in self.base.terms:
                term = self.base.terms[id]
                low, high = term.low, term.high
                return None if low is None else Fraction(low), None if high is None else Fraction(high)
            case Arithmetic(op, left, right):
                return _calculated(op, self._bounds(left), self._bounds(right))
            case Call("min" | "max" as function, arguments):
                found = [self._bounds(each) for each in arguments]
                lows, highs = (
                    [low for low, _ in found if low is not None],
                    [high for _, high in found if high is not None],
                )
                whole = len(lows) == len(found), len(highs) == len(found)
                if function == "min":
                    return min(lows) if whole[0] else None, min(highs) if highs else None
                return max(lows) if lows else None, max(highs) if whole[1] else None
            case Call("fisher_p" | "fisher_lower_p" | "wilson_low" | "wilson_high" | "holm"):
                return Fraction(0), Fraction(1)
        return None, None


def _is_total(part: Expr) -> bool:
    """Whether a part of a formula, of numbers with bounds, is known where these are."""
    match part:
        case Arithmetic(op):
            return op != "/"
        case Call(function):
            return function in ("min", "max")
    return isinstance(part, Literal | Name)


def _both(one: str, other: str) -> str:
    if SAME in (one, other):
        return other if one == SAME else one
    return one if one == other else ANY


def _calculated(op: str, a: Bounds, b: Bounds) -> Bounds:
    """Ends of a result; of products and quotients only of what is never below zero."""
    (low, high), (first, last) = a, b
    if op == "+":
        return (
            None if low is None or first is None else low + first,
            None if high is None or last is None else high + last,
        )
    if op == "-":
        return (
            None if low is None or last is None else low - last,
            None if high is None or first is None else high - first,
        )
    if low is None or first is None or low < 0 or first < 0:
        return None, None
    if op == "*":
        return low * first, None if high is None or last is None else high * last
    return Fraction(0), None
