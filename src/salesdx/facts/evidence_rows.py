"""The rows that a term is drawn from, as one query: windows, scope and shared relations are put in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from salesdx.facts.draw_source import DrawSource
from salesdx.facts.drawn_terms import PLACEHOLDER, DrawnTerm
from salesdx.facts.scope import MOVES, OTHERS, Scope, Subject
from salesdx.facts.windows import TimeWindow, year_of

OTHERS_ROWS = (
    "(select unnest($people::varchar[]) as person, unnest($others::varchar[]) as other, "
    "unnest($peers::boolean[]) as is_peer)"
)
MOVES_ROWS = (
    "(select unnest($moved::varchar[]) as person, unnest($days::date[]) as day, unnest($words::varchar[]) as words)"
)
_PARAMETER = re.compile(r"\$([a-z_]+)")
_BEFORE = "_before"
_MOVED = ("from", "to", "year_from", "year_to")
"""Parameters that are those of the other window in what is compared."""
PERIODS_BACK, MONTHS_BACK = 12, 60
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2050, 12, 31)
"""Of the calendar of working days."""


@dataclass(frozen=True, slots=True)
class EvidenceRows:
    """A query for the rows behind a fact, and its parameters: dates, and the unit."""

    sql: str
    parameters: Mapping[str, object]

    def asked(self, select: str, group: str = "") -> str:
        """A query over the rows."""
        return f"select {select} from ({self.sql}) as evidence{' group by ' + group if group else ''}"


def evidence_query(source: DrawSource, term: DrawnTerm, subject: Subject, many: bool = False) -> EvidenceRows:
    """The rows of a term for a subject, or for all units of its kind, each row with its ``unit``."""
    scopes = {table: source.scope(table, subject, many) for table in source.scoped(term)}
    sql = _filled(source, term.rows, term.table, scopes)
    if term.compare:
        before = _PARAMETER.sub(lambda each: f"${each[1]}{_BEFORE}" if each[1] in _MOVED else each[0], sql)
        sql = f"select *, true as now from ({sql}) union all by name select *, false as now from ({before})"
    known = dict(_parameters(source, term, subject))
    if OTHERS in term.named:
        known |= source.comparisons.pairs("" if many else subject.unit)
    if MOVES in term.named:
        known |= source.comparisons.moves("" if many else subject.unit)
    return EvidenceRows(sql, {name: known[name] for name in dict.fromkeys(_PARAMETER.findall(sql))})


def _parameters(source: DrawSource, term: DrawnTerm, subject: Subject) -> Iterator[tuple[str, object]]:
    settings = source.warehouse.settings
    yield from (("unit", subject.unit), ("kind", subject.kind), ("sold_by", settings.sold_by))
    yield from (("closed", source.closed_on(term)), ("until", settings.data_until))
    for window, suffix in ((source.window, ""), (source.compared(term) or source.window.year_ago, _BEFORE)):
        year = year_of(window.start, settings.calendar.year_starts)
        yield from ((f"from{suffix}", window.start), (f"to{suffix}", window.end))
        yield from ((f"year_from{suffix}", year.start), (f"year_to{suffix}", year.end))


def _filled(source: DrawSource, text: str, own: str, scopes: Mapping[str, Scope | str]) -> str:
    def scope(more: str) -> Scope:
        found = scopes[more.lstrip(":") or own]
        assert isinstance(found, Scope)
        return found

    def put(found: re.Match[str]) -> str:
        name, more = found[1], found[2] or ""
        called = more.strip() or name
        if more == "?":
            return name if source.warehouse.has(name) else "null"
        match name:
            case "scope":
                return scope(more).filter
            case "unit":
                return f"{scope(more).unit} as unit"
            case "windows":
                return _rows_of_windows(called, _windows(source))
            case "months":
                return _rows_of_windows(called, _months_before(source.window.end))
            case "others":
                return f"{OTHERS_ROWS} {called}"
            case "moves":
                return f"{MOVES_ROWS} {called}"
            case "workdays":
                return f"({_workdays(source)}) {called}"
        return f"({_filled(source, source.meaning(name).select, own, scopes)}) {called}"

    return PLACEHOLDER.sub(put, text)


def _windows(source: DrawSource) -> tuple[tuple[str, int, TimeWindow], ...]:
    """The window and those of its length before it, the firm's year that it is in, and the last full one before it."""
    return _windows_beside(source.window, source.warehouse.settings.calendar.year_starts)


@lru_cache(maxsize=64)
def _windows_beside(window: TimeWindow, year_starts: tuple[int, int]) -> tuple[tuple[str, int, TimeWindow], ...]:
    year = year_of(window.start, year_starts)
    back = [("period", k, window.earlier(k)) for k in range(PERIODS_BACK + 1)]
    return (*back, ("year", 0, year), ("year", 1, year.year_ago))


@lru_cache(maxsize=64)
def _months_before(end: date) -> tuple[tuple[str, int, TimeWindow], ...]:
    last = TimeWindow(end.replace(day=1), end)
    return tuple(("month", k, last.earlier(k)) for k in range(MONTHS_BACK + 1))


def _rows_of_windows(name: str, windows: Iterable[tuple[str, int, TimeWindow]]) -> str:
    """Windows as rows ``span, k, from_on, to_on``: 0 is the window itself, 1 the one before it, and so on."""
    values = ", ".join(f"('{span}', {k}, date '{each.start}', date '{each.end}')" for span, k, each in windows)
    return f"(values {values}) {name}(span, k, from_on, to_on)"


def _workdays(source: DrawSource) -> str:
    """Days with how many working days there were up to each of them: the difference of two is the time between."""
    calendar = source.warehouse.settings.calendar
    working = ", ".join(map(str, calendar.working)) or "0"
    free = ", ".join(f"date '{day}'" for day in sorted(calendar.holidays))
    works = f"isodow(day) in ({working})" + (f" and day not in ({free})" if free else "")
    days = f"range(date '{FIRST_DAY}', date '{LAST_DAY + timedelta(1)}', interval 1 day)"
    counted = f"sum(case when {works} then 1 else 0 end) over (order by day) as nth"
    return f"select day, {counted} from (select cast(range as date) as day from {days})"
