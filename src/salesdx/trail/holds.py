"""Legal holds: what must be kept because somebody may go to court over it. A hold and its release are records."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from salesdx.ledger.errors import Refused
from salesdx.ledger.log import Appender, Person
from salesdx.ledger.moments import moment
from salesdx.ledger.storage import EntryRow, LogReader
from salesdx.ledger.walk import Walker
from salesdx.trail.concerned import Actor, actor_in, actor_of
from salesdx.trail.lookalike import MAX_REASON, kept_text
from salesdx.trail.persons_needed import persons_needed, policy_in_force


@dataclass(frozen=True)
class ReleaseAsked:
    """That somebody wants a hold to end: the number of their record, and who they are."""

    seq: int
    by: Actor


REVIEW_DAYS = 180
"""A hold is looked at again after so many days, whether there is still a reason for it. The number is a judgement."""


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
    asked: tuple[ReleaseAsked, ...] = ()
    """Who asked for its release, each in a record."""
    released: int | None = None
    """The record with which it ended."""
    role: str = ""
    """The role in which it was put there."""

    @property
    def review(self) -> datetime:
        """When it is to be looked at again."""
        return self.time + timedelta(days=REVIEW_DAYS)

    def to_dict(self) -> dict[str, Any]:
        """The hold as JSON-ready data."""
        return {
            "record": self.seq,
            "kind": self.kind,
            "name": self.name,
            "by": self.by,
            "since": self.time.isoformat(),
            "reason": self.reason,
            "asked": [{"record": one.seq, "by": one.by.name} for one in self.asked],
            "released": self.released,
        }

    def __str__(self) -> str:
        return (
            f"the {self.kind} `{self.name}` is held since {self.time:%Y-%m-%d} by `{self.by}`: {self.reason} "
            f"(record {self.seq})"
        )


def legal_holds(reader: LogReader) -> list[Hold]:
    """Every hold whose content is there, in order. One is released once as many persons have said so as it takes.

    Every record is looked into. Raises TrailError where they cannot be proven to be all.
    """
    rows = Walker(reader).every(("hold", "release"))
    asked: dict[int, list[ReleaseAsked]] = {}
    for row in (row for row in rows if row.header["type"] == "release"):
        by = actor_in(row, (row.content or {}).get("actor") or row.header["actor"])
        for seq in row.header["inputs"]:
            others = asked.setdefault(seq, [])
            others += [] if any(by.forms & other.by.forms for other in others) else [ReleaseAsked(row.seq, by)]
    needed = persons_needed(policy_in_force(reader), "release") if asked else 0
    found = (_hold(row, asked.get(row.seq, []), needed) for row in rows if row.header["type"] == "hold")
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
    """Record that somebody wants a hold to end; its number. It ends with the record of the last person that it takes.

    Raises Refused where the record is no hold, was released, or this person has asked for it.
    """
    found = next((hold for hold in legal_holds(appender.reader) if hold.seq == seq), None)
    if found is None:
        raise Refused(f"record {seq} is no hold; `salesdx trail hold list` lists them")
    if found.released is not None:
        raise Refused(f"the hold of record {seq} was released by record {found.released}")
    if mine := [one.seq for one in found.asked if one.by.forms & actor_of(by).forms]:
        raise Refused(f"`{by.name}` asked for it in record {mine[0]}; another person confirms it")
    return _add(appender, "release", found.kind, found.name, reason, by, [seq])


def _add(appender: Appender, type: str, kind: str, name: str, reason: str, by: Person, inputs: list[int]) -> int:
    reason = kept_text(reason, "a reason", MAX_REASON)
    case, subject = (name, "") if kind == "case" else ("", name)
    return appender.add(type, {"reason": reason}, by, case=case, subject=subject, inputs=inputs)


def _hold(row: EntryRow, asked: Sequence[ReleaseAsked], needed: int) -> Hold | None:
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
        asked=tuple(asked),
        released=asked[needed - 1].seq if asked and len(asked) >= needed else None,
        role=header["role"],
    )
