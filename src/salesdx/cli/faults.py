"""Errors that are the user's to mend, as messages on standard error. Anything else is a bug and keeps its traceback."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from textwrap import TextWrapper

import click

from salesdx.cli.output import terminal_width
from salesdx.engine.diagnose import EngineError
from salesdx.ledger.errors import TrailError
from salesdx.services.drawn_cases import SystemsError
from salesdx.services.files import FileError
from salesdx.services.recorder import MissingExtra
from salesdx.text.english import many
from salesdx.text.issues import CaseError, Issue, IssuesError, issue_lines


def show_error(error: Exception) -> int | None:
    """Show an error that a user can mend -> the exit status; None if it is none."""
    match error:
        case CaseError(issues=issues):
            show_issues(issues, "; nothing is reported")
        case IssuesError(issues=issues):
            show_issues(issues)
        case EngineError() | TrailError() | FileError() | SystemsError() | MissingExtra():
            _show_line(str(error))
        case click.exceptions.NoArgsIsHelpError():
            error.show()
        case click.UsageError(ctx=click.Context() as ctx):
            click.echo(f"{ctx.get_usage()}\n`{ctx.command_path} --help` says more\n", err=True)
            click.echo(f"error: {error.format_message()}", err=True)
        case click.ClickException():
            _show_line(error.format_message())
        case click.Abort():
            click.echo("\nerror: the input ended before the last question was answered", err=True)
        case _:
            return None
    return error.exit_code if isinstance(error, click.ClickException) else 1


def _show_line(message: str) -> None:
    """A message of one line; a terminal gets it between words and as wide as people read, what follows set in."""
    told = f"error: {message}"
    if sys.stderr.isatty():  # what is to be typed is not broken
        wrapper = TextWrapper(
            terminal_width(), subsequent_indent=" " * 7, break_long_words=False, break_on_hyphens=False
        )
        told = "\n".join(wrapper.fill(line) for line in told.split("\n"))
    click.echo(told, err=True)


def show_issues(issues: Sequence[Issue], more: str = "") -> None:
    """The first issues on standard error, and how many there are."""
    for line in issue_lines(issues):
        click.echo(line, err=True)
    click.echo(fault_count(issues) + more, err=True)


def fault_count(issues: Sequence[Issue]) -> str:
    """How many issues in how many files.

    >>> fault_count([])
    'no faults'
    """
    files = len({issue.place.path for issue in issues})
    return f"{many(len(issues), 'fault')} in {many(files, 'file')}" if issues else "no faults"
