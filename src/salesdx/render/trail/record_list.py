"""Records in a list."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from salesdx.render.blocks import Block, Paragraph, Report, Section, Table
from salesdx.render.trail.words import FOOTER, named, when
from salesdx.trail.book import told
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
    subject = f" ({named(record.subject)})" if record.subject else ""
    what = f"{told(record.type)}: {listed.what}" if listed.what else told(record.type)
    return str(record.seq), when(record.time), what, named(record.case) + subject, named(record.actor)


def _limits(wanted: Wanted) -> Iterator[str]:
    for word in ("case", "subject", "actor", "stage", "status", "rule", "since", "until"):
        if value := getattr(wanted, word):
            yield f"{word} {value}"
    if wanted.types:
        yield f"type {' or '.join(map(told, wanted.types))}"
    if wanted.limit is not None:
        yield f"the last {wanted.limit}"


def list_rows(found: Sequence[Listed]) -> Iterator[tuple[object, ...]]:
    """The list as rows of CSV, the header first."""
    yield CSV
    for listed in found:
        r = listed.record
        yield (r.seq, r.time, r.type, named(r.case), named(r.subject), named(r.actor), r.role, listed.what)
