"""The one way in which contents and entries are written, and the digest of the form of an entry."""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256
from typing import Any

import rfc8785

from salesdx.ledger.errors import TrailError
from salesdx.ledger.standalone.verifier import ENTRY, FIELDS, TYPES, Invalid, strict_json


def canonical_json(data: Any) -> bytes:
    """Canonical JSON (RFC 8785). Raises TrailError for what has no such form, or would not be read again."""
    try:
        found = rfc8785.dumps(data)
        strict_json(found, "it")
        return found
    except (rfc8785.CanonicalizationError, UnicodeError, RecursionError, TypeError, Invalid) as error:
        raise TrailError(f"this cannot be recorded: {error}") from None


@lru_cache(maxsize=1)
def schema_digest() -> str:
    """The digest of the closed schema of entries."""
    closed = {"version": ENTRY, "fields": dict(FIELDS[ENTRY]), "types": list(TYPES)}
    return "sha256:" + sha256(canonical_json(closed)).hexdigest()
