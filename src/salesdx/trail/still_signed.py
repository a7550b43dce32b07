"""Which diagnosis of a case people sign: the newest, or the one before it that still counts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from salesdx.case.memory import WorkingMemory
from salesdx.ledger.errors import TrailError
from salesdx.ledger.log import Appender, Person
from salesdx.ledger.standalone.register import TYPED, Register
from salesdx.ledger.storage import EntryRow
from salesdx.trail.book import Book, Record
from salesdx.trail.closed_files import takes_away
from salesdx.trail.concerned import beside
from salesdx.trail.results import result_of
from salesdx.trail.sealed import opens
from salesdx.trail.sign_off_story import State, state_of, story_of

SIGNING = ("sign_off", "case_against")


def diagnosis_to_sign(book: Book, newest: Record, now: datetime, register: Register | None) -> Record:
    """The diagnosis of a case that people sign, by its newest one: an older one that they have begun to read or sign,
    and that the newest, of the same period, leaves as it was. Raises TrailError."""
    if newest.case is None:
        return newest
    for type in SIGNING:
        row = next(book.reader.rows(case=newest.case.pseudonym, types=(type,), newest_first=True), None)
        inputs = row.header["inputs"] if row is not None else ()
        if inputs and inputs[0] < newest.seq:
            begun = book.record(inputs[0])
            if begun.subject == newest.subject and _counts(book, begun, newest, now, register):
                return begun
        if inputs:
            break
    return newest


def _counts(book: Book, begun: Record, newest: Record, now: datetime, register: Register | None) -> bool:
    if begun.body is None or newest.body is None:
        return False
    if result_of(begun.body["result"]).get("period") != result_of(newest.body["result"]).get("period"):
        return False
    ended = (State.VOID, State.REFUSED)
    return state_of(begun.seq, story_of(book, begun.seq, "", now, register)).state not in ended


def opened_with(appender: Appender, memory: WorkingMemory, by: Person) -> dict[str, dict[str, str]]:
    """What a diagnosis that is about to be recorded opens of the sealed decisions on its person: those of files that
    count no more, by what is on record or by this diagnosis; where names are typed, all."""
    return opens(appender, memory.case, memory.subject.get("ref", ""), _ended(appender, memory, by))


def _ended(appender: Appender, memory: WorkingMemory, by: Person) -> Callable[[EntryRow], bool]:
    book = Book(appender.reader)

    def ended(row: EntryRow) -> bool:
        if by.identity == TYPED:
            return True
        try:
            record = book.diagnosis(row.header["inputs"][0])
            story = story_of(book, record.seq, "", appender.now(), book.people)
        except TrailError:  # what it rests on is there no more
            return True
        rows = {one.seq: one for one in beside(book.reader, row.header["case"], row.header["subject"])}
        return state_of(record.seq, story).state is State.VOID or bool(takes_away(book, record, memory, rows))

    return ended
