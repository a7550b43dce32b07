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
@reading.diagnosis("one")
@reading.diagnosis("other")
@options.format(FORMATS)
@options.output
@recorded
def compare_command(one: str, other: str, format_: str, output: Path | None, recorder: Recorder) -> None:
    """Compare two recorded diagnoses: the facts, the truths of rules and the results that differ, and the rules.

    Each is named by its RECORD, or by its CASE, whose newest diagnosis is taken.
    """
    with reading.opened(recorder) as book:
        from salesdx.render.trail.comparison import comparison_report
        from salesdx.trail.two_records import compare_records as run

        found = run(book, reading.number_of(book, one), reading.number_of(book, other))
    reading.show_page(comparison_report(found), found.to_dict(), format_, output)
