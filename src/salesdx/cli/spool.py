"""Texts laid aside in a temporary file, so that many are never in memory at once."""

from __future__ import annotations

import io
from collections.abc import Iterator
from types import TracebackType
from typing import IO

import click

IN_MEMORY = 1 << 20
"""Bytes that are kept in memory before a file is made."""


class Spool:
    """Texts that are added one by one and read back in that order. Leaving it deletes the file."""

    def __init__(self) -> None:
        self._file: IO[bytes] = io.BytesIO()
        self._sizes: list[int] = []

    def add(self, text: str) -> None:
        """Lay a text aside. Raises click.ClickException where the disk takes no more."""
        try:
            self._sizes.append(self._file.write(text.encode("utf-8", "surrogatepass")))
            self._file.flush()
            if isinstance(self._file, io.BytesIO) and self._file.tell() > IN_MEMORY:
                self._file = _on_disk(self._file)
        except OSError as error:
            why = error.strerror or error
            raise click.ClickException(f"the folder for temporary files cannot take the page: {why}") from None

    def __iter__(self) -> Iterator[str]:
        self._file.seek(0)
        for size in self._sizes:
            yield self._file.read(size).decode("utf-8", "surrogatepass")

    def __enter__(self) -> Spool:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()


def _on_disk(memory: io.BytesIO) -> IO[bytes]:
    """A temporary file with what was kept in memory."""
    import tempfile  # slow to import, and one page is small

    file = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as it is used
    file.write(memory.getbuffer())
    file.flush()
    return file
