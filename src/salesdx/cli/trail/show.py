"""`salesdx trail show`."""

from __future__ import annotations

from pathlib import Path

import click

from salesdx.cli import options
from salesdx.cli import output as out
from salesdx.cli.recorder import recorded
from salesdx.cli.trail import reading
from salesdx.render import FORMATS
from salesdx.services.recorder import Recorder


@click.command(epilog="Example: salesdx trail show 0 --trail ours.trail")
@reading.diagnosis("named")
@click.option("--shown", is_flag=True, help="Only what was shown then, byte for byte.")
@options.format(FORMATS)
@options.output
@recorded
def trail_show_command(named: str, shown: bool, format_: str, output: Path | None, recorder: Recorder) -> None:
    """Show a RECORD as it was seen, with its explanation and what was done with it; of a CASE, its newest diagnosis."""
    with reading.opened(recorder) as book:
        from salesdx.render.trail.record import record_report
        from salesdx.trail.seen import seen

        number = reading.number_of(book, named)
        found = seen(book, number)
    if shown:
        body = found.record.body
        if body is None or "shown" not in body:
            why = found.record.withheld or "nothing was shown to anybody when it was made"
            raise click.ClickException(f"record {number} has no page: {why}")
        out.write(body["shown"], output)
        return
    reading.show_page(record_report(found, str(recorder.where)), found.to_dict(), format_, output)
