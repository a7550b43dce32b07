"""Where a command's data goes: standard output, or a file that is replaced in one step."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path

import click

from salesdx.cli.streams import terminal_columns
from salesdx.services.files import write_output

NARROW, WIDE = 60, 110


def terminal_width() -> int:
    """Columns for text: the terminal's, within what reads well; 80 where there is none."""
    return max(NARROW, min(terminal_columns(), WIDE))


def colour(output: Path | None) -> bool:
    """Colour only on a terminal, and never where NO_COLOR is set."""
    return output is None and sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def write(content: str | bytes, output: Path | None) -> None:
    """Text or bytes to standard output, or to a file: the old file stays whole until the new one is complete.

    Raises FileError where the file cannot be written.
    """
    if isinstance(content, str) and not content.endswith("\n"):
        content += "\n"
    write_pieces([content], output)


def write_pieces(pieces: Iterable[str | bytes], output: Path | None) -> None:
    """Pieces as they are taken, to standard output, or to a file that is replaced when it is complete.

    Raises click.ClickException where the file cannot be written.
    """
    if output is None or str(output) == "-":
        for piece in pieces:
            click.echo(piece, nl=False, color=True)
        return
    try:
        replace_file(Path(os.path.realpath(output)), pieces)
    except OSError as error:
        raise click.ClickException(f"`{output}` cannot be written: {error.strerror or error}") from None


def replace_file(path: Path, pieces: Iterable[str | bytes]) -> None:
    """Write a file beside the old one, flush it to the disk, then put it in the old one's place. Raises OSError."""
    data = (piece.encode() if isinstance(piece, str) else piece for piece in pieces)
    if path.exists() and not path.is_file():  # a device or a pipe has no place to put anything beside
        with open(path, "wb") as device:
            device.writelines(data)
        return
    mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else None
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with open(beside, "xb") as file:
            file.writelines(data)
            file.flush()
            os.fsync(file.fileno())
        if mode is not None:
            beside.chmod(mode)
        os.replace(beside, path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
