"""`salesdx trail compare`."""

from __future__ import annotations

from pathlib import Path

import click

from salesdx.cli import options
from salesdx.cli.recorder import recorded
from salesdx.cli.trail import reading
from salesdx.render import FORMATS
from salesdx.services.recorder import Recorder


@click.command(epilog="Example: salesdx trail compare 5 9 --trail ours.trail")
@click.argument("one", type=int)
@click.argument("other", type=int)
@options.format(FORMATS)
@options.output
@recorded
def compare_command(one: int, other: int, format_: str, output: Path | None, recorder: Recorder) -> None:
    """Compare two recorded diagnoses: the facts, the truths of rules and the results that differ, and the rules."""
    with reading.opened(recorder) as book:
        from salesdx.render.trail.comparison import comparison_report
        from salesdx.trail.two_records import compare_records as run

        found = run(book, one, other)
    reading.show_page(comparison_report(found), found.to_dict(), format_, output)
