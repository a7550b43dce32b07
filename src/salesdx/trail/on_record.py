"""What earlier records of a subject hold: a statement that was on record once is not lost by leaving it out."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from salesdx.case.left_out import Stated, lacking, recorded_statement, repeats, statement_data
from salesdx.case.memory import WorkingMemory
from salesdx.case.statement import Statement
from salesdx.ledger.log import Person
from salesdx.ledger.standalone.register import TYPED
from salesdx.ledger.storage import LogReader
from salesdx.trail.book import Book, Record
from salesdx.trail.concerned import subjects_named
from salesdx.trail.own_words import last_words, persons_of

ANSWER = ("answer",)


def with_earlier(reader: LogReader, memory: WorkingMemory, by: Person) -> WorkingMemory:
    """A case with what earlier records of its subject hold and it lacks; and, for somebody whom the trail knows, with
    who is known to have said what of it, and whether its diagnosis is a trial."""
    found = _with_left_out(reader, memory)
    if by.identity == TYPED:
        return found
    book = Book(reader)
    return replace(found, persons=persons_of(book, memory, by), trial=book.people.untried(memory.base.digest))


def _with_left_out(reader: LogReader, memory: WorkingMemory) -> WorkingMemory:
    """A case with the statements that it lacks and that an earlier record of its subject holds, in any case of theirs.

    Other words in somebody's name do not take the place of their own, nor do words that they said before, or a
    withdrawal that they did not vouch for. What was erased counts no more. A case whose subject has no reference lacks
    nothing.
    """
    ref = memory.subject.get("ref", "")
    subjects = subjects_named(reader, ref) if ref else set()
    case = reader.pseudonym("case", memory.case) if ref and memory.case else None
    records = _earlier(Book(reader), subjects, case)
    gone = lacking(memory, _last(memory, records))
    about = [record for record in records if record.subject is not None]
    changed = (
        (term, recorded_statement(memory.base, term, told))
        for term, told in last_words(about, memory)
        if term in memory.base.terms and all(told != statement_data(one) for one in memory.statements.get(term, ()))
    )
    return replace(memory, left_out=(*gone, *(one for one in changed if one not in gone)))


def _earlier(book: Book, subjects: Collection[str], case: str | None) -> list[Record]:
    """The answers about a subject, in order; also what was recorded before its case named the subject."""
    records = [record for subject in subjects for record in book.records(subject=subject, types=ANSWER)]
    cases = dict.fromkeys([*(record.case.pseudonym for record in records if record.case), *([case] if case else ())])
    for name in cases:
        records += [record for record in book.records(case=name, types=ANSWER) if record.subject is None]
    return sorted(records, key=lambda record: record.seq)


def _last(memory: WorkingMemory, records: Sequence[Record]) -> tuple[Stated, ...]:
    """The last statement of each voice on each term."""
    found: dict[str, list[Statement]] = {}
    for record in records:
        for term, said in _statements(memory, record):
            found[term] = [*(one for one in found.get(term, ()) if not repeats(said, one)), said]
    return tuple((term, said) for term, statements in found.items() for said in statements)


def _statements(memory: WorkingMemory, record: Record) -> list[Stated]:
    """What a record of an answer holds; nothing where it was erased, or on a term that these rules do not know."""
    body = record.body or {}
    term = body.get("term", "")
    if term not in memory.base.terms:
        return []
    return [(term, recorded_statement(memory.base, term, told)) for told in body["statements"]]
