"""What the texts of a source are: numbers, days, truth values or words; and which are not what they should be."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from salesdx.base.reading import NodeReader, shortened
from salesdx.facts.canonical_tables import BOOLEAN, DATE, MONEY, NUMBER
from salesdx.facts.expressions import TYPED, UsedColumn
from salesdx.facts.opened_reads import OpenedRead
from salesdx.facts.sql_text import Run, sql_name
from salesdx.facts.typed_values import DAY_FIRST, MONTH_FIRST, WrittenAs, is_none, trimmed, typed
from salesdx.text.english import listed, many

MOSTLY = 0.95
"""Share of a column's values that are numbers, above which the others are faults; below, the column is one of words."""
EXCHANGED = 0.05
"""Share of dates with day and month exchanged that is named in the fault."""
SERIAL = "[1-9][0-9]{4}"
"""The number of a day, counted from the end of 1899, as spreadsheets store them: 1927 and later."""
PLACES = 3
SLASHED = "regexp_matches(v, '^[0-9]{1,2}/[0-9]{1,2}/')"
"""The SQL that says whether a text looks like a date with slashes, the day or the month first."""
THERE = "#there"
"""A column that is true in every row of a source: null after a join that found none."""
CODES = {NUMBER: "bad-number", MONEY: "bad-number", DATE: "bad-date", BOOLEAN: "bad-truth-value"}
SAID = {NUMBER: "a number", MONEY: "a number", DATE: "a date", BOOLEAN: "true or false"}


@dataclass(frozen=True, slots=True)
class WantedColumn:
    """A column of a source that stands alone for a canonical one of some type, and where the mapping says so."""

    used: UsedColumn
    type: str


def relation_of(opened: OpenedRead, kinds: Mapping[str, str]) -> str:
    """A source as expressions read it: texts without white space around them, and beside them what they are.

    ``kinds``: column -> the type of SQL that its values are read as in an expression.
    """
    ascii = opened.source.ascii
    columns = [f"true as {sql_name(THERE)}"]
    for name, native in opened.columns.items():
        if name not in kinds:
            continue
        text = trimmed(sql_name(name), ascii) if native == "VARCHAR" else sql_name(name)
        columns += [
            f"{text} as {sql_name(name)}",
            f"{_as(text, native, kinds[name], opened.how)} as {sql_name(name + TYPED)}",
        ]
    return f"(select {', '.join(columns)} from {opened.relation})"


def kinds_of(run: Run, reader: NodeReader, opened: OpenedRead, used: Iterable[UsedColumn]) -> dict[str, str]:
    """The type of SQL of the columns of a source that stand inside expressions, by what their values are.

    A column in which nearly all are numbers has faults: the first three that are not.
    """
    wanted = {column.name: column for column in used if opened.columns[column.name] == "VARCHAR"}
    if not wanted:
        return {}
    counts = _counted(run, opened, {name: _questions(opened.how) for name in wanted})
    kinds = {}
    for name, count in counts.items():
        known, numbers, whole, zeros, days, hours, flags = count
        kinds[name] = "VARCHAR"
        if known and flags == known:
            kinds[name] = "BOOLEAN"
        elif known and not zeros and numbers == known:
            kinds[name] = "BIGINT" if whole == known else "DOUBLE"
        elif known and days == known:
            kinds[name] = "TIMESTAMP" if hours else "DATE"
        elif known and not zeros and numbers >= MOSTLY * known:
            _report(run, reader, opened, WantedColumn(wanted[name], NUMBER), known - numbers)
    return kinds


def check_values(
    run: Run,
    reader: NodeReader,
    opened: OpenedRead,
    wanted: Sequence[WantedColumn],
    matters: Callable[[WantedColumn, str], bool],
) -> set[str]:
    """Note values that are not of the type that they stand for; the columns of dates that have hours.

    ``matters``: whether a value `v` for which a condition is true stands in a row that some table takes.
    """
    texts = [each for each in dict.fromkeys(wanted) if each.type in CODES]
    if not texts:
        return set()
    asked = []
    for each in texts:
        native = opened.columns[each.used.name]
        value = typed("v", native, each.type, opened.how)
        if not value:
            message = f"`{shortened(each.used.name)}` must be {SAID[each.type]}, it is {native.lower()}"
            reader.fault(CODES[each.type], message, each.used.place)
        bad = f"not {is_none('v', each.type)} and ({value or 'v'}) is null"
        asked.append((each.used.name, (bad, _has_hour(value, each.type))))
    counts = _counted_list(run, opened, asked)
    for each, (_, (condition, _hour)), (_known, bad, _hours) in zip(texts, asked, counts, strict=True):
        if bad and matters(each, condition):
            _report(run, reader, opened, each, bad)
    return {each.used.name for each, (_, _bad, hours) in zip(texts, counts, strict=True) if hours}


def with_order_of_dates(run: Run, reader: NodeReader, opened: OpenedRead, wanted: Sequence[WantedColumn]) -> OpenedRead:
    """The source with what comes first in its dates with slashes, the day or the month, as its values show.

    A fault where they do not.
    """
    dates = {
        each.used.name: each for each in wanted if each.type == DATE and opened.columns[each.used.name] == "VARCHAR"
    }
    if not dates or opened.how.dates:
        return opened
    found = _counted(run, opened, dict.fromkeys(dates, (SLASHED,)))
    slashed = [name for name, (_, count) in found.items() if count]
    if not slashed:
        return opened
    by_day, by_month = (
        f"(contains(v, '/') and {typed('v', 'VARCHAR', DATE, WrittenAs(dates=first))} is not null)"
        for first in (DAY_FIRST, MONTH_FIRST)
    )
    asked = (f"{by_day} and not {by_month}", f"{by_month} and not {by_day}")
    counts = _counted(run, opened, dict.fromkeys(slashed, asked)).values()
    days, months = (sum(count[i] for count in counts) for i in (1, 2))
    if not days and not months:
        message = f"nobody can tell the day from the month in `{shortened(slashed[0])}`"
        help = f"say `dates: {DAY_FIRST}` or `dates: {MONTH_FIRST}` beside the name of the file"
        reader.fault("bad-date", message, dates[slashed[0]].used.place, help)
    return replace(opened, how=replace(opened.how, dates=DAY_FIRST if days >= months else MONTH_FIRST))


def _questions(how: WrittenAs) -> list[str]:
    """What is asked of the values of a column: numbers, whole ones, leading zeros, days, hours, truth values."""
    day = typed("v", "VARCHAR", DATE, how)
    number = typed("v", "VARCHAR", NUMBER, how)
    return [
        f"{number} is not null",
        "regexp_full_match(v, '-?(0|[1-9][0-9]{0,17})')",
        "regexp_matches(v, '^[-+]?0[0-9]')",
        f"{day} is not null",
        _has_hour(day, DATE),
        "lower(v) in ('true', 'false', 't', 'f')",
    ]


def _has_hour(value: str, kind: str) -> str:
    return f"{value} <> date_trunc('day', {value})" if value and kind == DATE else "false"


def _counted(run: Run, opened: OpenedRead, asked: Mapping[str, Sequence[str]]) -> dict[str, tuple[Any, ...]]:
    found = _counted_list(run, opened, list(asked.items()))
    return dict(zip(asked, found, strict=True))


def _counted_list(run: Run, opened: OpenedRead, asked: Sequence[tuple[str, Sequence[str]]]) -> list[tuple[Any, ...]]:
    """For each column how many values are known, and of how many each condition on `v` is true: in one pass."""
    columns = ", ".join(f"{_value(opened, name)} as v{i}" for i, (name, _) in enumerate(asked))
    counts = [
        f"count(*) filter ({_renamed(condition, i)})"
        for i, (_, conditions) in enumerate(asked)
        for condition in ("v is not null", *conditions)
    ]
    [row] = run(f"select {', '.join(counts)} from (select {columns} from {opened.relation})")
    values = iter(row)
    return [tuple(next(values) for _ in range(1 + len(conditions))) for _, conditions in asked]


def _renamed(condition: str, number: int) -> str:
    return re.sub(r"\bv\b", f"v{number}", condition)


def _value(opened: OpenedRead, name: str) -> str:
    native = opened.columns[name]
    return trimmed(sql_name(name), opened.source.ascii) if native == "VARCHAR" else sql_name(name)


def _as(text: str, native: str, kind: str, how: WrittenAs) -> str:
    """A text as what its column is; other types stay as the source has them."""
    if native != "VARCHAR" or kind in ("", "VARCHAR"):
        return text
    if kind == "BOOLEAN":
        return f"(lower({text}) in ('true', 't'))"
    value = typed(text, native, DATE if kind in ("DATE", "TIMESTAMP") else NUMBER, how)
    return f"cast({value} as {kind.lower()})"


def _report(run: Run, reader: NodeReader, opened: OpenedRead, wanted: WantedColumn, bad: int) -> None:
    """Note the values of a column that are not what they should be, with the first three places."""
    native = opened.columns[wanted.used.name]
    value = typed("v", native, wanted.type, opened.how)
    rows = run(
        f"select n, v from (select row_number() over () + {opened.source.first_row - 1} as n, "
        f"{_value(opened, wanted.used.name)} as v from {opened.relation}) "
        f"where not {is_none('v', wanted.type)} and ({value}) is null order by n limit {PLACES}"
    )
    shown = listed([f"`{shortened(str(v), 40)}` in row {n}" for n, v in rows])
    name, verb = shortened(wanted.used.name), "is" if bad == 1 else "are"
    message = f"{many(bad, 'value')} of `{name}` in `{opened.read.shown}` {verb} not {SAID[wanted.type]}: {shown}"
    reader.fault(CODES[wanted.type], message, wanted.used.place, "; ".join(_helps(run, opened, wanted)))


def _helps(run: Run, opened: OpenedRead, wanted: WantedColumn) -> Iterator[str]:
    """What may be meant: the other decimal sign, day and month exchanged."""
    if wanted.type in (NUMBER, MONEY):
        other = WrittenAs("," if opened.how.decimal == "." else ".")
        value = typed("v", "VARCHAR", NUMBER, other)
        [(known, fits)] = _counted_list(run, opened, [(wanted.used.name, [f"{value} is not null"])])
        if fits == known:
            yield f'say `decimal: "{other.decimal}"` beside the name of the file'
    elif wanted.type == DATE:
        dates = MONTH_FIRST if opened.how.dates != MONTH_FIRST else DAY_FIRST
        own = typed("v", "VARCHAR", DATE, opened.how)
        value = typed("v", "VARCHAR", DATE, WrittenAs(dates=dates))
        [(known, other_way)] = _counted_list(
            run, opened, [(wanted.used.name, [f"({own}) is null and {value} is not null"])]
        )
        if other_way > EXCHANGED * known:
            yield f"in {100 * other_way / known:.0f}% of the dates day and month are exchanged"
        [(known, numbers)] = _counted_list(run, opened, [(wanted.used.name, [f"regexp_full_match(v, '{SERIAL}')"])])
        if numbers == known:
            name = wanted.used.name if wanted.used.name.isidentifier() else sql_name(wanted.used.name)
            yield f"days as a spreadsheet counts them? say `'make_date(1899, 12, 30) + to_days({name})'`"
