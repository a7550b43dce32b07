"""One record as it was seen: with the explanations that were shown on the same facts, and what was done with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from salesdx.ledger.errors import TrailError
from salesdx.trail.book import Book, Record


@dataclass(frozen=True)
class SeenRecord:
    """A record; ``version`` is that of its rule base, ``erasure`` the record that took its content."""

    record: Record
    version: str
    erasure: Record | None
    explanations: tuple[Record, ...]
    after: tuple[Record, ...]

    def to_dict(self) -> dict[str, Any]:
        return self.record.to_dict() | {
            "version": self.version,
            "erasure": self.erasure and self.erasure.to_dict(),
            "explanations": [record.to_dict() for record in self.explanations],
            "after": [record.to_dict() for record in self.after],
        }


def seen(book: Book, seq: int) -> SeenRecord:
    """A record by its number, with what belongs to it. Raises TrailError where there is none."""
    record = book.record(seq)
    took = book.erased.get(seq) if record.body is None else None
    erasure = book.record(took) if took is not None and book.shows(took) else None
    version = ""
    if record.rule_base is not None:
        try:
            version = book.base(record.rule_base).version
        except TrailError:  # whatever became of its rules, the record is shown
            version = ""
    explanations: list[Record] = []
    if record.type == "diagnosis" and record.case is not None:
        for other in book.records(case=record.case.pseudonym, types=("explanation",)):
            same = (other.inputs, other.rule_base) == (record.inputs, record.rule_base)
            explanations += [other] if same and other.body is not None else []
    after = () if record.type == "answer" else tuple(book.resting_on(record))
    return SeenRecord(record, version, erasure, tuple(explanations), after)
