"""The files of rules in a trail by their digest: recorded, below what was recorded, or in a program that it keeps."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping

from salesdx.base.layers import EXTENDED
from salesdx.base.loading import digest_of
from salesdx.ledger.storage import LogReader
from salesdx.trail.rule_bases import FILE

BELOW, CONTENT = f"{EXTENDED}/", "salesdx/content/"


def pinned_files(reader: LogReader, digest: str) -> Mapping[str, str] | None:
    """The texts of the rules with a digest; None where the trail holds them nowhere."""
    if (files := reader.rule_base(digest)) is not None:
        return files
    return next((files for files in _held(reader) if digest_of(files) == digest), None)


def _held(reader: LogReader) -> Iterator[Mapping[str, str]]:
    for recorded in reader.rule_bases():
        yield from _below(reader.rule_base(recorded) or {})
    for wheel in reader.wheels():
        yield _content(reader.wheel(wheel) or b"")


def _below(files: Mapping[str, str]) -> Iterator[Mapping[str, str]]:
    """What rules stand on, as far down as that goes."""
    while files := {name.removeprefix(BELOW): text for name, text in files.items() if name.startswith(BELOW)}:
        yield files


def _content(wheel: bytes) -> dict[str, str]:
    """The rules that come with a program; none in the wheel of a library, or in what is no wheel."""
    try:
        with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
            inside = {name.removeprefix(CONTENT): name for name in archive.namelist() if name.startswith(CONTENT)}
            return {name: archive.read(path).decode() for name, path in inside.items() if FILE.fullmatch(name)}
    except (zipfile.BadZipFile, UnicodeDecodeError):
        return {}
