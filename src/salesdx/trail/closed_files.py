"""What closes a file: a refusal, for every later diagnosis of the same person, the same period and the same facts.

Facts are the same where the same is stated, whatever the case is called, in whichever order, words and comments: the
values of each term count, and not who says them, from which source, or of which day. Where the trail knows its people,
what nobody has vouched for is no fact, and changes none. A fact on which neither of two files rests makes no other file
of one: a word on what decides nothing opens none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from hashlib import sha256
from typing import Any

from salesdx.case.persons import Persons
from salesdx.case.statement import Unknown
from salesdx.explanation import Explanation
from salesdx.ledger.errors import TrailError
from salesdx.ledger.standalone.register import TYPED
from salesdx.ledger.storage import EntryRow
from salesdx.trail.book import Book, Record
from salesdx.trail.replay import replayed
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


def one_file(book: Book, one: Record, other: Record, rows: Mapping[int, EntryRow]) -> bool:
    """Whether two diagnoses of a person are of one file; also where nobody can tell any more."""
    found, there = stated_facts(book, one, rows), stated_facts(book, other, rows)
    if found is None or there is None or found == there:
        return True
    if found[0] != there[0]:
        return False
    terms = {term for term, _ in found[1] ^ there[1]}
    rests = (rests_on(book, one), rests_on(book, other))
    return not any(part is not None and terms & part for part in rests)


def changes_file(book: Book, record: Record, answer: Record, identity: str, rows: Mapping[int, EntryRow]) -> bool:
    """Whether an answer that came after a diagnosis changes a fact on which its file rests; where names are typed,
    every answer may. Somebody's own word does, on what their role may answer in this case."""
    if identity == TYPED or answer.body is None or record.body is None or record.rule_base is None:
        return True
    term, own = answer.body["term"], list(answer.body.get("own", ()))
    known = book.base(record.rule_base).terms.get(term)
    said = Persons.of(record.body["persons"]).said if "persons" in record.body else {}
    may = {known.respondent} if known is not None else set()
    if not own or answer.role not in may | {by for name, by, _ in said if name == term}:
        return False
    facts, now = stated_facts(book, record, rows), set(_values(own))
    if facts is not None and now and now <= {value for name, value in facts[1] if name == term}:
        return False
    rests = rests_on(book, record)
    return rests is None or term in rests


_RESTS: dict[int, tuple[str, frozenset[str] | None]] = {}
MOST_KEPT = 1_000


def rests_on(book: Book, record: Record) -> frozenset[str] | None:
    """The terms on which the file of a diagnosis rests: with all others unasked it would stand as it does. None where
    this program cannot run it again."""
    told = sha256(repr((record.rule_base, record.body)).encode()).hexdigest()
    if record.seq not in _RESTS or _RESTS[record.seq][0] != told:
        if len(_RESTS) >= MOST_KEPT:
            _RESTS.clear()
        _RESTS[record.seq] = told, _rests(book, record)
    return _RESTS[record.seq][1]


def _rests(book: Book, record: Record) -> frozenset[str] | None:
    try:
        found = replayed(book.reader, record.seq).diagnosis
    except TrailError:
        return None
    explained = Explanation(found)
    return frozenset(term for file in found.files for term in explained.support(file.stage.id).terms)


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
