"""What a mapping reads, table by table: a page and data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from salesdx.render.blocks import Block, Paragraph, Report, Section, Table
from salesdx.services.mapping_check import CheckedTable, MappingChecked
from salesdx.text.english import many

MOST_GAPS = 6
NO_KEY = "There is no key of pseudonyms, so that nothing is drawn for a person: salesdx facts key makes one."


def check_report(found: MappingChecked, mapping: str) -> Report:
    """A mapping without faults: what it reads, and what of it is worth a look."""
    about = (("Data until", str(found.until)), ("Faults", "none"))
    tables = tuple(map(_table_row, found.tables))
    sections = (
        Section("tables", "What is mapped", (Table(("table", "rows", "days", "currency", "not mapped"), tables),)),
        Section("look", "Worth a look", tuple(_look(found))),
        Section("missing", "Not mapped", (Table(("table", "why"), found.missing),) if found.missing else ()),
        Section("read", "What was read", tuple(_read(found))),
    )
    return Report(f"Mapping {mapping}", about, tuple(s for s in sections if s.blocks), ())


def _table_row(table: CheckedTable) -> tuple[str, ...]:
    days = f"{table.first} to {table.last}" if table.first else ""
    return table.name, f"{table.rows:,}", days, ", ".join(table.currencies), ", ".join(table.unmapped)


def _look(found: MappingChecked) -> Iterator[Block]:
    for table in (table for table in found.tables if table.gaps):
        more = f" and {len(table.gaps) - MOST_GAPS} more" if len(table.gaps) > MOST_GAPS else ""
        told = ", ".join(table.gaps[:MOST_GAPS]) + more
        yield Paragraph(f"{table.name}: no row in {many(len(table.gaps), 'month')}: {told}.")
    for one in found.twice:
        more = "; too many for facts of a person" if one.too_many else ""
        yield Paragraph(f"{one.table}: {one.told}{more}.")
    if not found.keyed:
        yield Paragraph(NO_KEY)


def _read(found: MappingChecked) -> Iterator[Block]:
    rows = ((one.name, one.what, f"{one.rows:,}", one.digest.removeprefix("sha256:")[:12]) for one in found.sources)
    if found.sources:
        yield Table(("name", "what", "rows", "SHA-256"), tuple(rows))


def check_data(found: MappingChecked) -> dict[str, Any]:
    """The same as JSON: {until, keyed, tables, missing, sources, twice}."""
    tables = [
        {
            "table": one.name,
            "rows": one.rows,
            "first": one.first and one.first.isoformat(),
            "last": one.last and one.last.isoformat(),
            "gaps": list(one.gaps),
            "unmapped": list(one.unmapped),
            "currencies": list(one.currencies),
        }
        for one in found.tables
    ]
    return {
        "until": found.until.isoformat(),
        "keyed": found.keyed,
        "tables": tables,
        "missing": dict(found.missing),
        "sources": [{"name": s.name, "what": s.what, "rows": s.rows, "digest": s.digest} for s in found.sources],
        "twice": [{"table": t.table, "told": t.told, "too_many": t.too_many} for t in found.twice],
    }
