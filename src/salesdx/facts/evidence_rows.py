"""The rows that a term is drawn from, as one query: windows, scope and shared relations are put in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from salesdx.facts.canonical_tables import canonical_schema
from salesdx.facts.drawn_terms import PLACEHOLDER, Definitions, DrawnTerm, Meaning
from salesdx.facts.scope import PERSON, PRODUCT, TERRITORY, WHOSE, RowsOf, Scope, Subject, scope_of
from salesdx.facts.sold import sold_reads
from salesdx.facts.warehouse import Warehouse
from salesdx.facts.windows import TimeWindow

SETTLES_WITH = {"order_lines": "orders", "returns": "orders", "deal_stages": "deals", "quotes": "deals"}
"""Table -> the one with whose rows its own settle."""
SOLD = "sold"
"""The view of what counts as sold, whatever system says it."""
_PARAMETER = re.compile(r"\$([a-z_]+)")
_BEFORE = "_before"
PERIODS_BACK, MONTHS_BACK = 24, 60


@dataclass(frozen=True, slots=True)
class EvidenceRows:
    """A query for the rows behind a fact, and its parameters: dates, and the unit."""

    sql: str
    parameters: Mapping[str, object]

    def asked(self, select: str, group: str = "") -> str:
        """A query over the rows."""
        return f"select {select} from ({self.sql}) as evidence{' group by ' + group if group else ''}"


@dataclass(frozen=True, slots=True)
class DrawSource:
    """One warehouse, one window and the definitions: what all terms of a draw have in common."""

    warehouse: Warehouse
    definitions: Definitions
    window: TimeWindow

    def missing(self, term: DrawnTerm, subject: Subject) -> str:
        """Why the rows of a term cannot be there; empty where they can."""
        for column in self.reads(term):
            if not self.warehouse.has(column):
                return self.warehouse.why_not(column)
        scope = self.scope(term, subject)
        return scope if isinstance(scope, str) else ""

    def reads(self, term: DrawnTerm) -> tuple[str, ...]:
        """The canonical columns that a term cannot do without, those of shared relations too."""
        shared = (read for name in self._shared(term) for read in self.meaning(name).reads)
        named = (read for each in (*term.reads, *shared) for read in (self.sold if each == SOLD else (each,)))
        return tuple(dict.fromkeys(named))

    def tables(self, term: DrawnTerm) -> tuple[str, ...]:
        """The canonical tables that it reads."""
        return tuple(dict.fromkeys(read.partition(".")[0] for read in self.reads(term)))

    @property
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

    def scope(self, term: DrawnTerm, subject: Subject, many: bool = False) -> Scope | str:
        """Which rows are a subject's; a reason where nobody can say."""
        if not {"scope", "unit"} & {*term.placeholders}:
            return Scope("true", "$unit")
        return scope_of(self.warehouse, subject, term.table, self._whose(term.table), many)

    def closed_on(self, term: DrawnTerm) -> date:
        """The last day whose rows have settled."""
        return self.warehouse.settings.data_until - self.settling(term)

    def settling(self, term: DrawnTerm) -> timedelta:
        """How long the rows of a term change after they are of a day."""
        if term.settles is not None:
            return timedelta(term.settles)
        table = term.table
        if table == SOLD:
            table = self._sold_from("day").partition(".")[0]
        elif table in self.definitions.relations:
            table = next((read.partition(".")[0] for read in self.meaning(table).reads), table)
        return self.warehouse.settings.settles.get(SETTLES_WITH.get(table, table), timedelta(0))

    def compared(self, term: DrawnTerm) -> TimeWindow | None:
        """The window that a term compares with; None where it compares none."""
        return {"year_ago": self.window.year_ago, "previous": self.window.earlier()}.get(term.compare)

    def meaning(self, name: str) -> Meaning:
        """What a shared relation means here: the first meaning whose columns are all there, else the first."""
        sold_by = self.warehouse.settings.sold_by
        meanings = [each for each in self.definitions.relations[name] if not each.won or sold_by in each.won]
        meanings = meanings or list(self.definitions.relations[name])
        return next((each for each in meanings if all(map(self.warehouse.has, each.reads))), meanings[0])

    def rows(self, term: DrawnTerm, subject: Subject, many: bool = False) -> EvidenceRows:
        """The rows of a term for a subject, or for all units of its kind, each row with its ``unit``."""
        scope = self.scope(term, subject, many)
        assert isinstance(scope, Scope)
        sql = self._filled(term.rows, scope)
        if term.compare:
            before = _PARAMETER.sub(lambda each: f"${each[1]}{_BEFORE}" if each[1] in ("from", "to") else each[0], sql)
            sql = f"select *, true as now from ({sql}) union all by name select *, false as now from ({before})"
        known = dict(self._parameters(term, subject))
        return EvidenceRows(sql, {name: known[name] for name in dict.fromkeys(_PARAMETER.findall(sql))})

    def _parameters(self, term: DrawnTerm, subject: Subject) -> Iterator[tuple[str, object]]:
        yield from (("from", self.window.start), ("to", self.window.end), ("unit", subject.unit))
        yield from (("closed", self.closed_on(term)), ("until", self.warehouse.settings.data_until))
        if (before := self.compared(term)) is not None:
            yield from ((f"from{_BEFORE}", before.start), (f"to{_BEFORE}", before.end))

    def _filled(self, text: str, scope: Scope) -> str:
        def put(found: re.Match[str]) -> str:
            match found[1]:
                case "scope":
                    return scope.filter
                case "unit":
                    return f"{scope.unit} as unit"
                case "periods":
                    return self._windows(self.window, PERIODS_BACK, "periods")
                case "months":
                    end = self.window.end
                    return self._windows(TimeWindow(end.replace(day=1), end), MONTHS_BACK, "months")
                case name if name.endswith("?"):
                    return name[:-1] if self.warehouse.has(name[:-1]) else "null"
                case name:
                    return f"({self._filled(self.meaning(name).select, scope)}) {name}"

        return PLACEHOLDER.sub(put, text)

    def _windows(self, window: TimeWindow, back: int, name: str) -> str:
        """The window and those before it as rows ``k, from_on, to_on``; k is 0 for the window itself."""
        listed = [window, *(window.earlier(k) for k in range(1, back + 1))]
        values = ", ".join(f"({k}, date '{each.start}', date '{each.end}')" for k, each in enumerate(listed))
        return f"(values {values}) {name}(k, from_on, to_on)"

    def _shared(self, term: DrawnTerm) -> tuple[str, ...]:
        return tuple(name for name in term.placeholders if name in self.definitions.relations)

    def _whose(self, table: str) -> RowsOf | None:
        if table == SOLD:
            kinds = (PERSON, TERRITORY, PRODUCT)
            columns = {kind: f"{SOLD}.{kind}" for kind in kinds}
            return RowsOf(columns, f"{SOLD}.day", {kind: self._sold_from(kind) for kind in kinds})
        if table not in self.definitions.relations:
            return WHOSE.get(table)
        meaning = self.meaning(table)
        return RowsOf({kind: f"{table}.{kind}" for kind in meaning.units}, meaning.day, meaning.units)
