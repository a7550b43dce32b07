"""`salesdx docs`."""

from __future__ import annotations

from pathlib import Path

import click

from salesdx import load
from salesdx.base.layers import SHIPPED
from salesdx.cli import options
from salesdx.cli import output as out
from salesdx.render import shown
from salesdx.render.handbook import handbook
from salesdx.render.printed import on_paper
from salesdx.render.redline import redlined

PRINT = "print"


@click.command(epilog="Example: salesdx docs --format text")
@click.option(
    "--format",
    "format_",
    type=click.Choice(("html", PRINT, "markdown", "text")),
    default="html",
    show_default=True,
    help="How to show it; `print` is HTML laid out for A4 paper.",
)
@click.option(
    "--redline", metavar="OLD", help="Mark the words that differ from other rules, in `print`: a folder, or `salesdx`."
)
@options.home
@options.output
def docs(format_: str, redline: str | None, home: Path | None, output: Path | None) -> None:
    """Write the whole rule base as a handbook, for HR and works councils: every question, rule, number and source."""
    if redline is not None and format_ != PRINT:
        raise click.UsageError("a redline is for paper: add --format print")
    report = handbook(load(home), places=redline is None)
    if redline is not None:
        old = load(None if redline == SHIPPED else Path(redline))
        report = redlined(handbook(old, places=False), report)
    if format_ == PRINT:
        out.write(on_paper(report, redline is not None), output)
    else:
        out.write(shown([report], format_, out.terminal_width(), out.colour(output)), output)
