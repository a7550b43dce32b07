"""Errors that are the user's to mend, as messages on standard error. Anything else is a bug and keeps its traceback."""

from __future__ import annotations

from collections.abc import Sequence

import click

from salesdx.engine.diagnose import EngineError
from salesdx.ledger.errors import TrailError
from salesdx.text.issues import CaseError, Issue, IssuesError, written


def explained(error: Exception) -> bool:
    """Show an error that a user can mend; False if it is none."""
    match error:
        case CaseError(issues=issues):
            show(issues, "; nothing is reported")
        case IssuesError(issues=issues):
            show(issues)
        case EngineError() | TrailError():
            click.echo(f"error: {error}", err=True)
        case _:
            return False
    return True


def show(issues: Sequence[Issue], more: str = "") -> None:
    """The first issues on standard error, and how many there are."""
    for line in written(issues):
        click.echo(line, err=True)
    click.echo(count(issues) + more, err=True)


def count(issues: Sequence[Issue]) -> str:
    """How many issues in how many files.

    >>> count([])
    'no faults'
    """
    files = len({issue.place.path for issue in issues})
    return f"{many(len(issues), 'fault')} in {many(files, 'file')}" if issues else "no faults"


def many(number: int, what: str) -> str:
    """A number with its noun.

    >>> many(1, "fault"), many(2, "fault")
    ('1 fault', '2 faults')
    """
    return f"{number} {what}" + "s" * (number != 1)
