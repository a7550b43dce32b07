"""The people of the register."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter, Request

from salesdx.ledger.moments import stamp
from salesdx.ledger.standalone.register import CHANGES
from salesdx.services.acts import check_may
from salesdx.services.trail_acts import ChangePeople
from salesdx.web.asking import Asking, Server

router = APIRouter(tags=["people"])


@dataclass(frozen=True)
class RoleOf:
    """A role and when it is held; ``until`` is empty where no end is set."""

    role: str
    since: str
    until: str


@dataclass(frozen=True)
class PersonOf:
    """A person of the register; keys by their fingerprints."""

    person: str
    name: str
    reports_to: str
    roles: list[RoleOf]
    keys: list[str]


@dataclass(frozen=True)
class ChangeOf:
    """A change of the register that waits for a second administrator."""

    record: int
    change: str
    told: dict[str, str]
    by: str
    time: str


@dataclass(frozen=True)
class Me:
    """Who is logged in, in which role, and the time of the service."""

    person: str
    role: str
    time: str


@router.get("/me")
def me(server: Server, asking: Asking) -> Me:
    """Who is logged in."""
    return Me(asking.name, asking.role, stamp(server.now()))


@router.get("/people")
def people_known(server: Server, asking: Asking) -> list[PersonOf]:
    """Everybody in the register, by identifier."""
    found = server.register().members
    return [
        PersonOf(one.id, one.name, one.reports_to, [RoleOf(h.role, h.since, h.until) for h in one.roles], [*one.keys])
        for one in sorted(found.values(), key=lambda member: member.id)
    ]


@router.get("/people/waiting")
def people_waiting(server: Server, asking: Asking) -> list[ChangeOf]:
    """Changes that wait to be confirmed, the oldest first."""
    found = server.register().waiting
    return [
        ChangeOf(seq, kind, {name: str(value) for name, value in told.items()}, by, time)
        for seq, (kind, told, by, time) in sorted(found.items())
        if kind in CHANGES
    ]


@dataclass(frozen=True)
class PasskeyOf:
    """A passkey that a person has made at the pages: its fingerprint, the key as the register takes it, and when."""

    person: str
    fingerprint: str
    key: str
    made: str


@router.get("/people/passkeys")
def passkeys_made(request: Request, server: Server, asking: Asking) -> list[PasskeyOf]:
    """Passkeys that no administrator has entered yet, the oldest first, for who may enter them."""
    check_may(ChangePeople, asking, server.in_force())
    found = request.app.state.desk.passkeys.to_enter()
    return [PasskeyOf(one.person, one.key.fingerprint, one.key.text, one.made) for one in found]
