"""`salesdx fmt`."""

from __future__ import annotations

from pathlib import Path

import click

from salesdx.authoring.formatting import formatted
from salesdx.base.loading import shipped_home
from salesdx.services.files import read_user_file

ROOMS = ("knowledge", "rules", "rules/cases")


@click.command(epilog="Example: salesdx fmt --check")
@click.option("--check", is_flag=True, help="Change nothing; exit with 1 if a file would change.")
@click.option("--home", type=click.Path(file_okay=False, path_type=Path), help="Folder with knowledge/ and rules/.")
def fmt(check: bool, home: Path | None) -> None:
    """Put the keys of every file of a rule base into one order. Comments and layout are kept.

    The shipped files are only checked: name your own with --home.
    """
    if home is None and not check:
        raise click.UsageError("name the folder to change with --home, or add --check to look at the shipped files")
    folder = home or shipped_home()
    paths = [path for room in ROOMS for path in sorted((folder / room).glob("*.yaml"))]
    if not paths:
        raise click.UsageError(f"`{folder}` holds no file of a rule base")
    changed = 0
    for path in paths:
        file = read_user_file(path)
        made = formatted(file.text, path.relative_to(folder).as_posix())
        if made != file.text:
            changed += 1
            if not check:
                file.written(made)
            click.echo(f"{'would change' if check else 'changed'} {path}")
    click.echo(f"{len(paths)} files, {changed} {'would change' if check else 'changed'}")
    if check and changed:
        raise SystemExit(1)
