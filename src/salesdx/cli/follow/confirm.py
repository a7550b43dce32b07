"""`salesdx follow CASE confirm`."""

from __future__ import annotations

from pathlib import Path

import click

from salesdx.cli import options
from salesdx.cli.follow.step import case_argument, take_step
from salesdx.cli.recorder import recorded
from salesdx.services.following import confirm_session
from salesdx.services.recorder import Recorder


@click.command(epilog="Example: salesdx follow seller.yaml confirm S1 --as P-9 --role sales_rep")
@case_argument
@click.argument("session")
@options.firm
@options.home
@recorded
def confirm_command(case: Path, session: str, firm: Path | None, home: Path | None, recorder: Recorder) -> None:
    """Confirm that a SESSION of a CASE was held as it is written down. Nobody confirms their own word."""
    take_step(case, firm, home, recorder, lambda now, voice: confirm_session(now, session, voice))
