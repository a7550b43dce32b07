"""`salesdx trail upgrade`."""

from __future__ import annotations

import click

from salesdx.cli.recorder import recorded
from salesdx.services.recorder import Recorder


@click.command(epilog="Example: salesdx trail upgrade --trail ours.trail")
@recorded
def upgrade_command(recorder: Recorder) -> None:
    """Bring the tables of a trail to this version. No record is changed."""
    trail = recorder.open(write=False)
    trail.upgrade()
    with trail.read() as reader:
        click.echo(f"{trail.shown} is up to date, with {reader.head().size} records")
