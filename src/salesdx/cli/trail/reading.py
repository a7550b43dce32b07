"""What the commands that read a trail share: the open trail, times, and where a page goes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from salesdx.cli import output as out
from salesdx.services.recorder import Recorder, needs_extra

if TYPE_CHECKING:
    from salesdx.render.blocks import Report
    from salesdx.trail.book import Book

TIME = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?)?", re.ASCII)


@contextmanager
def opened(recorder: Recorder) -> Iterator[Book]:
    """The trail, to be read. Raises TrailError."""
    with needs_extra():
        from salesdx.trail.book import Book
    with recorder.open(write=False).read() as reader:
        yield Book(reader)


def show_page(page: Report, data: Any, format: str, output: Path | None, rows: Sequence[Sequence[object]] = ()) -> None:
    """Write a page where the user wants it."""
    from salesdx.render.trail import render_page

    out.write(render_page(page, data, format, out.terminal_width(), out.colour(output), rows), output)


def _time(ctx: click.Context, param: click.Parameter, value: str) -> str:
    """A day, or a time of one, as records write it: `2026-11-24`, `2026-11-24T09:30`."""
    text = value.strip().replace(" ", "T")
    try:
        if text:
            datetime.fromisoformat(text if TIME.fullmatch(text) else "")
    except ValueError:
        raise click.BadParameter(f"`{value}` is no day or time such as 2026-11-24 or 2026-11-24T09:30") from None
    return text


since = click.option("--since", metavar="TIME", default="", callback=_time, help="From this day or time on, in UTC.")
until = click.option("--until", metavar="TIME", default="", callback=_time, help="Up to this day or time, included.")
