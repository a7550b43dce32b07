"""The time line of a case: what was done when, as a drawing made here; `templates/time_line.html` draws it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from salesdx.case.memory import WorkingMemory
from salesdx.followup.told_actions import actions_of
from salesdx.render.followed_words import CHANGES, became_words, session_state, title
from salesdx.render.lines import clean, wrap
from salesdx.text.english import capital

WIDTH, RAIL, WORDS = 340, 98, 118
"""Columns of the drawing: its width, the line of time, and where words begin."""
CHARACTERS, LINE, GAP, MARK = 27, 18, 16, 8


class TimeMark(StrEnum):
    """The shape at the line of time. What it means stands in words beside it."""

    PERIOD = "period"
    ACTION = "action"
    WINDOW = "window"
    COUNTS = "counts"
    WAITS = "waits"
    CONTESTED = "contested"
    CHANGE = "change"
    TODAY = "today"


@dataclass(frozen=True)
class DatedRow:
    """Something of a day, in words."""

    day: date
    sign: TimeMark
    words: str


@dataclass(frozen=True)
class DrawnDay:
    """A row with its place: the height of its mark, and the lines of its words with theirs."""

    row: DatedRow
    day: str
    y: int
    lines: tuple[tuple[int, str], ...]


@dataclass(frozen=True)
class DrawnTime:
    """A drawing, with what it tells to those who do not see it."""

    rows: tuple[DrawnDay, ...]
    height: int
    told: str
    width: int = WIDTH
    rail: int = RAIL
    words: int = WORDS


def drawn_time(memory: WorkingMemory, today: date) -> DrawnTime | None:
    """The time line of a case up to now and to what is still to come; None where nothing was done about it."""
    found = sorted(_rows(memory, today), key=lambda row: row.day)
    if not memory.followed.actions and not memory.followed.events:
        return None
    rows, y = [], GAP
    for row in found:
        lines = wrap(clean(row.words), CHARACTERS, CHARACTERS)
        placed = tuple((y + 5 + LINE * n, line) for n, line in enumerate(lines))
        rows.append(DrawnDay(row, f"{row.day.day} {row.day:%b} {row.day:%y}", y, placed))
        y += LINE * len(lines) + GAP
    told = "; ".join(f"{row.day.isoformat()}: {clean(row.words)}" for row in found)
    return DrawnTime(tuple(rows), y, told)


def _rows(memory: WorkingMemory, today: date) -> Iterator[DatedRow]:
    base, followed = memory.base, memory.followed
    if memory.period is not None:
        yield DatedRow(memory.period[0], TimeMark.PERIOD, "The period begins")
        yield DatedRow(memory.period[1], TimeMark.PERIOD, "The period ends")
    for action, found in actions_of(memory, today):
        if found is None or action.start is None:
            continue
        called = title(base, action.intervention)
        yield DatedRow(action.start, TimeMark.ACTION, f"{called} begins, by {action.owner}")
        if found.window is not None:
            first, last = found.window
            yield DatedRow(first, TimeMark.WINDOW, f"{called} can be judged from now on")
            yield DatedRow(last, TimeMark.WINDOW, f"{called}: {became_words(memory, action, found)}")
    for one in followed.sessions:
        state = session_state(memory, one, today)
        sign = TimeMark.CONTESTED if one.disputed else TimeMark.COUNTS if state == "counts" else TimeMark.WAITS
        yield DatedRow(one.date, sign, f"{capital(one.what)} {one.id}: {state}")
    for event in followed.events:
        yield DatedRow(event.date, TimeMark.CHANGE, capital(CHANGES[event.change]))
    yield DatedRow(today, TimeMark.TODAY, "Today")
