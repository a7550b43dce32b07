"""A case through time for programs: what was done about it, and one more thing. The calls are those of the pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field

from salesdx.case.followed_writing import plain_entry
from salesdx.render.followed_words import follow_data
from salesdx.services.acts import RequestBody
from salesdx.services.following import (
    CaseStep,
    CaseText,
    OwnVoice,
    confirm_session,
    decline,
    state_event,
    state_session,
    take_on,
)
from salesdx.web.calling import Caller, ToAnswer, ToRead
from salesdx.web.pages.follow import checked_page, record_step
from salesdx.web.pages.held import API

router = APIRouter(tags=["follow-up"])
Name = Annotated[str, Field(max_length=100)]
Words = Annotated[str, Field(max_length=500)]


@dataclass(frozen=True)
class ActionBody(RequestBody):
    """An intervention that is taken on, with who does it and from which day, or declined, with a reason."""

    intervention: Name
    owner: Name = ""
    start: date | None = None
    until: date | None = None
    decline: Words = ""


@dataclass(frozen=True)
class SessionBody(RequestBody):
    """A session of an action, by its id; one on a day to come is planned."""

    action: Name
    what: Name
    date: date
    missed: bool = False


@dataclass(frozen=True)
class ChangeBody(RequestBody):
    """A change, or an absence of some days, after which a measure says nothing."""

    change: Name
    date: date
    days: Annotated[int, Field(ge=1, le=3660)] | None = None


@dataclass(frozen=True)
class FollowedOf:
    """What was done about a case on a day: the entries of its file, each action with what became of it, each session
    with whether it counts."""

    case: str
    today: str
    follows: str | None
    actions: list[dict[str, Any]]
    sessions: list[dict[str, Any]]
    events: list[dict[str, Any]]


@dataclass(frozen=True)
class EntryOf:
    """What was done, and the entry as it stands now; both empty where this request had been done before."""

    done: str
    entry: Mapping[str, Any]


@router.get("/cases/{case}/follow-up")
def show_followed(case: str, calling: ToRead) -> FollowedOf:
    """What was done about a case."""
    now = checked_page(calling, case)
    return FollowedOf(**follow_data(now.conversation.memory, now.today))


@router.post("/cases/{case}/actions", status_code=201)
def follow_action(case: str, body: ActionBody, calling: ToAnswer) -> EntryOf:
    """Take an intervention on, or decline it."""

    def make(now: CaseText, voice: OwnVoice) -> CaseStep:
        if body.decline:
            return decline(now, body.intervention, body.decline, voice)
        return take_on(now, body.intervention, body.owner, body.start or now.today, voice, body.until)

    return _done(calling, case, make)


@router.post("/cases/{case}/sessions", status_code=201)
def follow_session(case: str, body: SessionBody, calling: ToAnswer) -> EntryOf:
    """Write down a session: held, missed, or planned."""
    return _done(
        calling,
        case,
        lambda now, voice: state_session(now, body.action, body.what, body.date, body.missed, voice),
    )


@router.post("/cases/{case}/sessions/{session}/confirmation", status_code=201)
def follow_confirmation(case: str, session: str, calling: ToAnswer) -> EntryOf:
    """Confirm that a session was held; nobody confirms their own word."""
    return _done(calling, case, lambda now, voice: confirm_session(now, session, voice))


@router.post("/cases/{case}/changes", status_code=201)
def follow_change(case: str, body: ChangeBody, calling: ToAnswer) -> EntryOf:
    """Say that something changed, or that somebody was away."""
    return _done(calling, case, lambda now, voice: state_event(now, body.change, body.date, body.days, "", voice))


def _done(calling: Caller, case: str, make: Callable[[CaseText, OwnVoice], CaseStep]) -> EntryOf:
    step = record_step(calling, case, f"{calling.by.name} {calling.key}", make, door=API)
    return EntryOf("", {}) if step is None else EntryOf(step.act, plain_entry(step.entry))
