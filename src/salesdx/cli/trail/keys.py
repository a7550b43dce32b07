"""`salesdx trail keys`."""

from __future__ import annotations

from pathlib import Path

import click

from salesdx.cli.commands import group
from salesdx.cli.recorder import recorded
from salesdx.services.recorder import Recorder

COMMANDS = {
    "list": ("salesdx.cli.trail.keys:list_keys", "Show the public keys, the first one first."),
    "rotate": ("salesdx.cli.trail.keys:rotate", "Change the key; the old one signs the new one in."),
}


@click.group(cls=group(COMMANDS))
def keys() -> None:
    """The keys that sign a trail."""


@click.command("list", epilog="Example: salesdx trail keys list --trail ours.trail")
@recorded
def list_keys(recorder: Recorder) -> None:
    """Show the public keys of the trail, each with the record that brought it."""
    with recorder.open(write=False).read() as reader:
        for row in reader.rows(types=("trail", "key")):
            content = row.content
            if content is not None:
                click.echo(f"record {row.seq}, {row.header['time'][:10]}: {content['body']['key']}")


@click.command(epilog="Example: salesdx trail keys rotate --trail ours.trail --new-key ours.trail.key.2027")
@click.option("--new-key", type=click.Path(dir_okay=False, path_type=Path), required=True, help="File of the new key.")
@recorded
def rotate(recorder: Recorder, new_key: Path) -> None:
    """Make a new key. The old one signs it in as a record of the trail, and signs no more after that."""
    from salesdx.ledger.keys import SigningKey, new_private_key, read_private_key, write_private_key

    trail = recorder.open()
    assert trail.key is not None
    if not new_key.exists():
        write_private_key(new_key, new_private_key())
    key = SigningKey(read_private_key(new_key, environment=False), trail.key.name)
    with trail.append() as appender:
        appender.rotate(key, recorder.by)
    click.echo(f"the new key is {new_key}; name it with --key, or put it in the place of the old one")
    click.echo(f"public key  {key.public}")
