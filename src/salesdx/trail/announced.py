"""An erasure on its way: announced by one person, confirmed by another, and carried out when its days have passed.

An announcement is a record of an erasure that takes nothing. A hold that comes after it ends it for good, and so does a
record that would go with it: whoever wants the erasure then announces it anew. Where the act waits no day, the
confirmation is the erasure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from salesdx.ledger.errors import Refused
from salesdx.ledger.log import Appender, Person
from salesdx.ledger.moments import moment
from salesdx.ledger.standalone.findings import KEPT
from salesdx.ledger.storage import LogReader
from salesdx.trail.concerned import Actor, actor_in, actor_of
from salesdx.trail.erasure import Plan, bound_by, erase
from salesdx.trail.holds import held, legal_holds
from salesdx.trail.lookalike import MAX_REASON, kept_text
from salesdx.trail.persons_needed import delay_days, persons_needed, policy_in_force
from salesdx.trail.sign_off_story import full_minute


@dataclass(frozen=True)
class Announcement:
    """That somebody wants an erasure: their record, who they are, and when it was."""

    seq: int
    by: Actor
    time: datetime


@dataclass(frozen=True)
class OnItsWay:
    """How far an erasure is: who wants it, how many persons it takes, and for how many days it waits after the last."""

    act: str
    """``erase``, on request, or ``retention``, by age."""
    wanted: tuple[Announcement, ...]
    persons: int
    days: int

    @property
    def due(self) -> datetime | None:
        """When it may be carried out; None before as many persons want it as it takes."""
        if len(self.wanted) < self.persons:
            return None
        return self.wanted[self.persons - 1].time + timedelta(days=self.days)

    def to_dict(self) -> dict[str, Any]:
        """The state as JSON-ready data."""
        wanted = [{"record": one.seq, "by": one.by.name, "since": one.time.isoformat()} for one in self.wanted]
        return {"wanted": wanted, "persons": self.persons, "days": self.days, "due": self.due and self.due.isoformat()}


@dataclass(frozen=True)
class ErasureStep:
    """What a step recorded: the records, and whether content went with them."""

    seqs: tuple[int, ...]
    erased: bool


def on_its_way(reader: LogReader, plan: Plan, act: str = "erase") -> OnItsWay:
    """How far the erasure of a plan is: the announcements, one a person, after the last hold on what it takes, and
    after the last record of it: what came later was not announced."""
    last = max((hold.seq for hold in legal_holds(reader) if hold.pseudonym in plan.bound), default=-1)
    last = max([last, *(_newest(reader, one) for one in plan.target)])
    wanted: list[Announcement] = []
    for row in reader.rows(last + 1, types=("erasure",)):
        content = row.content
        if content is None or _announced(content["body"]) != (act, plan.target):
            continue
        by = actor_in(row, content["actor"])
        if not any(by.forms & other.by.forms for other in wanted):
            wanted.append(Announcement(row.seq, by, moment(row.header["time"])))
    policy = policy_in_force(reader)
    return OnItsWay(act, tuple(wanted), persons_needed(policy, act), delay_days(policy, act))


def _newest(reader: LogReader, target: str) -> int:
    """The newest record with content that can go, of a case or about a subject; -1 where there is none."""
    of_case, about = reader.rows(case=target, newest_first=True), reader.rows(subject=target, newest_first=True)
    return max(next((row.seq for row in rows if row.header["type"] not in KEPT), -1) for rows in (of_case, about))


def all_on_their_way(reader: LogReader) -> Iterator[tuple[tuple[str, ...], OnItsWay]]:
    """What is to be erased, by its pseudonyms, and how far that is: all that is announced, not held and still there."""
    known: set[tuple[str, tuple[str, ...]]] = set()
    for row in reader.rows(types=("erasure",)):
        act, target = _announced(row.content["body"]) if row.content is not None else ("", ())
        if not target or (act, target) in known or not any(reader.name(one) for one in target):
            continue
        known.add((act, target))
        bound = frozenset(bound_by(reader, target))
        found = on_its_way(reader, Plan("", None, (), (), target=target, bound=bound), act)
        if found.wanted and not held(reader, bound):
            yield target, found


def _announced(body: Mapping[str, Any]) -> tuple[Any, tuple[str, ...]]:
    return body.get("act"), tuple(body.get("announces", ()))


def erase_by_steps(appender: Appender, plan: Plan, reason: str, by: Person, act: str = "erase") -> ErasureStep:
    """Do the next step of an erasure: announce it, confirm it, or carry it out.

    Raises Refused for what is held, for a second step of one person, and before its time.
    """
    if plan.holds:
        raise Refused("nothing is erased: " + "; ".join(map(str, plan.holds)))
    found = on_its_way(appender.reader, plan, act)
    if found.due is None:
        mine = [one.seq for one in found.wanted if one.by.forms & actor_of(by).forms]
        if mine:
            raise Refused(f"`{by.name}` announced it in record {mine[0]}; another person confirms it")
        if len(found.wanted) + 1 == found.persons and not found.days:
            return ErasureStep(tuple(erase(appender, plan, reason, by)), True)
        reason = kept_text(reason, "a reason", MAX_REASON)
        announces = {"announces": list(plan.target), "act": act}
        return ErasureStep((appender.erase([], [], reason, by, plan.subject, announces),), False)
    if appender.now() < found.due:
        raise Refused(
            f"it may be carried out from {full_minute(found.due)}, {found.days} days after record "
            f"{found.wanted[found.persons - 1].seq} confirmed it; `salesdx trail hold add` stops it until then"
        )
    return ErasureStep(tuple(erase(appender, plan, reason, by)), True)
