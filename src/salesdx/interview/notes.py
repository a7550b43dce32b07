"""What is noted about an answer: the kind and the day of its evidence, where it stands, a remark."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

from salesdx.base.model import RuleBase
from salesdx.case.bounds import AnswerError
from salesdx.case.statement import Statement, proposed_kind
from salesdx.case.typed_dates import read_dates

NOTE_PARTS = ("kind", "source", "date", "note")
EXAMPLE = "write it behind the word: note kind=CRM fields date=2026-09-12 source=price survey"
_PART = re.compile(r"\b([a-z]+)\s*=\s*|\b(kind|source|date|note):\s*")


class NoteError(ValueError):
    """The text is no note; the message says what would be."""


def read_note(base: RuleBase, said: Statement, text: str, today: date) -> tuple[Statement, str]:
    """A statement with what is noted about it, and that in words. Raises NoteError.

    A kind of evidence that the words of a source suggest is proposed; only a written one counts.
    """
    if not text:
        raise NoteError(EXAMPLE)
    found = _parts(text)
    day = said.date
    if "date" in found:
        day = _day(found["date"], today)
    kind = found.get("kind", said.kind)
    if "kind" in found and kind not in base.evidence_ranks:
        raise NoteError(f"there is no kind of evidence `{kind}`; they are {', '.join(base.evidence_ranks)}")
    noted = replace(
        said, date=day, kind=kind, source=found.get("source", said.source), note=found.get("note", said.note)
    )
    told = ", ".join(f"{key} {found[key]}" for key in NOTE_PARTS if key in found)
    proposed = proposed_kind(base, noted.source) if "source" in found and not noted.kind else ""
    return noted, told + (f"; if it is {proposed}, `note kind={proposed}` says so" if proposed else "")


def _parts(text: str) -> dict[str, str]:
    begin = 0
    found: dict[str, str] = {}
    key = "note"
    for part in [*_PART.finditer(text), None]:
        said = text[begin : part.start() if part else len(text)].strip(" ,;")
        if said:
            found[key] = said
        if part is None:
            return found
        key, begin = part[1] or part[2], part.end()
        if key in ("by", "who", "author"):
            raise NoteError("an answer is the word of who gives it; what others say is asked of them, or is a `source`")
        if key not in NOTE_PARTS:
            raise NoteError(f"a note has no `{key}`; {EXAMPLE}")
    return found


def _day(text: str, today: date) -> date:
    try:
        bounds = read_dates(text, today)
    except AnswerError as error:
        raise NoteError(str(error)) from None
    if not isinstance(bounds.low, date) or bounds.low != bounds.high:
        raise NoteError("the date of a note is one day, such as 2026-09-30")
    return bounds.low
