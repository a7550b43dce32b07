"""`salesdx trail explain-to`."""

from __future__ import annotations

from pathlib import Path

import click

from salesdx.cli import options
from salesdx.cli import output as out
from salesdx.cli.recorder import recorded
from salesdx.cli.trail import reading
from salesdx.render.trail import PAGES, render_page
from salesdx.services.case_acts import WriteLetter
from salesdx.services.page_requests import Look
from salesdx.services.recorder import Recorder, needs_extra


@click.command(
    "explain-to",
    epilog="Example: salesdx trail explain-to employee 118 -o letter.html --format html --trail ours.trail",
)
@click.argument("reader", type=click.Choice(("employee", "manager")))
@reading.diagnosis("named")
@options.format(PAGES)
@options.output
@recorded
def explain_to(reader: str, named: str, format_: str, output: Path | None, recorder: Recorder) -> None:
    """Write a letter about a diagnosis, to the person concerned or to the manager.

    The diagnosis is named by its RECORD, or by its CASE, whose newest one is taken. The letter tells what was looked
    at, the result, the facts that counted and those that did not, what would have changed it, and how to object. It is
    made from the record, not from today's files, and is recorded before it is shown.
    """
    with needs_extra():
        from salesdx.render.trail.letter_pages import letter_report
        from salesdx.trail.letters import Letter

    record = reading.number_named(recorder, named)

    def page(letter: Letter) -> str:
        return render_page(letter_report(letter), None, format_, out.terminal_width())

    act = WriteLetter(record, "manager" if reader == "manager" else "employee", format_)
    out.write(recorder.do(act, render=page, look=Look(format_, out.terminal_width())).page, output)
