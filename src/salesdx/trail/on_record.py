"""What earlier records of a subject hold: a statement that was on record once is not lost by leaving it out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from salesdx.case.left_out import Stated, lacking, recorded_statement, repeats, statement_data, wordless
from salesdx.case.memory import WorkingMemory
from salesdx.case.sealed_case import sealed_by
from salesdx.case.statement import Statement
from salesdx.ledger.log import Person
from salesdx.ledger.standalone.register import TYPED
from salesdx.ledger.storage import EntryRow, LogReader
from salesdx.trail.book import Book, Record
from salesdx.trail.concerned import subjects_named
from salesdx.trail.own_words import last_words, persons_of
from salesdx.trail.steps_left_out import steps_left_out

ANSWER = ("answer",)
FACTS_DRAWN = "facts_drawn"
"""The record of what a service drew into a case from the firm's systems, with the evidence."""


def with_earlier(
    reader: LogReader, memory: WorkingMemory, by: Person, sees: Callable[[EntryRow], bool] | None = None
) -> WorkingMemory:
    """A case with what earlier records of its subject hold and it lacks; and, for somebody whom the trail knows, with
    who is known to have said what of it, and whether its diagnosis is a trial.

    ``sees`` tells which records who asks sees: of the others they learn that somebody said something, and not what.
    """
    found = _with_seal(reader, _with_left_out(reader, memory, sees))
    if by.identity == TYPED:
        return found
    book = Book(reader)
    return replace(found, persons=persons_of(book, memory, by), trial=book.people.untried(memory.base.digest))


def evidence_kept(reader: LogReader, case: str) -> str:
    """The text of the evidence behind what a service drew last into a case, by its name; empty where it drew none."""
    pseudonym = reader.pseudonym("case", case) if case else None
    if pseudonym is None:
        return ""
    row = next(reader.rows(case=pseudonym, types=(FACTS_DRAWN,), newest_first=True), None)
    return str((row.content or {}).get("body", {}).get("evidence", "")) if row is not None else ""


def _with_seal(reader: LogReader, memory: WorkingMemory) -> WorkingMemory:
    """A case with the seal of the evidence that the trail keeps, where it does not lie beside the case itself."""
    drawn = any(said.drawn for statements in memory.statements.values() for said in statements)
    kept = evidence_kept(reader, memory.case) if drawn and memory.evidence is None else ""
    return sealed_by(memory, kept.encode()) if kept else memory


def _with_left_out(reader: LogReader, memory: WorkingMemory, sees: Callable[[EntryRow], bool] | None) -> WorkingMemory:
    """A case with the statements that it lacks and that an earlier record of its subject holds, in any case of theirs;
    and with what was done about them, on record, and is lacking.

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
    left_out = (*gone, *(one for one in changed if one not in gone))
    if sees is not None and left_out:
        seen = [one for record in records if sees(reader.row(record.seq)) for one in _statements(memory, record)]
        left_out = tuple((term, said if (term, said) in seen else wordless(said)) for term, said in left_out)
    return replace(memory, left_out=(*left_out, *steps_left_out(reader, memory, subjects, case, sees)))


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
