"""`salesdx facts sheet`."""

from __future__ import annotations

from pathlib import Path

import click

from salesdx.cli import output as out
from salesdx.questionnaire.workbook import MISSING, available
from salesdx.render.json_text import to_json
from salesdx.services.sheet_files import sheet_file, sheet_kinds


@click.command(epilog="Example: salesdx facts sheet interviews --output interviews.xlsx")
@click.argument("kind", required=False)
@click.option("--format", "format_", type=click.Choice(("text", "json")), default="text", help="How the list is shown.")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Workbook to write.")
def facts_sheet(kind: str | None, format_: str, output: Path | None) -> None:
    """Write a workbook of a KIND to fill in: interviews with buyers, coachings, goals; without KIND list them.

    One row is one thing that happened, never a total: shares and counts are computed from the rows. A mapping reads it
    back by one line.
    """
    known = sheet_kinds()
    if kind is None:
        told = "\n".join(f"{name:14} {row}" for name, row in known.items())
        out.write(to_json(known) if format_ == "json" else told, output)
        return
    if kind not in known:
        raise click.UsageError(f"there is no kind of sheet `{kind}`; they are {', '.join(known)}")
    if output is None or str(output) == "-":
        raise click.UsageError(f"a workbook goes into a file: add --output, such as `--output {kind}.xlsx`")
    if not available():
        raise click.ClickException(MISSING)
    out.write(sheet_file(kind), output)
    click.echo(f"{output}: {known[kind][0].lower()}{known[kind][1:]}", err=True)
