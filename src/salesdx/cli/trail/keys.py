"""`salesdx trail keys`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from salesdx.cli.commands import group
from salesdx.cli.recorder import recorded
from salesdx.services.recorder import Recorder, Remote
from salesdx.services.trail_acts import BringInKey, ProposeKey

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
    """Show the public keys of the trail, each with the record that brought it; at a service also what is proposed."""
    if recorder.remote is not None:
        found = recorder.remote.keys()
        for one in found["keys"]:
            click.echo(f"record {one['record']}, {one['time'][:10]}: {one['key']}")
        for one in found["proposed"]:
            click.echo(_proposed(one))
        return
    with recorder.open(write=False).read() as reader:
        for row in reader.rows(types=("trail", "key")):
            content = row.content
            if content is not None:
                click.echo(f"record {row.seq}, {row.header['time'][:10]}: {content['body']['key']}")


@click.command(epilog="Example: salesdx trail keys rotate --trail ours.trail --new-key ours.trail.key.2027")
@click.option("--new-key", type=click.Path(dir_okay=False, path_type=Path), help="File of the new key.")
@recorded
def rotate(recorder: Recorder, new_key: Path | None) -> None:
    """Make a new key. The old one signs it in as a record of the trail, and signs no more after that.

    At the service of a trail one administrator proposes a new key, which the service makes and keeps, and another one
    brings it in, by the same command.
    """
    if recorder.remote is not None:
        if new_key is not None:
            raise click.UsageError("--new-key goes with a trail in a file or a database; a service makes its keys")
        _rotate_there(recorder.remote)
        return
    if new_key is None:
        raise click.UsageError("give the file of the new key with --new-key FILE")
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


def _rotate_there(service: Remote) -> None:
    found, me = service.keys(), service.me()
    others = [one for one in found["proposed"] if one["by"] != me]
    key = next((one["key"] for one in found["proposed"]), "")
    for one in others:
        click.echo(_proposed(one), err=True)
    if len({one["by"] for one in others}) + 1 < found["persons"]:
        record = service.perform(ProposeKey(key)).record
        click.echo(f"proposed by record {record}; another administrator brings it in by the same command")
        return
    record = service.perform(BringInKey(key, tuple(one["record"] for one in others))).record
    click.echo(f"record {record} changed the key; keep the public one where you keep the one before")
    click.echo(f"public key  {key}")


def _proposed(one: Mapping[str, Any]) -> str:
    return f"proposed by {one['by']}, record {one['record']}, {one['time'][:10]}: {one['key']}"
