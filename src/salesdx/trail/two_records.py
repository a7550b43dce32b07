"""Two recorded diagnoses side by side: facts, truths of rules, results and rule bases, only where they differ."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from salesdx.case.statement import Unknown
from salesdx.engine.comparing import Difference, differences
from salesdx.engine.diagnosis import Diagnosis
from salesdx.explanation.derivation import truth_word
from salesdx.explanation.phrases import quantity
from salesdx.ledger.errors import TrailError
from salesdx.trail.book import Book, Record
from salesdx.trail.replay import Replayed, replay
from salesdx.trail.results import result_of
from salesdx.trail.rule_bases import BaseChange


@dataclass(frozen=True)
class RecordComparison:
    """What two records of diagnoses have differently. ``doubts`` tells of a record that no longer replays."""

    before: Record
    after: Record
    base: BaseChange | None
    facts: tuple[Difference, ...]
    truths: tuple[Difference, ...]
    results: tuple[Difference, ...]
    doubts: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        def header(record: Record) -> dict[str, Any]:
            return {key: part for key, part in record.to_dict().items() if key != "body"}

        return {
            "before": header(self.before),
            "after": header(self.after),
            "rule_base": self.base and self.base.to_dict(),
            "facts": [difference.to_dict() for difference in self.facts],
            "truths": [difference.to_dict() for difference in self.truths],
            "results": [difference.to_dict() for difference in self.results],
            "doubts": list(self.doubts),
        }


def compare_records(book: Book, one: int, other: int) -> RecordComparison:
    """Two records of diagnoses, of one case or two. Raises TrailError where one is none, or cannot be read."""
    before, after = book.diagnosis(one), book.diagnosis(other)
    ran = [again(book, record) for record in (before, after)]
    doubts = tuple(
        f"record {record.seq} does not replay: its facts and truths below are what this program finds"
        for record, found in zip((before, after), ran, strict=True)
        if not found.same
    )
    diagnoses = [found.diagnosis for found in ran]
    return RecordComparison(
        before,
        after,
        book.base_change(before.rule_base or "", after.rule_base or ""),
        tuple(_facts(*diagnoses)),
        tuple(_truths(*diagnoses)),
        differences(result_of(ran[0].wanted), result_of(ran[1].wanted)),
        doubts,
    )


def again(book: Book, record: Record) -> Replayed:
    """The record of a diagnosis run again on the rules of its day. Raises TrailError."""
    files = book.files(record.rule_base or "")
    if record.body is None or files is None:
        raise TrailError(f"record {record.seq} cannot be run again: {record.withheld or 'its rules are not there'}")
    return replay(record.body, files, record.engine)


def fact_told(diagnosis: Diagnosis, term: str) -> str:
    """What a fact is in a case, with its unit, or why it is unknown."""
    known = diagnosis.matches.values.get(term)
    if known is not None:
        return quantity(diagnosis.memory, diagnosis.base.terms[term], known)
    return str(diagnosis.memory.fact(term).unknown or Unknown.NOT_ASKED)


def _facts(one: Diagnosis, other: Diagnosis) -> Iterator[Difference]:
    for term in dict.fromkeys([*one.base.terms, *other.base.terms]):
        was, now = (fact_told(d, term) if term in d.base.terms else "no such term" for d in (one, other))
        if was != now:
            made = other.base.terms.get(term) or one.base.terms[term]
            yield Difference("fact", term, made.called, was, now, was, now)


def _truths(one: Diagnosis, other: Diagnosis) -> Iterator[Difference]:
    for id in dict.fromkeys([*one.base.rule, *other.base.rule]):
        was, now = (truth_word(d.matches.truths[id]) if id in d.base.rule else "no such rule" for d in (one, other))
        if was != now:
            rule = other.base.rule.get(id) or one.base.rule[id]
            yield Difference("truth", id, rule.title or rule.finding, was, now, was, now)
