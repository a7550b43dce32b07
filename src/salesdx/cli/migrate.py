"""`salesdx migrate`."""

from __future__ import annotations

from pathlib import Path

import click

from salesdx.services.migrating import MigratedFile, migrated_files
from salesdx.text.english import many
from salesdx.trail.other_program import diagnosed_by

EXISTING = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(epilog="Example: salesdx migrate --home ours cases/north.yaml")
@click.argument("cases", metavar="[CASE]...", nargs=-1, type=EXISTING)
@click.option("--home", type=click.Path(file_okay=False, path_type=Path), help="Folder with knowledge/ and rules/.")
@click.option(
    "--program",
    "programs",
    multiple=True,
    type=EXISTING,
    metavar="WHEEL",
    help="A wheel of the program of before, or of what that needs; repeat it. Then each result that turns is named.",
)
def migrate_command(cases: tuple[Path, ...], home: Path | None, programs: tuple[Path, ...]) -> None:
    """Write rules of your own and CASEs, which were written in language 1, in language 2.

    Kinds of evidence are proposed in comments. What a person must decide is listed, and so is what worked cases come to
    otherwise than they expect.
    """
    if not (cases or home):
        raise click.UsageError("name the folder of your rules with --home, or cases")
    before = (lambda *asked: diagnosed_by(programs, *asked)) if programs else None
    found = list(migrated_files(home, cases, before))
    for each in found:
        _say(each)
    turned = sum(bool(each.turns) for each in found)
    click.echo(many(len(found), "file") + (f", {turned} with another result" if turned else ""))


def _say(each: MigratedFile) -> None:
    click.echo(f"{'changed' if each.changed else 'as it was'} {each.file.path}")
    for line in (*each.made.to_decide, *each.turns):
        click.echo(f"  {line}")
