"""A changed rule base as a zip, written to a folder: nothing gets out of it, and nothing grows beyond its bounds."""

from __future__ import annotations

import io
import re
import stat
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from salesdx.base.layers import LAYER

MOST_FILES, MOST_BYTES = 500, 10 << 20
"""Files of a zip, and bytes of all of them once they are unpacked."""
ROOMS = ("knowledge", "rules")
PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")
"""A part of a path: no `..`, nothing hidden, no other system's separator."""
LADDER = "knowledge/ladder.yaml"
UNREADABLE = (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError, ValueError)


class BadZip(ValueError):
    """The zip is not taken; the message says why."""


def unzipped_rules(data: bytes, folder: Path) -> bool:
    """Write the rules in a zip to a folder; whether they are a whole base, and not what a layer changes.

    Raises BadZip.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as found:
            files = _files(found)
            left = MOST_BYTES
            for name, entry in files.items():
                with found.open(entry) as source:
                    text = source.read(left + 1)  # what its table says of its size may be a lie
                left -= len(text)
                if left < 0:
                    raise BadZip(f"what is in it is longer than {MOST_BYTES >> 20} MiB")
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_bytes(text)
    except UNREADABLE as error:
        raise error if isinstance(error, BadZip) else BadZip("this is no zip that can be read") from None
    return LADDER in files


def _files(found: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """The files of rules in a zip, by their paths in the folder of the base."""
    entries = [entry for entry in found.infolist() if not entry.is_dir()]
    if len(entries) > MOST_FILES:
        raise BadZip(f"it has more than {MOST_FILES} files")
    paths = {}
    for entry in entries:
        parts = PurePosixPath(entry.filename).parts
        kind = stat.S_IFMT(entry.external_attr >> 16)
        if kind not in (0, stat.S_IFREG) or entry.flag_bits & 1:
            raise BadZip("it has something in it that is no plain file")
        if "\\" in entry.filename or not all(map(PART.fullmatch, parts)):
            raise BadZip("it has a path in it that is none of a rule base")
        paths[parts] = entry
    tops = {parts[0] for parts in paths}
    if len(tops) == 1 and tops.isdisjoint(ROOMS) and all(len(parts) > 1 for parts in paths):
        paths = {parts[1:]: entry for parts, entry in paths.items()}  # everything lies in one folder
    if (LAYER,) in paths:
        raise BadZip(f"leave out {LAYER}: what is changed is laid on the rules that run here")
    kept = {"/".join(parts): entry for parts, entry in paths.items() if parts[0] in ROOMS and len(parts) > 1}
    if not any(name.endswith(".yaml") for name in kept):
        raise BadZip(f"it has no YAML in {' or '.join(ROOMS)}")
    if len({name.casefold() for name in kept}) < len(kept) or len(paths) < len(entries):
        raise BadZip("it has two files of one name")
    return kept
