"""Everything on record about one person, as a page."""

from __future__ import annotations

from collections.abc import Iterator

from salesdx.render.blocks import Block, Paragraph, Report, Section, Table
from salesdx.render.trail.erasure_pages import holds_table
from salesdx.render.trail.story_page import act_sections
from salesdx.render.trail.words import FOOTER, known_name, time_words
from salesdx.trail.person_file import PersonFile


def person_report(found: PersonFile) -> Report:
    """The cases first, then every act in order."""
    sections = (
        Section("cases", "Cases", tuple(_cases(found))),
        *([Section("held", "Legal holds", (holds_table(found.holds),))] if found.holds else []),
        *act_sections(found.events, found.labels, cases=True),
    )
    about = (("Cases", str(len(found.cases))), ("Records", str(len(found.events))))
    return Report(f"{known_name(found.subject)}: everything on record", about, sections, FOOTER)


def _cases(found: PersonFile) -> Iterator[Block]:
    rows = tuple(
        (
            known_name(case.case),
            str(case.records),
            f"{time_words(case.first)[:10]} to {time_words(case.last)[:10]}",
            case.result or "none yet",
            str(case.until or "no policy says"),
        )
        for case in found.cases
    )
    yield (
        Table(("case", "records", "from and to", "newest result", "kept until"), rows)
        if rows
        else Paragraph("This person is in no case.")
    )
    for case in found.cases:
        if case.others:
            are = "records of it name others and are" if case.others > 1 else "record of it names another and is"
            yield Paragraph(f"Case {known_name(case.case)}: {case.others} {are} not here.")
