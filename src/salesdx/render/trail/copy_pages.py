"""The readable report in a copy for one receiver: what it holds, what is blacked out and withheld, and every record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from salesdx.render.blocks import Block, Entries, Entry, Paragraph, Report, Section, Table, Verbatim
from salesdx.render.trail import render_page
from salesdx.render.trail.marks_page import OPEN, reads_blocks
from salesdx.render.trail.words import FOOTER, known_name, time_words, told_lines
from salesdx.text.english import capital
from salesdx.trail.book import type_words
from salesdx.trail.person_copy import BEFORE, COUNCIL, COURT, HIDDEN, NAMES, PERSON, CopiedRecord, Copy

WIDTH = 100
FOR = {PERSON: "the person concerned", COURT: "a court", COUNCIL: "the works council"}
WHY = {
    PERSON: "You get all that is on record about you. The names of others are theirs (GDPR, Article 15 (4)): who made "
    "a record and who stated a fact go by their role.",
    COURT: "Everything on the person is here. What was recorded about somebody else in the same cases is not.",
    COUNCIL: "The reasons are here, and who acts for the firm. Which colleague stated a fact goes by the role.",
}


def copy_reports(copy: Copy) -> dict[str, str]:
    """The reports of the bundle, name -> text."""
    page = copy_report(copy)
    return {f"report.{end}": render_page(page, None, form, WIDTH) for end, form in (("html", "html"), ("txt", "text"))}


def copy_report(copy: Copy) -> Report:
    """What is blacked out and withheld first, with why and how often; then each record; then each bar by its number."""
    sections = (
        Section("what", "What this copy holds", tuple(_what(copy))),
        Section("hidden", "What is blacked out", tuple(_hidden(copy))),
        Section("withheld", "What is withheld", tuple(_withheld(copy))),
        Section("reads", "Who read it", tuple(_reads(copy))),
        *(_record(told) for told in copy.told),
        Section("bars", "Each bar", tuple(_bars(copy))),
    )
    about = (
        ("For", FOR[copy.receiver]),
        ("Records", str(len(copy.told))),
        ("Bars", str(len(copy.marks))),
        ("Withheld", str(len(copy.withheld))),
    )
    title = f"{known_name(copy.subject)}: a copy of what is on record"
    return Report(title, about, tuple(section for section in sections if section.blocks), FOOTER)


def _what(copy: Copy) -> Iterator[Block]:
    yield Paragraph(WHY[copy.receiver])
    yield Paragraph(
        "The program blacks out the names that it knows from the records. A name that stands in a free text and "
        "nowhere else it cannot know: somebody reads this copy before it is given."
    )


def _hidden(copy: Copy) -> Iterator[Block]:
    rows = tuple((f"the name of {whose}", str(many)) for whose, many in copy.counts.items())
    if rows:
        yield Table(("what", "bars"), rows)
    elif HIDDEN[copy.receiver]:
        yield Paragraph("No name is blacked out.")


def _withheld(copy: Copy) -> Iterator[Block]:
    if not copy.withheld:
        yield Paragraph("Nothing is withheld.")
        return
    yield Paragraph(
        "The sealed contents of these records are not in the proof. They were not erased: their entries are here, with "
        "their seals, and the firm has the contents."
    )
    counts = Counter(copy.withheld.values())
    rows = tuple(
        (f"{why}{', told below' * (why in (NAMES, BEFORE))}", str(many)) for why, many in sorted(counts.items())
    )
    yield Table(("why", "records"), rows)
    if copy.silent:
        told = tuple((str(seq), type_words(type), day, why) for seq, type, day, why in copy.silent)
        yield Paragraph("Nothing is told of these:")
        yield Table(("record", "what", "when", "why"), told)


def _reads(copy: Copy) -> Iterator[Block]:
    if copy.reads.opened or copy.reads.missing:
        yield from reads_blocks(copy.reads)
        yield Paragraph(OPEN)


def _record(told: CopiedRecord) -> Section:
    record = told.record
    case = f", case {known_name(record.case)}" if record.case else ""
    role = f" ({record.role})" if record.role != "unstated" else ""
    title = f"{time_words(record.time)} {type_words(record.type)}, record {record.seq}{case}"
    blocks: list[Block] = [Paragraph(f"Made by {record.actor.name}{role}.")]
    if told.result:
        blocks.append(Paragraph(f"{capital(told.result)}.", strong=True))
    lines = told_lines(record.body or {})
    blocks += [Entries((Entry(capital(type_words(record.type)), "", lines),))] if lines else []
    blocks += [Verbatim(told.page)] if told.page else []
    return Section(f"record-{record.seq}", title, tuple(blocks))


def _bars(copy: Copy) -> Iterator[Block]:
    if copy.marks:
        rows = tuple((str(mark.number), str(mark.seq), mark.whose) for mark in copy.marks)
        yield Table(("bar", "record", "the name of"), rows)
