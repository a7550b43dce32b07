"""What the commands that read a trail share: the open trail, times, and where a page goes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from salesdx.cli import output as out
from salesdx.cli.options import Command
from salesdx.services.recorder import Recorder, needs_extra

if TYPE_CHECKING:
    from salesdx.render.blocks import Report
    from salesdx.trail.book import Book

NUMBER = re.compile(r"-?\d{1,15}", re.ASCII)
TIME = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?)?", re.ASCII)


def diagnosis(name: str = "record") -> Callable[[Command], Command]:
    """An argument that names a diagnosis, by its record or by its case."""
    return click.argument(name, metavar="RECORD-OR-CASE")


def number_of(book: Book, named: str) -> int:
    """The record that an argument names: by number, or as the newest diagnosis of a case, which is then said.

    A text of digits is a number; a case of such a name goes by its pseudonym. Raises TrailError.
    """
    if NUMBER.fullmatch(named):
        return int(named)
    found = book.newest_diagnosis(named)
    case = (found.case and found.case.name) or named
    click.echo(f"record {found.seq} is taken, the newest diagnosis of the case `{case}`", err=True)
    return found.seq


def number_named(recorder: Recorder, named: str) -> int:
    """The record that an argument names, also where the trail is a service. Raises TrailError."""
    if recorder.remote is None:
        with opened(recorder) as book:
            return number_of(book, named)
    if NUMBER.fullmatch(named):
        return int(named)
    seq = recorder.remote.newest(named)
    click.echo(f"record {seq} is taken, the newest diagnosis of the case `{named}`", err=True)
    return seq


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
