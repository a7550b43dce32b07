"""`salesdx check`."""

from __future__ import annotations

from pathlib import Path

import click

from salesdx import load
from salesdx.cli import faults, options
from salesdx.issues import RuleBaseError
from salesdx.render.issues import FORMATS, render_issues, summary


@click.command(epilog="Example: salesdx check --format json")
@options.home
@options.format(FORMATS)
def check(home: Path | None, format_: str) -> None:
    """Look for faults in a rule base: every fault of every file in one run, each with its place and what helps.

    The formats json, sarif and github are for editors and for builds; the exit status is 1 if there is a fault.
    """
    try:
        base = load(home)
    except RuleBaseError as error:
        if format_ == "text":
            faults.show(error.issues)
        else:
            click.echo(render_issues(error.issues, format_), nl=False)
        raise SystemExit(1) from None
    click.echo(summary(base) + "\n" if format_ == "text" else render_issues((), format_), nl=False)
