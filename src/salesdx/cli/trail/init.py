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
        from salesdx.ledger.errors import TrailError
        from salesdx.ledger.keys import (
            KEY_VARIABLE,
            SigningKey,
            default_key,
            held_key,
            new_private_key,
            read_private_key,
            signed_beside,
            write_private_key,
        )
        from salesdx.ledger.log import create, new_origin

        path = recorder.key or default_key(recorder.where)
        if path is None and not held_key():
            raise click.UsageError(f"name the file of the new key with --key, or hold a key in {KEY_VARIABLE}")
        made = not held_key() and path is not None and not path.exists()
        memory = signed_beside(path)
        if made and path is not None:
            private = new_private_key()
            write_private_key(path, private)
            if memory is not None:  # of a key that lay here before
                memory.unlink(missing_ok=True)
        else:
            if memory is not None and memory.exists():
                raise TrailError(f"the key `{path}` has signed a trail already; a new trail has a key of its own")
            private = read_private_key(path)
        key = SigningKey(private, new_origin())
        try:
            trail = create(recorder.where, key, recorder.by, memory)
        except BaseException:
            if made and path is not None:
                path.unlink()
            raise
    click.echo(f"the trail   {trail.shown}")
    click.echo(f"its key     {KEY_VARIABLE if held_key() else path}")
    click.echo(f"public key  {key.public}")
    click.echo(
        "keep the public key, and checkpoints of `salesdx trail checkpoint`, where the trail's owner cannot write"
    )
