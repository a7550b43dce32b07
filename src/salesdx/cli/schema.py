"""`salesdx schema`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from salesdx import load
from salesdx.authoring.schemas import schemas
from salesdx.cli import options
from salesdx.services.files import read_user_file, write_together


@click.command(epilog="Example: salesdx schema our-schemas")
@click.argument("folder", metavar="DIR", default="schemas", type=click.Path(file_okay=False, path_type=Path))
@options.home
def schema(folder: Path, home: Path | None) -> None:
    """Write JSON Schemas to DIR, by default `schemas`: editors then complete names and mark errors.

    A file names its schema in its first line, such as `# yaml-language-server: $schema=../schemas/rules.schema.json`.
    That of a diagnosis is for programs that read `diagnose --format json`.
    """
    found = schemas(load(home))
    texts = {name: json.dumps(made, indent=2, ensure_ascii=False) + "\n" for name, made in found.items()}
    write_together([(read_user_file(folder / name), text) for name, text in texts.items()])
    click.echo(f"{len(found)} schemas written to {folder}")
