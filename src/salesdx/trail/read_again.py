"""Pages that people were shown, made again from the records: one that hid something, or said more, is found.

The case against is made of the records before it, a diagnosis and an explanation of their own record alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from salesdx.base.loading import shipped_digest
from salesdx.engine.diagnosis import Diagnosis
from salesdx.ledger.errors import TrailError
from salesdx.ledger.log_change import Head
from salesdx.ledger.moments import moment
from salesdx.ledger.standalone.verifier import Frontier
from salesdx.ledger.storage import EntryRow, LogReader
from salesdx.trail.book import Book
from salesdx.trail.case_against import Against, case_against
from salesdx.trail.concerned import actor_in, rows_about
from salesdx.trail.replay import replay, replayed, stored_files
from salesdx.trail.sign_off_story import story_of
from salesdx.trail.signing_off import complete_file
from salesdx.trail.wheels import program_digest

MOST = timedelta(minutes=15)
"""How long a page may have been on its way into the trail."""


@dataclass(frozen=True)
class PagesAgain:
    """The pages of a trail made again: record -> what is wrong, how many are the same, and how many could not be made:
    by another version of the program, or of content that was erased since. Of diagnoses and explanations, those count
    whose page the service made."""

    faults: tuple[tuple[int, str], ...]
    same: int
    not_made: int


RenderAgain = Callable[[Against | Diagnosis, Mapping[str, Any]], str]
"""Makes the page of a case against, a diagnosis or an explanation as its record says that it was made."""
AGAINST, OF_A_CASE = "case_against", ("diagnosis", "explanation")


def pages_again(reader: LogReader, render: RenderAgain) -> PagesAgain:
    """Every page that the service made, made again."""
    found = [(row.seq, _fault(reader, row, render)) for row in reader.rows(types=(AGAINST, *OF_A_CASE)) if _counts(row)]
    faults = tuple((seq, fault) for seq, fault in found if fault)
    return PagesAgain(faults, sum(fault == "" for _, fault in found), sum(fault is None for _, fault in found))


def _counts(row: EntryRow) -> bool:
    return row.header["type"] == AGAINST or "made" in (row.content or {}).get("body", {})


def _fault(reader: LogReader, row: EntryRow, render: RenderAgain) -> str | None:
    """What is wrong with a page; empty where nothing is, None where this program cannot tell."""
    body = (row.content or {}).get("body", {})
    made = body.get("made")
    if made is None or made["program"] != program_digest() or made.get("shipped", shipped_digest()) != shipped_digest():
        return None
    if row.header["type"] in OF_A_CASE:
        return _fault_of_case(reader, row, body, render)
    before = _Before(reader, row)
    try:
        page = _again(before, row, made, render)
    except TrailError as error:
        return None if before.erased else f"the case against that was read there cannot be made again: {error}"
    if page == body["shown"]:
        return ""
    return None if before.erased else "somebody was shown another case against than the records before it give"


def _fault_of_case(reader: LogReader, row: EntryRow, body: Mapping[str, Any], render: RenderAgain) -> str:
    """What is wrong with the page of a diagnosis or an explanation: its record holds all that it is made of."""
    kind = row.header["type"]
    try:
        files = stored_files(reader, row.header["rule_base"])
        found = replay({"result": "", **body}, files, row.header["engine"])
        page = render(found.diagnosis, body["made"])
    except TrailError as error:
        return f"the {kind} that was shown there cannot be made again: {error}"
    return "" if page == body["shown"] else f"another {kind} was shown than follows from what is recorded with it"


def _again(before: _Before, row: EntryRow, made: Mapping[str, Any], render: RenderAgain) -> str:
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
    return render(case_against(book, found, complete_file(found), time.date(), free), made)


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
