"""The readable report in an exported bundle: the story of a case, or a list of all records."""

from __future__ import annotations

from salesdx.ledger.storage import LogReader
from salesdx.render.blocks import Section, Verbatim
from salesdx.render.trail import render_page
from salesdx.render.trail.record_list import list_report
from salesdx.render.trail.story_page import story_report
from salesdx.trail.book import Book
from salesdx.trail.listing import Wanted, listing
from salesdx.trail.story import StoryEvent, story

MOST_RECORDS = 5_000
"""Records that the report of a whole trail lists; the newest ones."""
WIDTH = 100


def bundle_reports(reader: LogReader, case: str | None) -> dict[str, str]:
    """The reports of a bundle, name -> text: of a case (its pseudonym), or of everything. Raises TrailError."""
    book, head = Book(reader), reader.head()
    if case is None:
        wanted = Wanted(limit=MOST_RECORDS)
        page = list_report(listing(book, wanted), wanted, head.origin)
    else:
        found = story(book, case)
        page = story_report(found)
        shown = [section for event in found.events if (section := _shown(event)) is not None]
        page = page._replace(sections=(*page.sections, *shown))
    about = (*page.about, ("Exported with", f"{head.size} records, the last of {head.time[:19]}Z"))
    page = page._replace(about=about)
    return {f"report.{end}": render_page(page, None, form, WIDTH) for end, form in (("html", "html"), ("txt", "text"))}


def _shown(event: StoryEvent) -> Section | None:
    """What a person saw, where it was text."""
    body = event.record.body
    if body is None or not isinstance(body.get("shown"), str) or body.get("format", "text") == "html":
        return None
    seq = event.record.seq
    return Section(f"shown-{seq}", f"Record {seq} as it was shown", (Verbatim(body["shown"]),))
