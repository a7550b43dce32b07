"""A text that nobody can read before its key is published: encrypted under a key of its own, kept beside the trail's.

The cipher is ChaCha20-Poly1305 (RFC 8439). A key seals one text, so the nonce is always the same. The cipher alone does
not bind a text to one key, and somebody could make a box that two keys open to two texts; so the digest of the key
stands beside the box, and only the key with this digest counts. Every text is padded to one size, so that the length
of a box tells nothing.
"""

from __future__ import annotations

import base64
import os
import secrets
import stat
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from salesdx.ledger.errors import TrailError
from salesdx.text.disk import write_new

SIZE = 40_960
"""Bytes of a text, with the spaces that fill it up: a reason of 10,000 characters has 40,000 at most."""
NONCE = bytes(12)


@dataclass(frozen=True)
class Sealed:
    """A sealed text: the box, in base64, and the SHA-256 digest of its key, in hexadecimal digits."""

    box: str
    key: str


def seal(text: str, folder: Path | None) -> Sealed:
    """Seal a text; its key is on the disk before this returns, in a file of mode 600. Raises TrailError."""
    data = text.encode().ljust(SIZE)
    assert len(data) == SIZE
    key = secrets.token_bytes(32)
    digest = sha256(key).hexdigest()
    place = _folder(folder) / digest
    try:
        write_new(place, key.hex().encode(), 0o600)
    except OSError as error:
        raise TrailError(f"the key of a decision cannot be written to `{place}`: {error.strerror}") from None
    return Sealed(base64.b64encode(ChaCha20Poly1305(key).encrypt(NONCE, data, None)).decode(), digest)


def kept_key(digest: str, folder: Path | None) -> str | None:
    """The key with a digest, in hexadecimal digits, where it is kept here; else None."""
    try:
        found = (folder / digest).read_text("ascii") if folder is not None else ""
    except (OSError, UnicodeError):
        return None
    return found if _is_key(found, digest) else None


def unboxed(sealed: Sealed, key: str) -> str | None:
    """The text that a key opens; None where the key is another one, or the box was changed."""
    if not _is_key(key, sealed.key):
        return None
    try:
        box = base64.b64decode(sealed.box, validate=True)
        return ChaCha20Poly1305(bytes.fromhex(key)).decrypt(NONCE, box, None).decode().rstrip(" ")
    except (InvalidTag, ValueError):
        return None


def _is_key(key: str, digest: str) -> bool:
    try:
        return sha256(bytes.fromhex(key)).hexdigest() == digest and len(key) == 64
    except ValueError:
        return False


def _folder(folder: Path | None) -> Path:
    """The folder of the keys, made where it is missing; nobody else may look into it. Raises TrailError."""
    if folder is None:
        raise TrailError(
            "a decision is sealed by a key that is kept in a folder beside that of the trail, and that one is in no "
            "file: name its file with --key"
        )
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        mode = os.stat(folder).st_mode
    except OSError as error:
        raise TrailError(f"the folder `{folder}` cannot be used: {error.strerror}") from None
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise TrailError(f"the folder `{folder}` can be read by others; `chmod 700 {folder}` closes it")
    return folder
