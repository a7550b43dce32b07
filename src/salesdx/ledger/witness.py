"""A witness: another machine that remembers how far the trail was, and signs only what goes on from there.

Its folder holds its private key and what it saw last. It reads the leaves of the trail and no content but the records
of keys. What it signs is a C2SP cosignature/v1, which is kept beside the trail and travels in exports.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from salesdx.ledger.cosignatures import change_sizes, cosignatures, registered_witnesses
from salesdx.ledger.errors import Refused, TrailError
from salesdx.ledger.keys import SigningKey, new_private_key, read_private_key, write_private_key
from salesdx.ledger.log import Appender, Person
from salesdx.ledger.merkle import consistency, roots_of
from salesdx.ledger.moments import utc_now
from salesdx.ledger.standalone.bundle import verify_bundle
from salesdx.ledger.standalone.findings import INVALID, STATUS, UNANCHORED, Audit, Enough, Verdict
from salesdx.ledger.standalone.outside import Outside
from salesdx.ledger.standalone.packing import Package
from salesdx.ledger.standalone.verifier import (
    COSIGNATURE,
    NAME,
    Checkpoint,
    Invalid,
    PublicKey,
    check_consistency,
    leaf_hash,
    read_checkpoint,
    read_entry,
    read_key,
    read_signature,
)
from salesdx.ledger.storage import LogReader, Storage
from salesdx.text.disk import replace_file

KEY, STATE = "witness.key", "seen.json"
"""The files in a witness's folder."""


@dataclass(frozen=True)
class Witness:
    """A witness of one trail: its own key, the key of the trail, and the checkpoint that it saw last, as a note."""

    folder: Path
    key: SigningKey
    log: PublicKey
    seen: str | None

    @property
    def anchor(self) -> Checkpoint | None:
        """The last checkpoint that it saw; None before the first."""
        return None if self.seen is None else read_checkpoint(self.seen)


def make_witness(folder: Path, name: str, log: PublicKey) -> Witness:
    """A new witness in a new folder. Raises TrailError."""
    if not NAME.fullmatch(name):
        raise TrailError("the name of a witness has no spaces and no plus sign, such as `audit.firm.example/w1`")
    try:
        folder.mkdir(mode=0o700, parents=True)
    except OSError as error:
        raise TrailError(f"`{folder}` cannot be made: {error.strerror}") from None
    try:
        write_private_key(folder / KEY, new_private_key())
        _remember(folder, name, log, None)
    except BaseException:
        shutil.rmtree(folder)
        raise
    return read_witness(folder)


def read_witness(folder: Path) -> Witness:
    """The witness of a folder. Raises TrailError."""
    try:
        held = json.loads((folder / STATE).read_text(encoding="utf-8"))
        name, log, seen = held["name"], read_key(held["log"]), held["seen"]
        if seen is not None:
            read_checkpoint(seen)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, Invalid):
        raise TrailError(f"`{folder}` is no folder of a witness; `salesdx trail witness init` makes one") from None
    return Witness(folder, SigningKey(read_private_key(folder / KEY, environment=False), name, COSIGNATURE), log, seen)


def _remember(folder: Path, name: str, log: PublicKey, seen: str | None) -> None:
    """Write the state in one step, on the disk before this returns. Raises TrailError."""
    state = json.dumps({"name": name, "log": str(log), "seen": seen}, indent=2)
    try:
        replace_file(folder / STATE, [state.encode()])
    except OSError as error:
        raise TrailError(f"the witness cannot remember in `{folder}`: {error.strerror}") from None


def look(witness: Witness, reader: LogReader) -> tuple[Verdict, str | None]:
    """What the witness says to a trail, and the checkpoint that it can sign: signed by the trail's key, true to the
    leaves, and going on from what it saw last."""
    audit = Audit(reader.head().origin, Outside([witness.log], witness.anchor, asof=utc_now()), set())
    note, size = None, 0
    try:
        leaves = list(reader.leaves())
        root, size = roots_of(leaves), len(leaves)
        for row in reader.rows(types=("trail", "key")):
            entry = read_entry(row.entry)
            if leaves[row.seq] != leaf_hash(row.entry) or entry["seq"] != row.seq:
                raise Invalid(f"record {row.seq} is not the one in the tree")
            audit.content(entry, row.salt, row.payload)
        if witness.anchor is not None and witness.anchor.size <= size:
            seen = witness.anchor
            hashes = consistency(seen.size, size, root)
            check_consistency(seen.size, size, hashes, seen.root, root(0, size))
            audit.check_anchor(root(0, seen.size))
        note = reader.checkpoint()
        for at in sorted({*change_sizes(reader, [seq for seq, _ in audit.chain[1:]]), size}):
            audit.checkpoint(reader.checkpoint(at), root(0, at) if 0 < at <= size else None)
        if audit.signed != read_checkpoint(note).size:
            raise Invalid("the last checkpoint is not that of all records")
    except Enough:
        pass
    except Exception as error:  # whatever it is: what cannot be checked is not signed
        audit.faults.append(str(error) or type(error).__name__)
    return _decided(witness, audit.verdict(size), note)


def look_into(witness: Witness, bundle: BinaryIO) -> tuple[Verdict, str | None]:
    """What the witness says to a bundle, and the checkpoint that it can sign."""
    verdict = verify_bundle(bundle, [witness.log], witness.anchor, days=None)
    note = Package(bundle).read("checkpoint").decode() if STATUS[verdict.word] < STATUS[INVALID] else None
    return _decided(witness, verdict, note)


def _decided(witness: Witness, verdict: Verdict, note: str | None) -> tuple[Verdict, str | None]:
    """Sign what is proven to go on from what was seen; the first time there is nothing to go on from."""
    first = verdict.word == UNANCHORED and witness.seen is None
    return verdict, note if STATUS[verdict.word] == 0 or first else None


def cosign(witness: Witness, note: str) -> str:
    """Remember a checkpoint, and then sign it: the checkpoint with the witness's signature as its last line.

    Raises TrailError; then nothing was signed.
    """
    text, _, lines = note.partition("\n\n")
    kept = [line for line in lines.splitlines(keepends=True) if not line.startswith(f"— {witness.key.name} ")]
    note = f"{text}\n\n{''.join(kept)}"
    _remember(witness.folder, witness.key.name, witness.log, note)
    return note + witness.key.line(read_checkpoint(note).text)


def register_witness(appender: Appender, key: PublicKey, by: Person) -> int:
    """Record the public key of a witness, whose signatures are kept beside the trail from now on; the record's number.

    Raises TrailError for another kind of key, or one that a record names already.
    """
    if key.kind != COSIGNATURE:
        raise Refused("this is no key of a witness: `salesdx trail witness init` shows one")
    if key in registered_witnesses(appender.reader):
        raise Refused(f"a record names the witness `{key.name}` with this key already")
    return appender.add("witness", {"key": str(key)}, by)


def keep_cosignature(storage: Storage, note: str) -> list[str]:
    """Keep the signatures of witnesses that a checkpoint carries beside the trail; the names of those that are new.

    Raises TrailError where the trail has no such checkpoint, no record names a witness, or a signature is wrong.
    """
    try:
        given = read_checkpoint(note)
        with storage.reading() as reader:
            stored = read_checkpoint(reader.checkpoint(given.size))
            known = {one.witness for one in reader.cosignatures() if one.size == given.size}
            full = len(stored.signatures) + len(known)
            registered = {(key.name, key.id) for key in registered_witnesses(reader) if given.signed_by(key)}
    except Invalid as error:
        raise TrailError(f"these signatures cannot be kept: {error}") from None
    if stored.text != given.text:
        raise TrailError("these signatures are of another trail: it has another checkpoint at this size")
    new: list[str] = []
    for line in cosignatures(note):
        name, id, _ = read_signature(line.rstrip("\n"))
        if (name, id) not in registered:
            raise TrailError(f"no record names the witness `{name}`; `salesdx trail witness add` enters one")
        if name not in known and name not in new and full + len(new) < 16:
            storage.cosign(given.size, name, line)
            new.append(name)
    return new
