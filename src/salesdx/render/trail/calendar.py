"""Reminders as a calendar (RFC 5545), for whichever program people keep their days in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

OCTETS = 75
"""A longer line is folded (RFC 5545, 3.1)."""
ESCAPED = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"})


@dataclass(frozen=True)
class Reminder:
    """Something that falls due at a moment, or on a day. ``uid`` stays the same, so that a calendar keeps it once."""

    uid: str
    at: datetime | date
    summary: str
    description: str


def to_calendar(found: Iterable[Reminder], now: datetime) -> str:
    """The calendar as text, with CRLF at the ends of its lines."""
    return "".join(f"{part}\r\n" for line in _lines(found, now) for part in _folded(line))


def _lines(found: Iterable[Reminder], now: datetime) -> Iterator[str]:
    yield from ("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//salesdx//trail tasks//EN", "CALSCALE:GREGORIAN")
    for reminder in found:
        summary = _text(reminder.summary)
        yield "BEGIN:VEVENT"
        yield f"UID:{_text(reminder.uid)}"
        yield f"DTSTAMP:{_moment(now)}"
        yield (
            f"DTSTART:{_moment(reminder.at)}"
            if isinstance(reminder.at, datetime)
            else f"DTSTART;VALUE=DATE:{reminder.at:%Y%m%d}"
        )
        yield f"SUMMARY:{summary}"
        yield f"DESCRIPTION:{_text(reminder.description)}"
        yield "TRANSP:TRANSPARENT"
        yield from ("BEGIN:VALARM", "ACTION:DISPLAY", "TRIGGER:PT0S", f"DESCRIPTION:{summary}", "END:VALARM")
        yield "END:VEVENT"
    yield "END:VCALENDAR"


def _moment(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _text(text: str) -> str:
    """A text as the calendar writes it; characters that do nothing but control are left out."""
    return "".join(char for char in text if char == "\n" or char.isprintable()).translate(ESCAPED)


def _folded(line: str) -> Iterator[str]:
    """The line in pieces of at most 75 octets, never within a character; all but the first begin with a space."""
    piece, size = "", 0
    for char in line:
        octets = len(char.encode())
        if size + octets > OCTETS:
            yield piece
            piece, size = " ", 1
        piece, size = piece + char, size + octets
    yield piece
