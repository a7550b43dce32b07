"""Differences in how offices and people record: an outcome, a stage, a kind of activity that one side alone uses.

Whoever enters each first talk as a deal loses more deals than who enters those alone that came to an offer. Such a
difference is one of recording, not of selling, and it is told before rates are compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

EXPECTED = 10
"""So many rows with a word would be expected at the others' share, and none is there: by luck once in e^10 times."""

Words = Mapping[str, int]
"""Word of a column -> the rows that have it."""


@dataclass(frozen=True, slots=True, order=True)
class RecordedApart:
    """A word that one side uses and the other does not, in the rows of a column (`deals.outcome`)."""

    column: str
    word: str
    used: bool
    """Whether the one who is looked at uses it; else all others do."""

    def told(self, who: str, others: str) -> str:
        """In words, with the names of both sides."""
        uses, lacks = (who, others) if self.used else (others, who)
        return f"{_plain(self.column)} '{self.word}' is used by {uses} and never by {lacks}"


def recorded_apart(column: str, own: Words, others: Iterable[Words]) -> list[RecordedApart]:
    """The words of a column that one side alone uses, where EXPECTED rows with it would be expected on the other."""
    rest: dict[str, int] = {}
    for each in others:
        for word, n in each.items():
            rest[word] = rest.get(word, 0) + n
    own_rows, other_rows = sum(own.values()), sum(rest.values())
    words = [
        RecordedApart(column, word, used=True)
        for word, n in own.items()
        if not rest.get(word) and n * other_rows >= EXPECTED * own_rows and n >= EXPECTED
    ]
    words += [
        RecordedApart(column, word, used=False)
        for word, n in rest.items()
        if not own.get(word) and own_rows and n * own_rows >= EXPECTED * other_rows
    ]
    return sorted(words)


def offices_apart(column: str, offices: Mapping[str, Words]) -> list[tuple[str, RecordedApart]]:
    """What one office alone does, or alone leaves out; each office with its difference. None for a single office."""
    told: list[tuple[str, RecordedApart]] = []
    for office, words in sorted(offices.items()):
        others = [other for name, other in offices.items() if name != office]
        for apart in recorded_apart(column, words, others):
            if apart.used or (len(others) > 1 and all(other.get(apart.word) for other in others)):
                told.append((office, apart))
    return told


def _plain(column: str) -> str:
    return column.partition(".")[2].replace("_", " ")
