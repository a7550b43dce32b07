"""`salesdx table`."""

from __future__ import annotations

from pathlib import Path

import click

from salesdx import load
from salesdx.authoring.diff import changes, turned_cases, worked_cases
from salesdx.authoring.tables.row_changes import CHANGED
from salesdx.base.loading import shipped_home
from salesdx.cli import options
from salesdx.cli import output as out
from salesdx.cli.commands import group
from salesdx.render import shown
from salesdx.render.changes import diff_report
from salesdx.services.rule_tables import CSV, FORMATS, XLSX, TableImport, exported, imported
from salesdx.text.english import listed, many
from salesdx.text.issues import did_you_mean, issue_lines

COMMANDS = {
    "export": ("salesdx.cli.table:export_command", "Write the rules of a stage as a table."),
    "import": ("salesdx.cli.table:import_command", "Take a table over into the rules it came from."),
}
SEPARATORS = {"comma": ",", "semicolon": ";"}


@click.group(cls=group(COMMANDS), epilog="Example: salesdx table export --help")
def table() -> None:
    """Rules as tables, for spreadsheets: a row is a rule, a column a comparison of one term, or a key."""


@click.command(epilog="Example: salesdx table export --help")
@click.argument("stage", metavar="STAGE")
@click.option(
    "--format", "format_", type=click.Choice(FORMATS), help="What to write.  [default: by the ending of --output]"
)
@click.option(
    "--separator",
    type=click.Choice(tuple(SEPARATORS)),
    default="comma",
    show_default=True,
    help="What divides the cells of a CSV file; spreadsheets where numbers have a decimal comma want a semicolon.",
)
@options.home
@options.output
def export_command(stage: str, format_: str | None, separator: str, home: Path | None, output: Path | None) -> None:
    """Write the rules of STAGE, or of a group, as a table: an Excel workbook, a CSV file or a DMN decision table.

    What is not changed in the table is not touched when it comes back with `salesdx table import`.
    """
    base = load(home)
    if stage not in base.home:
        near = did_you_mean(stage, base.home)
        raise click.UsageError(f"there is no stage or group `{stage}`{f': {near}' if near else ''}")
    kind = _format(format_, output)
    content = exported(base, stage, kind, SEPARATORS[separator])
    out.write_pieces([content], output)


def _format(format_: str | None, output: Path | None) -> str:
    """The format that was asked for. Raises click.UsageError where it is not that of the file."""
    named = None if output is None or str(output) == "-" else output.suffix.lower().removeprefix(".")
    if named is not None and named not in FORMATS:
        raise click.UsageError(f"`{output}` must end in {listed([f'.{one}' for one in FORMATS], 'or')}")
    if named is not None and format_ not in (None, named):
        raise click.UsageError(f"`{output}` does not end in .{format_}")
    if named is None and format_ == XLSX:
        raise click.UsageError("a workbook goes into a file: add --output")
    return named or format_ or CSV


@click.command(epilog="Example: salesdx table import --help")
@click.argument("path", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--home", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder of the rules to change."
)
@click.option("--yes", is_flag=True, help="Write without asking.")
@click.option("--why", default="", metavar="TEXT", help="Why rules from below are taken out, for a layer.")
def import_command(path: Path, home: Path, yes: bool, why: str) -> None:
    """Take over what was changed in a table of rules: only what changed is written, comments and layout are kept.

    In a layer a changed rule from below is restated, and one that was deleted is taken out. First it shows what the
    checks say of the new rules and what the change means, as `salesdx check` and `salesdx diff` do. A rule that was
    changed in its file meanwhile as well is refused.
    """
    if home.resolve() == shipped_home().resolve():
        raise click.UsageError("the shipped rules stay as they are: name a layer of them, or a copy")
    found = imported(path, home, why)
    for id in found.changes.kept:
        click.echo(f"kept as the files have it: {id}, changed or added there since the table was exported")
    if not found.files:
        click.echo("nothing changed")
        return
    _show(found, home)
    if yes or click.confirm("\nWrite this?"):
        found.write()
        click.echo("\n".join(f"written: {file.path}" for file, _ in found.files))
    else:
        click.echo("nothing was written")


def _show(found: TableImport, home: Path) -> None:
    """What is changed, what the checks newly say, and what the change means."""
    for row in found.changes.rows:
        click.echo(f"{row.how} {row.id}{f': {listed(list(row.cells))}' if row.how == CHANGED else ''}")
    said = found.newly_said()
    for line in issue_lines(said):
        click.echo(line)
    click.echo(f"check: {many(len(said), 'new warning')}\n")
    cases = list(worked_cases(found.before, [home]))
    turned = list(turned_cases(found.before, found.after, cases))
    found_changes = list(changes(found.before, found.after))
    report = diff_report(found.before, found.after, None, found_changes, turned, len(cases), None, None)
    click.echo(shown([report], "text", out.terminal_width(), out.colour(None)), nl=False)
