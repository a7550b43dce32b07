"""A mapping -> the staged rows of the canonical tables, or all faults of the mapping and of what it reads.

Each step notes all its faults; after a step that has some nothing later is looked at, since it would only repeat them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from salesdx.base.reading import NodeReader, first_line, shortened
from salesdx.facts.canonical_tables import DATE, NUMBER, SQL_TYPES, TEXT, canonical_schema
from salesdx.facts.expressions import ExpressionReader, UsedColumn
from salesdx.facts.firm_settings import FirmSettings, SourceFile
from salesdx.facts.mapping import FirmMapping, MappingError
from salesdx.facts.mapping_settings import HOLIDAY_COLUMNS, RATE_COLUMNS
from salesdx.facts.named_sources import SourceRead
from salesdx.facts.opened_reads import Append, OpenedRead, open_reads, take_rows
from salesdx.facts.part_select import CompiledPart, compiled_part, part_rows, select_of
from salesdx.facts.pseudonyms import PseudonymKey
from salesdx.facts.read_types import WantedColumn, check_values, kinds_of, relation_of, with_order_of_dates
from salesdx.facts.row_checks import check_join, check_rows
from salesdx.facts.sheet_kinds import sheet_words
from salesdx.facts.sql_text import QueryRefused, Run, sql_name, sql_string
from salesdx.facts.table_parts import ALSO, TablePart
from salesdx.facts.typed_values import typed
from salesdx.facts.words_meant import PEOPLE, NamesOfFirm, TwoPersons, learnt, meant_select
from salesdx.text.source import Scalar

WON = "won"
_LAST = re.compile(r"max\(\s*(?:(\w+)\.)?(\"[^\"]+\"|\w+)\s*\)")


@dataclass
class Filling:
    """The work of filling a warehouse from a mapping, step by step."""

    run: Run
    append: Append
    mapping: FirmMapping
    names: NamesOfFirm
    reader: NodeReader = field(default_factory=NodeReader)
    wanted: tuple[str, ...] = ()
    opened: dict[str, OpenedRead] = field(default_factory=dict)
    parts: dict[str, list[CompiledPart]] = field(default_factory=dict)
    kinds: dict[str, dict[str, str]] = field(default_factory=dict)
    hours: dict[str, set[str]] = field(default_factory=dict)
    staged: dict[str, str] = field(default_factory=dict)
    columns: dict[str, tuple[str, ...]] = field(default_factory=dict)
    sources: list[SourceFile] = field(default_factory=list)
    extra: dict[str, list[WantedColumn]] = field(default_factory=dict)
    """Columns that are read beside those of tables: rates, holidays, the last day."""
    last: WantedColumn | None = None
    """The column whose last day is the last of the data."""

    def filled(self) -> FirmSettings:
        """Fill all tables, and give the settings. Raises MappingError."""
        self._set_zone()
        self._open()
        self._compile()
        self._stop()
        self._take_rows()
        self._stop()
        self._look_at_values()
        self._stop()
        for name in canonical_schema().tables:
            if name in self.parts:
                self._stage(name)
        self._stop()
        self.run("checkpoint")  # packs the rows in memory, to a sixth of their size
        self._put_what_is_meant()
        check_rows(self.run, self.reader, self.mapping.tables, canonical_schema().tables, self.staged, self.columns)
        settings = self._settings()
        self._stop()
        return settings

    def _stop(self) -> None:
        """Raise MappingError with the faults so far, if there are any."""
        if any(issue.severity == "error" for issue in self.reader.issues):
            raise MappingError(self.reader.issues)

    def _set_zone(self) -> None:
        zone, place = self.mapping.calendar.time_zone, self.mapping.zone_place
        names = {name.casefold(): name for (name,) in self.run("select name from pg_timezone_names()")}
        if zone.casefold() not in names and place is not None:
            help = self.reader.near(zone, names.values())
            self.reader.fault("unknown-value", f"there is no time zone `{shortened(zone)}`", place, help)
        else:
            self.run(f"set timezone = {sql_string(zone)}")

    def _open(self) -> None:
        """Open the sources that something reads."""
        named = {part.source.text for table in self.mapping.tables.values() for part in table.parts}
        joins = (join for table in self.mapping.tables.values() for part in table.parts for join in part.joins)
        named |= {join.read.text for join in joins}
        wanted = [read for name, read in self.mapping.reads.items() if name in named or self._last_of(name)]
        wanted += [read for read in (self.mapping.rates, self.mapping.holidays) if read is not None]
        self.wanted = tuple(read.name for read in wanted)
        self.opened = open_reads(self.run, self.reader, wanted)

    def _last_of(self, name: str) -> bool:
        found = _LAST.fullmatch(self.mapping.data_until.text) if self.mapping.data_until else None
        return bool(found and found[1] == name)

    def _compile(self) -> None:
        """Read all expressions."""
        for name, mapped in self.mapping.tables.items():
            table = canonical_schema().tables[name]
            there = list(self._there(mapped.parts))
            parts = [compiled_part(self.run, self.reader, table, part, self.opened) for part in there]
            if there:
                self.parts[name] = [part for part in parts if part is not None]
        self._extra_columns(self.mapping.rates, RATE_COLUMNS, (TEXT, DATE, NUMBER))
        self._extra_columns(self.mapping.holidays, HOLIDAY_COLUMNS, (DATE,))
        self._last_column()

    def _there(self, parts: Iterable[TablePart]) -> Iterator[TablePart]:
        """Parts without what nobody filled in, where they are sheets that are kept by hand."""
        for part in parts:
            opened = self.opened.get(part.source.text)
            if not part.kept or opened is None:
                yield part
            elif part.needs in ("", *opened.columns):
                known = sheet_words().kinds[opened.read.kind].columns
                empty = {column.name for column in known} - opened.columns.keys()
                kept = {name: said for name, said in part.columns.items() if said.text not in empty}
                yield replace(part, columns=kept)

    def _extra_columns(self, read: SourceRead | None, columns: tuple[str, ...], types: tuple[str, ...]) -> None:
        opened = self.opened.get(read.name) if read else None
        for name, kind in zip(columns, types, strict=True):
            if read is None or opened is None:
                return
            wanted = read.options.get(name, name)
            found = next((column for column in opened.columns if column.casefold() == wanted.casefold()), None)
            if found is None:
                help = self.reader.near(wanted, opened.columns) or f"it has {', '.join(opened.columns)}"
                message = f"`{read.what}` has no column `{shortened(wanted)}`"
                self.reader.fault("unknown-column", message, read.place, f"{help}; or say `{name}:` which it is")
            else:
                self.extra.setdefault(read.name, []).append(
                    WantedColumn(UsedColumn(read.name, found, read.place), kind)
                )

    def _last_column(self) -> None:
        """The column whose last day is the last of the data."""
        said = self.mapping.data_until
        assert said is not None  # the reader of mappings asked for it
        found = _LAST.fullmatch(said.text)
        if found is None:
            if _day(said) is None:
                help = "such as 2026-09-30, or `max(o.OrderDate)`"
                self.reader.fault("type", "`data_until` must be a date, or the last of a column", said.place, help)
            return
        read, name = found[1], found[2].strip('"')
        scope = {key: opened.columns for key, opened in self.opened.items() if read in (None, key)}
        named = [(key, column) for key in scope for column in scope[key] if column.casefold() == name.casefold()]
        whole = len(self.opened) == len(self.wanted) and (read is None or read in self.opened)
        if not whole and read in (None, *self.mapping.reads):
            return  # a source that could not be opened may have it
        if len(named) != 1:
            known = [column for columns in scope.values() for column in columns]
            help = self.reader.near(name, known) or "such as `max(o.OrderDate)`"
            message = (
                f"`data_until`: {'no' if not named else 'more than one'} source has the column `{shortened(name)}`"
            )
            self.reader.fault("unknown-column", message, said.place, help)
            return
        self.last = WantedColumn(UsedColumn(*named[0], said.place), DATE)
        self.extra.setdefault(named[0][0], []).append(self.last)

    def _used(self, name: str) -> list[UsedColumn]:
        """The columns that are read of a source."""
        used = [column for parts in self.parts.values() for part in parts for column in part.used()]
        used += [wanted.used for columns in self.extra.values() for wanted in columns]
        return [column for column in used if column.read == name]

    def _wanted(self, name: str) -> list[WantedColumn]:
        wanted = [each for parts in self.parts.values() for part in parts for each in part.wanted()]
        return [each for each in (*wanted, *self.extra.get(name, ())) if each.used.read == name]

    def _take_rows(self) -> None:
        for name, opened in self.opened.items():
            wanted = {column.name for column in self._used(name)}
            if (source := take_rows(self.run, self.append, self.reader, opened, wanted)) is not None:
                self.sources.append(source)

    def _look_at_values(self) -> None:
        """What the values of each column are, and which are not what they should be."""
        for name, opened in self.opened.items():
            wanted = self._wanted(name)
            self.opened[name] = opened = with_order_of_dates(self.run, self.reader, opened, wanted)
            inside = [
                column
                for parts in self.parts.values()
                for part in parts
                for expression in part.expressions()
                if expression.bare is None
                for column in expression.columns
                if column.read == name
            ]
            self.kinds[name] = kinds_of(self.run, self.reader, opened, inside)
        for name, opened in self.opened.items():
            self.hours[name] = check_values(self.run, self.reader, opened, self._wanted(name), self._matters)

    def _matters(self, wanted: WantedColumn, condition: str) -> bool:
        """Whether a row that a table takes has a value for which a condition is true; others may hold anything."""
        parts = [part for parts in self.parts.values() for part in parts if wanted in part.wanted()]
        value = f"{sql_name(wanted.used.read)}.{sql_name(wanted.used.name)}"
        for part in parts:
            rows = part_rows(part, self.opened, self.kinds)
            try:
                found = self.run(f"select 1 from (select {value} as v {rows}) where {condition} limit 1")
            except QueryRefused:  # which is told where the table is made
                continue
            if found:
                return True
        return not parts

    def _stage(self, name: str) -> None:
        """Make the rows of a table."""
        selects = []
        for part in self.parts[name]:
            select = select_of(self.run, self.reader, part, self.opened, self.kinds, self.hours)
            rows = part_rows(part, self.opened, self.kinds)
            if select is not None and check_join(self.run, self.reader, part, rows):
                selects.append(select)
        if len(selects) < len(self.parts[name]):
            return
        staged = sql_name(f"staged {name}")
        try:
            self.run(f"create table {staged} as {' union all by name '.join(selects)}")
        except QueryRefused as error:  # such as a function that cannot take a value
            place = self.mapping.tables[name].place
            self.reader.fault("not-sql", f"`{name}` cannot be computed: {error}", place)
            return
        self.staged[name] = staged
        self.columns[name] = tuple(column for column, *_ in self.run(f"describe {self.staged[name]}"))

    def _put_what_is_meant(self) -> None:
        """One form of each word, aliases, and pseudonyms; then nothing in the warehouse names anybody."""
        tables, aliases = canonical_schema().tables, self.mapping.aliases
        try:
            learnt(self.run, self.names, tables, self.staged, self.columns, aliases)
        except TwoPersons:
            place = next(scalar for part in self.mapping.tables[PEOPLE].parts for scalar in part.also).place
            self.reader.fault("not-one-row", f"one name under `{ALSO}` is that of two persons", place)
        self._stop()
        for name, staged in self.staged.items():
            has = self.columns[name]
            select = meant_select(self.run, self.append, self.names, tables[name], staged, has, aliases)
            if select is None:
                continue
            self.staged[name] = sql_name(f"meant {name}")
            self.run(f"create table {self.staged[name]} as {select}")
            self.run(f"drop table {staged}")
            self.columns[name] = tuple(column for column, *_ in self.run(f"describe {self.staged[name]}"))
        for (name,) in self.run("select table_name from information_schema.tables where table_name like 'words %'"):
            self.run(f"drop table {sql_name(name)}")

    def _settings(self) -> FirmSettings:
        """What draws read beside the tables."""
        mapping = self.mapping
        word, where = self._sold()
        holidays = self._rows_of(mapping.holidays)
        self.run("create table rates (currency varchar, day date, rate double)")
        self.append("rates", self._rows_of(mapping.rates))
        until = self._until()
        for opened in self.opened.values():
            self.run(f"drop {'view' if opened.source.relation else 'table'} {opened.relation}")
        return FirmSettings(
            data_until=until,
            calendar=replace(mapping.calendar, holidays=frozenset(day for (day,) in holidays)),
            currency=mapping.currency,
            settles=mapping.settles,
            sold_by=word,
            sold_where=where,
            peers=mapping.peers,
            by=mapping.respondents,
            says={name: mapping.sources.get(name) or mapping.system for name in self.columns},
            proxies=frozenset(proxy for table in mapping.tables.values() for proxy in table.proxies),
            not_here=mapping.not_here,
            sources=tuple(self.sources),
            mapping_digest=mapping.digest,
            keyed=self.names.key is not None,
        )

    def _sold(self) -> tuple[str, str]:
        """What counts as sold: the word, and the firm's own condition on deals."""
        said, words = self.mapping.won, canonical_schema().sold
        if said is None:
            first = next(iter(words))
            return (first if words[first].relation.split()[0] in self.columns else WON), ""
        if said.text in words:
            return said.text, ""
        relation = words[WON].relation
        scope = {relation: dict.fromkeys(self.columns.get(relation, ()), "")}
        made = ExpressionReader(self.run, self.reader).expression(said, scope, "`won`", suffix="")
        return WON, made.sql if made else ""

    def _until(self) -> date:
        """The last day of the data."""
        said = self.mapping.data_until
        assert said is not None
        if (day := _day(said)) is not None:
            return day
        assert self.last is not None
        relation, (value,) = self._values_of([self.last])
        [(last,)] = self.run(f"select cast(max({value}) as date) from {relation}")
        if last is None:
            self.reader.fault("type", "`data_until` is the last day of a column without any", first_line(said.place))
        return last or date.min

    def _rows_of(self, read: SourceRead | None) -> list[tuple[Any, ...]]:
        """The rows of rates or holidays."""
        if read is None:
            return []
        relation, values = self._values_of(self.extra[read.name])
        return self.run(f"select {', '.join(values)} from {relation}")

    def _values_of(self, columns: list[WantedColumn]) -> tuple[str, list[str]]:
        """A source, and what gives the values of some of its columns."""
        opened = self.opened[columns[0].used.read]
        values = []
        for each in columns:
            value = typed(sql_name(each.used.name), opened.columns[each.used.name], each.type, opened.how)
            values.append(f"cast({value} as {SQL_TYPES[each.type]})")
        return relation_of(opened, {each.used.name: "" for each in columns}), values


def _day(said: Scalar) -> date | None:
    try:
        return datetime.strptime(said.text, "%Y-%m-%d").date()
    except ValueError:
        return None


def filling_of(run: Run, append: Append, mapping: FirmMapping, key: PseudonymKey | None) -> Filling:
    """The work of filling an empty warehouse from a mapping; with a key persons have pseudonyms that last."""
    return Filling(run, append, mapping, NamesOfFirm(key))
