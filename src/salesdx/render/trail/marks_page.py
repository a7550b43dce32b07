"""Who read what on a person, as a page."""

from __future__ import annotations

from salesdx.ledger.marks import spans
from salesdx.render.blocks import Block, Paragraph, Report, Section, Table
from salesdx.render.trail.words import UTC, known_name, time_words
from salesdx.trail.read_marks import Opened, ReadsOfPerson

KINDS = {
    "tasks": "what waits",
    "list": "a list",
    "record": "a record",
    "case": "the story of the case",
    "person": "the person's file",
    "reads": "who read what",
    "attachment": "an attached file",
    "sign-off": "how the sign-off stands",
    "earlier": "what was stated before",
    "statements": "what stands in their name",
    "case_against": "the case against",
    "letter": "what a letter tells",
    "statement": "how the case stands under a statement",
    "export": "a copy that left the trail",
}
"""Kind of read -> it in words."""
OPEN = (
    "A mark stands beside the records: no key signs it. Whoever administers the database could take one away, or put "
    "one there. Who read the database itself, or a copy, left none."
)


def reads_report(found: ReadsOfPerson) -> Report:
    """Every read in a line, the oldest first."""
    about = (("Reads", str(len(found.opened))),)
    section = Section("reads", "Who read what", reads_blocks(found))
    return Report(f"{known_name(found.subject)}: who read what is on record", about, (section,), (UTC, OPEN))


def reads_blocks(found: ReadsOfPerson) -> tuple[Block, ...]:
    """The reads as a table, and how many marks are gone."""
    rows = tuple(map(_row, found.opened))
    table: Block = Table(("when", "who", "what", "records"), rows) if rows else Paragraph("Nobody has read anything.")
    if not found.missing:
        return (table,)
    are = "marks are" if found.missing > 1 else "mark is"
    return (table, Paragraph(f"{found.missing} {are} gone, as the numbers of the others show.", strong=True))


def _row(one: Opened) -> tuple[str, ...]:
    who = f"{one.person}, {one.role}" if one.person else one.role
    return time_words(one.time), who, KINDS.get(one.kind, one.kind), spans(one.records).replace(",", ", ")
