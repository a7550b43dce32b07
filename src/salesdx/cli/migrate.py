"""`salesdx migrate`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from salesdx.authoring.migration import Migrated, migrated_case, migrated_ladder
from salesdx.base.loading import LADDER, load
from salesdx.base.model import LANGUAGE, RuleBase
from salesdx.case.file import FIRM_FILE
from salesdx.services.files import UserFile, read_user_file, write_together


@click.command(epilog="Example: salesdx migrate --home ours cases/north.yaml")
@click.argument("cases", metavar="[CASE]...", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--home", type=click.Path(file_okay=False, path_type=Path), help="Folder with knowledge/ and rules/.")
def migrate_command(cases: tuple[Path, ...], home: Path | None) -> None:
    """Write rules of your own and CASEs, which were written in language 1, in language 2.

    Kinds of evidence are proposed in comments. What a person must decide is listed.
    """
    base = load(home, any_language=True)
    paths = [*cases, *(sorted((home / "rules" / "cases").glob("*.yaml")) if home else ())]
    made = list(_made(base, paths, home if home and base.language != LANGUAGE else None))
    if not made:
        raise click.UsageError("name the folder of your rules with --home, or cases")
    write_together([(file, found.text) for file, found in made if found.text != file.text])
    for file, found in made:
        click.echo(f"{'changed' if found.text != file.text else 'as it was'} {file.path}")
        for line in found.to_decide:
            click.echo(f"  {line}")
    click.echo("`salesdx check` and `salesdx test` say now what comes out otherwise")


def _made(base: RuleBase, cases: list[Path], home: Path | None) -> Iterator[tuple[UserFile, Migrated]]:
    """Each file with what becomes of it; ``home`` is a folder whose ladder names no language yet."""
    if home is not None and (home / LADDER).is_file():
        ladder = read_user_file(home / LADDER)
        yield ladder, migrated_ladder(ladder.text)
    for path in cases:
        if path.name != FIRM_FILE:
            file = read_user_file(path)
            yield file, migrated_case(file.text, str(path), base)
