"""What all terms of a draw have in common: the warehouse, the window, and what shared relations mean there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from salesdx.facts.canonical_tables import canonical_schema
from salesdx.facts.comparable import Comparisons
from salesdx.facts.drawn_terms import PLACEHOLDER, Definitions, DrawnTerm, Meaning, placeholders
from salesdx.facts.scope import OTHERS, PERSON, PRODUCT, TERRITORY, WHOSE, RowsOf, Scope, Subject, scope_of
from salesdx.facts.sold import sold_reads
from salesdx.facts.warehouse import Warehouse
from salesdx.facts.windows import TimeWindow

SETTLES_WITH = {"order_lines": "orders", "returns": "orders", "deal_stages": "deals", "quotes": "deals"}
"""Table -> the one with whose rows its own settle."""
SOLD = "sold"
"""The view of what counts as sold, whatever system says it."""


@dataclass(frozen=True)
class DrawSource:
    """One warehouse, one window and the definitions."""

    warehouse: Warehouse
    definitions: Definitions
    window: TimeWindow

    @cached_property
    def comparisons(self) -> Comparisons:
        """Who may be compared with whom in this window."""
        return Comparisons(self.warehouse, self.window)

    def missing(self, term: DrawnTerm, subject: Subject) -> str:
        """Why the rows of a term cannot be there; empty where they can."""
        for column in (*self.reads(term), *term.reads_for.get(subject.kind, ())):
            if not self.warehouse.has(column):
                return self.warehouse.why_not(column)
        scopes = (self.scope(table, subject) for table in self.scoped(term))
        return next((scope for scope in scopes if isinstance(scope, str)), "")

    def reads(self, term: DrawnTerm) -> tuple[str, ...]:
        """The canonical columns that a term cannot do without, those of shared relations too."""
        shared = (read for name in self._shared(term.rows) for read in self.meaning(name).reads)
        return tuple(dict.fromkeys(self._columns((*term.reads, *shared))))

    def tables(self, term: DrawnTerm) -> tuple[str, ...]:
        """The canonical tables that it reads."""
        return tuple(dict.fromkeys(read.partition(".")[0] for read in self.reads(term)))

    def scoped(self, term: DrawnTerm) -> tuple[str, ...]:
        """The tables whose rows are picked by their unit."""
        found = (
            more.lstrip(":") or term.table for name, more in PLACEHOLDER.findall(term.rows) if name in ("scope", "unit")
        )
        return tuple(dict.fromkeys(found))

    def has_parts(self, subject: Subject) -> bool:
        """Whether a territory has others as its parts, whose rows are its own too."""
        return subject.kind == TERRITORY and subject.unit in self._wholes

    @cached_property
    def _wholes(self) -> frozenset[str]:
        if not self.warehouse.has("territories.parent"):
            return frozenset()
        return frozenset(str(row[0]) for row in self.warehouse.query("select distinct parent from territories").rows)

    def scope(self, table: str, subject: Subject, many: bool = False) -> Scope | str:
        """Which rows of a table are a subject's; a reason where nobody can say."""
        return scope_of(self.warehouse, subject, table, self._whose(table), many)

    def closed_on(self, term: DrawnTerm) -> date:
        """The last day whose rows have settled."""
        return self.warehouse.settings.data_until - self.settling(term)

    def settling(self, term: DrawnTerm) -> timedelta:
        """How long the rows of a term change after they are of a day."""
        if term.settles is not None:
            return timedelta(term.settles)
        table = self._settles_as(term.table if term.table != OTHERS else term.reads[0].partition(".")[0])
        return self.warehouse.settings.settles.get(SETTLES_WITH.get(table, table), timedelta(0))

    def compared(self, term: DrawnTerm) -> TimeWindow | None:
        """The window that a term compares with; None where it compares none."""
        return {"year_ago": self.window.year_ago, "previous": self.window.earlier()}.get(term.compare)

    def meaning(self, name: str) -> Meaning:
        """What a shared relation means here: the first meaning whose columns are all there, else the first."""
        return self._meanings[name]

    @cached_property
    def _meanings(self) -> dict[str, Meaning]:
        return {name: self._meant(name) for name in self.definitions.relations}

    def _meant(self, name: str) -> Meaning:
        sold_by = self.warehouse.settings.sold_by
        meanings = [each for each in self.definitions.relations[name] if not each.won or sold_by in each.won]
        meanings = meanings or list(self.definitions.relations[name])
        return next((each for each in meanings if all(map(self.warehouse.has, self._columns(each.reads)))), meanings[0])

    def _columns(self, reads: tuple[str, ...]) -> Iterator[str]:
        """Canonical columns, those that say what was sold in the place of that word."""
        for read in reads:
            yield from self.sold if read == SOLD else (read,)

    @cached_property
    def sold(self) -> tuple[str, ...]:
        """The canonical columns without which nobody knows what was sold."""
        schema = canonical_schema()
        by = schema.sold[self.warehouse.settings.sold_by]
        needed = sold_reads(schema, [table for table in schema.tables if table in by.relation.split()], by)
        return tuple(self._sold_from(name) for name in sorted(needed))

    def _sold_from(self, name: str) -> str:
        """The canonical column that a column of the view `sold` comes from."""
        schema = canonical_schema()
        relation = schema.sold[self.warehouse.settings.sold_by].relation.split()
        tables = [table for table in schema.tables if table in relation]
        table = next((table for table in tables if name in schema.tables[table].columns), tables[0])
        return f"{table}.{name}"

    def _settles_as(self, table: str) -> str:
        if table in (SOLD, "sold_days"):
            return self._sold_from("order_id").partition(".")[0]
        if table in self.definitions.relations:
            first = next(iter(self.meaning(table).reads), "")
            return self._settles_as(first.partition(".")[0]) if first else table
        return table

    def _shared(self, sql: str) -> Iterator[str]:
        """The shared relations that a query reads, and those that they read."""
        for name in placeholders(sql):
            if name in self.definitions.relations:
                yield name
                yield from self._shared(self.meaning(name).select)

    def _whose(self, table: str) -> RowsOf | None:
        if table == SOLD:
            kinds = (PERSON, TERRITORY, PRODUCT)
            columns = {kind: f"{SOLD}.{kind}" for kind in kinds}
            return RowsOf(columns, f"{SOLD}.day", {kind: self._sold_from(kind) for kind in kinds})
        if table not in self.definitions.relations:
            return WHOSE.get(table)
        meaning = self.meaning(table)
        columns = {kind: f"{table}.{kind}" for kind in meaning.units}
        return RowsOf(columns, meaning.day, meaning.units, table if meaning.by_kind else "")
