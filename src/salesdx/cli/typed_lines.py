"""Lines that somebody types, or that a pipe gives instead."""

from __future__ import annotations

import sys

import click

MAX_LINE = 10_000
"""Characters of a typed line."""


def read_line(prompt: str = "") -> str | None:
    """A line without its end; None where the input has ended. At a terminal Ctrl-C drops the line and ends it too.

    Bytes that are no text give U+FFFD. Raises click.ClickException for a line that is longer than anybody types.
    """
    terminal = sys.stdin.isatty()
    try:
        if terminal:
            return input(prompt)
        line = sys.stdin.readline(MAX_LINE + 1)
    except (EOFError, KeyboardInterrupt) as end:
        if not terminal and isinstance(end, KeyboardInterrupt):
            raise
        click.echo("")
        return None
    except UnicodeDecodeError:
        return "\ufffd"
    if len(line) > MAX_LINE and not line.endswith("\n"):
        raise click.ClickException(f"a line has more than {MAX_LINE:,} characters; no answer is that long")
    return line.rstrip("\n") if line else None
