"""The readable report in an exported bundle: the records of a case, or of the whole trail, a line each."""

from __future__ import annotations

from salesdx.render.blocks import Block, Heading, Paragraph, Report, Section, Table
from salesdx.render.html import to_html
from salesdx.render.text import to_text
from salesdx.trail.listing import what
from salesdx.trail.reading import Book, Record, told
from salesdx.trail.storage import Reader

MOST_ROWS = 5_000
"""Records that the report of a whole trail lists; the newest ones."""
WIDTH = 100


def bundle_reports(reader: Reader, case: str | None) -> dict[str, str]:
    """The reports of a bundle, name -> text: of a case (its pseudonym), or of everything."""
    made = _report(reader, case)
    return {"report.html": to_html([made]), "report.txt": to_text(made, WIDTH, colour=False)}


def _report(reader: Reader, case: str | None) -> Report:
    book, head = Book(reader), reader.head()
    records = list(book.records(case=case)) if case is not None else list(book.records(head.size - MOST_ROWS))
    title = "The whole trail" if case is None else f"The records of case {book.name(case).name or case}"
    about = (("Trail", head.origin), ("Records in the trail", str(head.size)), ("Last record", f"{head.time[:19]}Z"))
    rows = tuple(_row(record, case is None) for record in records)
    header = ("record", "time (UTC)", "what", *(("case",) if case is None else ()), "by", "content")
    blocks: list[Block] = [Table(header, rows)]
    if case is None and head.size > MOST_ROWS:
        blocks.insert(0, Paragraph(f"The newest {MOST_ROWS} records; all are in entries.jsonl."))
    for record in records if case is not None else ():
        blocks += _shown(record)
    return Report(
        title, about, (Section("records", "Records", tuple(blocks)),), ("verify.py proves what stands here.",)
    )


def _row(record: Record, with_case: bool) -> tuple[str, ...]:
    named = record.actor.name or record.actor.pseudonym
    case = (record.case.name or record.case.pseudonym) if record.case else ""
    by = f"{named} ({record.role})"
    time = record.time[:19].replace("T", " ")
    return (str(record.seq), time, told(record.type), *((case,) if with_case else ()), by, what(record))


def _shown(record: Record) -> list[Block]:
    """What a person saw, where it was text."""
    shown = record.body.get("shown") if record.body is not None else None
    if not isinstance(shown, str) or record.body is None or record.body.get("format") not in (None, "text", "markdown"):
        return []
    return [Heading(f"Record {record.seq} as it was shown"), *(Paragraph(part) for part in shown.split("\n\n"))]
