"""`salesdx follow CASE judge`."""

from __future__ import annotations

from pathlib import Path

import click

from salesdx.cli import options
from salesdx.cli.follow.step import case_argument, take_step
from salesdx.cli.recorder import recorded
from salesdx.services.following import say_whether_worked
from salesdx.services.recorder import Recorder


@click.command(epilog="Example: salesdx follow prices.yaml judge A2 --worked --role finance")
@case_argument
@click.argument("action")
@click.option("--worked/--not-worked", required=True, help="What you say.")
@options.firm
@options.home
@recorded
def judge_command(
    case: Path, action: str, worked: bool, firm: Path | None, home: Path | None, recorder: Recorder
) -> None:
    """Say whether an ACTION of a CASE worked, where the rules ask somebody and no figure.

    It counts when it is said in the action's window, by whom the rules name.
    """
    take_step(case, firm, home, recorder, lambda now, voice: say_whether_worked(now, action, worked, voice))
