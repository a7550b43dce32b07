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
from salesdx.services.page_requests import Look
from salesdx.services.reads import NUMBER, Desk, Read, ShowRecord, record_named
from salesdx.services.recorder import Recorder, ShownPage, needs_extra

if TYPE_CHECKING:
    from salesdx.render.blocks import Report
    from salesdx.trail.book import Book

TIME = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?)?", re.ASCII)


def diagnosis(name: str = "record") -> Callable[[Command], Command]:
    """An argument that names a diagnosis, by its record or by its case."""
    return click.argument(name, metavar="RECORD-OR-CASE")


def number_of(book: Book, named: str) -> int:
    """The record that an argument names: by number, or as the newest diagnosis of a case, which is then said.

    A text of digits is a number; a case of such a name goes by its pseudonym. Raises TrailError.
    """
    found = record_named(book, named)
    _tell_taken(named, found)
    return found


def number_named(recorder: Recorder, named: str) -> int:
    """The record that an argument names, also where the trail is a service. Raises TrailError."""
    if recorder.remote is None:
        with opened(recorder) as book:
            return number_of(book, named)
    if NUMBER.fullmatch(named):
        return int(named)
    found = recorder.remote.newest(named)
    _tell_taken(named, found)
    return found


def _tell_taken(named: str, taken: int) -> None:
    if not NUMBER.fullmatch(named):
        click.echo(f"record {taken} is taken, the diagnosis of the case `{named}` that counts", err=True)


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


def show_read(recorder: Recorder, read: Read, format: str, output: Path | None, rules: str = "") -> None:
    """Read, here or at the service, and write the page where the user wants it; ``rules``: the digest in force."""
    reply = page_read(recorder, read, format, output, rules)
    if isinstance(read, ShowRecord):
        _tell_taken(read.named, reply.taken)
    out.write(reply.page.encode() if format == "ics" else reply.page, output)


def page_read(recorder: Recorder, read: Read, format: str, output: Path | None = None, rules: str = "") -> ShownPage:
    """What somebody reads, here or at the service. Raises TrailError, click.ClickException."""
    if recorder.remote is not None:
        return recorder.remote.read(read, Look(format, out.terminal_width()))
    with opened(recorder) as book:
        from salesdx.ledger.moments import utc_now
        from salesdx.render.trail.read_pages import read_page

        desk = Desk(book, recorder.by, utc_now(), rules)
        found = read.find(desk)
        page = read_page(read, found, desk, str(recorder.where), format, out.terminal_width(), out.colour(output))
    body = (found.shown.body or {}) if found.file else {}
    return ShownPage(page, found.taken, found.file, str(body.get("name", "")), str(body.get("kind", "")))


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
