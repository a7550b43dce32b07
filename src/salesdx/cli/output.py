"""Where a command's data goes: standard output, or a file that is replaced in one step."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import click

from salesdx.cli.streams import terminal_columns
from salesdx.services.files import same_file, write_output

NARROW, WIDE = 40, 110


def terminal_width() -> int:
    """Columns for text: the terminal's, within what reads well; 80 where there is none."""
    return max(NARROW, min(terminal_columns(), WIDE))


def colour(output: Path | None) -> bool:
    """Colour only on a terminal, and never where NO_COLOR is set."""
    return output is None and sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def keep_apart(output: Path | None, *read: str | Path | None) -> None:
    """Refuse to write to a file that the command reads: what it was asked about would be gone.

    Raises click.UsageError.
    """
    if output is None or str(output) == "-":
        return
    for path in read:
        if path and same_file(output, path):
            raise click.UsageError(f"`{output}` is a file that this command reads; name another one to write")


def write(content: str | bytes, output: Path | None) -> None:
    """Text or bytes to standard output, or to a file: the old file stays whole until the new one is complete.

    Raises FileError where the file cannot be written.
    """
    if isinstance(content, str) and not content.endswith("\n"):
        content += "\n"
    write_pieces([content], output)


def write_pieces(pieces: Iterable[str | bytes], output: Path | None) -> None:
    """Pieces as they are taken, to standard output, or to a file that is replaced when it is complete.

    Raises FileError where the file cannot be written.
    """
    if output is None or str(output) == "-":
        for piece in pieces:
            click.echo(piece, nl=False, color=True)
        return
    write_output(output, pieces)


def folded(lines: Sequence[str]) -> str:
    """Lines within the width; those of a case file, which are deep, stay as they are to be copied."""
    import textwrap  # pages are folded elsewhere

    return "\n".join(
        line if line.startswith("    ") else textwrap.fill(line, terminal_width(), subsequent_indent="  ")
        for line in lines
    )
