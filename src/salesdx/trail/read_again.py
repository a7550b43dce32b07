"""The case against as somebody read it, made again from the records before it: a page that hid something is found."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from salesdx.ledger.errors import TrailError
from salesdx.ledger.moments import moment
from salesdx.ledger.standalone.verifier import Frontier
from salesdx.ledger.storage import EntryRow, Head, LogReader
from salesdx.trail.book import Book
from salesdx.trail.case_against import Against, case_against
from salesdx.trail.concerned import actor_in, rows_about
from salesdx.trail.replay import replayed
from salesdx.trail.sign_off_story import story_of
from salesdx.trail.signing_off import complete_file
from salesdx.trail.wheels import program_digest

MOST = timedelta(minutes=15)
"""How long a page may have been on its way into the trail."""


@dataclass(frozen=True)
class PagesAgain:
    """The pages of a trail made again: record -> what is wrong, how many are the same, and how many could not be made:
    by another version of the program, or of content that was erased since."""

    faults: tuple[tuple[int, str], ...]
    same: int
    not_made: int


def pages_again(reader: LogReader, render: Callable[[Against, str, int], str]) -> PagesAgain:
    """Every page of a case against made again; ``render`` takes it, a format and a width."""
    found = [(row.seq, _fault(reader, row, render)) for row in reader.rows(types=("case_against",))]
    faults = tuple((seq, fault) for seq, fault in found if fault)
    return PagesAgain(faults, sum(fault == "" for _, fault in found), sum(fault is None for _, fault in found))


def _fault(reader: LogReader, row: EntryRow, render: Callable[[Against, str, int], str]) -> str | None:
    """What is wrong with a page; empty where nothing is, None where this program cannot tell."""
    body = (row.content or {}).get("body", {})
    made = body.get("made")
    if made is None or made["program"] != program_digest():
        return None
    before = _Before(reader, row)
    try:
        page = _again(before, row, made, render)
    except TrailError as error:
        return None if before.erased else f"the case against that was read there cannot be made again: {error}"
    if page == body["shown"]:
        return ""
    return None if before.erased else "somebody was shown another case against than the records before it give"


def _again(before: _Before, row: EntryRow, made: dict[str, Any], render: Callable[[Against, str, int], str]) -> str:
    header, book, time = row.header, Book(before), moment(made["time"])
    if not timedelta(0) <= moment(header["time"]) - time <= MOST:
        raise TrailError(f"it says that it was made at {made['time']}")
    (seq,) = header["inputs"]
    story = story_of(book, seq, "", time)
    before.erased = any(one.payload is None for one in rows_about(before, story.case, story.subjects))
    person = actor_in(row, (row.content or {})["actor"]).person
    free, until = story.waits_until(person), story.read_until(person)
    if free is None or until is None or time > until:
        free = time + timedelta(hours=story.policy.wait_hours)
    found = replayed(before, seq)
    return render(case_against(book, found, complete_file(found), time.date(), free), made["format"], made["width"])


class _Before(LogReader):
    """A trail as it stood before a record."""

    def __init__(self, reader: LogReader, row: EntryRow) -> None:
        super().__init__(reader.connection)
        self._size, self.erased = row.seq, False

    def head(self) -> Head:
        head, last = super().head(), super().row(self._size - 1)
        return replace(head, frontier=Frontier(self._size, []), time=last.header["time"])

    def rows(self, start: int = 0, stop: int | None = None, **more: Any) -> Iterator[EntryRow]:
        return super().rows(start, self._size if stop is None else min(stop, self._size), **more)
