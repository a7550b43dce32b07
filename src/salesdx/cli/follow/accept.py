"""`salesdx follow CASE accept`."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from salesdx.cli import options
from salesdx.cli.follow.step import case_argument, day, take_step
from salesdx.cli.recorder import recorded
from salesdx.services.following import take_on
from salesdx.services.recorder import Recorder


@click.command(epilog="Example: salesdx follow late-delivery.yaml accept 'Honest promise dates' --owner P-7 --role hr")
@case_argument
@click.argument("intervention")
@click.option("--owner", required=True, metavar="ID", help="Who does it, by an identifier.")
@day("--start", "start", "The day on which it begins.  [default: today]")
@day("--until", "until", "The day on which it is judged, where the rules leave that to you.")
@click.option("--form", default="", metavar="TEXT", help="In which form it is given, where it praises somebody.")
@click.option("--named", default="", metavar="NAME", help="By which name the playbook may show whom it praises.")
@options.firm
@options.home
@recorded
def accept_action(
    case: Path,
    intervention: str,
    owner: str,
    start: date | None,
    until: date | None,
    form: str,
    named: str,
    firm: Path | None,
    home: Path | None,
    recorder: Recorder,
) -> None:
    """Take an INTERVENTION of a CASE on: its identifier or title.

    The entry says who does it, from when, and which rules recommended it. What acts on a person can be taken on only
    while something recommends it.
    """
    begins = start or date.today()
    take_step(
        case, firm, home, recorder,
        lambda now, voice: take_on(now, intervention, owner, begins, voice, until, form, named),
    )  # fmt: skip
