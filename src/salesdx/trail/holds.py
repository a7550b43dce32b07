"""Legal holds: what must be kept because somebody may go to court over it. A hold and its release are records."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from salesdx.ledger.errors import Refused
from salesdx.ledger.log import Appender, Person, moment
from salesdx.ledger.storage import EntryRow, LogReader
from salesdx.ledger.walk import Walker
from salesdx.trail.lookalike import MAX_REASON, kept_text


@dataclass(frozen=True)
class Hold:
    """A hold on a case or a subject: who put it there, when and why, and the record that released it, if any."""

    seq: int
    kind: str
    """``case`` or ``subject``."""
    pseudonym: str
    name: str
    by: str
    time: datetime
    reason: str
    released: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """The hold as JSON-ready data."""
        return {
            "record": self.seq,
            "kind": self.kind,
            "name": self.name,
            "by": self.by,
            "since": self.time.isoformat(),
            "reason": self.reason,
            "released": self.released,
        }

    def __str__(self) -> str:
        return (
            f"the {self.kind} `{self.name}` is held since {self.time:%Y-%m-%d} by `{self.by}`: {self.reason} "
            f"(record {self.seq})"
        )


def legal_holds(reader: LogReader) -> list[Hold]:
    """Every hold whose content is there, in order, after a look into every record.

    Raises TrailError where the records cannot be proven to be all.
    """
    rows = [(row, row.header) for row in Walker(reader).every(("hold", "release"))]
    released: dict[int, int] = {}
    for row, header in rows:
        if header["type"] == "release":
            released |= dict.fromkeys(header["inputs"], row.seq)
    found = (_hold(row, released.get(row.seq)) for row, header in rows if header["type"] == "hold")
    return [hold for hold in found if hold is not None]


def held(reader: LogReader, pseudonyms: Collection[str]) -> tuple[Hold, ...]:
    """The holds that bind any of some cases and subjects now."""
    return tuple(hold for hold in legal_holds(reader) if hold.released is None and hold.pseudonym in pseudonyms)


def hold(appender: Appender, kind: str, name: str, reason: str, by: Person) -> int:
    """Record a hold on a case or a subject (``kind``); its number. Raises Refused for one that the trail lacks."""
    if appender.reader.pseudonym(kind, name) is None:
        raise Refused(f"the trail has no {kind} `{name}`")
    return _add(appender, "hold", kind, name, reason, by, [])


def release(appender: Appender, seq: int, reason: str, by: Person) -> int:
    """Record the end of a hold; its number. Raises Refused where the record is no hold, or was released."""
    found = next((hold for hold in legal_holds(appender.reader) if hold.seq == seq), None)
    if found is None:
        raise Refused(f"record {seq} is no hold; `salesdx trail hold list` lists them")
    if found.released is not None:
        raise Refused(f"the hold of record {seq} was released by record {found.released}")
    return _add(appender, "release", found.kind, found.name, reason, by, [seq])


def _add(appender: Appender, type: str, kind: str, name: str, reason: str, by: Person, inputs: list[int]) -> int:
    reason = kept_text(reason, "a reason", MAX_REASON)
    case, subject = (name, "") if kind == "case" else ("", name)
    return appender.add(type, {"reason": reason}, by, case=case, subject=subject, inputs=inputs)


def _hold(row: EntryRow, released: int | None) -> Hold | None:
    content, header = row.content, row.header
    if content is None:
        return None
    kind = "case" if header["case"] is not None else "subject"
    return Hold(
        seq=row.seq,
        kind=kind,
        pseudonym=header[kind],
        name=content[kind],
        by=content["actor"],
        time=moment(header["time"]),
        reason=content["body"].get("reason", ""),
        released=released,
    )
