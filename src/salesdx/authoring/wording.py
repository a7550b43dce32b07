"""Facts, values and lists in a reader's words, for the messages of checks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from salesdx.case.memory import show
from salesdx.language.conditions import Value

MANY = 4


def facts(values: Mapping[str, Value], of: Iterable[str]) -> str:
    """The facts among ``values`` that some names read, as a list."""
    wanted = set(of)
    return listed(f"`{name}` is {show(value)}" for name, value in values.items() if name in wanted)


def listed(parts: Iterable[str], join: str = "and") -> str:
    """Parts as a list for a sentence.

    >>> listed(["a", "b", "c"]), listed(["a"], "or")
    ('a, b and c', 'a')
    """
    known = list(parts)
    shown = known[:MANY] + ([f"{len(known) - MANY} more"] if len(known) > MANY else [])
    return f" {join} ".join(filter(None, (", ".join(shown[:-1]), *shown[-1:])))


def quoted(names: Iterable[str], join: str = "and") -> str:
    """Names in backticks, as a list."""
    return listed((f"`{name}`" for name in names), join)
