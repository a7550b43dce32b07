"""Facts and long lists in a reader's words, for the messages of checks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from salesdx.case.statement import shown_value
from salesdx.language.conditions import Value
from salesdx.text.english import listed

MANY = 4


def facts(values: Mapping[str, Value], of: Iterable[str]) -> str:
    """The facts among ``values`` that some names read, as a list."""
    wanted = set(of)
    return first_few(f"`{name}` is {shown_value(value)}" for name, value in values.items() if name in wanted)


def first_few(parts: Iterable[str], last: str = "and") -> str:
    """The first parts as a list for a sentence, and how many more there are.

    >>> first_few("abcde"), first_few(["a", "b"], "or")
    ('a, b, c, d and 1 more', 'a or b')
    """
    known = list(parts)
    return listed(known[:MANY] + ([f"{len(known) - MANY} more"] if len(known) > MANY else []), last)


def quoted(names: Iterable[str], last: str = "and") -> str:
    """Names in backticks, as a list."""
    return first_few((f"`{name}`" for name in names), last)
