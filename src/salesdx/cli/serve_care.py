"""`salesdx serve backup` and `salesdx serve upgrade`."""

from __future__ import annotations

import importlib
from dataclasses import replace
from pathlib import Path

import click

from salesdx.cli.recorder import recorded
from salesdx.cli.settings import data_folder
from salesdx.services.recorder import Recorder, needs_extra

MIGRATING = "salesdx.web.migrations"
"""By name, as doors do not know each other."""


@click.command("backup", epilog="Example: salesdx serve backup monday.trail --trail ours.trail")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@recorded
def backup_service(file: Path, recorder: Recorder) -> None:
    """Copy all that a service holds into a new FILE while it runs, with the trail's checkpoint in FILE.checkpoint.

    It is as `trail backup`, and the pages' tables are in it. The private key and what lies beside it are not: keep
    them elsewhere, locked away. The service goes on from the copy with them.
    """
    trail = _own(recorder).open(write=False)
    from salesdx.ledger.backup import back_up
    from salesdx.ledger.connect import connect
    from salesdx.ledger.cosignatures import with_cosignatures
    from salesdx.text.disk import write_new

    beside = file.with_name(f"{file.name}.checkpoint")
    if beside.exists():
        raise click.ClickException(f"`{beside}` exists; a checkpoint is never written over another one")
    size = back_up(trail.storage, file)
    with connect(str(file)).reading() as reader:
        write_new(beside, with_cosignatures(reader).encode(), 0o600)
    click.echo(f"{size} records are in `{file}`, and their checkpoint in `{beside}`")


@click.command("upgrade", epilog="Example: salesdx serve upgrade --trail ours.trail")
@recorded
def upgrade_service(recorder: Recorder) -> None:
    """Bring the tables of the trail and of its pages to this version, before the service starts again.

    No record is changed. It is done as a whole or not at all; make a backup first.
    """
    trail = _own(recorder).open(write=False)
    trail.upgrade()
    with needs_extra("serve"):
        importlib.import_module(MIGRATING).make_ready(trail.storage)
    with trail.read() as reader:
        click.echo(f"{trail.shown} is up to date, with {reader.head().size} records")


def _own(recorder: Recorder) -> Recorder:
    """The trail in the user's folder for data, where none is named."""
    return recorder if recorder.where else replace(recorder, where=str(data_folder() / "salesdx.sqlite"))
