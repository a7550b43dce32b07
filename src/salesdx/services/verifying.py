"""Verifying a trail for who holds its public key and a checkpoint: where it lies, and through its service.

The service reads the records and says what it finds. Whoever asks has not read them: what they check themselves is the
signed end of the trail, by their key, and that it goes on from their checkpoint.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from salesdx.ledger.standalone.findings import Verdict
    from salesdx.ledger.standalone.verifier import Checkpoint, PublicKey
    from salesdx.ledger.storage import LogReader
    from salesdx.trail.read_again import PagesAgain, RenderAgain
from salesdx.services.acts import RequestBody
from salesdx.text.english import many


@dataclass(frozen=True)
class AskedVerdict(RequestBody):
    """Public keys of the trail and of witnesses, a checkpoint (empty for none), and a day (empty for none)."""

    keys: tuple[str, ...] = ()
    anchor: str = ""
    newer_than: str = ""
    pages: bool = True
    """Whether the pages that a service made are made again."""


@dataclass(frozen=True)
class ServedVerdict:
    """What the service finds, the last checkpoint, and the proof (hashes in base64) that it goes on from the one sent.

    Whoever gets it checks the last two themselves.
    """

    word: str
    lines: tuple[str, ...]
    checkpoint: str
    proof: tuple[str, ...]


def verdict_here(
    reader: LogReader,
    keys: Sequence[PublicKey],
    anchor: Checkpoint | None,
    newer_than: datetime | None,
    page: RenderAgain | None,
) -> Verdict:
    """The verdict on a trail where it lies, by the days of its own policy; with ``page``, those that a service made are
    made again."""
    from salesdx.ledger.standalone.findings import INVALID
    from salesdx.ledger.standalone.outside import OUTSIDE_DAYS
    from salesdx.ledger.verify import verify
    from salesdx.trail.persons_needed import policy_in_force
    from salesdx.trail.read_again import pages_again

    policy = policy_in_force(reader)
    found = verify(reader, keys, anchor, newer_than, policy.outside_days if policy else OUTSIDE_DAYS)
    return found if page is None or found.word == INVALID else _with_pages(found, pages_again(reader, page))


def _with_pages(verdict: Verdict, pages: PagesAgain) -> Verdict:
    """A verdict with what came of making pages again."""
    from salesdx.ledger.standalone.findings import INVALID, Verdict

    if pages.faults:
        return Verdict(INVALID, tuple(f"record {seq}: {fault}" for seq, fault in pages.faults))
    lines = [f"{many(pages.same, 'page')} came out again as they were shown"] * bool(pages.same)
    if pages.not_made:
        told = "by another version of the program, or rests on content that was erased"
        lines.append(f"{many(pages.not_made, 'page')} could not be made again: made {told}")
    return Verdict(verdict.word, (*verdict.lines, *lines))


def served_verdict(reader: LogReader, asked: AskedVerdict, page: RenderAgain) -> ServedVerdict:
    """What a service answers; ``page`` as in `verdict_here`. Raises Refused for what is no key, checkpoint or day."""
    from salesdx.ledger.errors import Refused
    from salesdx.ledger.merkle import consistency, roots_of
    from salesdx.ledger.standalone.bundle import given_day
    from salesdx.ledger.standalone.findings import Unreadable
    from salesdx.ledger.standalone.verifier import Invalid, read_checkpoint, read_key

    try:
        keys = [read_key(text) for text in asked.keys]  # the text itself: no file of the service is read for it
        anchor = read_checkpoint(asked.anchor) if asked.anchor else None
        day = given_day(asked.newer_than) if asked.newer_than else None
    except (Invalid, Unreadable) as error:
        raise Refused(str(error)) from None
    found, note = verdict_here(reader, keys, anchor, day, page if asked.pages else None), reader.checkpoint()
    last, proof = read_checkpoint(note).size, []
    if anchor is not None and 0 < anchor.size <= last:
        proof = consistency(anchor.size, last, roots_of(list(reader.leaves())))
    return ServedVerdict(found.word, found.lines, note, tuple(base64.b64encode(part).decode() for part in proof))


def checked_verdict(found: ServedVerdict, keys: Sequence[PublicKey], anchor: Checkpoint | None) -> Verdict:
    """The verdict of a service, with what its reader can check of it. It is VERIFIED only where both find nothing."""
    from salesdx.ledger.standalone.findings import INVALID, STATUS, UNANCHORED, Verdict
    from salesdx.ledger.standalone.verifier import ED25519, Invalid, check_consistency, read_checkpoint

    if found.word not in STATUS:
        return Verdict(INVALID, ("the service answers with no verdict",))
    mine = [key for key in keys if key.kind == ED25519]
    try:
        last = read_checkpoint(found.checkpoint)
        signed = any(key.name == last.origin and last.signed_by(key) for key in mine)
        if anchor is not None:
            if anchor.origin != last.origin or anchor.size > last.size:
                raise Invalid("it is of another trail, or of more records than the service shows")
            proof = [base64.b64decode(part, validate=True) for part in found.proof]
            check_consistency(anchor.size, last.size, proof, anchor.root, last.root)
    except (Invalid, ValueError) as error:
        return Verdict(INVALID, (f"checked here: the trail does not go on from your anchor: {error}", *found.lines))
    lines = [f"the service read the records, and this is its word; checked here of its {last.size} records:"]
    lines.append(f"- the last checkpoint {'is' if signed else 'is not'} signed by a key that you gave")
    if anchor is not None:
        lines.append(f"- it goes on from your anchor of {anchor.size} records")
    word = UNANCHORED if STATUS[found.word] == 0 and not signed else found.word
    return Verdict(word, (*found.lines, *lines))
