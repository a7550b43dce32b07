"""What a copy of a rule base keeps of the rules that it was copied from: `copied.yaml` and `copied.zip`.

The archive holds the files byte for byte, and the same files give the same archive. Nobody edits it: it is the base
that the copy is held to. `copied.yaml` names its version and both digests, and takes the copy's acceptances.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from salesdx.base.acceptances import read_acceptances, read_digest
from salesdx.base.background import Acceptance
from salesdx.base.layer_fields import COPIED as COPIED_FORM
from salesdx.base.layers import EXTENDED, RuleFiles, place_of
from salesdx.base.model import RuleBase
from salesdx.base.reading import NodeReader
from salesdx.text.disk import write_new
from salesdx.text.source import Node, parse_yaml

COPIED, ARCHIVE = "copied.yaml", "copied.zip"
ROOMS = ("knowledge", "rules")
EPOCH = (1980, 1, 1, 0, 0, 0)
"""The first moment that an archive can name."""
MAX_FILES, MAX_BYTES = 10_000, 64 << 20
"""What is taken out of an archive at most."""
INSIDE = re.compile(r"(?:knowledge|rules(?:/cases)?)/[^./\\\0][^/\\\0]*")
"""What a file in the archive is called: nothing else is written anywhere."""


class NotCopied(Exception):
    """The archive of a copy cannot be used; the message says why."""


def archive_of(home: Path) -> bytes:
    """The files of a rule base and its worked cases in one archive, which the same files give again."""
    import zipfile  # here and below: few rule bases are copies

    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for path in sorted(path for room in ROOMS for path in (home / room).rglob("*") if path.is_file()):
            name = path.relative_to(home).as_posix()
            if INSIDE.fullmatch(name):
                archive.writestr(zipfile.ZipInfo(name, EPOCH), path.read_bytes())
    return made.getvalue()


def write_copied(base: RuleBase, home: Path, copy: Path) -> None:
    """Write beside a copy what it was copied from. Raises OSError."""
    archive = archive_of(home)
    text = (
        f"# The rules that this folder is a copy of. `{ARCHIVE}` holds them as they were; the copy is held to them.\n"
        f'version: "{base.version}"\ndigest: {base.digest}\narchive: {_digest(archive)}\n'
    )
    for name, data in ((ARCHIVE, archive), (COPIED, text.encode())):
        write_new(copy / name, data)


def read_copied(
    reader: NodeReader, files: RuleFiles, home: Path, shown: str
) -> tuple[dict[str, Node], tuple[Acceptance, ...]]:
    """What `copied.yaml` says and its signatures, faults collected in the reader; nothing where there is none.

    An archive without it is a fault: nobody would be told that the copy is held to nothing.
    """
    where = place_of(shown, COPIED)
    if not (home / COPIED).exists():
        if (home / ARCHIVE).exists():
            message = f"`{ARCHIVE}` lies here without `{COPIED}`, which says what it holds"
            reader.fault("copied", message, where, f"put `{COPIED}` back as `salesdx init` wrote it")
        return {}, ()
    text, faults = files.text_of(home / COPIED, where.path)
    reader.text_faults(faults)
    node, unreadable = parse_yaml(text, where.path) if text is not None else (None, [])
    reader.text_faults(unreadable)
    if node is None:
        if text is not None and not unreadable:
            reader.fault("empty", "the file is empty", where, "put it back as `salesdx init` wrote it")
        return {}, ()
    files.texts[COPIED] = text or ""
    fields = reader.fields(node, "what was copied", *COPIED_FORM.keys)
    reader.text(fields.get("version"), "`version`")
    for key in ("digest", "archive"):
        read_digest(reader, fields.get(key), key)
    return fields, read_acceptances(reader, fields.get("accepts"))


@contextmanager
def unpacked(home: Path, archive: str) -> Iterator[Path]:
    """The rules that a copy was copied from, in a folder for the time being; ``archive`` is the digest of the archive.

    Where there is no archive they are in the folder `extended/`: so a trail can replay the copy. Raises NotCopied.
    """
    path = home / ARCHIVE
    if not path.exists() and (home / EXTENDED).is_dir():
        yield home / EXTENDED
        return
    try:
        data = path.read_bytes() if path.is_file() and path.stat().st_size <= MAX_BYTES else None
    except OSError:
        data = None
    if data is None:
        raise NotCopied(f"`{ARCHIVE}` beside it cannot be read")
    if _digest(data) != archive:
        raise NotCopied(f"`{ARCHIVE}` was changed: its digest is {_digest(data)}")
    import zipfile
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        try:
            _unpack(data, Path(folder))
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError):
            raise NotCopied(f"`{ARCHIVE}` cannot be unpacked") from None
        yield Path(folder)


def _unpack(data: bytes, folder: Path) -> None:
    import zipfile

    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        inside = archive.infolist()
        if len(inside) > MAX_FILES or sum(one.file_size for one in inside) > MAX_BYTES:
            raise ValueError
        for one in inside:
            if not INSIDE.fullmatch(one.filename):
                raise ValueError
            path = folder / one.filename
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(archive.read(one))


def _digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"
