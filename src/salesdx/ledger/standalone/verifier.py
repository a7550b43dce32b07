"""The arithmetic of proof: hashes, inclusion, consistency, signed checkpoints, entries.

This file stands alone: it needs Python and the library `cryptography` and nothing else of salesdx, because a copy of it
travels in every exported bundle. Sources: RFC 6962 section 2.1 (tree and proofs, with the verification of RFC 9162),
RFC 8785 (canonical JSON), and the C2SP specifications signed-note, tlog-checkpoint and tlog-cosignature (checkpoints).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

ENTRY = "salesdx.entry/2"
"""The version of the entries that are written."""
_ONE = {
    "version": "text",
    "log": "text",
    "seq": "number",
    "previous": "hash?",
    "type": "text",
    "time": "time",
    "case": "text?",
    "case_before": "number?",
    "subject": "text?",
    "actor": "text",
    "role": "text",
    "rule_base": "digest?",
    "engine": "engine?",
    "schema": "digest",
    "inputs": "numbers",
    "commit": "hash",
}
OLDEST = "salesdx.entry/1"
FIELDS: Mapping[str, Mapping[str, str]] = {
    OLDEST: _ONE,
    ENTRY: {
        **_ONE,
        "sealed": "hash?",
        "identity": "identity",
        "signature": "signature?",
        "subject_before": "number?",
    },
}
"""The closed schema of an entry by its version: field -> kind; a question mark allows null. There is nothing else."""

TYPES = (
    "trail", "key", "rule_base", "answer", "diagnosis", "explanation", "override", "case_against", "sign_off",
    "statement", "letter", "export", "hold", "release", "erasure", "attachment",
    "person_added", "line_given", "role_given", "role_ended", "key_added", "key_ended", "confirmed",
    "rules_proposed", "rules_confirmed",
    "opened",
    "witness",
    "key_proposed",
    "seat_given", "seat_ended", "handed_over", "taken_over", "head_changed", "link_made", "link_ended",
    "facts_drawn", "people_seen", "mapping_set",
    "action", "session", "outcome", "review",
)  # fmt: skip
"""What an entry can record."""

MAX_ENTRY = 1 << 20
MAX_NOTE = 1 << 14
MAX_SEQ = 1 << 53  # RFC 8785 numbers are exact below this

_TEXT = r'"(?:[^"\\\x00-\x1f]|\\["\\bfnrt]|\\u00(?:0[0-7bef]|1[0-9a-f])){0,1000}"'
_NUMBER = r"(?:0|[1-9][0-9]{0,15})"
_TIME = r'"[0-9]{4}(?:-[0-9]{2}){2}T[0-9]{2}(?::[0-9]{2}){2}\.[0-9]{6}Z"'
_KINDS = {
    "text": _TEXT,
    "number": _NUMBER,
    "numbers": rf"\[(?:{_NUMBER}(?:,{_NUMBER})*)?\]",
    "hash": r'"[0-9a-f]{64}"',
    "digest": r'"sha256:[0-9a-f]{64}"',
    "identity": r'"(?:typed|link|token|ssh|passkey|login)"',
    "signature": r'\{"key":"SHA256:[A-Za-z0-9+/]{43}","time":' + _TIME + r',"value":"[A-Za-z0-9+/=]{1,16000}"\}',
    "time": _TIME,
    "engine": r"\{"
    + ",".join(f'"{name}":(?:null|{_TEXT})' for name in ("checked_by", "digest", "name", "version"))
    + r"\}",
}
_FORMS = {
    version: re.compile(
        r"\{"
        + ",".join(f'"{n}":(?:{_KINDS[k.rstrip("?")]}{"|null" * k.endswith("?")})' for n, k in sorted(fields.items()))
        + r"\}"
    )
    for version, fields in FIELDS.items()
}
"""An entry as canonical JSON (RFC 8785), character by character: there is one way to write it. Its version is last."""


class Invalid(Exception):
    """Something is not what was signed; the message says what, in plain words."""


# --- the tree ---------------------------------------------------------------------------------------------------------


def leaf_hash(entry: bytes) -> bytes:
    return hashlib.sha256(b"\0" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


EMPTY_ROOT = hashlib.sha256(b"").digest()


@dataclass
class Frontier:
    """The roots of the full subtrees of a growing tree, largest first: 32 bytes for each one bit of its size."""

    size: int = 0
    roots: list[bytes] = field(default_factory=list)

    def push(self, leaf: bytes) -> None:
        """Add a leaf hash; O(log n) at worst, O(1) on average."""
        size = self.size
        while size & 1:
            leaf = node_hash(self.roots.pop(), leaf)
            size >>= 1
        self.roots.append(leaf)
        self.size += 1

    def root(self) -> bytes:
        if not self.roots:
            return EMPTY_ROOT
        found = self.roots[-1]
        for left in reversed(self.roots[:-1]):
            found = node_hash(left, found)
        return found


def root_of_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes:
    """The root that an inclusion proof leads to. Raises Invalid where the proof has the wrong length."""
    _whole_hashes(leaf, *proof)
    if not 0 <= index < size:
        raise Invalid("the proof is for an entry outside the tree")
    node, last = index, size - 1
    for part in proof:
        if last == 0:
            raise Invalid("the inclusion proof is too long")
        if node & 1 or node == last:
            leaf = node_hash(part, leaf)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            leaf = node_hash(leaf, part)
        node, last = node >> 1, last >> 1
    if last:
        raise Invalid("the inclusion proof is too short")
    return leaf


def check_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Raises Invalid unless the leaf is the one at ``index`` of the tree of ``size`` leaves with this root."""
    if root_of_inclusion(leaf, index, size, proof) != root:
        raise Invalid("the inclusion proof does not lead to the root of the checkpoint")


def check_consistency(size1: int, size2: int, proof: Sequence[bytes], root1: bytes, root2: bytes) -> None:
    """Raises Invalid unless the tree of ``size2`` leaves begins with the tree of ``size1`` leaves, at least one."""
    _whole_hashes(*proof)
    if not 0 < size1 <= size2:
        raise Invalid("the later tree is smaller than the earlier one, or one of them is empty")
    if size1 == size2:
        if proof or root1 != root2:
            raise Invalid("two trees of one size have different roots, or a proof where none is needed")
        return
    parts = list(proof)
    if size1 & (size1 - 1) == 0:
        parts.insert(0, root1)
    elif not parts:
        raise Invalid("the consistency proof is empty")
    node, last = size1 - 1, size2 - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    first = second = parts[0]
    for part in parts[1:]:
        if last == 0:
            raise Invalid("the consistency proof is too long")
        if node & 1 or node == last:
            first, second = node_hash(part, first), node_hash(part, second)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            second = node_hash(second, part)
        node, last = node >> 1, last >> 1
    if last or first != root1 or second != root2:
        raise Invalid("the later tree does not begin with the earlier one")


def _whole_hashes(*parts: bytes) -> None:
    if any(len(part) != 32 for part in parts):
        raise Invalid("a hash has the wrong length")


# --- keys and checkpoints ---------------------------------------------------------------------------------------------

ED25519, COSIGNATURE = 1, 4
"""The bytes that name a kind of key: a log's, and a witness's."""
NAME = re.compile(r"[^\s+\x00-\x20\x7f]{1,200}")


@dataclass(frozen=True)
class PublicKey:
    """A public key as auditors keep it: ``name+id+base64``, the verifier key of the C2SP signed-note specification."""

    name: str
    kind: int
    raw: bytes

    @property
    def id(self) -> bytes:
        """The first four bytes of SHA-256(name, newline, kind, key)."""
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.raw).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(bytes([self.kind]) + self.raw).decode()}"

    def check(self, text: str, signature: bytes) -> None:
        """Raises Invalid unless the signature of a checkpoint's text is by this key."""
        message = text.encode()
        if self.kind == COSIGNATURE:
            stamp, signature = signature[:8], signature[8:]
            message = cosigned(int.from_bytes(stamp, "big"), text)
        try:
            Ed25519PublicKey.from_public_bytes(self.raw).verify(signature, message)
        except (InvalidSignature, ValueError):
            raise Invalid(f"the signature of `{self.name}` is wrong") from None


def read_key(text: str) -> PublicKey:
    """A public key from its text. Raises Invalid."""
    name, _, rest = text.strip().partition("+")
    id, _, data = rest.partition("+")
    try:
        raw = exact_base64(data, 33, "the key")
    except Invalid:
        raw = b"\0"
    if not NAME.fullmatch(name) or raw[0] not in (ED25519, COSIGNATURE):
        raise Invalid("this is no public key: `name+id+base64` is expected")
    key = PublicKey(name, raw[0], raw[1:])
    if key.id.hex() != id:
        raise Invalid(f"the public key of `{name}` was changed: its id does not fit it")
    return key


def cosigned(seconds: int, text: str) -> bytes:
    """What a witness signs: the time at which it saw the checkpoint, and the checkpoint."""
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()


@dataclass(frozen=True)
class Checkpoint:
    """A signed tree head: the log's origin, its size and its root, with signature lines (name, key id, signature)."""

    origin: str
    size: int
    root: bytes
    text: str = field(repr=False)
    signatures: tuple[tuple[str, bytes, bytes], ...] = field(default=(), repr=False)

    def signed_by(self, key: PublicKey) -> bool:
        """Whether the key signed it; False where it has no signature of this key. Raises Invalid for a wrong one."""
        found = [signature for name, id, signature in self.signatures if (name, id) == (key.name, key.id)]
        for signature in found:
            key.check(self.text, signature)
        return bool(found)


def checkpoint_text(origin: str, size: int, root: bytes) -> str:
    """The text of a checkpoint, which is what is signed."""
    return f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n"


def read_checkpoint(note: str) -> Checkpoint:
    """A checkpoint with its signatures from its text. Raises Invalid."""
    text, blank, lines = note.partition("\n\n")
    text += "\n"
    parts = text.split("\n")
    if len(note) > MAX_NOTE or not blank or len(parts) != 4 or not lines.endswith("\n"):
        raise Invalid("this is no checkpoint: three lines, an empty line and signatures are expected")
    origin, number, root64, _ = parts
    if not re.fullmatch(r"0|[1-9]\d{0,15}", number, re.ASCII) or not NAME.fullmatch(origin):
        raise Invalid("the checkpoint has no proper origin or size")
    root = exact_base64(root64, 32, "the root of the checkpoint")
    signatures = tuple(read_signature(line) for line in lines[:-1].split("\n"))
    return Checkpoint(origin, int(number), root, text, signatures)


def read_signature(line: str) -> tuple[str, bytes, bytes]:
    """Name, key id and signature from a line of a checkpoint without its end. Raises Invalid."""
    dash, _, rest = line.partition(" ")
    name, _, data = rest.partition(" ")
    if dash != "—" or not NAME.fullmatch(name):
        raise Invalid("the checkpoint has a line that is no signature")
    raw = exact_base64(data, None, "a signature of the checkpoint")
    if len(raw) < 5:  # other lengths are of kinds that are not ours, and left aside as signed-note asks
        raise Invalid("a signature of the checkpoint is too short")
    return name, raw[:4], raw[4:]


def exact_base64(text: str, size: int | None, what: str) -> bytes:
    """Bytes from the one way to write them in base64. Raises Invalid, also for another number of bytes."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Invalid(f"{what} is not base64") from None
    if base64.b64encode(raw).decode() != text or (size is not None and len(raw) != size):
        raise Invalid(f"{what} is not as it should be written")
    return raw


# --- entries ----------------------------------------------------------------------------------------------------------


def strict_json(data: str | bytes, what: str) -> Any:
    """JSON without duplicate keys, NaN or fractions. Raises Invalid."""
    try:
        return _STRICT.decode(data if isinstance(data, str) else data.decode())
    except (ValueError, RecursionError):
        raise Invalid(f"{what} is not JSON as salesdx writes it") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("duplicate key")
    return found


def _refused(text: str) -> Any:
    raise ValueError(text)


_STRICT = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_refused, parse_float=_refused)


def canonical(data: Any) -> bytes:
    """Canonical JSON (RFC 8785) of texts, whole numbers, null, lists and objects with ASCII keys."""
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def read_entry(data: bytes) -> dict[str, Any]:
    """An entry from its bytes, which must be canonical and hold every field and no other. Raises Invalid."""
    if len(data) > MAX_ENTRY:
        raise Invalid("an entry is too long")
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise Invalid("an entry is no text") from None
    form = _FORMS.get(text[text.rfind(":") + 2 : -2])
    if form is None or not form.fullmatch(text):
        raise Invalid("an entry has not the fields that it should have, or is not written as it should be")
    entry: dict[str, Any] = json.loads(text)
    if entry["type"] not in TYPES or not entry["seq"] < MAX_SEQ:
        raise Invalid("an entry is of a kind that is not known here")
    before = (entry["case_before"] or -1, entry.get("subject_before") or -1)
    if any(number >= entry["seq"] for number in (*entry["inputs"], *before)):
        raise Invalid(f"entry {entry['seq']} rests on a later entry")
    return entry


def commitment(salt: bytes, payload: bytes) -> str:
    """The seal of a payload: HMAC-SHA256 with 32 random bytes, so that an erased payload cannot be guessed."""
    return hmac.digest(salt, payload, "sha256").hex()


def rule_base_digest(files: Mapping[str, str]) -> str:
    """The digest of a rule base from its files, name -> text; `loading` says the same, and this file stands alone."""
    found = hashlib.sha256()
    for name in sorted(files):
        found.update(f"{name}\0{len(files[name])}\0{files[name]}\0".encode("utf-8", "surrogatepass"))
    return "sha256:" + found.hexdigest()


def check_payload(entry: Mapping[str, Any], salt: bytes, payload: bytes) -> dict[str, Any]:
    """A payload, if it is the one that the entry seals. Raises Invalid."""
    if len(salt) != 32 or not hmac.compare_digest(commitment(salt, payload), entry["commit"]):
        raise Invalid(f"the content of entry {entry['seq']} is not the one that was sealed")
    found = strict_json(payload, f"the content of entry {entry['seq']}")
    if not isinstance(found, dict):
        raise Invalid(f"the content of entry {entry['seq']} is no object")
    return found
