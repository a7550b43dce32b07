"""`salesdx trail comparators`."""

from __future__ import annotations

from pathlib import Path

import click

from salesdx.cli import options
from salesdx.cli.recorder import recorded
from salesdx.cli.trail import reading
from salesdx.render import FORMATS
from salesdx.services.recorder import Recorder


@click.command(epilog="Example: salesdx trail comparators 5 --trail ours.trail")
@reading.diagnosis()
@click.option("--limit", type=click.IntRange(1, 100), default=5, show_default=True, help="So many cases at most.")
@click.option("--without", multiple=True, metavar="CASE", help="A case, by its pseudonym, that is not looked at.")
@options.format(FORMATS)
@options.output
@recorded
def comparators_command(
    record: str, limit: int, without: tuple[str, ...], format_: str, output: Path | None, recorder: Recorder
) -> None:
    """Find cases with the decisive facts of a diagnosis, or nearly, that came out otherwise.

    It is named by its RECORD, or by its CASE, whose newest diagnosis is taken. The last diagnosis of every other case
    is held against it; the nearest are shown with the smallest difference that would have given the same. Others stand
    under pseudonyms.
    """
    with reading.opened(recorder) as book:
        from salesdx.render.trail.comparison import comparators_report
        from salesdx.trail.comparators import comparators as run

        found = run(book, reading.number_of(book, record), limit, without)
    reading.show_page(comparators_report(found), found.to_dict(), format_, output)
