"""`salesdx init`."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from salesdx.base.copying import COPIED, write_copied
from salesdx.base.loading import load, shipped_home
from salesdx.text.disk import copy_folder, new_folder

ROOMS = ("knowledge", "rules", "schemas")
"""What is copied: the schemas are for editors."""


@click.command(epilog="Example: salesdx init our-rules")
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
def init_command(folder: Path) -> None:
    """Copy the shipped knowledge and rules, with their worked cases, to DIR, for a firm to edit.

    Nothing is ever overwritten: DIR must be new or empty. Give it to the other commands with --home.
    """
    try:
        if folder.is_dir() and any(folder.iterdir()):
            raise click.UsageError(f"`{folder}` is not empty, and nothing is overwritten; name a new folder")
        with new_folder(folder) as made:
            for room in ROOMS:
                copy_folder(shipped_home() / room, made / room)
            write_copied(load(), shipped_home(), made)
    except OSError as error:
        raise click.ClickException(f"`{folder}` cannot be written: {error.strerror or error}") from None
    files = sum(1 for path in folder.rglob("*.yaml") if path.name != COPIED)
    home = shlex.quote(str(folder))
    case = next(iter(sorted((folder / "rules" / "cases").glob("*.yaml"))), Path("CASE"))
    click.echo(f"{files} files copied to {folder}; now")
    click.echo(f"  salesdx check --home {home}            after each edit: are there faults?")
    click.echo(f"  salesdx test --home {home}             do the worked cases still come out as expected?")
    click.echo(f"  salesdx diagnose --home {home} {shlex.quote(str(case))}")
