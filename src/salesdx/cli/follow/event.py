"""`salesdx follow CASE event`."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from salesdx.base.judges import VOIDS
from salesdx.cli import options
from salesdx.cli.follow.step import case_argument, day, take_step
from salesdx.cli.recorder import recorded
from salesdx.services.following import state_event
from salesdx.services.recorder import Recorder


@click.command(epilog="Example: salesdx follow seller.yaml event absence --date 2026-11-02 --days 12 --role hr")
@case_argument
@click.argument("change", type=click.Choice(VOIDS))
@day("--date", "day_", "Its first day.", required=True)
@click.option("--days", type=click.IntRange(1, 3660), help="How many days an absence lasted.")
@click.option("--kind", default="", metavar="KIND", help="The kind of evidence, such as signed record.")
@options.firm
@options.home
@recorded
def event(
    case: Path,
    change: str,
    day_: date,
    days: int | None,
    kind: str,
    firm: Path | None,
    home: Path | None,
    recorder: Recorder,
) -> None:
    """Write down a CHANGE, or an absence, after which the measure of an action of a CASE says nothing."""
    take_step(case, firm, home, recorder, lambda now, voice: state_event(now, change, day_, days, kind, voice))
