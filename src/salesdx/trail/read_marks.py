"""Who was shown what of a person: the marks of reads at the service, and what was read and is on record itself."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from salesdx.ledger.marks import all_marks
from salesdx.ledger.storage import EntryRow
from salesdx.trail.book import Book, Named
from salesdx.trail.concerned import rows_about, same_subjects
from salesdx.trail.rights import EMPLOYEE

IN_THE_LOG = ("case_against", "letter", "statement", "export")
"""Types of records that say themselves that somebody read: they have no mark."""


@dataclass(frozen=True)
class Opened:
    """Records of a person that somebody was shown: when, who (an identifier; empty where it is not told), as what."""

    time: str
    person: str
    role: str
    kind: str
    records: tuple[int, ...]

    def to_dict(self) -> dict[str, Any]:
        return {
            "time": self.time,
            "person": self.person,
            "role": self.role,
            "kind": self.kind,
            "records": list(self.records),
        }


@dataclass(frozen=True)
class ReadsOfPerson:
    """Who read what on a subject, the oldest first; ``missing`` marks are not there whose numbers were given."""

    subject: Named
    opened: tuple[Opened, ...]
    missing: int

    def to_dict(self) -> dict[str, Any]:
        """The reads as JSON-ready data."""
        return {
            "subject": self.subject.to_dict(),
            "reads": [one.to_dict() for one in self.opened],
            "missing": self.missing,
        }


def reads_of(book: Book, name: str, by_role: bool = False) -> ReadsOfPerson:
    """Who read what on a subject, by its name or pseudonym; ``by_role``: who it was is told by the role alone.

    Raises NoSuch where the trail has none of that name.
    """
    subject = book.pseudonym("subject", name)
    subjects = same_subjects(book.reader, subject)
    rows = rows_about(book.reader, None, subjects)
    found = sorted((*_marked(book, rows), *_recorded(book, rows, subjects)), key=lambda one: one.time)
    told = tuple(Opened(one.time, "", one.role, one.kind, one.records) for one in found) if by_role else tuple(found)
    return ReadsOfPerson(book.name(subject), told, missing_marks(book))


def missing_marks(book: Book) -> int:
    """How many marks are gone between the oldest that is kept and the newest: each has the number after the last."""
    numbers = [mark.number for mark in all_marks(book.reader)]
    return numbers[-1] - numbers[0] + 1 - len(numbers) if numbers else 0


def _marked(book: Book, rows: list[EntryRow]) -> Iterator[Opened]:
    numbers = [row.seq for row in rows]
    for mark in all_marks(book.reader):
        if shown := mark.shown(numbers):
            yield Opened(mark.time, mark.person, mark.role, mark.kind, shown)


def _recorded(book: Book, rows: list[EntryRow], subjects: Collection[str]) -> Iterator[Opened]:
    """What is on record: who was shown a case as they read the case against it, wrote a letter or stated a view for the
    person, and copies of the person, their cases, or everything."""
    theirs = {row.seq for row in rows}
    for record in book.records(types=IN_THE_LOG):
        of_all = record.type == "export" and record.case is None and record.subject is None
        if (record.seq not in theirs and not of_all) or (record.type, record.role) == ("statement", EMPLOYEE):
            continue
        case = record.case and record.case.pseudonym
        within = (row for row in rows if record.subject is not None or of_all or row.header["case"] == case)
        shown = tuple(row.seq for row in within if row.seq < record.seq)
        if record.type != "export":
            shown = record.inputs
        yield Opened(record.time, record.actor.name or record.actor.pseudonym, record.role, record.type, shown)
