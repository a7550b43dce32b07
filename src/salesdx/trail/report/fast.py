"""Signatures and overrides that were given faster than what was shown can be read."""

from __future__ import annotations

from collections.abc import Iterator

from salesdx.ledger.errors import TrailError
from salesdx.ledger.moments import moment
from salesdx.trail.book import Book, Record, type_words
from salesdx.trail.report.cells import TEXT, Cell, Column, Part
from salesdx.trail.report.decisions import within

ACTS = ("sign_off", "override")


def fast(book: Book, since: str, until: str) -> Iterator[Part]:
    """How many signatures and overrides there are, and those given faster than a person reads."""
    given = dict.fromkeys(ACTS, 0)
    unread = dict.fromkeys(ACTS, 0)
    found: list[tuple[Cell, ...]] = []
    for record in within(book, since, until, ACTS):
        given[record.type] += 1
        timed = _timed(book, record)
        if timed is None:
            unread[record.type] += 1
            continue
        seconds, words, needed = timed
        if seconds < needed:
            who = record.actor.name or f"{record.actor.pseudonym} (erased)"
            found.append((record.seq, type_words(record.type), who, record.role, int(seconds), words, round(needed)))
    quick = {type: sum(row[1] == type_words(type) for row in found) for type in ACTS}
    how = (
        "the time from the record of what was shown (the case against, for a signature; else the diagnosis) to the "
        "act, beside the words in it divided by the reading speed of the policy of its day; whatever was shown "
        "without a record can only make the real time shorter. An act whose shown text was erased is not timed"
    )
    columns: tuple[Column, ...] = (
        Column("act", "act", TEXT),
        Column("given", "given"),
        Column("faster", "faster than reading"),
        Column("not_timed", "not timed"),
    )
    rows = tuple((type_words(type), given[type], quick[type], unread[type]) for type in ACTS)
    yield Part("fast", "Acts faster than reading", columns, rows, how)
    columns = (
        Column("record", "record"),
        Column("act", "act", TEXT),
        Column("by", "by", TEXT),
        Column("role", "role", TEXT),
        Column("seconds", "seconds"),
        Column("words", "words shown"),
        Column("seconds_needed", "seconds to read"),
    )
    if found:
        yield Part("fast-acts", "Each of them", columns, tuple(found), "as above, one line an act")


def _timed(book: Book, record: Record) -> tuple[float, int, float] | None:
    """The seconds that an act took, the words that were shown, and the seconds that reading them takes."""
    diagnosis = next((seq for seq in record.inputs), None)
    if diagnosis is None or record.case is None:
        return None
    shown = book.record(diagnosis)
    for other in book.records(diagnosis, case=record.case.pseudonym, types=("case_against",)):
        mine = diagnosis in other.inputs and other.actor.pseudonym == record.actor.pseudonym
        if record.type == "sign_off" and mine and other.seq < record.seq:
            shown = other  # the first time that it was shown: who looks again just before signing has read it
            break
    if shown.body is None or shown.rule_base is None:
        return None
    try:
        policy = book.base(shown.rule_base).policy
    except TrailError:
        return None
    if policy is None:
        return None
    words = len(shown.body["shown"].split())
    seconds = (moment(record.time) - moment(shown.time)).total_seconds()
    return seconds, words, words * 60 / policy.words_per_minute
