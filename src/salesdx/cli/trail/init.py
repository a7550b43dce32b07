"""`salesdx trail init`."""

from __future__ import annotations

import click

from salesdx.cli.recorder import recorded
from salesdx.services.recorder import Recorder, needs_extra


@click.command(epilog="Example: salesdx trail init --trail ours.trail --as 'Anna Weber' --role hr")
@recorded
def trail_init_command(recorder: Recorder) -> None:
    """Make a trail, and the key that signs it.

    The key is written to --key, for a file by default beside it as FILE.key, readable by its owner alone; a key that
    exists is used. Keep the public key that is shown here, and checkpoints, somewhere else: they prove the trail.
    """
    if not recorder.where:
        raise click.UsageError("name the new trail with --trail FILE-OR-URL")
    with needs_extra():
        from salesdx.ledger.keys import KEY_VARIABLE, default_key, held_key
        from salesdx.services.first_start import new_trail

    path = recorder.key or default_key(recorder.where)
    if path is None and not held_key():
        raise click.UsageError(f"name the file of the new key with --key, or hold a key in {KEY_VARIABLE}")
    trail = new_trail(recorder.where, path, recorder.by)
    assert trail.key is not None
    click.echo(f"the trail   {trail.shown}")
    click.echo(f"its key     {KEY_VARIABLE if held_key() else path}")
    click.echo(f"public key  {trail.key.public}")
    click.echo(
        "keep the public key, and checkpoints of `salesdx trail checkpoint`, where the trail's owner cannot write"
    )
