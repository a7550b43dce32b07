"""A trail as its writers see it: add entries, and a signed checkpoint goes to the disk with them."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from salesdx.ledger.acting import SERVED, Acting, Published, identity_of
from salesdx.ledger.canonical import canonical_json, schema_digest
from salesdx.ledger.connect import connect
from salesdx.ledger.cosignatures import pending_seal
from salesdx.ledger.errors import Refused, TrailError
from salesdx.ledger.key_files import settle_key
from salesdx.ledger.keys import SigningKey, default_key, read_private_key, sign_checkpoint, signed_beside
from salesdx.ledger.log_change import Head, LogChange, NewRow
from salesdx.ledger.moments import stamp, utc_now
from salesdx.ledger.register_reader import RegisterReader
from salesdx.ledger.standalone.register import DRAFTED, REGISTER, REGISTER_TYPES, TYPED, Register
from salesdx.ledger.standalone.verifier import (
    ENTRY,
    MAX_ENTRY,
    TYPES,
    Frontier,
    Invalid,
    commitment,
    leaf_hash,
    read_checkpoint,
)
from salesdx.ledger.storage import MAX_WHEEL, LogReader, Storage

PROOF_KEY = "confirmed_by"
"""Where the body of a record says how its person had just confirmed that it was they."""
Clock = Callable[[], datetime]


@dataclass(frozen=True)
class Person:
    """Who acts, in which role, and how that is known. Entries hold a pseudonym of the name.

    Where the trail knows its people ``name`` is the identifier of one; where it does not, it is what somebody typed.
    """

    name: str
    role: str = "unstated"
    identity: str = TYPED


class Trail:
    """A trail that is open. Without ``key`` it can only be read.

    One that knows its people is written by its ``serving`` alone, for a person who is ``acting``.
    """

    def __init__(
        self,
        storage: Storage,
        key: SigningKey | None = None,
        anchor: Path | None = None,
        serving: bool = False,
        acting: Acting | None = None,
    ) -> None:
        self.storage, self.key, self.anchor, self.serving, self.acting = storage, key, anchor, serving, acting
        self.people = RegisterReader()

    @property
    def shown(self) -> str:
        """The place of the trail as messages name it."""
        return self.storage.shown

    @property
    def key_file(self) -> Path | None:
        """The file of the key; None where it is in none."""
        return self.anchor.with_suffix("") if self.anchor else None

    @property
    def seals(self) -> Path | None:
        """The folder beside the key in which the keys of sealed texts are kept; None where the key is in no file."""
        return self.anchor.with_suffix(".sealed") if self.anchor else None

    @contextmanager
    def read(self, apart: bool = False) -> Iterator[LogReader]:
        """The trail as it stands now; ``apart``: for long, while others write. Raises TrailError."""
        with self.storage.reading(apart) as reader:
            reader.people = self.people
            yield reader

    def register(self) -> Register:
        """The people as they are now. Raises TrailError."""
        with self.read() as reader:
            return self.people.register(reader)

    def acting_as(self, acting: Acting) -> Trail:
        """The same trail for one act of a person."""
        found = Trail(self.storage, self.key, self.anchor, self.serving, acting)
        found.people = self.people
        return found

    def upgrade(self) -> None:
        """Bring the tables to the version of this program; no record is changed. Raises TrailError."""
        from salesdx.ledger.migrations import migrate

        with self.storage.migrating() as connection:
            migrate(connection)

    @contextmanager
    def append(self, now: Clock | None = None) -> Iterator[Appender]:
        """One transaction: what is added in the block is on the disk, signed, once the block has ended.

        If the block raises, nothing is recorded. Raises TrailError.
        """
        acting = self.acting or Acting("")
        with self.storage.writing() as reader:
            reader.people = self.people
            appender = Appender(self, reader, now or acting.now or utc_now)
            yield appender
            stored = (bool(appender.rows) or acting.beside is not None) and acting.drafting is None
            if stored:
                appender.commit()
        if stored:
            self._remember(appender.frontier)

    def check_head(self, reader: LogReader, head: Head) -> None:
        """Refuse to sign on top of what this key has not signed, or a trail smaller than one it has signed."""
        assert self.key is not None
        held = (head.size, head.frontier.root())
        anchored = self._anchored()
        if anchored and (anchored[0] > held[0] or (anchored[0] == held[0] and anchored != held)):
            raise TrailError(
                f"the trail holds {head.size} records, and {anchored[0]} were signed already: it was cut, or brought "
                "back from an older copy; `salesdx trail verify` tells more, and nothing is appended"
            )
        if head.size:
            try:
                checkpoint = read_checkpoint(reader.checkpoint())
                if (checkpoint.size, checkpoint.root) != held or not checkpoint.signed_by(self.key.public):
                    raise Invalid("its last checkpoint is not that of its records, or not signed by this key")
                if checkpoint.signatures[-1][1] != self.key.public.id:  # after a rotation the new key stands last
                    raise Invalid("its key was changed, and this is the old one")
            except Invalid as error:
                raise TrailError(f"nothing is appended to `{self.shown}`: {error}") from None

    def _anchored(self) -> tuple[int, bytes] | None:
        try:
            size, root = (self.anchor.read_text() if self.anchor else "").split()
            return int(size), bytes.fromhex(root)
        except (OSError, ValueError):
            return None

    def _remember(self, frontier: Frontier) -> None:
        """The last signed size and root beside the key: a trail that shrinks is not signed again."""
        if self.anchor is None:
            return
        beside = self.anchor.with_name(f"{self.anchor.name}.part")
        try:
            beside.write_text(f"{frontier.size} {frontier.root().hex()}\n")
            beside.replace(self.anchor)
        except OSError:  # the record is on the disk; a key on read-only ground has no memory
            beside.unlink(missing_ok=True)


class Appender:
    """The open transaction of an append."""

    def __init__(self, trail: Trail, reader: LogReader, now: Clock) -> None:
        if trail.key is None:
            raise TrailError("the trail was opened without a key, so nothing can be appended")
        self.trail, self.reader, self.key, self.now = trail, reader, trail.key, now
        self.keys: tuple[SigningKey, ...] = (trail.key,)
        """All of them sign the checkpoint of this append."""
        head = reader.head()
        trail.check_head(reader, head)
        self.origin, self.frontier, self.previous, self.time = head.origin, head.frontier, head.previous, head.time
        self.rows: list[NewRow] = []
        self.names: dict[tuple[str, str], str] = {}
        self.known: dict[tuple[str, str], str] = {}
        self.rule_bases: dict[str, str] = {}
        self.wheels: dict[str, bytes] = {}
        self.attachments: list[tuple[int, bytes]] = []
        self.erased: list[int] = []
        self.forgotten: list[str] = []
        self.last: dict[str, int] = {}
        self.seal = pending_seal(reader, head.size)
        self.acting = trail.acting or Acting("")
        self.people = trail.people.register(reader)
        if self.people.begun and not trail.serving:
            raise TrailError(f"`{trail.shown}` {SERVED}")

    def add(
        self,
        type: str,
        body: Mapping[str, Any],
        by: Person,
        *,
        case: str = "",
        subject: str = "",
        base: Published | None = None,
        engine: Mapping[str, str | None] | None = None,
        inputs: Sequence[int] = (),
        key: str | None = None,
    ) -> int:
        """Add an entry; its number. ``body`` holds texts, whole numbers, truths, null, lists and objects of these.

        The first entry with a rule base is preceded by one that publishes it. With a ``key`` that was used before,
        nothing is added and the number of that entry is given. Raises TrailError for content that cannot be stored.
        """
        assert type in TYPES
        if key is not None and (known := self.reader.by_key(key)) is not None:
            return known
        if base is not None and type != "rule_base":
            self.publish(base, by)
        return self._add(type, body, by, case, subject, base, engine, inputs, key)

    def publish(self, base: Published, by: Person) -> None:
        """Store a rule base with its texts, if the trail has not seen it."""
        if base.digest in self.rule_bases or self.reader.holds_rule_base(base.digest):
            return
        self.rule_bases[base.digest] = canonical_json(base.files).decode()
        self._add("rule_base", {"version": base.version, "files": sorted(base.files)}, by, base=base)

    def keep(self, wheels: Mapping[str, bytes]) -> dict[str, str]:
        """Keep wheels, each once by its digest; file name -> digest, which the body of a record names.

        What is named is what is given here, whatever the tables say. Raises TrailError for one that is too large.
        """
        named = {}
        for name, data in wheels.items():
            if len(data) > MAX_WHEEL:
                raise TrailError(f"the wheel `{name}` is too large to be kept")
            named[name] = "sha256:" + sha256(data).hexdigest()
            if named[name] not in self.reader.wheels():
                self.wheels[named[name]] = data
        return named

    def pseudonym(self, kind: str, name: str) -> str:
        """The pseudonym of a name, made at random when the name is new."""
        found = self.known.get((kind, name)) or self.reader.pseudonym(kind, name)
        if found is None:
            found = f"{kind[0]}-{secrets.token_hex(8)}"
            self.names[kind, name] = found
        self.known[kind, name] = found
        return found

    def _add(
        self,
        type: str,
        body: Mapping[str, Any],
        by: Person,
        case: str = "",
        subject: str = "",
        base: Published | None = None,
        engine: Mapping[str, str | None] | None = None,
        inputs: Sequence[int] = (),
        key: str | None = None,
        whom: str | None = None,
    ) -> int:
        seq = self.frontier.size
        subject = REGISTER if type in REGISTER_TYPES else subject
        acting = self.acting if type == self.acting.type else Acting("")
        body = {**body, PROOF_KEY: acting.proof} if acting.proof else dict(body)
        payload = canonical_json({"actor": by.name, "case": case or None, "subject": subject or None, "body": body})
        salt = acting.salt(type, payload) or secrets.token_bytes(32)
        key = key or acting.key_beside(row.key for row in self.rows)
        self.time = max(self.time, stamp(self.now()))  # clocks of two writers differ; time in a trail never runs back
        self.seal.key(seq, key)
        named = self.pseudonym("case", case) if case else None
        whom = self.pseudonym("subject", subject) if subject else whom
        entry = {
            "version": ENTRY,
            "log": self.origin,
            "seq": seq,
            "previous": self.previous.hex() if self.previous else None,
            "type": type,
            "time": self.time,
            "case": named,
            "case_before": self._before("case", named),
            "subject": whom,
            "subject_before": self._before("subject", whom),
            "actor": self.pseudonym("actor", by.name),
            "role": by.role,
            "rule_base": base.digest if base else None,
            "engine": dict(engine) if engine else None,
            "schema": schema_digest(),
            "inputs": list(inputs),
            "commit": commitment(salt, payload),
            "sealed": self.seal.take(),
            "identity": identity_of(by.identity, acting.signed is not None),
            "signature": acting.signed.header if acting.signed else None,
        }
        acting.draft(entry, payload, salt)
        self._check_people(entry, {"actor": by.name, "subject": subject, "body": body})
        data = canonical_json(entry)
        if len(data) > MAX_ENTRY:
            raise TrailError("a record rests on too many others to be stored")
        self.previous = leaf_hash(data)
        self.frontier.push(self.previous)
        self.last |= {one: seq for one in (named, whom) if one is not None}
        self.rows.append(NewRow(seq, data, self.previous, type, named, whom, key, salt, payload))
        return seq

    def _check_people(self, entry: Mapping[str, Any], content: Mapping[str, Any]) -> None:
        """Raises Refused for a record that the register does not allow; a draft lacks its signature as yet."""
        if self.acting.drafting is not None and entry["type"] == self.acting.type:
            entry = {**entry, "identity": DRAFTED}
        try:
            self.people = self.people.with_entry(entry, content)
        except Invalid as error:
            raise Refused(str(error)) from None

    def _before(self, kind: str, whom: str | None) -> int | None:
        """The last entry about a case or a subject."""
        if whom is None:
            return None
        return self.last[whom] if whom in self.last else self.reader.last(**{kind: whom})

    def rotate(self, key: SigningKey, by: Person, inputs: Sequence[int] = ()) -> int:
        """Bring in the key that signs from now on. Both sign the checkpoint of this append. ``inputs`` proposed it."""
        assert key.name == self.origin
        if key.public == self.key.public:
            raise TrailError("the new key is the old one")
        seq = self.add("key", {"key": str(key.public), "before": str(self.key.public)}, by, inputs=inputs)
        self.keys = (self.key, key)
        return seq

    def erase(
        self,
        seqs: Sequence[int],
        pseudonyms: Sequence[str],
        reason: str,
        by: Person,
        subject: str | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> int:
        """Let the content of entries and the names behind pseudonyms go, by a record that lists them; its number.

        ``subject`` is a pseudonym: what is erased is not named again. ``more`` goes into the record. See `erasure`.
        """
        self.erased += seqs
        self.forgotten += pseudonyms
        body = {"reason": reason, "names": list(pseudonyms), **(more or {})}
        return self._add("erasure", body, by, inputs=seqs, whom=subject)

    def commit(self) -> None:
        """Sign the checkpoint and store everything at once, with what goes beside it. Raises TrailError."""
        if self.acting.beside is not None:
            self.acting.beside(self.reader.connection)
        if not self.rows:
            self.reader.connection.commit()
            return
        head = Head(self.origin, self.frontier, self.previous, self.time)
        note = sign_checkpoint(self.origin, self.frontier.size, self.frontier.root(), *self.keys)
        names = [(pseudonym, kind, name) for (kind, name), pseudonym in self.names.items()]
        published, wheels = [*self.rule_bases.items()], [*self.wheels.items()]
        gone, begun = (self.erased, self.forgotten), self.people.begun  # from now on the database checks the time
        change = LogChange(head, note, self.rows, names, published, wheels, self.attachments, *gone, begun)
        self.trail.storage.store(self.reader.connection, change)


def create(where: str, key: SigningKey, by: Person, anchor: Path | None = None, now: Clock | None = None) -> Trail:
    """A new trail with its first record, which holds the public key. Raises TrailError."""
    from salesdx.ledger.migrations import migrate

    storage = connect(where, create=True)
    trail = Trail(storage, key, anchor)
    try:
        storage.prepare(key.name, migrate)
        with trail.append(now) as appender:
            appender.add("trail", {"key": str(key.public)}, by)
    except BaseException:
        storage.discard()
        raise
    return trail


def open_trail(where: str, key: Path | None = None, write: bool = True, serving: bool = False) -> Trail:
    """A trail at a file or URL; to write, its private key is read. ``serving``: by who serves it. Raises TrailError."""
    storage = connect(where, serving=serving)
    if not write:
        return Trail(storage)
    path = key if key is not None else default_key(where)
    with storage.reading() as reader:
        name = reader.head().origin
        if serving:
            settle_key(signed_beside(path) and path, reader)
    return Trail(storage, SigningKey(read_private_key(path), name), signed_beside(path), serving)


def new_origin() -> str:
    """The name of a new trail, which its checkpoints carry."""
    return f"salesdx.trail/{secrets.token_hex(8)}"
