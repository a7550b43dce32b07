"""Verify a whole trail where it lies: every record, and that the tables beside the records say the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from itertools import zip_longest
from typing import Any

from salesdx.ledger.attached import attached, attached_file
from salesdx.ledger.errors import TrailError
from salesdx.ledger.moments import utc_now
from salesdx.ledger.standalone.findings import INVALID, Audit, Enough, Verdict
from salesdx.ledger.standalone.outside import OUTSIDE_DAYS, Outside
from salesdx.ledger.standalone.verifier import Checkpoint, Invalid, PublicKey, read_checkpoint, rule_base_digest
from salesdx.ledger.storage import Cosignature, LogReader

KINDS = ("actor", "case", "subject")


def verify(
    reader: LogReader,
    keys: Sequence[PublicKey] = (),
    anchor: Checkpoint | None = None,
    newer_than: datetime | None = None,
    days: int = OUTSIDE_DAYS,
) -> Verdict:
    """The verdict on a trail, with the public keys and the checkpoint that the auditor kept elsewhere.

    The last signature from outside, of a witness or the anchor, must be newer than ``newer_than``, or at most ``days``
    days old where that is not given.

    One pass in constant memory, apart from the names and a number for each case and each erased record. Never raises:
    whatever goes wrong is a reason for INVALID.
    """
    try:
        head = reader.head()
        audit = Audit(head.origin, Outside(keys, anchor, newer_than, days, utc_now()))
    except Exception as error:  # here and below, whatever it is: what cannot be checked to its end is not proven
        return Verdict(INVALID, (f"the trail cannot be read: {error or type(error).__name__}",))
    try:
        _records(reader, audit, _beside(reader, audit))
        _rule_bases(reader, audit)
        _wheels(reader, audit)
        _attachments(reader, audit)
        if head.frontier != audit.log.frontier or (head.previous, head.time) != (audit.log.previous, audit.log.time):
            audit.fault("the head of the trail is not that of its records")
    except Enough:
        pass
    except Invalid as error:
        audit.faults.append(str(error))
    except Exception as error:
        audit.faults.append(f"the trail cannot be read to its end: {error or type(error).__name__}")
    return audit.verdict(audit.log.frontier.size)


def _records(reader: LogReader, audit: Audit, kept: dict[int, list[Cosignature]]) -> None:
    """Every entry with its content, its columns, its names, and the checkpoints at their sizes, in one pass."""
    names = _Names(reader)
    audit.outside.bound(utc_now())
    notes = reader.checkpoints()
    note = next(notes, None)
    frontier = audit.log.frontier
    contents = 0
    for row, columns in zip_longest(reader.rows(), reader.columns()):
        if row is None or columns is None or row.seq != columns.seq or row.seq != frontier.size:
            raise Invalid(f"record {frontier.size} is missing, or there are others between the records")
        entry = audit.entry(row.entry)
        if entry is not None:
            told = (columns.leaf, columns.type, columns.case_, columns.subject)
            if told != (audit.log.previous, entry["type"], entry["case"], entry["subject"]):
                audit.fault("the columns beside it are not those of the record", row.seq)
            names.check(audit, entry, audit.content(entry, row.salt, row.payload))
        audit.sealed(entry, columns.key, kept.pop(row.seq, ()))
        contents += row.payload is not None
        if audit.anchor is not None and audit.anchor.size == frontier.size:
            audit.check_anchor(frontier.root())
        while note is not None and note[0] <= frontier.size:
            checkpoint = audit.checkpoint(note[1], frontier.root() if note[0] == frontier.size else None)
            audit.seal.checkpoint(*note)
            if checkpoint is not None and checkpoint.size != note[0]:
                audit.fault(f"the checkpoint of {checkpoint.size} records stands in the place of {note[0]}")
            note = next(notes, None)
    if note is not None:
        raise Invalid(f"there is a checkpoint of {note[0]} records, and here are {frontier.size}: records were cut off")
    if audit.signed != frontier.size:
        audit.fault(f"the last checkpoint covers {audit.signed} records, and here are {frontier.size}")
    if reader.contents() != contents:
        audit.fault("there is content that belongs to no record")
    for seq, type in reader.below():
        audit.outside.leave(f"what stands as record {seq} ({type}), before the first one")
    for size in (size for size in kept if size != frontier.size):
        audit.outside.leave(f"{len(kept[size])} signatures of witnesses that say they were kept at {size} records")
    names.conclude(audit)


def _beside(reader: LogReader, audit: Audit) -> dict[int, list[Cosignature]]:
    """Show the signatures of witnesses to the audit; all of them by the number of records at which they were kept."""
    kept: dict[int, list[Cosignature]] = {}
    notes: dict[int, Checkpoint | None] = {}
    for one in reader.cosignatures():
        kept.setdefault(one.kept, []).append(one)
        if one.size not in notes:
            notes[one.size] = _checkpoint(reader, one.size)
        audit.outside.cosignature(notes[one.size], one.witness, one.line)
    return kept


def _checkpoint(reader: LogReader, size: int) -> Checkpoint | None:
    try:
        return read_checkpoint(reader.checkpoint(size))
    except (TrailError, Invalid):  # where it has a fault, that is told of it
        return None


class _Names:
    """The table of pseudonyms, which the content of the records proves."""

    def __init__(self, reader: LogReader) -> None:
        self.names = {pseudonym: (kind, name) for pseudonym, kind, name in reader.names()}
        self.proven: set[str] = set()
        self.unproven: set[str] = set()

    def check(self, audit: Audit, entry: Mapping[str, Any], content: Mapping[str, Any] | None) -> None:
        if content is None:
            self.unproven.update(entry[kind] for kind in KINDS if entry[kind] is not None)
            return
        for kind in KINDS:
            pseudonym, name = entry[kind], content[kind]
            if name is None:
                continue
            if self.names.get(pseudonym) == (kind, name):
                self.proven.add(pseudonym)
            else:
                audit.fault(f"the table of names gives the {kind} another name than its content, or none", entry["seq"])

    def conclude(self, audit: Audit) -> None:
        for pseudonym in sorted(audit.forgotten & self.names.keys()):
            audit.fault(f"the name behind `{pseudonym}` is there, although it was erased")
        idle = self.names.keys() - self.proven
        for pseudonym in sorted(idle - self.unproven):
            audit.fault(f"there is a name behind `{pseudonym}`, which no record has")
        if idle:
            audit.remarks.append(f"{len(idle)} names are still known whose records were erased: no content proves them")


def _rule_bases(reader: LogReader, audit: Audit) -> None:
    stored = sorted(reader.rule_bases())
    if stored != sorted(audit.published):
        audit.fault("the rules that are stored are not those that the records publish")
    for digest in stored:
        files = reader.rule_base(digest) or {}
        if rule_base_digest(files) != digest or audit.published.get(digest) != sorted(files):
            audit.fault(f"the rules {digest[:15]} are not those that were recorded")


def _wheels(reader: LogReader, audit: Audit) -> None:
    """The wheels that records name are kept, each with its digest, and no others, unless what named them was erased."""
    kept = reader.wheels()
    for digest in kept:
        if "sha256:" + sha256(reader.wheel(digest) or b"").hexdigest() != digest:
            audit.fault(f"the wheel {digest[:15]} is not the one that was kept")
    for digest in sorted(audit.wheels - set(kept)):
        audit.fault(f"the wheel {digest[:15]} is not there, and a record names it")
    if not audit.erased and not audit.missing and set(kept) - audit.wheels:
        audit.fault("there are wheels that no record names")


def _attachments(reader: LogReader, audit: Audit) -> None:
    """Each file that a record names is there with its digest; none is there whose record has no content any more."""
    kept = attached(reader)
    for seq in sorted(set(kept) - audit.attachments.keys()):
        audit.fault("there is a file beside it that it does not name", seq)
    for seq, digest in audit.attachments.items():
        found = attached_file(reader, seq)
        if found is None:
            audit.fault("the file that it names is not there", seq)
        elif "sha256:" + sha256(found).hexdigest() != digest:
            audit.fault("the file beside it is not the one that was attached", seq)
