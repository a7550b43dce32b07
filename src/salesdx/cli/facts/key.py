"""`salesdx facts key`."""

from __future__ import annotations

from pathlib import Path

import click

from salesdx.cli.facts.options import pseudonym_key_path
from salesdx.services.drawn_cases import make_key


@click.command(epilog="Example: salesdx facts key hr-pseudonyms.key")
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
def facts_key(file: Path | None) -> None:
    """Make the key of pseudonyms, in FILE or in your own settings: who has it can tell who is meant, and nobody else.

    Human resources keep it. Without it nothing is drawn for a person. With another key the same person has another
    pseudonym, so there is one for a firm.
    """
    click.echo(f"made {make_key(file or pseudonym_key_path())}; keep it where names of employees are kept")
