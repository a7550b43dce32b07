"""The private key of a trail: made once, kept in a file that only its owner reads, or in an environment variable."""

from __future__ import annotations

import base64
import os
import stat
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from salesdx.ledger.connect import is_url
from salesdx.ledger.errors import TrailError
from salesdx.ledger.standalone.person_signatures import PASSKEY, PersonKey, read_person_key
from salesdx.ledger.standalone.verifier import COSIGNATURE, ED25519, PublicKey, checkpoint_text, cosigned
from salesdx.text.disk import write_new

KEY_VARIABLE = "SALESDX_TRAIL_KEY"
"""Environment variable that holds a private key (PEM) instead of a file."""
PEM = b"-----BEGIN"


@dataclass(frozen=True)
class SigningKey:
    """A private Ed25519 key with the name that its signatures carry."""

    private: Ed25519PrivateKey = field(repr=False)
    name: str
    kind: int = ED25519

    @property
    def public(self) -> PublicKey:
        """What others need to check its signatures."""
        return PublicKey(self.name, self.kind, self.private.public_key().public_bytes_raw())

    def secret(self, purpose: str) -> bytes:
        """32 bytes that only the holder of the key can make, others for each purpose (HKDF with SHA-256, RFC 5869)."""
        return HKDF(hashes.SHA256(), 32, None, purpose.encode()).derive(self.private.private_bytes_raw())

    def line(self, text: str) -> str:
        """The signature line for the text of a checkpoint."""
        if self.kind == COSIGNATURE:
            seconds = int(time.time())
            signature = seconds.to_bytes(8, "big") + self.private.sign(cosigned(seconds, text))
        else:
            signature = self.private.sign(text.encode())
        return f"— {self.name} {base64.b64encode(self.public.id + signature).decode()}\n"


def passkey_of(site: str, public: Any) -> PersonKey:
    """The public half of a passkey for a site, as the register holds it. Raises Invalid for a kind not checked."""
    raw = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return read_person_key(PASSKEY, f"{site} {base64.b64encode(raw).decode()}")


def sign_checkpoint(origin: str, size: int, root: bytes, *keys: SigningKey) -> str:
    """A checkpoint with the signatures of all keys, as a signed note."""
    text = checkpoint_text(origin, size, root)
    return f"{text}\n{''.join(key.line(text) for key in keys)}"


def new_private_key() -> Ed25519PrivateKey:
    """A new Ed25519 key, made at random."""
    return Ed25519PrivateKey.generate()


def pem(private: Ed25519PrivateKey) -> bytes:
    """A private key as PKCS 8 text, not encrypted."""
    return private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def write_private_key(path: Path, private: Ed25519PrivateKey) -> None:
    """A new file that only its owner can read (mode 600), whole on the disk before this returns. Raises TrailError."""
    try:
        write_new(path, pem(private), 0o600)
    except FileExistsError:
        raise TrailError(f"`{path}` exists; a key is never overwritten") from None
    except OSError as error:
        raise TrailError(f"the key cannot be written to `{path}`: {error.strerror}") from None


def held_key() -> str:
    """The private key in the environment; empty where there is none."""
    return os.environ.get(KEY_VARIABLE, "")


def read_private_key(path: Path | None, environment: bool = True) -> Ed25519PrivateKey:
    """The private key from the environment, else from a file that nobody else may read. Raises TrailError."""
    if environment and held_key():
        return _parsed(held_key().encode(), f"`{KEY_VARIABLE}`")
    if path is None:
        raise TrailError(f"there is no key: name its file with --key, or hold it in {KEY_VARIABLE}")
    try:
        with open(path, "rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            data = file.read(10_000)
    except OSError as error:
        raise TrailError(f"the key `{path}` cannot be read: {error.strerror}") from None
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise TrailError(f"the key `{path}` can be read by others; `chmod 600 {path}` closes it")
    return _parsed(data, f"`{path}`")


def signed_beside(key: Path | None) -> Path | None:
    """The file beside a private key that remembers how far it has signed; None where the key is in no file."""
    return key.with_name(key.name + ".signed") if key is not None and not held_key() else None


def default_key(where: str) -> Path | None:
    """The key of a SQLite file lies beside it if no other place is named."""
    return None if is_url(where) else Path(f"{where}.key")


def _parsed(data: bytes, what: str) -> Ed25519PrivateKey:
    try:
        if not data.lstrip().startswith(PEM):
            raise ValueError
        found = serialization.load_pem_private_key(data, None)
    except (ValueError, TypeError):
        found = None
    if not isinstance(found, Ed25519PrivateKey):
        raise TrailError(f"{what} holds no Ed25519 private key in PEM form without a password")
    return found
