"""`salesdx trail backup`."""

from __future__ import annotations

from pathlib import Path

import click

from salesdx.cli.recorder import recorded
from salesdx.services.recorder import Recorder


@click.command(epilog="Example: salesdx trail backup monday.trail --trail ours.trail")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@recorded
def backup(file: Path, recorder: Recorder) -> None:
    """Copy a trail into a new FILE, whole, also while its service writes.

    The private key and what lies beside it are not in the copy: keep them elsewhere, locked away.
    """
    trail = recorder.open(write=False)
    from salesdx.ledger.backup import back_up

    size = back_up(trail.storage, file)
    click.echo(f"{size} records are in `{file}`; `salesdx trail verify --trail {file}` proves them")
