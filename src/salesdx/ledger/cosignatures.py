"""Signatures of witnesses beside the log's own, and the checkpoints at which its key changed."""

from __future__ import annotations

from collections.abc import Sequence
from heapq import merge

from salesdx.ledger.standalone.chains import Seal
from salesdx.ledger.standalone.outside import COSIGNATURE_BYTES, read_cosignature
from salesdx.ledger.standalone.verifier import PublicKey, read_checkpoint, read_key
from salesdx.ledger.storage import LogReader


def change_sizes(reader: LogReader, changes: Sequence[int]) -> list[int]:
    """The sizes of the checkpoints at which the key was changed, by the records that changed it, in order."""
    found, left = [], list(changes)
    for size, _ in reader.checkpoints() if left else ():
        if left and left[0] < size:
            found.append(size)
            left = [seq for seq in left if seq >= size]
    return found


def cosignatures(note: str) -> list[str]:
    """The signature lines of a checkpoint that have the length of a witness's."""
    lines = note.partition("\n\n")[2].splitlines(keepends=True)
    signatures = read_checkpoint(note).signatures
    return [line for line, (_, _, raw) in zip(lines, signatures, strict=True) if len(raw) == COSIGNATURE_BYTES]


def with_cosignatures(reader: LogReader, size: int | None = None) -> str:
    """The checkpoint at a size, or the last one, with the signatures of witnesses. Raises TrailError."""
    note = reader.checkpoint(size)
    return note + cosigned_sizes(reader).get(read_checkpoint(note).size, "")


def cosigned_sizes(reader: LogReader) -> dict[int, str]:
    """Size -> the signature lines of witnesses; what is none is left aside."""
    found: dict[int, str] = {}
    for one in reader.cosignatures():
        if read_cosignature(one.witness, one.line) is not None:
            found[one.size] = found.get(one.size, "") + one.line
    return found


def pending_seal(reader: LogReader, size: int) -> Seal:
    """What was put beside the log since its last entry; since the first one where the last one sealed nothing."""
    found = Seal()
    start = size if size and "sealed" in reader.row(size - 1).header else 0
    keys = ((2 * seq, seq, key) for seq, key in reader.keys(start))
    notes = ((2 * at - 1, at, note) for at, note in reader.checkpoints(max(start, 1)))
    for place, number, text in merge(keys, notes):
        (found.checkpoint if place % 2 else found.key)(number, text)
    for one in reader.cosignatures(kept=size):
        found.cosignature(one.size, one.witness, one.line)
    return found


def registered_witnesses(reader: LogReader) -> list[PublicKey]:
    """The keys of witnesses that the records name."""
    rows = [row.content for row in reader.rows(types=("witness",))]
    return [read_key(row["body"]["key"]) for row in rows if row is not None]
