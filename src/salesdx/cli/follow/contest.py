"""`salesdx follow CASE contest`."""

from __future__ import annotations

from pathlib import Path

import click

from salesdx.cli import options
from salesdx.cli.follow.step import case_argument, take_step
from salesdx.cli.recorder import recorded
from salesdx.services.following import contest
from salesdx.services.recorder import Recorder


@click.command(epilog="Example: salesdx follow seller.yaml contest S3 --reason 'it was cancelled' --role sales_rep")
@case_argument
@click.argument("session")
@click.option("--reason", required=True, metavar="TEXT", help="What was otherwise, or why it is taken back.")
@click.option("--withdraw", is_flag=True, help="Take a contest back; it stays in sight.")
@options.firm
@options.home
@recorded
def contest_command(
    case: Path, session: str, reason: str, withdraw: bool, firm: Path | None, home: Path | None, recorder: Recorder
) -> None:
    """Say for the person concerned that a SESSION of a CASE was not as it is recorded.

    While it is contested it counts as not given.
    """
    take_step(case, firm, home, recorder, lambda now, voice: contest(now, session, reason, withdraw))
