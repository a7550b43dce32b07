"""Names and texts as SQL writes them, and what runs a statement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol


class QueryRefused(Exception):
    """DuckDB does not run a statement; the message is the first line of its words."""

    def __init__(self, words: str) -> None:
        line = next(iter(words.splitlines()), "")
        super().__init__(line.partition("Error: ")[2] or line)


class Run(Protocol):
    """Runs one statement with its parameters in order, and gives its rows. Raises QueryRefused."""

    def __call__(self, sql: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]: ...


def sql_name(name: str) -> str:
    """A name as SQL writes it, whatever stands in it.

    >>> sql_name('Order "Date"')
    '"Order ""Date""\"'
    """
    return '"' + name.replace('"', '""') + '"'


def sql_string(text: str) -> str:
    """A text as SQL writes it.

    >>> sql_string("it's")
    "'it''s'"
    """
    return "'" + text.replace("'", "''") + "'"
