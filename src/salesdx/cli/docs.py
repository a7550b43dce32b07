"""`salesdx docs`."""

from __future__ import annotations

from pathlib import Path

import click

from salesdx import load
from salesdx.cli import options
from salesdx.cli import output as out
from salesdx.render import shown
from salesdx.render.handbook import handbook


@click.command(epilog="Example: salesdx docs --format text")
@click.option(
    "--format",
    "format_",
    type=click.Choice(("html", "markdown", "text")),
    default="html",
    show_default=True,
    help="How to show it.",
)
@options.home
@options.output
def docs(format_: str, home: Path | None, output: Path | None) -> None:
    """Write the whole rule base as a handbook, for HR and works councils: every question, rule, number and source."""
    out.write(shown([handbook(load(home))], format_, out.terminal_width(), out.colour(output)), output)
