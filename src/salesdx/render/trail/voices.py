"""What people said beside the facts: statements of the person concerned, contested facts under both, overrides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from salesdx.base.model import RuleBase
from salesdx.engine.comparing import Difference
from salesdx.engine.diagnosis import Diagnosis, status_words
from salesdx.explanation import WhatIf
from salesdx.ledger.moments import moment
from salesdx.render.blocks import Block, Entry, EntryLine, Paragraph, Report, Section, Table
from salesdx.render.plain import answer_words, long_date, question_words
from salesdx.render.report import about_lines, conclusion, footer
from salesdx.trail.book import Record
from salesdx.trail.rights import Stated
from salesdx.trail.views import Contested, PersonView

THEY = "the person concerned says"
SAME = "The result is the same under both."
SEEN = ("mode", "stage", "concluded", "file", "recommended")
"""The differences that everybody can read; the others are about rules."""


def paragraphs(text: str) -> Iterator[Block]:
    """A text as people wrote it, line by line."""
    yield from (Paragraph(line) for line in text.split("\n") if line.strip())


def spoken(said: Sequence[PersonView]) -> Iterator[Block]:
    """Statements in their own words."""
    for view in said:
        yield Paragraph(f"On {long_date(moment(view.record.time).date())} (record {view.record.seq}):", strong=True)
        yield from paragraphs(view.text)


def under_both(base: RuleBase, found: Contested, they: str = THEY) -> Iterator[Block]:
    """Contested facts, and the result under the firm's facts and under those of the person concerned."""
    if found.both is not None:
        yield from both_ways(base, found.both, they)
    for text in found.unread:
        yield Paragraph(f"A contested fact that these rules cannot read: {text}.")


def both_ways(base: RuleBase, both: WhatIf, they: str = THEY) -> Iterator[Block]:
    """Contested facts with both values, and what the result is under each."""
    rows = []
    for change in both.changes:
        term = base.terms[change.term]
        firm = change.was.unknown if change.was.unknown is not None else change.was.value
        rows.append((question_words(term), answer_words(term, firm), answer_words(term, change.becomes)))
    yield Table(("contested fact", "the firm's record says", they), tuple(rows))
    yield Paragraph(f"Under the firm's facts: {conclusion(both.before)}{_files(both.before)}")
    yield Paragraph(f"Under the contested facts: {conclusion(both.after)}{_files(both.after)}")
    seen = [d for d in both.differences if d.what in SEEN]
    if not seen:
        yield Paragraph(SAME, strong=True)
        return
    yield Table(("what differs", "under the firm's facts", "under the contested facts"), tuple(_row(d) for d in seen))


def _files(diagnosis: Diagnosis) -> str:
    reached = [f"“{file.stage.title}” is {status_words(file.status)}." for file in diagnosis.files if file.reached]
    return "".join(f" {text}" for text in reached)


def _row(difference: Difference) -> tuple[str, str, str]:
    name = difference.title or difference.name
    if difference.what == "recommended":
        return f"recommended: {name}", "yes" if difference.was else "no", "yes" if difference.now else "no"
    return name, difference.was, difference.now


def overridden(records: Sequence[Record]) -> Iterator[Entry]:
    """Overrides with who, when and why."""
    for record in records:
        body = record.body or {}
        what = f"recommendation {body['recommendation']}" if body.get("recommendation") else "the whole diagnosis"
        day = long_date(moment(record.time).date())
        lines = [EntryLine("why", body.get("reason", ""))]
        if body.get("instead"):
            lines.append(EntryLine("instead", body["instead"]))
        yield Entry(
            f"{record.actor.name or 'somebody'} does not follow {what}",
            f"{status_words(record.role)}, {day}",
            tuple(lines),
        )


def statement_report(stated: Stated) -> Report:
    """A statement as it is recorded: the text, contested facts, and the diagnosis under both."""
    diagnosis = stated.diagnosis
    blocks: tuple[Block, ...] = (
        tuple(both_ways(diagnosis.base, stated.both))
        if stated.both is not None
        else (Paragraph("No fact is contested."), Paragraph(f"The result: {conclusion(diagnosis)}{_files(diagnosis)}"))
    )
    sections = (
        Section("statement", "What the person concerned says", tuple(paragraphs(stated.text))),
        Section("both", "Contested facts, and the result under both", blocks),
        Section(
            "next",
            "What this changes",
            (
                Paragraph(
                    f"No fact was changed. This stands beside the facts of record {stated.seq}, and whoever decides "
                    "reads it first. Signatures on that record count no more: a new diagnosis has to be signed anew."
                ),
            ),
        ),
    )
    return Report(f"Case {stated.case}: a statement", about_lines(diagnosis), sections, footer(diagnosis))
