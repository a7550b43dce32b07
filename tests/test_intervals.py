"""Imprecise values: what is decided on an interval is the same at every point inside it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from salesdx.language.conditions import Arithmetic, Name, truth, unknown_names, value
from salesdx.language.intervals import Interval, between
from salesdx.language.parsing import parse_condition
from salesdx.language.unknowns import reader


def parsed(text: str) -> Any:
    return parse_condition(text, functions=True)


@pytest.mark.parametrize(
    ("low", "high", "test", "holds"),
    [
        (111, 120, "a > 110", True),
        (110, 120, "a > 110", None),
        (110, 120, "a >= 110", True),
        (105, 110, "a > 110", False),
        (None, 109, "a < 110", True),
        (None, 110, "a < 110", None),
        (110, None, "a > 110", None),
        (8, 12, "a == 10", None),
        (8, 12, "a != 13", True),
        (8, 12, "a == 13", False),
        (8, 12, "a <= 12", True),
        (8, 12, "a <= 7", False),
        (1, 2, "a - a >= -1", True),
        (1, 2, "a - a == 0", None),
        (1, 2, "a * a <= 4", True),
        (-1, 2, "1 / a > 0", None),
        (1, None, "1 / a >= 0", True),
        (0, 2, "1 / a > 0", None),
        (2, 4, "1 / a <= 0.5 and 1 / a >= 0.25", True),
    ],
)
def test_a_test_on_an_interval(low: int | None, high: int | None, test: str, holds: bool | None) -> None:
    ends = (None if end is None else D(end) for end in (low, high))
    assert truth(parsed(test), {"a": Interval(*ends)}) is holds


@pytest.mark.parametrize(
    ("text", "a", "b", "result"),
    [
        ("a + b", (1, 2), (10, 20), (11, 22)),
        ("a - b", (1, 2), (10, 20), (-19, -8)),
        ("a * b", (-1, 2), (10, 20), (-20, 40)),
        ("a / b", (6, 6), (40, 48), (Fraction(1, 8), Fraction(3, 20))),
        ("a / b", (1, 2), (0, 5), None),
        ("a * b", (0, 2), (5, None), None),
        ("a * b", (1, 2), (5, None), (5, None)),
        ("a * b", (-2, -1), (5, None), (None, -5)),
        ("a / b", (-4, 2), (1, None), (-4, 2)),
        ("a / b", (1, None), (2, 4), (Fraction(1, 4), None)),
        ("a / b", (1, None), (2, None), None),
        ("a + b", (1, None), (None, 5), None),
        ("min(a, b)", (1, 9), (5, None), (1, 9)),
        ("max(a, b)", (1, 9), (5, None), (5, None)),
    ],
)
def test_a_calculation_by_its_ends(text: str, a: Any, b: Any, result: Any) -> None:
    values = {n: between(*(None if e is None else D(e) for e in ends)) for n, ends in (("a", a), ("b", b))}
    found = value(parsed(f"{text} > 0").left, values)
    assert (found and (found.low, found.high)) == result


def test_days_between_imprecise_dates() -> None:
    last = Interval(date(2026, 6, 1), date(2026, 6, 30))
    found = value(Arithmetic("-", Name("end"), Name("last")), {"end": date(2026, 9, 30), "last": last})
    assert found == Interval(Fraction(92), Fraction(121))


def test_an_imprecise_name_is_named_only_where_its_test_is_undecided() -> None:
    values = {"a": Interval(D(1), D(9)), "b": D(1)}
    for text, wanted in (("a > 5 or b > 2", ("a",)), ("a > 5 and c > 1", ("a", "c")), ("a > 0 and c > 1", ("c",))):
        expr = parsed(text)
        assert unknown_names(expr, values) == wanted == reader(expr)(values), text


_numbers = st.integers(-4, 4).map(D)
_expressions = st.deferred(
    lambda: (
        st.sampled_from(["a", "b", "c", "1", "-2"])
        | st.tuples(_expressions, st.sampled_from("+-*/"), _expressions).map(lambda p: f"({p[0]} {p[1]} {p[2]})")
        | st.tuples(st.sampled_from(["min", "max"]), _expressions, _expressions).map(
            lambda p: f"{p[0]}({p[1]}, {p[2]})"
        )
    )
)


@given(
    st.tuples(_expressions, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), _expressions),
    st.tuples(*[st.tuples(_numbers, st.integers(0, 3), st.booleans())] * 3),
    st.lists(st.integers(0, 12), min_size=3, max_size=3),
)
def test_what_is_decided_holds_at_every_point_inside(parts: Any, ends: Any, at: list[int]) -> None:
    """The measure of soundness: a decided truth is that of each point, and a point is never less decided."""
    expr = parsed(" ".join(parts))
    wide = {
        n: between(low, None if open_ended else low + width)
        for n, (low, width, open_ended) in zip("abc", ends, strict=True)
    }
    inside = {
        n: low + (D(k) if open_ended else D(k * width) / 12)
        for (n, (low, width, open_ended)), k in zip(zip("abc", ends, strict=True), at, strict=True)
    }
    decided = truth(expr, wide)
    assert decided is None or truth(expr, inside) is decided
