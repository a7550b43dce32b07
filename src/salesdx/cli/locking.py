"""One writer for a case file at a time."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click


@contextmanager
def only_one(path: Path) -> Iterator[None]:
    """Refuse a second command that changes the same file. The lock goes with the process, however it ends."""
    lock = path.with_name(f".{path.name}.lock")
    try:
        file = open(lock, "w")  # noqa: SIM115 - open as long as the command runs
    except OSError as error:
        raise click.ClickException(f"`{path}` cannot be written: {error.strerror or error}") from None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            held = os.path.samestat(os.fstat(file.fileno()), os.stat(lock))  # not one that its owner just deleted
        except OSError:
            held = False
        if not held:
            message = f"another interview is open on `{path}`, or answers are being collected into it"
            raise click.ClickException(message)
        try:
            yield
        finally:
            lock.unlink(missing_ok=True)
