"""`salesdx follow CASE decline`."""

from __future__ import annotations

from pathlib import Path

import click

from salesdx.cli import options
from salesdx.cli.follow.step import case_argument, take_step
from salesdx.cli.recorder import recorded
from salesdx.services.following import decline
from salesdx.services.recorder import Recorder


@click.command(
    epilog="Example: salesdx follow late-delivery.yaml decline 'Honest promise dates' --reason 'no budget' --role hr"
)
@case_argument
@click.argument("intervention")
@click.option("--reason", required=True, metavar="TEXT", help="Why nobody takes it on.")
@options.firm
@options.home
@recorded
def decline_command(
    case: Path, intervention: str, reason: str, firm: Path | None, home: Path | None, recorder: Recorder
) -> None:
    """Decline an INTERVENTION that a CASE recommends: its identifier or title."""
    take_step(case, firm, home, recorder, lambda now, voice: decline(now, intervention, reason, voice))
