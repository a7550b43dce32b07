"""Money in the report currency: by the rate of the row's day, and never by one that nobody gave."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from salesdx.facts.canonical_tables import MONEY, REPORTED, CanonicalTable, canonical_schema
from salesdx.facts.mapping import FirmMapping
from salesdx.facts.sql_text import Run, sql_name, sql_string
from salesdx.text.english import many
from salesdx.text.issues import Issue

OLDEST_DAYS = 31
"""A rate counts from its day to the next, at most so many days: monthly rates will do, a forgotten list will not."""


@dataclass(frozen=True, slots=True)
class MissingRate:
    """Rows with money for whose currency there is no rate on their day; the earliest such day."""

    table: str
    currency: str
    day: date | None
    rows: int


def reported(
    run: Run, table: CanonicalTable, staged: str, columns: Mapping[str, Collection[str]], currency: str
) -> tuple[str, list[MissingRate]]:
    """The select that gives a staged table its money in the report currency, and where a rate is missing for it.

    ``columns``: canonical table -> the columns that it has; the one that this table is `of` is there already. Rates
    stand in the table `rates` (currency, day, rate: report currency for one unit).
    """
    has = columns[table.name]
    money = [sql_name(name) for name, column in table.columns.items() if column.type == MONEY and name in has]
    if not money:
        return f"select * from {staged}", []
    priced = _priced(table, staged, columns)
    if priced is None or _in_one(run, priced, currency):
        return f"select *, {', '.join(f'{name} as {_reported(name)}' for name in money)} from {staged}", []
    rated = (
        f"select p.*, case when rated_currency = {sql_string(currency)} then 1.0 "
        f"when rated_day - r.day <= {OLDEST_DAYS} then r.rate end as rate "
        f"from ({priced}) p asof left join rates r on p.rated_currency = r.currency and p.rated_day >= r.day"
    )
    missing = run(
        f"select rated_currency, min(rated_day), count(*) from ({rated}) where rate is null and "
        f"({' or '.join(f'{name} is not null' for name in money)}) group by 1 order by 2, 1"
    )
    more = ", ".join(f"{name} * rate as {_reported(name)}" for name in money)
    return (
        f"select * exclude (rated_currency, rated_day, rate), {more} from ({rated})",
        [MissingRate(table.name, code or "", day, rows) for code, day, rows in missing],
    )


def _in_one(run: Run, priced: str, currency: str) -> bool:
    """Whether all rows are in the report currency; where a firm names none, in the same one."""
    found = [code for (code,) in run(f"select distinct rated_currency from ({priced}) limit 3")]
    return found == [] or (len(found) == 1 and currency in (found[0], ""))


def _reported(name: str) -> str:
    return sql_name(name.strip('"') + REPORTED)


def _priced(table: CanonicalTable, staged: str, columns: Mapping[str, Collection[str]]) -> str | None:
    """The staged rows with the currency and the day by which each is rated; None where all are in one currency."""
    if "currency" in table.columns:
        if "currency" not in columns[table.name]:
            return None
        return f"select *, currency as rated_currency, {_day(table, columns)} as rated_day from {staged}"
    schema = canonical_schema().tables
    for column, other in table.of.items():
        if column in columns[table.name] and "currency" in columns.get(other, ()):
            return (
                f"select s.*, o.rated_currency, o.rated_day from {staged} s left join (select {sql_name(column)}, "
                f"currency as rated_currency, {_day(schema[other], columns)} as rated_day from {sql_name(other)}) o "
                f"using ({sql_name(column)})"
            )
    return None


def _day(table: CanonicalTable, columns: Mapping[str, Collection[str]]) -> str:
    dates = [sql_name(name) for name in table.rated_on if name in columns[table.name]]
    return f"coalesce({', '.join(dates)})" if dates else "cast(null as date)"


def rate_faults(mapping: FirmMapping, missing: Sequence[MissingRate]) -> Iterator[Issue]:
    """The faults of rates that are missing, each at the table whose money needs it."""
    for each in missing:
        place = mapping.tables[each.table].place
        rows = many(each.rows, "row")
        if not each.currency:
            message = f"{rows} of `{each.table}` with money have no currency, the first on {each.day}"
            yield Issue("rate-missing", message, place, "map the currency of these rows, or leave them out by `where:`")
            continue
        message = f"there is no rate for {each.currency} on {each.day} ({rows} of `{each.table}` from then on)"
        help = "add it to `rates` of `currency`: the file has the columns currency, day, rate"
        yield Issue("rate-missing", message, place, help)
