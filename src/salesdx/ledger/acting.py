"""How a service appends for a person: under which key, on whose clock, with the person's signature if they gave one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import sqlalchemy as sa

    from salesdx.ledger.storage import EntryRow, LogReader

from salesdx.ledger.errors import Refused
from salesdx.ledger.standalone.person_signatures import signed_message
from salesdx.ledger.standalone.register import SIGNING, TOKEN


class Published(Protocol):
    """What an entry can rest on, kept once by its digest: the log stores the texts and reads nothing in them."""

    @property
    def digest(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def files(self) -> Mapping[str, str]: ...


Beside = Callable[["sa.Connection"], None]
"""Changes tables of the service's own on the connection of an append."""

SERVED = (
    "knows its people, so its service alone writes it: `salesdx serve` starts it, and --trail takes its address, "
    "https://..."
)
"""Why a trail with a register is not written by who holds its key."""


@dataclass(frozen=True)
class Drafted:
    """An entry that waits for its signature: what is signed, when, and the content and salt of its commitment."""

    time: str
    message: bytes
    payload: bytes
    salt: bytes


@dataclass(frozen=True)
class Signed:
    """A draft with a person's signature (base64) by the key with this fingerprint."""

    entry: Drafted
    key: str
    value: str

    @property
    def header(self) -> dict[str, str]:
        """The signature as the entry holds it."""
        return {"key": self.key, "time": self.entry.time, "value": self.value}


@dataclass(frozen=True)
class Acting:
    """One act of a person. ``type`` is that of its record; others that go with it are the service's to add.

    ``key`` makes a repeated act harmless. With ``drafting`` nothing is stored: the list receives what is to be signed.
    ``beside`` changes tables of the service's own on the connection of the append, before its commit: both are stored,
    also where there is nothing to record, and if it raises neither is. ``proof`` says how the person has just confirmed
    that it is they, and goes into the record. ``sees`` tells of a reader's records which ones the person sees.
    """

    type: str
    key: str | None = None
    signed: Signed | None = None
    drafting: list[Drafted] | None = None
    now: Callable[[], datetime] | None = None
    beside: Beside | None = None
    proof: str = ""
    sees: Callable[[LogReader], Callable[[EntryRow], bool]] | None = None

    def salt(self, type: str, payload: bytes) -> bytes | None:
        """The salt of the entry that was signed; None for another entry. Raises Refused for another content."""
        if self.signed is None or type != self.type:
            return None
        if payload != self.signed.entry.payload:
            raise Refused("what would be recorded is no more what was signed; begin again")
        return self.signed.entry.salt

    def key_beside(self, taken: Iterable[str | None]) -> str | None:
        """The key for a next record: an act has one, though it may make several records."""
        return None if self.key in taken else self.key

    def draft(self, entry: Mapping[str, Any], payload: bytes, salt: bytes) -> None:
        """Keep an entry as what is to be signed, where this is a draft and the entry is the one of the act."""
        if self.drafting is not None and entry["type"] == self.type:
            self.drafting.append(Drafted(entry["time"], signed_message(entry, entry["time"]), payload, salt))


def identity_of(identity: str, signed: bool) -> str:
    """How it is known who acted: what goes with a signed record bears no signature of its own."""
    return TOKEN if identity in SIGNING and not signed else identity
