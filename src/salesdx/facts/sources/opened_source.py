"""What every kind of source gives when it is opened: its columns, and its rows as texts."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from typing import Protocol

from salesdx.facts.named_sources import SourceRead

BATCH = 10_000
MAX_COLUMNS = 2_000


class SourceFault(Exception):
    """A source cannot be read: the code of the fault, what is wrong, and what helps."""

    def __init__(self, code: str, message: str, help: str = "") -> None:
        super().__init__(message)
        self.code, self.message, self.help = code, message, help


class ColumnRows(Protocol):
    """Gives the rows of some columns, as texts or None, in batches."""

    def __call__(self, columns: Sequence[str]) -> Iterator[list[tuple[str | None, ...]]]: ...


@dataclass(frozen=True)
class OpenedSource:
    """A source whose columns are known. ``columns``: name -> type in SQL.

    Either ``relation`` is what DuckDB reads it by, or ``rows`` gives it. ``digest`` is the SHA-256 of a file, empty
    where the rows of a database are digested. ``ascii``: whether all its letters are English.
    ``decimal``: the decimal sign of its numbers, where the mapping names none. ``first_row``: the number of the first
    row below the names of the columns, as a spreadsheet shows it.
    """

    read: SourceRead
    columns: Mapping[str, str]
    relation: str = ""
    rows: ColumnRows | None = None
    digest: str = ""
    ascii: bool = False
    decimal: str = "."
    first_row: int = 2


@dataclass
class RowDigest:
    """A digest of rows that does not hang on their order: the sum of their SHA-256."""

    sum: int = 0
    rows: int = 0
    batch: list[str] = field(default_factory=list)

    def add(self, rows: Sequence[Sequence[str | None]]) -> None:
        """Take some more rows."""
        for row in rows:
            text = "\0".join("\1" if value is None else value for value in row)
            self.sum += int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest())
        self.rows += len(rows)

    def text(self) -> str:
        """The digest of all rows so far."""
        return f"sha256:{self.sum % (1 << 256):064x}"


def distinct_names(header: Sequence[str], where: str) -> list[str]:
    """The names of a header: each once, whatever its case, and none empty. Raises SourceFault.

    Of columns with one name each has a number, so that nobody reads the first of them without knowing it.

    >>> distinct_names(["Item", "Price", "price ", ""], "orders.csv")
    ['Item', 'Price (1)', 'price (2)', 'column 4']
    """
    if len(header) > MAX_COLUMNS:
        raise SourceFault("too-large", f"`{where}` has {len(header):,} columns, at most {MAX_COLUMNS:,} are read")
    stems = [written.strip() or f"column {number}" for number, written in enumerate(header, 1)]
    times = Counter(stem.casefold() for stem in stems)
    names: list[str] = []
    for stem in stems:
        known = {other.casefold() for other in names}
        again = 1
        name = stem if times[stem.casefold()] == 1 else f"{stem} (1)"
        while name.casefold() in known:
            again += 1
            name = f"{stem} ({again})"
        names.append(name)
    return names


def text_of_value(value: object) -> str | None:
    """A value of a sheet or a database as the text that stands for it; None for none."""
    match value:
        case None | "":
            return None
        case bool():
            return "true" if value else "false"
        case float() if value.is_integer() and abs(value) < 1e15:
            return str(int(value))
        case datetime() if value.time() == time(0) and value.tzinfo is None:
            return value.date().isoformat()
        case datetime() | date():
            return value.isoformat()
        case Decimal():
            return format(value, "f")
        case bytes() | memoryview():
            return None
        case _:
            return str(value)
