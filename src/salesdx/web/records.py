"""The trail itself: how far it has come, and what is in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query

from salesdx.ledger.standalone.verifier import read_checkpoint
from salesdx.render.trail.pages_again import page_as_made
from salesdx.services.verifying import AskedVerdict, ServedVerdict, served_verdict
from salesdx.trail.key_change import ProposedKey, proposed_keys
from salesdx.trail.persons_needed import persons_needed
from salesdx.web.asking import Asking, Server

router = APIRouter(tags=["records"])


@dataclass(frozen=True)
class TrailOf:
    """A trail: its name, its records, its checkpoint, the public key that signs it, and whether it knows its people."""

    origin: str
    size: int
    checkpoint: str
    key: str
    people: bool


@router.get("/trail")
def trail_state(server: Server) -> TrailOf:
    """How far the trail has come; open to everybody, as a checkpoint says nothing of what is in it."""
    with server.trail.read() as reader:
        note = reader.checkpoint()
        register = server.trail.people.register(reader)
    found = read_checkpoint(note)
    assert server.trail.key is not None
    return TrailOf(found.origin, found.size, note, str(server.trail.key.public), register.begun)


@dataclass(frozen=True)
class KeyOf:
    """A public key of the trail, and the record that brought it in, and when."""

    record: int
    time: str
    key: str


@dataclass(frozen=True)
class KeysOf:
    """The keys of the trail, the one in force last; the next one as it was proposed; how many persons that takes."""

    keys: list[KeyOf]
    proposed: list[ProposedKey]
    persons: int


@router.get("/trail/keys")
def trail_keys(server: Server, asking: Asking) -> KeysOf:
    """The public keys of the trail, and what was proposed to follow."""
    with server.trail.read() as reader:
        rows = [(row, row.content) for row in reader.rows(types=("trail", "key"))]
    keys = [KeyOf(row.seq, row.header["time"], told["body"]["key"]) for row, told in rows if told is not None]
    return KeysOf(keys, proposed_keys(server.trail), persons_needed(server.base.policy, "rotate"))


@dataclass(frozen=True)
class RecordOf:
    """A record by its number."""

    record: int


@router.get("/diagnoses/newest")
def newest(case: Annotated[str, Query(min_length=1, max_length=200)], server: Server, asking: Asking) -> RecordOf:
    """The newest diagnosis of a case, for who sees it or may sign it."""
    return RecordOf(server.newest(case, asking))


@router.post("/verification")
def verify_trail(asked: AskedVerdict, server: Server, asking: Asking) -> ServedVerdict:
    """Verify the whole trail, with public keys and a checkpoint kept elsewhere. It names no case and no person."""
    with server.trail.read() as reader:
        return served_verdict(reader, asked, page_as_made)


@router.get("/health")
def health() -> dict[str, str]:
    """The service runs."""
    return {"status": "ok"}
