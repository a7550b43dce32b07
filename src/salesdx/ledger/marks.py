"""Marks of who read what at the service of a trail. They stand beside the log: nothing signs them, and they go."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import sqlalchemy as sa

from salesdx.ledger.storage import LogReader, Storage
from salesdx.ledger.tables import MARK


@dataclass(frozen=True)
class ReadMark:
    """That a person (by identifier) was shown records in a role. The database gives the number and the time."""

    number: int
    time: str
    person: str
    role: str
    kind: str
    """What was read: the name of the read at the service."""
    records: tuple[range, ...]

    def shown(self, numbers: Iterable[int]) -> tuple[int, ...]:
        """Those of some records that were shown."""
        return tuple(number for number in numbers if any(number in span for span in self.records))


def leave_mark(storage: Storage, person: str, role: str, kind: str, records: Iterable[int]) -> None:
    """Put a mark on the disk. Raises TrailError where that cannot be done; then nothing may be shown."""
    with storage.writing() as reader:
        told = {"person": person, "role": role, "kind": kind, "records": spans(records)}
        reader.connection.execute(sa.insert(MARK).values(told))
        reader.connection.commit()


def all_marks(reader: LogReader) -> Iterator[ReadMark]:
    """The marks that are kept, the oldest first."""
    for row in reader.connection.execute(sa.select(*MARK.c).order_by(MARK.c.id)):
        yield ReadMark(row.id, row.time, row.person, row.role, row.kind, tuple(spanned(row.records)))


def spans(numbers: Iterable[int]) -> str:
    """Numbers as a text, neighbours together.

    >>> spans([7, 1, 2, 3])
    '1-3,7'
    """
    found: list[list[int]] = []
    for number in sorted(set(numbers)):
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in found)


def spanned(text: str) -> Iterator[range]:
    """The numbers of a text of `spans`.

    >>> list(spanned("1-3,7"))
    [range(1, 4), range(7, 8)]
    """
    for part in filter(None, text.split(",")):
        first, _, last = part.partition("-")
        yield range(int(first), int(last or first) + 1)
