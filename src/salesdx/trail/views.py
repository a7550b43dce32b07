"""What people said beside the facts of a case: the view of the person concerned, and overrides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from salesdx.engine.diagnosis import Diagnosis
from salesdx.explanation import WhatIf
from salesdx.explanation.what_if import what_if
from salesdx.text.issues import CaseError
from salesdx.trail.book import Book, Record
from salesdx.trail.concerned import beside
from salesdx.trail.results import result_of


@dataclass(frozen=True)
class PersonView:
    """A recorded statement of the person concerned; ``contested`` holds what they say, term -> value as text."""

    record: Record
    text: str
    contested: Mapping[str, str]


@dataclass(frozen=True)
class Contested:
    """Contested facts on one diagnosis: under both, or why some cannot be read by its rules."""

    both: WhatIf | None
    unread: tuple[str, ...] = ()


def records_beside(book: Book, record: Record, types: Sequence[str], start: int = 0) -> Iterator[Record]:
    """The records of some types about the same person as a record, in order, in whatever case."""
    case, subject = (named.pseudonym if named else None for named in (record.case, record.subject))
    yield from (book.read(row) for row in beside(book.reader, case, subject, start, types))


def views(book: Book, of: Record) -> Iterator[PersonView]:
    """The statements of the person whom a record is about, in order; erased ones are left out."""
    for record in records_beside(book, of, ("statement",)):
        if record.body is not None:
            contested = {entry["term"]: entry["stated"] for entry in record.body["contested"]}
            yield PersonView(record, record.body["text"], contested)


def contested(diagnosis: Diagnosis, said: Sequence[PersonView]) -> Contested:
    """The diagnosis under the firm's facts and under those of all statements, the last word on each counting."""
    wanted: dict[str, object] = {}
    for view in said:
        wanted |= view.contested
    unread = []
    for term, value in list(wanted.items()):
        try:
            what_if(diagnosis, {term: value})
        except CaseError as error:
            unread.append(f"{term}={value}: {error.issues[0].message}")
            del wanted[term]
    return Contested(what_if(diagnosis, wanted) if wanted else None, tuple(unread))


def overrides(book: Book, record: Record) -> Iterator[Record]:
    """The overrides of a diagnosis, in order; erased ones are left out."""
    yield from (one for one in book.resting_on(record) if one.type == "override" and one.body is not None)


def papers(book: Book, of: Record) -> Iterator[Record]:
    """The papers and pictures that are kept with the cases of a person, in order; erased ones are left out."""
    yield from (one for one in records_beside(book, of, ("attachment",)) if one.body is not None)


def earlier(book: Book, record: Record) -> Iterator[tuple[Record, Mapping[str, Any]]]:
    """The earlier diagnoses of the same person with their results, in order; erased ones are left out."""
    for one in records_beside(book, record, ("diagnosis",)):
        if one.seq < record.seq and one.body is not None:
            yield one, result_of(one.body["result"])
