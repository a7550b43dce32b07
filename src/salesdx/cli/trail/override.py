"""`salesdx trail override`."""

from __future__ import annotations

import click

from salesdx.cli.recorder import recorded
from salesdx.cli.trail import reading
from salesdx.services.case_acts import NotFollow
from salesdx.services.recorder import Recorder


@click.command(epilog="Example: salesdx trail override 118 --reason 'the shop is closing' --trail ours.trail")
@reading.diagnosis("named")
@click.option("--reason", metavar="TEXT", required=True, help="Why it is not followed.")
@click.option("--instead", metavar="TEXT", default="", help="What is done instead.")
@click.option("--recommendation", metavar="ID", help="Only this recommendation.  [default: the whole diagnosis]")
@recorded
def override_command(named: str, reason: str, instead: str, recommendation: str | None, recorder: Recorder) -> None:
    """Record that a diagnosis, or one of its recommendations, is not followed, and why.

    It is named by its RECORD, or by its CASE, whose newest diagnosis is taken.
    """
    record = reading.number_named(recorder, named)
    made = recorder.do(NotFollow(record, reason, instead, recommendation)).record
    what = f"the recommendation `{recommendation}`" if recommendation else "the diagnosis"
    click.echo(f"record {made}: {what} of record {record} is not followed")
