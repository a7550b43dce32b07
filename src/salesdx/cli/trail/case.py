"""`salesdx trail case`."""

from __future__ import annotations

from pathlib import Path

import click

from salesdx.cli import options
from salesdx.cli.recorder import recorded
from salesdx.cli.trail import reading
from salesdx.render import FORMATS
from salesdx.services.reads import TellCase
from salesdx.services.recorder import Recorder


@click.command(epilog="Example: salesdx trail case late-delivery --trail ours.trail")
@click.argument("case")
@options.format(FORMATS)
@options.output
@recorded
def case_command(case: str, format_: str, output: Path | None, recorder: Recorder) -> None:
    """Tell the whole story of CASE in order: what was stated, concluded, shown and signed, and what changed between."""
    reading.show_read(recorder, TellCase(case), format_, output)
