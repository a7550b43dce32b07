"""Records in a list."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from salesdx.render.blocks import Block, Paragraph, Report, Section, Table
from salesdx.render.trail.words import FOOTER, known_name, time_words
from salesdx.trail.book import type_words
from salesdx.trail.listing import Listed, Wanted

HEADER = ("record", "when", "what", "case", "by")
CSV = ("record", "time", "type", "case", "subject", "actor", "role", "what")


def list_report(found: Sequence[Listed], wanted: Wanted, trail: str) -> Report:
    """The records that fit, the newest last."""
    blocks: tuple[Block, ...] = (Paragraph("No record fits."),)
    if found:
        blocks = (Table(HEADER, tuple(_row(listed) for listed in found)),)
    limited = ", ".join(_limits(wanted))
    about = (("Trail", trail), ("Records", str(len(found))), *((("Only", limited),) if limited else ()))
    return Report("Records of the trail", about, (Section("records", "Records", blocks),), FOOTER)


def _row(listed: Listed) -> tuple[str, ...]:
    record = listed.record
    subject = f" ({known_name(record.subject)})" if record.subject else ""
    what = f"{type_words(record.type)}: {listed.what}" if listed.what else type_words(record.type)
    return str(record.seq), time_words(record.time), what, known_name(record.case) + subject, known_name(record.actor)


def _limits(wanted: Wanted) -> Iterator[str]:
    for word in ("case", "subject", "actor", "stage", "status", "rule", "since", "until"):
        if value := getattr(wanted, word):
            yield f"{word} {value}"
    if wanted.types:
        yield f"type {' or '.join(map(type_words, wanted.types))}"
    if wanted.limit is not None:
        yield f"the last {wanted.limit}"


def list_rows(found: Sequence[Listed]) -> Iterator[tuple[object, ...]]:
    """The list as rows of CSV, the header first."""
    yield CSV
    for listed in found:
        r = listed.record
        yield (
            r.seq,
            r.time,
            r.type,
            known_name(r.case),
            known_name(r.subject),
            known_name(r.actor),
            r.role,
            listed.what,
        )
