"""`salesdx trail checkpoint`."""

from __future__ import annotations

from pathlib import Path

import click

from salesdx.cli import output as out
from salesdx.cli.recorder import recorded
from salesdx.services.recorder import Recorder


@click.command(epilog="Example: salesdx trail checkpoint --trail ours.trail -o 2026-11.checkpoint")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="File to write.")
@recorded
def checkpoint(output: Path | None, recorder: Recorder) -> None:
    """Show the last checkpoint: the signed size and root of the trail, with the signatures of witnesses.

    Keep it where the trail's owner cannot write. As an anchor it shows later whether anything before it was changed.
    """
    from salesdx.ledger.cosignatures import with_cosignatures

    with recorder.open(write=False).read() as reader:
        note = with_cosignatures(reader)
    out.write(note, output)
