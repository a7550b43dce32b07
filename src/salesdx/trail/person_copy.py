"""A copy of everything on one person for somebody else: what the receiver may not see is withheld or blacked out.

A sealed content is whole or not there, since one seal covers all of it. So a record whose content names somebody whom
the receiver may not see is withheld from the proof, and told in the report with these names blacked out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from html.parser import HTMLParser
from typing import Any

from salesdx.ledger.errors import Refused, TrailError
from salesdx.ledger.standalone.findings import KEPT
from salesdx.ledger.standalone.register import REGISTER_TYPES
from salesdx.ledger.storage import EntryRow, LogReader
from salesdx.trail.book import BLIND, Book, Named, Record
from salesdx.trail.concerned import rows_about, same_subjects
from salesdx.trail.lookalike import alike
from salesdx.trail.person_file import person_cases
from salesdx.trail.read_marks import ReadsOfPerson, reads_of
from salesdx.trail.results import result_of, summary_line
from salesdx.trail.rights import EMPLOYEE

PERSON, COURT, COUNCIL = "person", "court", "works-council"
RECEIVERS = (PERSON, COURT, COUNCIL)
MADE, STATED, OTHER = "who made a record", "who stated a fact", "somebody else whom a case is about"
"""Whose names may be blacked out."""
HIDDEN: Mapping[str, tuple[str, ...]] = {PERSON: (MADE, STATED, OTHER), COURT: (OTHER,), COUNCIL: (STATED, OTHER)}
"""Receiver -> whose names they may not see.

A person gets what is on record about them, without the names of others (GDPR, Article 15 (4)). A works council is told
the reasons and who acts for the firm, and not which colleague said what. A court gets everything on the person.
"""
ANOTHER, BLINDED, UNSEEN = (
    "about somebody else",
    "blind until everybody has signed",
    "a file, which cannot be blacked out",
)
"""Why a record is neither in the proof nor told in the report."""
NAMES = "names somebody whom the receiver may not see"
BEFORE = "holds what was stated about somebody else before"
"""Why a record is told in the report alone."""
PROVING = ("trail", "key", "witness", "erasure", *REGISTER_TYPES)
"""Records whose content the proof needs: the names of who made them stay in it."""
LINES = ("p", "li", "tr", "h1", "h2", "h3", "h4", "dt", "dd", "div", "section", "br", "pre")
"""Elements of HTML that begin a line."""
PLUMBING = (
    "shown",
    "before",
    "result",
    "case_file",
    "wheels",
    "proof",
    "files",
    "results",
    "firm",
    "left_out",
    "persons",
    "case_against",
)
"""Parts of a content that are for programs, or told otherwise."""


@dataclass(frozen=True)
class Bar:
    """One black bar: its number, the record in which it is, and whose name is under it."""

    number: int
    seq: int
    whose: str


@dataclass(frozen=True)
class CopiedRecord:
    """A record as the report tells it: its result in a line, and the page as text, names blacked out."""

    record: Record
    result: str
    page: str


@dataclass(frozen=True)
class Copy:
    """Everything on a subject for a receiver. ``withheld``: record -> why its content is not in the proof."""

    subject: Named
    subjects: tuple[str, ...]
    """The pseudonyms of all names that a reader takes for the person's."""
    receiver: str
    last: int
    """The last record that was looked at; what came later is in no copy."""
    withheld: Mapping[int, str]
    told: tuple[CopiedRecord, ...]
    marks: tuple[Bar, ...]
    silent: tuple[tuple[int, str, str, str], ...]
    """(record, type, day, why) of what the report does not tell."""
    reads: ReadsOfPerson
    """Who read what on the person; for the person themselves by roles."""

    @property
    def counts(self) -> dict[str, int]:
        """Whose name -> how often it is blacked out."""
        return {
            whose: many for whose in HIDDEN[self.receiver] if (many := sum(mark.whose == whose for mark in self.marks))
        }


def person_copy(book: Book, name: str, receiver: str, whole: Collection[int] = ()) -> Copy:
    """The copy of everything on a subject (its name or pseudonym); ``whole``: records that somebody has looked through.

    Raises TrailError for a subject that the trail does not have, and Refused for a record that is not among these.
    """
    subject = book.pseudonym("subject", name)
    subjects = tuple(sorted(same_subjects(book.reader, subject)))
    rows = copied_rows(book.reader, subjects, receiver)
    seqs = {row.seq for row in rows}
    if wrong := sorted(set(whole) - seqs):
        raise Refused(f"record {wrong[0]} is not about `{name[:100]}`, so it cannot be given whole")
    bars = _Bars(_hidden(book, rows, subjects, receiver))
    withheld: dict[int, str] = {}
    others = {row.seq for row in rows if row.header["subject"] not in (None, *subjects)}
    told: list[CopiedRecord] = []
    silent: list[tuple[int, str, str, str]] = []
    for row in rows:
        record = book.read(row)
        if row.payload is None:
            continue
        why = _silenced(record, subjects, receiver) if row.seq not in whole else ""
        if why:
            silent.append((row.seq, record.type, record.time[:10], why))
            withheld[row.seq] = why
            continue
        if row.seq not in whole and record.type not in PROVING and bars.found(row.content):
            withheld[row.seq] = NAMES
        elif record.type == "answer" and others.intersection(record.inputs):
            withheld[row.seq] = BEFORE
        ours = record.subject is None or record.subject.pseudonym in subjects
        if record.type not in KEPT or (record.type == "erasure" and ours):
            told.append(_told(record, bars if row.seq not in whole else _Bars({})))
    last = book.reader.head().size - 1
    reads, known = reads_of(book, subject, by_role=receiver == PERSON), book.name(subject)
    return Copy(known, subjects, receiver, last, withheld, tuple(told), tuple(bars.marks), tuple(silent), reads)


def copied_rows(reader: LogReader, subjects: Collection[str], receiver: str) -> list[EntryRow]:
    """The records that the copy proves: all of the person's cases, also those in them that name others, all that name
    the person, and what they rest on. The people of the trail are in the copy for a court alone: it names them all."""
    mine = rows_about(reader, None, subjects)
    found = {row.seq: row for row in mine}
    for case in person_cases(mine):
        found |= {row.seq: row for row in reader.rows(case=case)}
    rules = {row.header["rule_base"] for row in found.values()}
    for row in reader.rows(types=KEPT):
        match row.header["type"]:
            case "rule_base":
                needed = row.header["rule_base"] in rules
            case "erasure":
                needed = bool(found.keys() & row.header["inputs"])
            case type:
                needed = receiver == COURT or type not in REGISTER_TYPES
        found |= {row.seq: row} if needed else {}
    return [found[seq] for seq in sorted(found)]


def _silenced(record: Record, subjects: Collection[str], receiver: str) -> str:
    """Why a receiver is told nothing of a record; empty where they are."""
    if record.type in KEPT:
        return ""
    if record.subject is not None and record.subject.pseudonym not in subjects:
        return ANOTHER
    if record.withheld == BLIND:
        return BLINDED
    mine = record.role == EMPLOYEE
    return UNSEEN if record.type == "attachment" and receiver != COURT and not mine else ""


def _hidden(book: Book, rows: list[EntryRow], subjects: Collection[str], receiver: str) -> dict[str, str]:
    """Name -> whose it is, of all names in some records that a receiver may not see."""
    found: dict[str, str] = {}
    mine = {alike(book.name(subject).name or "") for subject in subjects}
    people = book.people.members
    for row in rows:
        content = row.content
        if content is None:
            continue
        if row.header["role"] == EMPLOYEE and row.header["subject"] in (None, *subjects):
            mine.add(alike(content["actor"]))
        found.setdefault(content["actor"], MADE)
        if content["actor"] in people:
            found.setdefault(people[content["actor"]].name, MADE)
        if row.header["subject"] not in (None, *subjects) and row.header["type"] not in KEPT:
            found[content["subject"]] = OTHER
        for name in _authors(content["body"], _respondents(book, row)):
            found[name] = STATED
    return {name: whose for name, whose in found.items() if whose in HIDDEN[receiver] and alike(name) not in mine}


def _respondents(book: Book, row: EntryRow) -> Collection[str]:
    """The offices that answer, by the rules of a record: who is no office is somebody's name."""
    try:
        return book.base(row.header["rule_base"] or "").respondents
    except TrailError:
        return ()


def _authors(part: Any, offices: Collection[str]) -> Iterator[str]:
    """Who stated something, by name, anywhere in a content."""
    if isinstance(part, dict):
        for key, inner in part.items():
            if isinstance(inner, str) and inner and (key == "author" or (key == "by" and inner not in offices)):
                yield inner
            yield from _authors(inner, offices)
    elif isinstance(part, list):
        for inner in part:
            yield from _authors(inner, offices)


class _Bars:
    """Finds names, and puts numbered bars over them."""

    def __init__(self, hidden: Mapping[str, str]) -> None:
        self.whose = {_closed(name): whose for name, whose in hidden.items()}
        self.marks: list[Bar] = []
        words = sorted((name for name in hidden if name.strip()), key=len, reverse=True)
        self.words = re.compile("|".join(map(_word, words))) if words else None

    def found(self, content: Any) -> bool:
        """Whether a content names one of them."""
        return self.words is not None and any(self.words.search(text) for text in _texts(content))

    def over(self, seq: int) -> Callable[[str], str]:
        """Puts bars over the names in a text of a record."""

        def bar(match: re.Match[str]) -> str:
            self.marks.append(Bar(len(self.marks) + 1, seq, self.whose[_closed(match[0])]))
            return f"[blacked out {len(self.marks)}]"

        return lambda text: self.words.sub(bar, text) if self.words is not None else text


def _closed(name: str) -> str:
    """A name without its spaces, however it was broken over lines."""
    return "".join(name.split())


def _word(name: str) -> str:
    """A name as a whole word, also where a line was broken within it."""
    inside = r"\s+".join(map(re.escape, name.split())).replace(r"\-", r"\-\s*")
    name = name.strip()
    return r"(?<![\w-])" * name[0].isalnum() + inside + r"(?![\w-])" * name[-1].isalnum()


def _told(record: Record, bars: _Bars) -> CopiedRecord:
    over, body = bars.over(record.seq), record.body or {}
    result = summary_line(result_of(body["result"])) if "result" in body else ""
    actor = Named(record.actor.pseudonym, over(record.actor.name or ""))
    kept = {key: _barred(part, over) for key, part in body.items() if key not in PLUMBING}
    page = over(_plain(body["shown"])) if isinstance(body.get("shown"), str) else ""
    return CopiedRecord(replace(record, actor=actor, body=kept), over(result), page)


def _plain(shown: str) -> str:
    """A page as text, so that every name stands there as it is: without the marks of HTML or Markdown."""
    if shown.lstrip()[:9].lower() != "<!doctype":
        return re.sub(r"\\([!-/:-@[-`{-~])", r"\1", shown)
    reader = _Reader()
    reader.feed(shown)
    return re.sub(r"\n\s*\n+", "\n", "".join(reader.parts)).strip()


class _Reader(HTMLParser):
    """The text of a page of HTML, a line for each piece."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self.silent = 0

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.silent += tag in ("style", "head")
        self.parts.append("\n" * (tag in LINES))

    def handle_endtag(self, tag: str) -> None:
        self.silent -= tag in ("style", "head")

    def handle_data(self, data: str) -> None:
        self.parts.append("" if self.silent else " ".join(data.split(" ")))


def _texts(part: Any) -> Iterator[str]:
    """Every text anywhere in a content."""
    if isinstance(part, str):
        yield part
    elif isinstance(part, dict):
        for key, inner in part.items():
            yield key
            yield from _texts(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from _texts(inner)


def _barred(part: Any, over: Callable[[str], str]) -> Any:
    """A part of a content with bars over the names in its texts."""
    if isinstance(part, str):
        return over(part)
    if isinstance(part, dict):
        return {key: _barred(inner, over) for key, inner in part.items()}
    return [_barred(inner, over) for inner in part] if isinstance(part, list) else part
