"""What is checked of a trail record by record, of the whole trail and of a bundle alike, and the verdict.

Stands alone with `verifier`, because a copy of both travels in every exported bundle.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import combinations, islice
from typing import Any

from salesdx.ledger.standalone.chains import LogChecker, Seal
from salesdx.ledger.standalone.outside import COSIGNATURE_BYTES, Outside
from salesdx.ledger.standalone.register import LINK, REGISTER_TYPES, SIGNED_ON, TYPED, Register
from salesdx.ledger.standalone.verifier import (
    COSIGNATURE,
    ED25519,
    Checkpoint,
    Invalid,
    PublicKey,
    check_payload,
    leaf_hash,
    read_checkpoint,
    read_key,
)

VERIFIED = "VERIFIED"
WITH_ERASURES = "VERIFIED-WITH-ERASURES"
UNANCHORED = "UNANCHORED"
INVALID = "INVALID"
UNREADABLE = "UNREADABLE"
STATUS = {VERIFIED: 0, WITH_ERASURES: 0, UNANCHORED: 3, INVALID: 4, UNREADABLE: 5}
"""Word of a verdict -> exit status."""

MOST_FAULTS = 20
MOST_TRIES = 2000
KEPT = ("trail", "key", "rule_base", "erasure", "witness", *REGISTER_TYPES)
"""Records whose content is never erased."""
WHEEL = re.compile(r"sha256:[0-9a-f]{64}")
"""The digest of a file, as the content of a diagnosis names the wheels of its program, and that of an attachment it."""
NO_TRIAL = (*SIGNED_ON, "letter")
"""Records that rest on no trial."""
CONTENT = {"actor", "case", "subject", "body"}
"""The parts of a sealed content: names, and what was recorded."""


Kept = tuple[int, str, str, int]
"""The signature of a witness: the size of what it signed, its name, the line, and at how many records it was kept."""


class Unreadable(Exception):
    """This is no trail, bundle, key or checkpoint that can be read; the message says why."""


class Enough(Exception):
    """So many faults were found that looking for more is no use."""


@dataclass(frozen=True)
class Verdict:
    """The word, and the reasons in plain words."""

    word: str
    lines: tuple[str, ...]

    @property
    def status(self) -> int:
        """The exit status."""
        return STATUS[self.word]

    def __str__(self) -> str:
        return "\n".join((self.word, *self.lines)) + "\n"


@dataclass
class Audit:
    """What has been found out about a trail so far.

    ``outside`` holds what is the auditor's: public keys of the trail and of witnesses, and a checkpoint kept from
    before. Nothing in the trail counts as proof of them. Memory grows by a number for each case, subject, trial and
    erased record.
    """

    origin: str
    outside: Outside = field(default_factory=Outside)
    seqs: set[int] | None = None
    """The records that are here; None for a whole trail."""
    withholds: bool = False
    """Whether contents may be withheld from what is here, also of records that publish rules."""
    log: LogChecker = field(init=False)
    seal: Seal = field(default_factory=Seal)
    faults: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    chain: list[tuple[int, PublicKey]] = field(default_factory=list)
    """The keys of the trail: the record that brought each one, and the key."""
    published: dict[str, Any] = field(default_factory=dict)
    """Digests of rule bases -> the names of their files."""
    wheels: set[str] = field(default_factory=set)
    """Digests of the wheels that made the diagnoses."""
    attachments: dict[int, str] = field(default_factory=dict)
    """Record -> the digest of the file that was attached by it."""
    missing: set[int] = field(default_factory=set)
    erased: set[int] = field(default_factory=set)
    forgotten: set[str] = field(default_factory=set)
    """Pseudonyms whose name was erased."""
    signed: int = 0
    """The size of the last checkpoint."""
    register: Register = field(default_factory=Register)
    typed: int = 0
    """Records whose names somebody typed."""
    linked: int = 0
    """Records that came by a link."""
    trials: set[int] = field(default_factory=set)
    """Diagnoses and explanations by rules that nobody had adopted."""
    rooted: bool = True

    def __post_init__(self) -> None:
        self.log = LogChecker(self.origin)
        self.keys, self.anchor = self.outside.keys, self.outside.anchor
        for key in self.keys:
            if key.kind == ED25519 and key.name != self.origin:
                self.fault(f"the key that you gave is that of `{key.name}`, and this is the trail `{self.origin}`")
        if self.anchor is not None and self.anchor.origin != self.origin:
            self.fault(f"the anchor is of the trail `{self.anchor.origin}`, and this is `{self.origin}`")

    def fault(self, told: object, seq: int | None = None) -> None:
        """Keep a fault. Raises Enough after the last one that is worth telling."""
        if len(self.faults) >= MOST_FAULTS:
            raise Enough
        self.faults.append(str(told) if seq is None else f"record {seq}: {told}")

    def entry(self, data: bytes) -> dict[str, Any] | None:
        """The next entry of a whole trail, if it follows from those before it."""
        try:
            return self.log.add(data)
        except Invalid as error:
            self.fault(error, self.log.frontier.size)
            self.log.previous = leaf_hash(data)
            self.log.frontier.push(self.log.previous)
            return None

    def sealed(self, entry: Mapping[str, Any] | None, key: str | None, kept: Sequence[Kept]) -> None:
        """Compare what an entry sealed with what is beside the log; ``kept``: what witnesses signed since the last."""
        seal = self.seal
        if entry is None:
            seal.take()
            return
        held = seal.copy() if kept else seal
        for size, witness, line, _ in kept:
            seal.cosignature(size, witness, line)
        seal.key(entry["seq"], key)
        if "sealed" not in entry or seal.take() == entry["sealed"] or self._sealed_fewer(held, entry, key, kept):
            return
        self.fault("what stands beside it (checkpoint, witnesses, key) is not what it sealed", entry["seq"])

    def _sealed_fewer(self, seal: Seal, entry: Mapping[str, Any], key: str | None, kept: Sequence[Kept]) -> bool:
        """Whether an entry sealed some of the signatures that say they were kept before it: the others came later."""
        several = (some for many in range(len(kept)) for some in combinations(kept, len(kept) - many - 1))
        for some in islice(several, MOST_TRIES):
            found = seal.copy()
            for size, witness, line, _ in some:
                found.cosignature(size, witness, line)
            found.key(entry["seq"], key)
            if found.take() == entry["sealed"]:
                for size, witness, _, _ in (one for one in kept if one not in some):
                    self.outside.leave(f"a signature of `{witness}` on {size} records, put in later than it says")
                return True
        return False

    def content(self, entry: Mapping[str, Any], salt: bytes | None, payload: bytes | None) -> dict[str, Any] | None:
        """The content of an entry, if it is the sealed one; None where it was erased, or has a fault."""
        seq = entry["seq"]
        self.outside.timed(seq, entry["time"])
        found = None
        try:
            if salt is None or payload is None:
                self.missing.add(seq)
            else:
                found = _shaped(entry, check_payload(entry, salt, payload))
            self._meaning(entry, None if found is None else found["body"])
            self._person(entry, found)
        except Invalid as error:
            self.fault(error, seq)
        return found

    def _meaning(self, entry: Mapping[str, Any], body: Mapping[str, Any] | None) -> None:
        seq, kind, digest = entry["seq"], entry["type"], entry["rule_base"]
        if (kind == "trail") != (seq == 0):
            raise Invalid("the first record, and no other, says which trail this is")
        if kind in KEPT:
            if body is None and not (self.withholds and kind == "rule_base"):
                raise Invalid("its content is gone, which is never erased")
            if body is None:
                self.published[digest] = None  # the digest alone proves the files
            elif kind in ("trail", "key"):
                self._key(seq, kind, body)
            elif kind == "witness":
                key = read_key(str(body.get("key")))
                if key.kind != COSIGNATURE:
                    raise Invalid("its key is not that of a witness")
                self.outside.named[key.name, key.id] = key
            elif kind == "erasure":
                self._erasure(seq, entry["inputs"], body.get("names"))
            elif kind == "rule_base":
                self.published[digest] = body.get("files")
        elif kind == "diagnosis" and body is not None and "wheels" in body:
            self._program(entry["engine"], body["wheels"])
        elif kind == "attachment" and body is not None:
            if not WHEEL.fullmatch(str(body.get("digest"))):
                raise Invalid("it does not name the digest of its file")
            self.attachments[seq] = body["digest"]
        if digest is not None and digest not in self.published:
            raise Invalid("it rests on rules that no record before it published")

    def _person(self, entry: Mapping[str, Any], content: Mapping[str, Any] | None) -> None:
        """Who acted: somebody of the register, from when there is one; each change of it by two administrators."""
        self.typed += "identity" not in entry or entry["identity"] == TYPED
        if "identity" in entry:
            self.linked += entry["identity"] == LINK
            self.register.take(entry, content)
        if self.register.on_trial(entry):
            self.trials.add(entry["seq"])
        if entry["type"] in NO_TRIAL and (trials := self.trials.intersection(entry["inputs"])):
            raise Invalid(f"it rests on record {min(trials)}, a trial: nobody had adopted the rules that made it")

    def _program(self, engine: Mapping[str, Any] | None, wheels: Any) -> None:
        named = wheels.values() if isinstance(wheels, dict) else ()
        if engine is None or not named or not all(WHEEL.fullmatch(str(digest)) for digest in named):
            raise Invalid("it does not say of which wheels its program is made")
        self.wheels.update(named)

    def _key(self, seq: int, kind: str, body: Mapping[str, Any]) -> None:
        key = read_key(str(body.get("key")))
        if key.name != self.origin or key.kind != ED25519:
            raise Invalid("its key is not one of this trail")
        if kind == "key" and (not self.chain or body.get("before") != str(self.chain[-1][1])):
            raise Invalid("it changes a key that was not in force")
        self.chain.append((seq, key))

    def _erasure(self, seq: int, listed: Sequence[int], names: Any) -> None:
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise Invalid("it does not say whose names were erased")
        self.forgotten.update(names)
        for number in listed:
            if number in self.missing:
                self.missing.discard(number)
                self.erased.add(number)
            elif number not in self.erased and (self.seqs is None or number in self.seqs):
                self.fault(f"its content is there, although record {seq} says that it was erased", number)

    def checkpoint(self, note: str, root: bytes | None) -> Checkpoint | None:
        """The next larger checkpoint, with the root that the records have at its size; None where it has a fault."""
        try:
            found = read_checkpoint(note)
            if found.origin != self.origin:
                raise Invalid("it is of another trail")
            if found.size <= self.signed:
                raise Invalid("checkpoints are not in order")
            self._signatures(found)
            if self.rooted and root is not None and root != found.root:
                self.rooted = False  # all later ones would tell the same
                raise Invalid("the records are not those that were signed")
        except Invalid as error:
            self.fault(f"checkpoint of {_size(note)} records: {error}")
            return None
        self.signed = found.size
        return found

    def _signatures(self, found: Checkpoint) -> None:
        """Signed by every key that was in force since the checkpoint before, and by nobody else but witnesses."""
        in_force = [key for seq, key in self.chain if seq < found.size]
        changed = [key for seq, key in self.chain if self.signed <= seq < found.size]
        needed = in_force[-len(changed) - 1 :]
        if not needed or not all(found.signed_by(key) for key in needed):
            raise Invalid("it is not signed by the key of the trail")
        own = {(key.name, key.id) for key in needed}
        others = [part for part in found.signatures if part[:2] not in own]
        if any(len(raw) != COSIGNATURE_BYTES for _, _, raw in others):
            raise Invalid("it has a signature that is neither the trail's nor a witness's")
        if len(found.signatures) - len(others) != len(needed):
            raise Invalid("it has a signature twice")
        self.outside.beside += [(found, *part) for part in others]

    def check_anchor(self, root: bytes) -> None:
        """Compare the anchor with the root that the trail has at the anchor's size."""
        assert self.anchor is not None
        if root == self.anchor.root:
            self.outside.anchored = True
        else:
            self.fault(f"the first {self.anchor.size} records are not those of your anchor: the trail was rewritten")

    def verdict(self, size: int) -> Verdict:
        """The verdict on a trail of ``size`` records, once everything has been shown to the audit."""
        with suppress(Enough):
            self._conclude(size)
        if self.faults:
            more = ["and maybe more: the check stopped here"] if len(self.faults) >= MOST_FAULTS else []
            return Verdict(INVALID, (*self.faults, *more))
        lines = [f"{size} records of the trail `{self.origin}`, the last one of {self.outside.last_time[:19]}Z"]
        if self.erased:
            lines.append(f"{len(self.erased)} contents were erased, each one named by a record of its erasure")
        if self.typed:
            lines.append(f"names were typed in {self.typed} records: nothing proves that the person acted who is named")
        if self.linked:
            lines.append(f"records that came by a link, which proves nobody: {self.linked}")
        lines += self.register.told()
        if self.trials:
            lines.append(f"diagnoses and explanations that are trials, by rules nobody had adopted: {len(self.trials)}")
        lines += self.outside.lines(size)
        lacks = self.outside.lacks()
        if not any(key.kind == ED25519 for key in self.keys):
            lacks.insert(0, "no public key of the trail was given: anyone could have signed this")
        word = UNANCHORED if lacks else WITH_ERASURES if self.erased else VERIFIED
        return Verdict(word, (*lacks, *lines, *self.remarks))

    def _conclude(self, size: int) -> None:
        self.outside.conclude()
        for number in sorted(self.missing):
            self.fault("its content is gone, and no record of an erasure names it", number)
        keys = [key for _, key in self.chain]
        for key in self.keys:
            if key.kind == ED25519 and key not in keys:
                self.fault("the trail was not signed with the key that you gave")
        if self.anchor is None:
            return
        if self.anchor.size > size:
            self.fault(f"your anchor covers {self.anchor.size} records, and here are {size}: records were cut off")
        try:
            if not any(self.anchor.signed_by(key) for key in keys):
                raise Invalid("no key of the trail signed it")
        except Invalid as error:
            self.fault(f"your anchor: {error}")


def _shaped(entry: Mapping[str, Any], content: dict[str, Any]) -> dict[str, Any]:
    """A content with its parts, and a name for every pseudonym of its entry, but not for whom an erasure erased."""
    if content.keys() != CONTENT or not isinstance(content["body"], dict) or not isinstance(content["actor"], str):
        raise Invalid("its content has not the parts that it should have")
    for kind in ("case", "subject"):
        named = content[kind] is not None
        if named != (entry[kind] is not None) and not (kind == "subject" and entry["type"] == "erasure" and not named):
            raise Invalid(f"its content and its entry differ in that one of them names a {kind}")
        if named and not isinstance(content[kind], str):
            raise Invalid(f"its content names a {kind} by what is no text")
    return content


def _size(note: str) -> str:
    return note.split("\n")[1][:20] if note.count("\n") > 1 else "?"
