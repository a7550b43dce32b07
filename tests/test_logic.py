"""The prover's formulas: what is worked out as they are made is what they mean, here and for z3."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from random import Random

import pytest

from random_cases import fuzz_cases
from salesdx.engine.backends.smt.case_split import Rest, ways
from salesdx.engine.backends.smt.logic import (
    FALSE,
    NUMBER,
    TRUE,
    TRUTH,
    WHOLE,
    Formula,
    all_of,
    any_of,
    as_number,
    either,
    fixed,
    free,
    how_many,
    implies,
    negated,
    put_in,
    whole,
)
from salesdx.engine.backends.smt.solving import Impossible, smt_lib, solve
from salesdx.engine.backends.smt.z3_objects import Z3Objects

Plain = bool | int | Fraction
A, B, C = (free(TRUTH, name) for name in "abc")
N, X = free(WHOLE, "n"), free(NUMBER, "x")


class Drawn:
    """Random formulas, each with what it is when its variables have some values: worked out beside, by Python."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.given: dict[Formula, Plain] = {free(TRUTH, name): random.random() < 0.5 for name in "abcd"}
        self.given |= {free(WHOLE, name): random.randint(-2, 3) for name in "mn"}
        self.given |= {free(NUMBER, name): Fraction(random.randint(-4, 6), 2) for name in "xy"}

    def truth(self, depth: int) -> tuple[Formula, bool]:
        """A truth, and whether it holds."""
        if depth == 0:
            return self._leaf(TRUTH)
        some = [self.truth(depth - 1) for _ in range(self.random.randint(0, 3))]
        (a, was), (b, now) = self.truth(depth - 1), self.truth(depth - 1)
        (n, low), (m, high) = self.number(depth - 1), self.number(depth - 1)
        every = [value for _, value in some]
        choices: list[tuple[Formula, bool]] = [
            (all_of([part for part, _ in some], a), all(every) and was),
            (any_of(b, [part for part, _ in some]), any(every) or now),
            (negated(a), not was),
            (implies(a, b), not was or now),
            (a == b, was == now),
            (either(a, b, negated(b)), now if was else not now),
            (n <= m, low <= high),
            (n < m, low < high),
            (n >= 1, low >= 1),
            (n == m, low == high),
            (n != 2, low != 2),
            (whole(n), Fraction(low).denominator == 1),
        ]
        return self.random.choice(choices)

    def number(self, depth: int) -> tuple[Formula, int | Fraction]:
        """A number, and what it is."""
        if depth == 0:
            return self._leaf(self.random.choice((WHOLE, NUMBER)))
        some = [self.truth(depth - 1) for _ in range(self.random.randint(0, 4))]
        (a, was), (n, low), (m, high) = self.truth(depth - 1), self.number(depth - 1), self.number(depth - 1)
        by = fixed(Fraction(self.random.choice((-2, 3)), 2))
        choices: list[tuple[Formula, int | Fraction]] = [
            (how_many([part for part, _ in some]), sum(value for _, value in some)),
            (either(a, n, m), low if was else high),
            (n + m, low + high),
            (n - m, low - high),
            (n * by, low * by.value),
            (n / by, Fraction(low) / by.value),
            (as_number(n), low),
        ]
        return self.random.choice(choices)

    def _leaf(self, sort: str) -> tuple[Formula, Plain]:
        if self.random.random() < 0.3:
            value: Plain = self.random.random() < 0.5 if sort == TRUTH else self.random.randint(-1, 2)
            return fixed(value), value
        return self.random.choice([(part, value) for part, value in self.given.items() if part.sort == sort])


@pytest.mark.parametrize("seed", range(20))
def test_a_formula_is_what_it_says_here_and_for_z3(seed: int) -> None:
    """Under the values that were drawn, by putting them in, and by z3, of which the model says the same."""
    drawn = Drawn(Random(seed))
    made = [drawn.truth(3) for _ in range(fuzz_cases(30))]
    given: Mapping[Formula, Formula] = {part: fixed(value) for part, value in drawn.given.items()}
    known = dict[int, Formula]()
    assert [put_in(part, given, known) is fixed(value) for part, value in made] == [True] * len(made)
    stated = [part == value for part, value in given.items()]
    model, why = solve([*stated, *(part if value else negated(part) for part, value in made)])
    assert model is not None and why == ""
    assert [model.holds(part) for part, _ in made] == [value for _, value in made]
    assert solve([*stated, any_of([negated(part) if value else part for part, value in made])]) == (None, "")


@pytest.mark.parametrize("seed", range(20))
def test_what_conditions_force_is_put_in_and_changes_nothing(seed: int) -> None:
    """What is left of them holds just where they do, and one of the ways of each where it does."""
    drawn = Drawn(Random(seed))
    for _ in range(fuzz_cases(10)):
        conditions = [drawn.truth(drawn.random.randint(1, 3))[0] for _ in range(drawn.random.randint(1, 6))]
        first, *others = [all_of(conditions[:3]), *conditions[3:]]
        rest = Rest()
        left = all_of(rest.told.values()) if all(map(rest.add, [[first], others])) else FALSE
        same = [(left, all_of(conditions)), *((any_of(ways(each)), each) for each in conditions)]
        assert solve([any_of(negated(a == b) for a, b in same)]) == (None, "")


def test_what_is_impossible_is_told_from_what_is_not() -> None:
    impossible = Impossible(Z3Objects(), 100_000)
    given = [X + 1 <= N, implies(A, X >= 2), N <= 2, either(B, A, negated(C)), (N * 1 == 2) == B]
    asked = [A, B, C, all_of(negated(B), C), whole(X / 2), how_many([A, B, C]) >= 2, Fraction(1, 3) >= X - 1]
    assert impossible(given, asked) == {A, B, C, all_of(negated(B), C), asked[5]}
    assert impossible([], asked) == set()


def test_what_is_made_alike_is_one_object() -> None:
    assert all_of(A, B) is all_of([A], B)
    assert (X <= 3) is negated(X > 3)
    assert (N == 2) is not (N == 3)


def test_what_is_constant_is_worked_out() -> None:
    found = [all_of(A, FALSE), any_of(A, TRUE), all_of(A, negated(A)), either(A, B, B), any_of(), all_of(A), A == TRUE]
    assert [part is want for part, want in zip(found, [FALSE, TRUE, FALSE, B, FALSE, A, A], strict=True)] == [True] * 7
    assert (either(A, fixed(1), either(B, fixed(2), fixed(3))) == 2) is all_of(negated(A), B)


def test_a_formula_is_no_truth_of_python() -> None:
    with pytest.raises(TypeError):
        bool(A == B)


def test_what_is_asked_hangs_on_nothing_that_was_made_before() -> None:
    asked = [any_of(A, negated(C)), (X + N) <= 3]
    text, variables = smt_lib(asked)
    _ = [free(TRUTH, f"other {number}") for number in range(50)]
    assert smt_lib(asked)[0] == text
    assert [part.value for part in variables] == ["a", "c", "x", "n"]
