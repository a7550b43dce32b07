"""What others than the holder of the key have signed: witnesses, and the anchor that an auditor kept. When they saw the
trail says how much of it the key alone covers, and which time of a record cannot be true.

Stands alone with `verifier`, because a copy of both travels in every exported bundle.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from math import inf
from typing import NamedTuple

from salesdx.ledger.standalone.verifier import COSIGNATURE, Checkpoint, Invalid, PublicKey, read_signature

COSIGNATURE_BYTES = 8 + 64
"""A time, and a signature of Ed25519."""
CLOCKS = 120  # seconds
"""Two clocks that are right differ by no more."""
OUTSIDE_DAYS = 31
"""How old the last signature from outside may be, where nobody asks for a newer one."""
MOST_TOLD = 20


class Reach(NamedTuple):
    """How many records a signature from outside covers, when it was made (seconds; -1: unknown), and whose it is."""

    size: int
    seconds: float
    whose: str


@dataclass
class Outside:
    """What is known of signatures from outside.

    ``keys`` and ``anchor`` are the auditor's. The last signature must be newer than ``newer_than``; where that is not
    given, at most ``days`` old at ``asof`` or else at the last record; None lets it be of any age.
    """

    keys: Sequence[PublicKey] = ()
    anchor: Checkpoint | None = None
    newer_than: datetime | None = None
    days: int | None = None
    asof: datetime | None = None
    named: dict[tuple[str, bytes], PublicKey] = field(default_factory=dict)
    """The witnesses that the records name, by name and key id. It takes the auditor's own key for one to count."""
    beside: list[tuple[Checkpoint, str, bytes, bytes]] = field(default_factory=list)
    """Signatures beside the trail: what was signed, name, key id, signature."""
    cosigned: dict[PublicKey, tuple[int, int]] = field(default_factory=dict)
    """Witness -> size and time (seconds) of the largest checkpoint that it signed."""
    aside: list[str] = field(default_factory=list)
    """What anybody could have put beside good records, and is no part of them."""
    strangers: dict[str, set[str]] = field(default_factory=dict)
    """Why signatures do not count -> whose they are."""
    bounds: list[tuple[float, str, str]] = field(default_factory=list)
    """Who saw the records below a size: the size, the latest time they can have, and by whom; the largest first."""
    untrue: list[str] = field(default_factory=list)
    anchored: bool = False
    anchor_time: str = ""
    """The time of the last record that the anchor covers, where that is here."""
    last_time: str = ""

    def __post_init__(self) -> None:
        self.mine = {(key.name, key.id): key for key in self.keys if key.kind == COSIGNATURE}

    def leave(self, told: str) -> None:
        """Leave something aside, and tell of it."""
        if told not in self.aside and len(self.aside) < MOST_TOLD:
            self.aside.append(told)

    def cosignature(self, signed: Checkpoint | None, witness: str, line: str) -> None:
        """Take in what stands as the signature of a witness on a checkpoint; None: there is no such checkpoint."""
        found = read_cosignature(witness, line)
        if signed is None or found is None:
            self.leave(f"what stands as a signature of `{witness[:200]}`, and is none")
        else:
            self.beside.append((signed, *found))

    def bound(self, now: datetime) -> None:
        """Take in when witnesses saw the trail, and what time it is now: no record from before is later than that."""
        bounds: list[tuple[float, str, str]] = [(inf, _latest(now.timestamp()), "which is later than now")]
        for found, name, id, raw in self.beside:
            with suppress(KeyError, Invalid):
                self.mine[name, id].check(found.text, raw)
                bounds.append((found.size, _latest(_seen(raw)), f"and `{name}` saw it on {_day(_seen(raw))}"))
        for bound in sorted(bounds, reverse=True):
            if not self.bounds or bound[1] < self.bounds[-1][1]:
                self.bounds.append(bound)

    def timed(self, seq: int, time: str) -> None:
        """Compare the time of the next record with when it was seen."""
        self.last_time = time
        if self.anchor is not None and seq == self.anchor.size - 1:
            self.anchor_time = time
        bounds = self.bounds
        while bounds and bounds[-1][0] <= seq:
            bounds.pop()
        if bounds and time > bounds[-1][1]:
            size, _, by = bounds[-1]
            bounds[-1] = (size, "~", by)  # of those that follow up to there it is as true, and told once
            self.untrue.append(f"record {seq} says that it is of {time[:19]}Z, {by}: its time cannot be true")

    def conclude(self) -> None:
        """Check all signatures. A wrong one spoils nothing: whoever can write beside the trail could put it there."""
        known = self.named | self.mine
        names = {name for name, _ in known}
        for found, name, id, raw in sorted(self.beside, key=lambda one: one[0].size):
            key = known.get((name, id))
            try:
                if key is None and name in names:
                    raise Invalid("it is by another key")
                if key is not None:
                    key.check(found.text, raw)
            except Invalid:
                self.leave(f"a signature as `{name}` on {found.size} records, which is not by the key of that witness")
                continue
            if (name, id) in self.mine and key is not None:
                self.cosigned[key] = (found.size, _seen(raw))
            else:
                why = "not checked, as you gave no key of theirs" if key else "left aside, as no record names them"
                self.strangers.setdefault(why, set()).add(name)

    def reach(self) -> Reach | None:
        """The signature from outside that covers most; None where there is none.

        An anchor is at least as new as its last record, and as the signature of a witness that it carries.
        """
        found = [Reach(size, seconds, f"the witness `{key.name}`") for key, (size, seconds) in self.cosigned.items()]
        if self.anchor is not None and self.anchored:
            times = [datetime.fromisoformat(self.anchor_time).timestamp()] if self.anchor_time else []
            for name, id, raw in self.anchor.signatures:
                with suppress(KeyError, Invalid):
                    self.mine[name, id].check(self.anchor.text, raw)
                    times.append(_seen(raw))
            found.append(Reach(self.anchor.size, max(times, default=-1), "your anchor"))
        return max(found, default=None)

    def lines(self, size: int) -> list[str]:
        """What is to be said of a trail of ``size`` records."""
        lines = [
            f"the witness `{key.name}` saw the first {at} records on {_day(s)}"
            for key, (at, s) in self.cosigned.items()
        ]
        if self.anchored and self.anchor is not None:
            lines.append(f"the trail goes on from your anchor of {self.anchor.size} records")
        reach = self.reach()
        if reach is not None:
            days = (self._asof() - _moment(reach.seconds)).days
            when = f", {max(days, 0)} days before {self._asof():%Y-%m-%d}" if reach.seconds >= 0 else ""
            lines.append(
                f"the last signature from outside is by {reach.whose} on records up to {reach.size - 1}{when}; "
                f"only the key covers the {size - reach.size} after them"
            )
        lines += [f"left aside, since it is no part of the trail: {told}" for told in self.aside]
        return lines + [f"{why}: the witnesses {', '.join(sorted(who))}" for why, who in sorted(self.strangers.items())]

    def lacks(self) -> list[str]:
        """What an auditor would need, and is not here."""
        lacks, reach = self.untrue[:MOST_TOLD], self.reach()
        if self.anchor is None and not self.cosigned:
            lacks.append("no anchor was given: who holds the key could have rewritten everything")
        elif self.anchor is not None and not self.anchored:
            lacks.append(
                f"nothing here proves that the trail goes on from your anchor of {self.anchor.size} records; ask for a "
                "bundle that was made with this anchor"
            )
        if reach is not None and (limit := self._limit(reach)) is not None and reach.seconds <= limit.timestamp():
            told = "older" if reach.seconds >= 0 else "older, as far as is known here,"
            lacks.append(
                f"the last signature from outside is {told} than {limit:%Y-%m-%d}: who holds the key could have "
                "written anew what came after it, or kept it back"
            )
        silent = [key.name for key in self.mine.values() if key not in self.cosigned]
        return lacks + [f"the witness `{name}` signed nothing here" for name in silent]

    def _limit(self, reach: Reach) -> datetime | None:
        """What the last signature must be newer than. Where nothing says its time, only who asks for a day is told."""
        if self.newer_than is not None or self.days is None or reach.seconds < 0:
            return self.newer_than
        return self._asof() - timedelta(days=self.days)

    def _asof(self) -> datetime:
        return self.asof or datetime.fromisoformat(self.last_time)


def read_cosignature(witness: str, line: str) -> tuple[str, bytes, bytes] | None:
    """Name, key id and signature, as far as its form goes; None for what is no signature of this witness."""
    try:
        name, id, raw = read_signature(line.removesuffix("\n"))
    except Invalid:
        return None
    formed = line.endswith("\n") and name == witness and len(raw) == COSIGNATURE_BYTES
    return (name, id, raw) if formed else None


def _seen(raw: bytes) -> int:
    return int.from_bytes(raw[:8], "big")


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(min(max(seconds, 0), 1 << 37), UTC)


def _day(seconds: float) -> str:
    return f"{_moment(seconds):%Y-%m-%d}"


def _latest(seconds: float) -> str:
    """The latest time of a record that was seen then, as records write it."""
    return f"{_moment(seconds + CLOCKS):%Y-%m-%dT%H:%M:%S.%fZ}"
