"""`salesdx trail override`."""

from __future__ import annotations

import click

from salesdx.cli.recorder import recorded
from salesdx.services.acts import Override
from salesdx.services.recorder import Recorder


@click.command(epilog="Example: salesdx trail override 118 --reason 'the shop is closing' --trail ours.trail")
@click.argument("record", type=click.IntRange(0), metavar="N")
@click.option("--reason", metavar="TEXT", required=True, help="Why it is not followed.")
@click.option("--instead", metavar="TEXT", default="", help="What is done instead.")
@click.option("--recommendation", metavar="ID", help="Only this recommendation.  [default: the whole diagnosis]")
@recorded
def override_command(record: int, reason: str, instead: str, recommendation: str | None, recorder: Recorder) -> None:
    """Record that the diagnosis of record N, or one of its recommendations, is not followed, and why."""
    made = recorder.do(Override(record, reason, instead, recommendation)).record
    what = f"the recommendation `{recommendation}`" if recommendation else "the diagnosis"
    click.echo(f"record {made}: {what} of record {record} is not followed")
