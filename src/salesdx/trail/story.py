"""The whole story of a case: every record in order, and what changed between two diagnoses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from salesdx.engine.comparing import Difference, differences
from salesdx.ledger.errors import NoSuch, TrailError
from salesdx.trail.book import UNSEEN, Book, Named, Record
from salesdx.trail.listing import what
from salesdx.trail.results import result_of
from salesdx.trail.rule_bases import BaseChange


@dataclass(frozen=True)
class FactChange:
    """A fact that was stated anew, changed or taken back: what was said before and after, by whom it was recorded.

    ``before`` and ``after`` are statements as records hold them. ``withheld`` says why they are not shown.
    """

    seq: int
    time: str
    actor: Named
    role: str
    term: str
    before: tuple[Mapping[str, Any], ...]
    after: tuple[Mapping[str, Any], ...]
    withheld: str = ""

    def to_dict(self) -> dict[str, Any]:
        return {
            "seq": self.seq,
            "time": self.time,
            "actor": self.actor.to_dict(),
            "role": self.role,
            "term": self.term,
            "before": [dict(said) for said in self.before],
            "after": [dict(said) for said in self.after],
            "withheld": self.withheld,
        }


@dataclass(frozen=True)
class Since:
    """What changed since the diagnosis before: facts, rules and result."""

    seq: int
    facts: tuple[FactChange, ...]
    base: BaseChange | None
    results: tuple[Difference, ...]

    def to_dict(self) -> dict[str, Any]:
        return {
            "seq": self.seq,
            "facts": [change.to_dict() for change in self.facts],
            "rule_base": self.base and self.base.to_dict(),
            "results": [change.to_dict() for change in self.results],
        }


@dataclass(frozen=True)
class StoryEvent:
    """One record of a case; a diagnosis with what changed since the one before."""

    record: Record
    what: str
    since: Since | None = None

    def to_dict(self) -> dict[str, Any]:
        told = self.record.to_dict() | {"what": self.what}
        return told | {"since": self.since.to_dict()} if self.since else told


@dataclass(frozen=True)
class Story:
    """A case and its records in order."""

    case: Named
    subject: Named | None
    events: tuple[StoryEvent, ...]
    labels: Mapping[str, str]
    """Term -> its label, if it has one, by the rules of the last diagnosis; empty where they cannot be read."""
    hidden: int = 0
    """Records of the case that the reader does not see."""

    def to_dict(self) -> dict[str, Any]:
        told = {
            "case": self.case.to_dict(),
            "subject": self.subject and self.subject.to_dict(),
            "events": [event.to_dict() for event in self.events],
        }
        return told | {"hidden": self.hidden} if self.hidden else told


def story(book: Book, case: str) -> Story:
    """The story of a case, by its name or pseudonym. Raises NoSuch where the trail has no such case."""
    pseudonym = book.pseudonym("case", case)
    events = told_events(book, book.records(case=pseudonym))
    if not events:
        raise NoSuch(UNSEEN)
    subject = next((event.record.subject for event in reversed(events) if event.record.subject), None)
    named = next((e.record.case for e in events if e.record.case and e.record.case.name), book.name(pseudonym))
    every = sum(1 for _ in book.reader.rows(case=pseudonym)) if book.sees is not None else 0
    hidden = max(0, every - sum(event.record.case is not None for event in events))
    return Story(named, subject, events, last_labels(book, events), hidden)


def told_events(book: Book, records: Iterable[Record]) -> tuple[StoryEvent, ...]:
    """Records in order, each diagnosis with what changed since the last one of its case, and the erasures that took
    what some of them held."""
    events: list[StoryEvent] = []
    before: dict[str, Record] = {}
    for record in records:
        since = None
        if record.type == "diagnosis":
            case = record.case.pseudonym if record.case else ""
            since = changes_since(book, before[case], record) if case in before else None
            before[case] = record
        events.append(StoryEvent(record, what(record), since))
    known = {event.record.seq for event in events}
    took = {book.erased[event.record.seq] for event in events if event.record.seq in book.erased} - known
    events += [StoryEvent(record, what(record)) for record in map(book.record, filter(book.shows, took))]
    return tuple(sorted(events, key=lambda event: event.record.seq))


def last_labels(book: Book, events: Sequence[StoryEvent]) -> Mapping[str, str]:
    """Term -> its label by the rules of the last diagnosis among some records; empty where they cannot be read."""
    last = next((event.record for event in reversed(events) if event.record.type == "diagnosis"), None)
    try:
        return book.base(last.rule_base or "").labels if last is not None else {}
    except TrailError:
        return {}


def changes_since(book: Book, before: Record, after: Record) -> Since:
    """What changed between two diagnoses of one case."""
    results: tuple[Difference, ...] = ()
    if before.body is not None and after.body is not None:
        results = differences(result_of(before.body["result"]), result_of(after.body["result"]))
    base = book.base_change(before.rule_base or "", after.rule_base or "")
    return Since(before.seq, tuple(_facts(book, before, after)), base, results)


def _facts(book: Book, before: Record, after: Record) -> Iterator[FactChange]:
    """The answers that were recorded between two diagnoses, also those that took a fact back."""
    if after.case is None:
        return
    for record in book.records(before.seq + 1, case=after.case.pseudonym, types=("answer",)):
        if record.seq >= after.seq:
            break
        yield fact_change(record)


def fact_change(record: Record) -> FactChange:
    """What the record of an answer changed."""
    body = record.body or {"term": "", "before": (), "statements": ()}
    return FactChange(
        record.seq,
        record.time,
        record.actor,
        record.role,
        body["term"],
        tuple(body["before"]),
        tuple(body["statements"]),
        record.withheld,
    )
