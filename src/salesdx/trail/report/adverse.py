"""A report on adverse impact as an act: it is a record before it is shown, and refused where it would tell about few.

It is kept as a page that was asked for, of no case: with the groups, the reference group, and whom its figures counted.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from salesdx.ledger.errors import Refused, TrailError
from salesdx.ledger.keys import SigningKey
from salesdx.ledger.log import Clock, Person, Trail
from salesdx.trail.book import Book
from salesdx.trail.report.crowd import Crowd, ImpactQuestion
from salesdx.trail.report.decisions import Window, window
from salesdx.trail.report.differencing import (
    PURPOSE,
    Headcount,
    differ_by_few,
    headcount,
    opened_headcount,
    sealed_headcount,
)
from salesdx.trail.report.impact import impact_parts
from salesdx.trail.report.reached import reached
from salesdx.trail.report.reporting import TrailReport, policy_of
from salesdx.trail.report.workforce import Workforce

RECORD = "explanation"
"""The type of the record: a page that was asked for, and shown. Those of cases rest on a rule base."""


@dataclass(frozen=True)
class ImpactReport:
    """A report on adverse impact, and what stands at its head: the trail as messages name it, who asked, and what."""

    tables: TrailReport
    where: str
    by: str
    asked: ImpactQuestion

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON-ready data."""
        asked = {"asked_by": self.by, "reference": dict(self.asked.reference), "left_out": self.asked.left_out or None}
        return {**asked, **self.tables.to_dict()}


@dataclass(frozen=True)
class _Made:
    tables: TrailReport
    counted: Headcount
    least: int
    earlier: Mapping[int, Mapping[str, Any]]
    """The earlier reports that this one was held against, by record."""


def report_impact(
    trail: Trail,
    workforce: Workforce,
    asked: ImpactQuestion,
    by: Person,
    render: Callable[[ImpactReport], str],
    earlier_keys: Sequence[SigningKey] = (),
    now: Clock | None = None,
) -> tuple[int, str]:
    """A report on adverse impact: its record, and the page as ``render`` makes it, recorded before it is given.

    ``earlier_keys`` are former keys of the trail, under which earlier reports were made. Raises Refused for a reference
    that nobody is in, and where the report and an earlier one together would tell about few people; then nothing is
    recorded. Raises TrailError.
    """
    asked.check(workforce)
    assert trail.key is not None
    keys = {str(key.public): key for key in (trail.key, *earlier_keys)}
    while True:
        with trail.read() as reader:
            made = _made(Book(reader), workforce, asked, keys)
        report = ImpactReport(made.tables, trail.shown, f"{by.name} ({by.role})", asked)
        shown = render(report)  # this takes seconds, in which others can write
        with trail.append(now) as appender:
            if _earlier(Book(appender.reader)).keys() == made.earlier.keys():
                return appender.add(RECORD, _body(made, workforce, asked, shown, trail.key), by), shown


def _made(book: Book, workforce: Workforce, asked: ImpactQuestion, keys: Mapping[str, SigningKey]) -> _Made:
    found = window(book, asked.since, asked.until)
    policy = policy_of(book)
    got = reached(book, found, asked.until)
    crowd = Crowd(workforce, got.steps, policy.small_cell)
    earlier, these = _earlier(book), headcount(crowd)
    for seq, body in sorted(earlier.items(), reverse=True):
        _compare(seq, body, these, policy.small_cell, keys)
    outside = len(got.steps.keys() - workforce.people.keys())
    notes = (*_uncounted(found, got.nameless, outside, policy.small_cell), *_other_references(earlier, asked))
    tables = TrailReport(asked.since, asked.until, tuple(impact_parts(crowd, asked, policy)), notes)
    return _Made(tables, these, policy.small_cell, earlier)


def _earlier(book: Book) -> dict[int, Mapping[str, Any]]:
    """The reports on adverse impact that the trail holds. Raises TrailError where one cannot be read: it must be."""
    found: dict[int, Mapping[str, Any]] = {}
    for row in book.reader.rows(types=(RECORD,)):
        if row.header["rule_base"] is not None:
            continue
        record = book.read(row)
        if record.body is None or record.warning:
            why = record.withheld or record.warning
            raise TrailError(f"nobody can tell whom the report of record {row.seq} counted: {why}; no other is made")
        found[row.seq] = record.body
    return found


def _compare(seq: int, body: Mapping[str, Any], these: Headcount, least: int, keys: Mapping[str, SigningKey]) -> None:
    key = keys.get(body["key"])
    if key is None:
        raise Refused(
            f"record {seq} is a report made under an earlier key of the trail, without which nobody can tell whether "
            "this one differs from it by few people: give its file with --earlier-key"
        )
    before = opened_headcount(body["counted"], key.secret(PURPOSE), these)
    few = max(least, body["small_cell"])
    if differ_by_few(before, these, few):
        raise Refused(
            f"together with the report of record {seq}, this one would tell about fewer than {few} people, by whom "
            "some groups differ; ask for larger groups, fewer columns or a time of its own, or once more has changed"
        )


def _body(made: _Made, workforce: Workforce, asked: ImpactQuestion, shown: str, key: SigningKey) -> dict[str, Any]:
    columns = list(workforce.columns)
    return {
        "asked": f"adverse impact by {', '.join(columns)}",
        "shown": shown,
        "since": asked.since,
        "until": asked.until,
        "columns": columns,
        "groups": [workforce.groups(n) for n in range(len(columns))],
        "reference": dict(asked.reference),
        "left_out": asked.left_out,
        "small_cell": made.least,
        "key": str(key.public),
        "counted": sealed_headcount(made.counted, key.secret(PURPOSE), secrets.token_bytes(32)),
    }


def _uncounted(found: Window, nameless: int, outside: int, least: int) -> Iterator[str]:
    for why in found.unread:
        yield f"diagnoses of which only that they were made is counted: {why}"
    if found.erased:
        yield f"{found.erased} diagnoses were erased: whom they are about counts as reviewed, if the name is there"
    if nameless:
        yield f"{nameless} cases name nobody, or somebody whose name was erased, and are counted nowhere"
    if outside:
        many = str(outside) if outside >= least else f"fewer than {least}"
        yield f"the file is not whole: {many} people have a diagnosis and are not in it, so they are counted nowhere"


def _other_references(earlier: Mapping[int, Mapping[str, Any]], asked: ImpactQuestion) -> Iterator[str]:
    """A reference that is changed until the figures please: the report says so."""
    for seq, body in earlier.items():
        for column, group in asked.reference.items():
            if (other := body["reference"].get(column, group)) != group:
                yield f"record {seq} compared with `{other}` of `{column}`, this report compares with `{group}`"
