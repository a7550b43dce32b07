"""Everything on record about one person, in order, over all of their cases."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from salesdx.ledger.errors import Refused
from salesdx.ledger.storage import EntryRow
from salesdx.trail.book import Book, Named
from salesdx.trail.concerned import rows_about, same_subjects
from salesdx.trail.holds import Hold, held
from salesdx.trail.listing import what
from salesdx.trail.retention import kept_cases, policy_base
from salesdx.trail.story import StoryEvent, last_labels, told_events


@dataclass(frozen=True)
class CaseInFile:
    """A case of the person: its records (without those about others), its newest result, and until when it is kept."""

    case: Named
    records: int
    others: int
    """Records of the case that name another subject: they are that one's, and not in this file."""
    first: str
    last: str
    result: str
    until: date | None

    def to_dict(self) -> dict[str, Any]:
        return {
            "case": self.case.to_dict(),
            "records": self.records,
            "others": self.others,
            "first": self.first,
            "last": self.last,
            "result": self.result,
            "kept_until": self.until and self.until.isoformat(),
        }


@dataclass(frozen=True)
class PersonFile:
    """A subject, its cases in the order in which they began, holds that bind it now, and its records in order."""

    subject: Named
    cases: tuple[CaseInFile, ...]
    holds: tuple[Hold, ...]
    events: tuple[StoryEvent, ...]
    labels: Mapping[str, str]

    def to_dict(self) -> dict[str, Any]:
        """The file as JSON-ready data."""
        return {
            "subject": self.subject.to_dict(),
            "cases": [case.to_dict() for case in self.cases],
            "holds": [hold.to_dict() for hold in self.holds],
            "events": [event.to_dict() for event in self.events],
        }


def person_file(book: Book, name: str) -> PersonFile:
    """Everything on a subject, by its name or pseudonym. Raises TrailError where the trail has none of that name."""
    subject = book.pseudonym("subject", name)
    subjects = same_subjects(book.reader, subject)
    rows = rows_about(book.reader, None, subjects)
    events = told_events(book, map(book.read, rows))
    cases = tuple(_case(book, case, subjects, events) for case in person_cases(rows))
    named = next((event.record.subject for event in events if event.record.subject), book.name(subject))
    holds = held(book.reader, {*subjects, *(case.case.pseudonym for case in cases)})
    return PersonFile(named, cases, holds, events, last_labels(book, events))


def person_cases(rows: list[EntryRow]) -> list[str]:
    """The cases (pseudonyms) of some records, in the order in which they began there."""
    return list(dict.fromkeys(case for row in rows if (case := row.header["case"]) is not None))


def _case(book: Book, case: str, subjects: Collection[str], events: tuple[StoryEvent, ...]) -> CaseInFile:
    mine = [event.record for event in events if event.record.case and event.record.case.pseudonym == case]
    newest = next((record for record in reversed(mine) if record.type == "diagnosis" and record.body), None)
    others = sum(row.header["subject"] not in (None, *subjects) for row in book.reader.rows(case=case))
    named = next((record.case for record in mine if record.case and record.case.name), book.name(case))
    return CaseInFile(
        named,
        len(mine),
        others,
        mine[0].time,
        mine[-1].time,
        what(newest) if newest else "",
        next(_kept_until(book, case), None),
    )


def _kept_until(book: Book, case: str) -> Iterator[date]:
    """The last day on which a case is kept by the policy in force; nothing where there is none."""
    try:
        yield from (kept.until for kept in kept_cases(book.reader, policy_base(book.reader), case))
    except Refused:
        return
