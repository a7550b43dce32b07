"""`salesdx follow due`."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import click

from salesdx.cli import options
from salesdx.cli import output as out
from salesdx.render import FORMATS
from salesdx.render.due_page import due_data, due_reminders, due_report, waiting_of
from salesdx.render.trail import render_page
from salesdx.render.trail.calendar import to_calendar
from salesdx.services.case_folders import followed_cases

ICS = "ics"


@click.command("due", epilog="Example: salesdx follow due cases --format ics --output due.ics")
@click.argument("cases", metavar="[CASE]...", nargs=-1, type=click.Path(path_type=Path))
@options.format((*FORMATS, ICS))
@options.firm
@options.home
@options.output
def due_command(
    cases: tuple[Path, ...], format_: str, firm: Path | None, home: Path | None, output: Path | None
) -> None:
    """List what waits in each CASE: measures of actions, and sessions that the others have to confirm.

    A CASE is a file, or a folder of which every case is taken; without one, this folder. A measure is due inside its
    window; before it the action asks nothing. With --format ics, the days as a calendar.
    """
    today = date.today()
    base = options.rules_for_readers(home, False)
    found = followed_cases(base, cases or (Path(),), firm)
    waiting = [waiting_of(memory.case, str(path), memory, today) for path, memory in found]
    if format_ == ICS:
        out.write(to_calendar(due_reminders(waiting), datetime.now(UTC)).encode(), output)
        return
    page, data = due_report(waiting, today), due_data(waiting, today)
    out.write(render_page(page, data, format_, out.terminal_width(), out.colour(output)), output)
