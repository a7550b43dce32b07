"""`salesdx trail tasks`."""

from __future__ import annotations

from pathlib import Path

import click

from salesdx.cli import options
from salesdx.cli import output as out
from salesdx.cli.recorder import recorded
from salesdx.cli.trail import reading
from salesdx.render import FORMATS
from salesdx.services.recorder import Recorder

ICS = "ics"


@click.command("tasks", epilog="Example: salesdx trail tasks --trail ours.trail --as 'Anna Weber' --role hr")
@options.format((*FORMATS, ICS))
@options.output
@recorded
def tasks_command(format_: str, output: Path | None, recorder: Recorder) -> None:
    """Show what waits for you, since when, and when a waiting time ends.

    Complete files to read and to sign, signatures that wait for somebody else, who is to be told of a decision,
    statements of the person concerned that nobody in your role has worked on since, legal holds to look at again, and
    erasures that are due. Without --role, of every role. With --format ics, reminders for a calendar: of each waiting
    time that has not ended, and of what ends a signature.
    """
    with reading.opened(recorder) as book:
        from salesdx.ledger.moments import utc_now
        from salesdx.render.trail.calendar import to_calendar
        from salesdx.render.trail.task_pages import reminders, tasks_report
        from salesdx.trail.tasks import tasks

        now, origin = utc_now(), book.reader.head().origin
        found = tasks(book, recorder.by, lambda: now)
    if format_ == ICS:
        out.write(to_calendar(reminders(found, now, origin), now).encode(), output)
        return
    reading.show_page(tasks_report(found, recorder.by, now), found.to_dict(now), format_, output)
