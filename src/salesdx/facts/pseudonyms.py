"""Persons and customers stand in the warehouse under a pseudonym: HMAC-SHA-256 (RFC 2104) of their name, under a key.

The key is a file that HR keeps, or one in the user's own settings. Who has not the key cannot tell who is meant, nor
try names out; the same name has the same pseudonym in all systems and on all days.
"""

from __future__ import annotations

import hmac
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from salesdx.text.disk import write_new

KEY_BYTES = 32
LENGTH = 16
"""Hexadecimal digits of a pseudonym: two of a million customers share one once in 37 million firms."""
FILE = "pseudonyms.key"


class KeyFileError(Exception):
    """A file holds no key for pseudonyms; the message says why."""


@dataclass(frozen=True)
class PseudonymKey:
    """A key for pseudonyms; it is never shown."""

    secret: bytes = field(repr=False)

    def pseudonym(self, kind: str, name: str) -> str:
        """The pseudonym of a name, of one kind (`person`, `customer`)."""
        return hmac.digest(self.secret, f"{kind}\0{name}".encode("utf-8", "surrogatepass"), "sha256").hex()[:LENGTH]

    @property
    def fingerprint(self) -> str:
        """What tells two keys apart without telling either."""
        return self.pseudonym("key", "")


def key_path() -> Path:
    """Where the key of a user is: `~/.config/salesdx/pseudonyms.key`, or where XDG_CONFIG_HOME says."""
    given = os.environ.get("XDG_CONFIG_HOME", "")  # only an absolute one counts
    return (Path(given) if given.startswith("/") else Path.home() / ".config") / "salesdx" / FILE


def read_pseudonym_key(path: Path | None = None) -> PseudonymKey | None:
    """The key in a file, by default the user's own; None where they have none. Raises KeyFileError."""
    file = path or key_path()
    try:
        text = file.read_text(encoding="ascii").strip()
        secret = bytes.fromhex(text)
    except FileNotFoundError:
        if path is not None:
            raise KeyFileError(f"there is no file `{path}`") from None
        return None
    except OSError as error:
        raise KeyFileError(f"cannot read `{file}`: {(error.strerror or '').lower()}") from None
    except ValueError:
        raise KeyFileError(f"`{file}` holds no key: it must be {2 * KEY_BYTES} hexadecimal digits") from None
    if len(secret) != KEY_BYTES:
        raise KeyFileError(f"`{file}` holds no key: it must be {2 * KEY_BYTES} hexadecimal digits")
    return PseudonymKey(secret)


def new_pseudonym_key(path: Path | None = None) -> PseudonymKey:
    """A new key in a new file that its owner alone can read. Raises FileExistsError, OSError."""
    file = path or key_path()
    file.parent.mkdir(parents=True, exist_ok=True)
    secret = secrets.token_bytes(KEY_BYTES)
    write_new(file, f"{secret.hex()}\n".encode("ascii"), 0o600)
    return PseudonymKey(secret)
