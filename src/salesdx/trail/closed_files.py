"""What closes a file: a refusal, for every later diagnosis of the same person, the same period and the same facts.

Facts are the same where the same is stated, whatever the case is called, in whichever order, words and comments: the
values of each term count, and not who says them, from which source, or of which day. Where the trail knows its people,
what nobody has vouched for is no fact, and changes none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from salesdx.case.persons import Persons
from salesdx.case.statement import Unknown
from salesdx.ledger.storage import EntryRow
from salesdx.trail.book import Book, Record
from salesdx.trail.results import result_of

Facts = tuple[str, frozenset[tuple[str, str]]]
"""The period, and every (term, value) that is stated."""
NOTHING = (Unknown.NOT_ASKED, Unknown.NOT_KNOWN)
"""Whoever says this states nothing."""


def stated_facts(book: Book, record: Record, rows: Mapping[int, EntryRow]) -> Facts | None:
    """What a diagnosis rests on; None where a part of it was erased. ``rows`` are those that are read already."""
    if record.body is None or record.type != "diagnosis":
        return None
    persons = Persons.of(record.body["persons"]) if "persons" in record.body else None
    found: set[tuple[str, str]] = set()
    for seq in record.inputs:
        answer = book.read(rows[seq] if seq in rows else book.reader.row(seq))
        if answer.body is None:
            return None
        term, said = answer.body["term"], answer.body["statements"]
        found.update((term, value) for value in _values(said if persons is None else _own(persons, term, said)))
    return str(result_of(record.body["result"]).get("period")), frozenset(found)


def one_file(one: Facts | None, other: Facts | None) -> bool:
    """Whether two diagnoses of a person are of one file; also where nobody can tell any more."""
    return one is None or other is None or one == other


def _own(persons: Persons, term: str, said: list[dict[str, Any]]) -> list[dict[str, Any]]:
    spoken = [(one, (term, one.get("by", ""), one.get("author", ""))) for one in said if not one.get("drawn")]
    return [one for one, voice in spoken if persons.said.get(voice)]


def _values(statements: list[dict[str, Any]]) -> Iterator[str]:
    for said in statements:
        if "withdrawn" not in said and said.get("unknown") not in NOTHING:
            yield _plain(str(said.get("value", said.get("unknown", ""))))


def _plain(value: str) -> str:
    """A number without the zeros that say nothing, anything else as it is.

    >>> _plain("9.50"), _plain("100"), _plain("yes")
    ('9.5', '100', 'yes')
    """
    try:
        return f"{Decimal(value).normalize():f}"
    except InvalidOperation:
        return value
