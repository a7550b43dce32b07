"""The sources of a mapping, opened: each as a relation of DuckDB with its columns."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from salesdx.base.reading import NodeReader
from salesdx.facts.firm_settings import SourceFile
from salesdx.facts.named_sources import CSV, PARQUET, POSTGRES, SQLITE, XLSX, SourceRead
from salesdx.facts.sheet_rows import SheetError
from salesdx.facts.sources.databases import open_postgres, open_sqlite
from salesdx.facts.sources.flat_file import open_csv, open_parquet
from salesdx.facts.sources.kept_sheet import open_kept_sheet
from salesdx.facts.sources.opened_source import OpenedSource, RowDigest, SourceFault
from salesdx.facts.sources.sheet import open_sheet
from salesdx.facts.sql_text import QueryRefused, Run, sql_name
from salesdx.facts.typed_values import WrittenAs

OPEN = {CSV: open_csv, PARQUET: open_parquet, XLSX: open_sheet, SQLITE: open_sqlite, POSTGRES: open_postgres}
Append = Callable[[str, Iterable[Sequence[object]]], None]
"""Adds rows to a table of the warehouse."""


@dataclass(frozen=True)
class OpenedRead:
    """A source that is open. ``columns``: name -> type in SQL; ``relation``: the name of what has its rows."""

    source: OpenedSource
    columns: Mapping[str, str]
    relation: str
    how: WrittenAs

    @property
    def read(self) -> SourceRead:
        """What the mapping says of it."""
        return self.source.read


def open_reads(run: Run, reader: NodeReader, reads: Iterable[SourceRead]) -> dict[str, OpenedRead]:
    """All sources that can be opened, by name; for the others a fault is noted where the mapping names them."""
    opened = {}
    for read in reads:
        relation = sql_name(f"read {read.name}")
        try:
            source = OPEN.get(read.kind, open_kept_sheet)(read)
            columns = source.columns
            if source.relation:
                run(f"create view {relation} as select * from {source.relation}")
                columns = {name: kind for name, kind, *_ in run(f"describe {relation}")}
            how = WrittenAs(read.options.get("decimal", source.decimal), read.options.get("dates", ""))
            opened[read.name] = OpenedRead(source, columns, relation, how)
        except SourceFault as fault:
            reader.fault(fault.code, fault.message, read.place, fault.help)
        except SheetError as error:
            reader.issues += error.issues
        except QueryRefused as error:  # a file that is not what it is called
            reader.fault("unreadable", f"cannot read `{read.what}`: {error}", read.place)
    return opened


def take_rows(
    run: Run, append: Append, reader: NodeReader, opened: OpenedRead, wanted: Collection[str]
) -> SourceFile | None:
    """Read the columns that are wanted of a source; how many rows it has, and its digest. None with a fault."""
    source = opened.source
    try:
        digest = RowDigest()
        if source.rows is not None:
            columns = [name for name in opened.columns if name in wanted] or list(opened.columns)[:1]
            run(f"create table {opened.relation} ({', '.join(f'{sql_name(name)} varchar' for name in columns)})")
            for batch in source.rows(columns):
                append(opened.relation, batch)
                if not source.digest:
                    digest.add(batch)
        [(rows,)] = run(f"select count(*) from {opened.relation}")
    except SourceFault as fault:
        reader.fault(fault.code, fault.message, opened.read.place, fault.help)
        return None
    except QueryRefused as error:
        reader.fault("unreadable", f"cannot read `{opened.read.what}`: {error}", opened.read.place)
        return None
    return SourceFile(opened.read.name, opened.read.shown, rows, source.digest or digest.text())
