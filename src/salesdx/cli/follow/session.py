"""`salesdx follow CASE session`."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from salesdx.base.records import SESSIONS
from salesdx.cli import options
from salesdx.cli.follow.step import case_argument, day, take_step
from salesdx.cli.recorder import recorded
from salesdx.services.following import state_session
from salesdx.services.recorder import Recorder


@click.command(epilog="Example: salesdx follow seller.yaml session A1 coaching --date 2026-11-24 --role sales_manager")
@case_argument
@click.argument("action")
@click.argument("what", type=click.Choice(SESSIONS))
@day("--date", "day_", "The day of it; one that is to come is planned.  [default: today]")
@click.option("--missed", is_flag=True, help="It was to be, and was not held.")
@options.firm
@options.home
@recorded
def session(
    case: Path,
    action: str,
    what: str,
    day_: date | None,
    missed: bool,
    firm: Path | None,
    home: Path | None,
    recorder: Recorder,
) -> None:
    """Write down a session of an ACTION of a CASE: its id, or the intervention.

    One on a day to come is planned; said again when the day is past, it was held. It counts once the others confirm
    it.
    """
    on = day_ or date.today()
    take_step(case, firm, home, recorder, lambda now, voice: state_session(now, action, what, on, missed, voice))
