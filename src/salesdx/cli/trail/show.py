"""`salesdx trail show`."""

from __future__ import annotations

from pathlib import Path

import click

from salesdx.cli import options
from salesdx.cli.recorder import recorded
from salesdx.cli.trail import reading
from salesdx.render import FORMATS
from salesdx.services.reads import ShowRecord
from salesdx.services.recorder import Recorder


@click.command(epilog="Example: salesdx trail show 0 --trail ours.trail")
@reading.diagnosis("named")
@click.option("--shown", is_flag=True, help="Only what was shown then, byte for byte.")
@options.format(FORMATS)
@options.output
@recorded
def trail_show_command(named: str, shown: bool, format_: str, output: Path | None, recorder: Recorder) -> None:
    """Show a RECORD as it was seen, with its explanation and what was done with it; of a CASE, its newest diagnosis."""
    reading.show_read(recorder, ShowRecord(named, shown), format_, output)
