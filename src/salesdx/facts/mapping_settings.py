"""What a mapping says beside its tables -> settings: calendar, currency, what settles when, peers, reasons."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

from salesdx.base.reading import NodeReader, first_line, shortened
from salesdx.facts.canonical_tables import canonical_schema
from salesdx.facts.firm_settings import PERIODS, FirmCalendar, PeerRule
from salesdx.facts.named_sources import CSV, SourceRead, read_of
from salesdx.text.source import Mapping, Node, Place, Scalar

KEYS = (
    "calendar", "currency", "data_until", "settles", "won", "peers", "not_here", "respondents", "sources",
)  # fmt: skip
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LEAST_PEERS = 5
RATE_COLUMNS = ("currency", "day", "rate")
HOLIDAY_COLUMNS = ("day",)
_DAYS = re.compile(r"([0-9]{1,3}) days?")
_YEAR_STARTS = re.compile(r"(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])")
_CODE = re.compile(r"[A-Z]{3}")


class SettingsReader:
    """Reads the settings of a mapping; faults are collected in its reader."""

    def __init__(self, reader: NodeReader) -> None:
        self.reader = reader

    def scalar(self, node: Node | None, what: str) -> Scalar | None:
        """A text with its place."""
        return node if node is not None and self.reader.text(node, what) and isinstance(node, Scalar) else None

    def calendar(self, node: Node | None, folder: Path) -> tuple[FirmCalendar, SourceRead | None, Place | None]:
        """The calendar, the file of its holidays, and where its time zone stands."""
        if node is None:
            return FirmCalendar(), None, None
        keys = ("period", "year_starts", "time_zone", "holidays", "working")
        found = self.reader.fields(node, "`calendar`", (), keys)
        period = self._one_of(found.get("period"), "`period`", PERIODS, "quarter")
        month, day = self._matched(found.get("year_starts"), _YEAR_STARTS, "month and day, such as 01-01", ("01", "01"))
        words = [
            self._one_of(word, "`working`", WEEK, "mon")
            for word in self.reader.texts(found.get("working"), "`working`")
        ]
        working = tuple(sorted({WEEK.index(word) + 1 for word in words})) or FirmCalendar().working
        zone = found.get("time_zone")
        calendar = FirmCalendar(
            period, (int(month), int(day)), self.reader.text(zone, "`time_zone`") or "UTC", frozenset(), working
        )
        place = first_line(zone.place) if zone is not None else None
        return calendar, self._file(found.get("holidays"), "holidays", folder, HOLIDAY_COLUMNS), place

    def currency(self, node: Node | None, folder: Path) -> tuple[str, SourceRead | None]:
        """The report currency, and the file of rates."""
        if node is None:
            return "", None
        found = self.reader.fields(node, "`currency`", ("report",), ("rates",))
        report = found.get("report")
        code = self.reader.text(report, "`report`")
        if report is not None and code and not _CODE.fullmatch(code):
            self.reader.fault("type", "a currency is three capital letters, such as EUR", first_line(report.place))
        return code, self._file(found.get("rates"), "rates", folder, RATE_COLUMNS)

    def settles(self, node: Node | None) -> dict[str, timedelta]:
        """How long rows of a table still change, in days."""
        found = {}
        for table, value in self._by_table(node, "settles"):
            (days,) = self._matched(value, _DAYS, "such as `35 days`", ("0",))
            found[table] = timedelta(days=int(days))
        return found

    def peers(self, node: Node | None) -> PeerRule:
        """Who is compared with whom."""
        if node is None:
            return PeerRule()
        found = self.reader.fields(node, "`peers`", (), ("same", "ramped", "potential_within_pct", "at_least"))
        columns = tuple(canonical_schema().tables["people"].columns)
        same = tuple(
            self._one_of(word, "`same`", columns, "") for word in self.reader.texts(found.get("same"), "`same`")
        )
        least = self.reader.number(found.get("at_least"), "`at_least`")
        if least is not None and least < LEAST_PEERS:
            message = f"with fewer than {LEAST_PEERS} peers nobody is compared"
            self.reader.fault("range", message, first_line(found["at_least"].place))
        within = self.reader.number(found.get("potential_within_pct"), "`potential_within_pct`")
        default = PeerRule()
        return PeerRule(
            tuple(filter(None, same)) if "same" in found else default.same,
            self.reader.boolean(found["ramped"], "`ramped`") if "ramped" in found else default.ramped,
            float(within) if within is not None else default.potential_within_pct,
            int(least) if least is not None else default.at_least,
        )

    def reasons(self, node: Node | None) -> dict[str, str]:
        """Table or column -> why the firm has none."""
        tables = canonical_schema().tables
        known = {name: "" for table in tables for name in (table, *tables[table].columns)}
        known |= {f"{table}.{column}": "" for table in tables for column in tables[table].columns}
        found = {}
        for key, value in self._entries(node, "not_here"):
            if key.text not in known:
                message = f"there is no table or column `{shortened(key.text)}`"
                self.reader.fault("unknown-column", message, key.place, self.reader.near(key.text, known))
            found[key.text] = self.reader.text(value, f"the reason for `{shortened(key.text)}`")
        return found

    def by_table(self, node: Node | None, what: str) -> dict[str, str]:
        """Table -> a text."""
        return {table: self.reader.text(value, f"`{table}`") for table, value in self._by_table(node, what)}

    def _by_table(self, node: Node | None, what: str) -> list[tuple[str, Node]]:
        tables = canonical_schema().tables
        found = []
        for key, value in self._entries(node, what):
            if key.text in tables:
                found.append((key.text, value))
            else:
                message = f"there is no table `{shortened(key.text)}`"
                self.reader.fault("unknown-table", message, key.place, self.reader.near(key.text, tables))
        return found

    def _entries(self, node: Node | None, what: str) -> tuple[tuple[Scalar, Node], ...]:
        if node is not None and not isinstance(node, Mapping):
            self.reader.fault("type", f"`{what}` must be a mapping (`name: ...` lines)", first_line(node.place))
        return node.entries if isinstance(node, Mapping) else ()

    def _file(self, node: Node | None, what: str, folder: Path, columns: tuple[str, ...]) -> SourceRead | None:
        """A source with certain columns: a file's name alone is one of comma-separated values."""
        if isinstance(node, Scalar):
            path = self.reader.text(node, f"`{what}`")
            return SourceRead(f"the {what}", CSV, path, folder / path, first_line(node.place)) if path else None
        return read_of(self.reader, f"the {what}", node, folder, columns) if node is not None else None

    def _one_of(self, node: Node | None, what: str, words: tuple[str, ...], default: str) -> str:
        if node is None:
            return default
        text = self.reader.text(node, what)
        if text and text not in words:
            help = self.reader.near(text, words) or f"one of {', '.join(words)}"
            self.reader.fault("unknown-value", f"{what} has no `{shortened(text)}`", first_line(node.place), help)
        return text if text in words else default

    def _matched(
        self, node: Node | None, pattern: re.Pattern[str], said: str, default: tuple[str, ...]
    ) -> tuple[str, ...]:
        text = self.reader.text(node, "this")
        found = pattern.fullmatch(text)
        if node is not None and text and not found:
            self.reader.fault("type", f"this must be {said}", first_line(node.place))
        return tuple(found.groups()) if found else default
