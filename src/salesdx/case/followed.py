"""What was done about a case since its review: changes, actions, the sessions of actions, and the review before."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, NamedTuple

ACCEPTED, DECLINED = "accepted", "declined"


class Contest(NamedTuple):
    """The person concerned says that a session was not as it is recorded."""

    date: date
    reason: str


@dataclass(frozen=True, slots=True)
class Event:
    """A change in the firm, or an absence, that can void the measure of an action."""

    change: str
    """One of ``base.judges.VOIDS``."""
    date: date
    """Its first day."""
    days: int | None = None
    """How long an absence lasted."""
    by: str = ""
    author: str = ""
    kind: str = ""

    def parts(self) -> dict[str, Any]:
        """As a case file has it, empty parts left out."""
        return _parts(self, ("change", "date", "days", "by", "author", "kind"))


@dataclass(frozen=True, slots=True)
class Judged:
    """Whether an action worked, said by hand: only for a judge that no condition decides."""

    worked: bool
    by: str
    author: str
    date: date

    def parts(self) -> dict[str, Any]:
        """As a case file has it."""
        return _parts(self, ("worked", "by", "author", "date"))


@dataclass(frozen=True, slots=True)
class Action:
    """An intervention that somebody took on, or declined."""

    id: str
    intervention: str
    rules: tuple[str, ...]
    """The rules that recommended it."""
    owner: str
    """Who does it: a person's identifier."""
    start: date | None
    """The day on which it begins; None where it was declined."""
    state: str
    reason: str | None = None
    by: str = ""
    author: str = ""
    until: date | None = None
    """The day that is set for a judge whose time is set at the start."""
    form: str = ""
    """In which form it was given, where it is a recognition."""
    named: str = ""
    """By which name the playbook may show whom it recognises, who agreed to that."""
    judged: tuple[Judged, ...] = ()

    def parts(self) -> dict[str, Any]:
        """As a case file has it, empty parts left out."""
        first = ("id", "intervention", "rules", "owner", "start", "until", "state", "reason", "by", "author", "form")
        return _parts(self, (*first, "named", "judged"))


@dataclass(frozen=True, slots=True)
class Confirmation:
    """Somebody confirms that a session was held."""

    by: str
    author: str
    date: date

    def parts(self) -> dict[str, Any]:
        """As a case file has it, empty parts left out."""
        return _parts(self, ("by", "author", "date"))


@dataclass(frozen=True, slots=True)
class Session:
    """A dated row of an action: held, missed, or still to come."""

    id: str
    action: str
    """The id of its action."""
    what: str
    """One of ``SESSIONS``."""
    date: date
    held: bool
    by: str = ""
    author: str = ""
    confirmed: tuple[Confirmation, ...] = ()
    contested: Contest | None = None
    withdrawn: Contest | None = None
    """The contest taken back: its date and reason. It stays in sight."""

    @property
    def disputed(self) -> bool:
        """Whether it is contested, and the contest was not taken back."""
        return self.contested is not None and self.withdrawn is None

    def parts(self) -> dict[str, Any]:
        """As a case file has it, empty parts left out."""
        return _parts(
            self, ("id", "action", "what", "date", "held", "by", "author", "confirmed", "contested", "withdrawn")
        )


@dataclass(frozen=True, slots=True)
class Followed:
    """All of it, in the order in which it stands in the case file."""

    actions: tuple[Action, ...] = ()
    sessions: tuple[Session, ...] = ()
    events: tuple[Event, ...] = ()
    follows: str | None = None
    """The name of the review before this one."""

    def action(self, id: str) -> Action | None:
        """The action with an id; None where there is none."""
        return next((action for action in self.actions if action.id == id), None)

    def session(self, id: str) -> Session | None:
        """The session with an id; None where there is none."""
        return next((session for session in self.sessions if session.id == id), None)

    def sessions_of(self, action: str) -> tuple[Session, ...]:
        """The sessions of one action."""
        return tuple(session for session in self.sessions if session.action == action)

    def readable(self, interventions: Collection[str]) -> Followed:
        """What is left of it where only these interventions are known: without the sessions of the other actions."""
        actions = tuple(action for action in self.actions if action.intervention in interventions)
        kept = {action.id for action in actions}
        sessions = tuple(session for session in self.sessions if session.action in kept)
        return replace(self, actions=actions, sessions=sessions)


def _parts(entry: Any, keys: tuple[str, ...]) -> dict[str, Any]:
    """The keys of an entry with what stands there, empty ones left out; dates stay dates."""
    found: dict[str, Any] = {}
    for key in keys:
        part = getattr(entry, key)
        if isinstance(part, Contest):
            part = part._asdict()
        elif isinstance(part, tuple):
            part = [inner.parts() if hasattr(inner, "parts") else inner for inner in part]
        if part not in (None, "", []):
            found[key] = part
    return found
