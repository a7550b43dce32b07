"""What was read, as it is shown: the same bytes at every door."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from salesdx.ledger.errors import Refused
from salesdx.render import FORMATS
from salesdx.render.blocks import Report
from salesdx.render.trail import PAGES, TABLE_FORMATS, render_page
from salesdx.services.reads import (
    Desk,
    GetAttachment,
    ListRecords,
    Read,
    ReadFound,
    ReadSigning,
    ReadTasks,
    ShowRecord,
    TellCase,
    TellPerson,
    TellReads,
)

ICS = "ics"
READ_FORMATS: Mapping[type[Read], Sequence[str]] = {
    ReadTasks: (*FORMATS, ICS),
    ListRecords: TABLE_FORMATS,
    ReadSigning: PAGES,
    GetAttachment: PAGES[:1],
}
"""In which formats a read is shown, where these are not all."""


class Paper(NamedTuple):
    """A page, with what JSON and CSV hold of it."""

    report: Report
    data: Any
    rows: Sequence[Sequence[object]] = ()


def read_formats(read: type[Read]) -> Sequence[str]:
    """The formats in which a read is shown."""
    return READ_FORMATS.get(read, FORMATS)


def read_page(
    read: Read, found: ReadFound, desk: Desk, where: str, format: str, width: int = 80, colour: bool = False
) -> str:
    """What was found, in a format; ``where`` is the trail, as its reader names it. Raises Refused, for no page."""
    if isinstance(read, GetAttachment):
        return ""
    if isinstance(read, ShowRecord) and read.page:
        return _shown(found)
    if isinstance(read, ReadTasks) and format == ICS:
        return _calendar(found, desk)
    paper = PAPERS[type(read)](found.shown, desk, where)
    return render_page(paper.report, paper.data, format, width, colour, paper.rows)


def _shown(found: ReadFound) -> str:
    """The page that was shown when a record was made, byte for byte."""
    record = found.shown.record
    if record.body is None or "shown" not in record.body:
        why = record.withheld or "nothing was shown to anybody when it was made"
        raise Refused(f"record {record.seq} has no page: {why}")
    return str(record.body["shown"])


def _calendar(found: ReadFound, desk: Desk) -> str:
    from salesdx.render.trail.calendar import to_calendar
    from salesdx.render.trail.task_pages import reminders

    return to_calendar(reminders(found.shown, desk.now, desk.book.reader.head().origin), desk.now)


def _tasks(shown: Any, desk: Desk, where: str) -> Paper:
    from salesdx.render.trail.task_pages import tasks_report

    return Paper(tasks_report(shown, desk.by, desk.now), shown.to_dict(desk.now))


def _list(shown: Any, desk: Desk, where: str) -> Paper:
    from salesdx.render.trail.record_list import list_report, list_rows

    found, wanted = shown
    return Paper(list_report(found, wanted, where), [one.to_dict() for one in found], list(list_rows(found)))


def _record(shown: Any, desk: Desk, where: str) -> Paper:
    from salesdx.render.trail.record import record_report

    return Paper(record_report(shown, where), shown.to_dict())


def _case(shown: Any, desk: Desk, where: str) -> Paper:
    from salesdx.render.trail.story_page import story_report

    return Paper(story_report(shown), shown.to_dict())


def _person(shown: Any, desk: Desk, where: str) -> Paper:
    from salesdx.render.trail.person_page import person_report

    return Paper(person_report(shown), shown.to_dict())


def _reads(shown: Any, desk: Desk, where: str) -> Paper:
    from salesdx.render.trail.marks_page import reads_report

    return Paper(reads_report(shown), shown.to_dict())


def _signing(shown: Any, desk: Desk, where: str) -> Paper:
    from salesdx.render.trail.signatures import status_report

    return Paper(status_report(*shown), None)


PAPERS: Mapping[type[Read], Callable[[Any, Desk, str], Paper]] = {
    ReadTasks: _tasks,
    ListRecords: _list,
    ShowRecord: _record,
    TellCase: _case,
    TellPerson: _person,
    TellReads: _reads,
    ReadSigning: _signing,
}
"""Read -> how what it found looks."""
