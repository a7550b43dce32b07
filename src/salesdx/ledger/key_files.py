"""The files of the keys of a served trail: the one in force, the one that may follow it, and those that were before.

They lie in one folder: ``ours.key``, ``ours.key.next``, and ``ours.key.before-171``, which signed until record 171
brought the next one in. The entries say which key is in force; where a crash came between them and the files, the
files follow.
"""

from __future__ import annotations

import os
from pathlib import Path

from salesdx.ledger.errors import Refused, TrailError
from salesdx.ledger.keys import KEY_VARIABLE, SigningKey, new_private_key, read_private_key, write_private_key
from salesdx.ledger.storage import LogReader
from salesdx.text.disk import sync_folder

BEFORE = ".before-"


def following_key(path: Path | None, name: str, make: bool = False) -> SigningKey | None:
    """The key that may follow the one in a file; None where there is none, unless it is made.

    Raises Refused where the key in force is in no file, and TrailError.
    """
    if path is None:
        raise Refused(f"the key is held in {KEY_VARIABLE}, and the service changes one that it has in a file: --key")
    place = _following(path)
    if not place.exists():
        if not make:
            return None
        write_private_key(place, new_private_key())
    return SigningKey(read_private_key(place, environment=False), name)


def earlier_keys(path: Path | None, name: str) -> list[SigningKey]:
    """The keys that were in force before, as far as they lie beside the one that is. Raises TrailError."""
    found = sorted(path.parent.glob(f"{path.name}{BEFORE}*")) if path is not None else []
    return [SigningKey(read_private_key(place, environment=False), name) for place in found]


def take_over(path: Path, record: int) -> None:
    """Put the key that follows, which a record brought in, into the place of the one before. Raises TrailError."""
    kept = path.with_name(f"{path.name}{BEFORE}{record}")
    try:
        if not kept.exists():
            write_private_key(kept, read_private_key(path, environment=False))
        os.replace(_following(path), path)
        sync_folder(path)
    except OSError as error:
        raise TrailError(
            f"record {record} changed the key, and `{_following(path)}` cannot be put into its place: {error.strerror}"
        ) from None


def settle_key(path: Path | None, reader: LogReader) -> None:
    """Finish a change of the key that is on record and did not come to its files. Raises TrailError."""
    if path is None or not _following(path).exists():
        return
    following = following_key(path, reader.head().origin)
    *_, row = reader.rows(types=("trail", "key"))
    if following is not None and row.content is not None and row.content["body"]["key"] == str(following.public):
        take_over(path, row.seq)


def _following(path: Path) -> Path:
    return path.with_name(f"{path.name}.next")
