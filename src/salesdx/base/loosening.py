"""Whether a condition was loosened, as far as that is seen by looking; `salesdx prove --against` decides the rest."""

from __future__ import annotations

from salesdx.language.conditions import And, Compare, Expr, In, Literal, Or
from salesdx.language.rewriting import without_places

ALWAYS, NEVER = Literal(True), Literal(False)


def loosened(was: Expr, now: Expr) -> bool:
    """Whether a condition is true wherever it was and elsewhere too: something it demanded is gone, or a way was added.

    >>> from salesdx.language.parsing import parse_condition as read
    >>> loosened(read("a and b > 1"), read("a")), loosened(read("a"), read("a and b > 1"))
    (True, False)
    >>> loosened(read("a == 'x'"), read("a in ['x', 'y']")), loosened(read("b > 1"), read("b > 0"))
    (True, False)
    """
    was, now = without_places(was), without_places(now)
    if was in (now, ALWAYS) or now == NEVER:
        return False
    return was == NEVER or now == ALWAYS or demands(now) < demands(was) or _ways(was) < _ways(now)


def demands(expr: Expr) -> frozenset[Expr]:
    """What must all be true."""
    expr = without_places(expr)
    return frozenset(expr.parts) if isinstance(expr, And) else frozenset([expr])


def _ways(expr: Expr) -> frozenset[Expr]:
    """What is each enough alone."""
    if isinstance(expr, Or):
        return frozenset(way for part in expr.parts for way in _ways(part))
    if isinstance(expr, In):
        return frozenset(Compare("==", expr.left, value) for value in expr.values)
    return frozenset([expr])
