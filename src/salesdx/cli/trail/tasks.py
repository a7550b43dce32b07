"""`salesdx trail tasks`."""

from __future__ import annotations

from pathlib import Path

import click

from salesdx.cli import options
from salesdx.cli.recorder import recorded
from salesdx.cli.trail import reading
from salesdx.render import FORMATS
from salesdx.services.reads import ReadTasks
from salesdx.services.recorder import Recorder

ICS = "ics"


@click.command("tasks", epilog="Example: salesdx trail tasks --trail ours.trail --as 'Anna Weber' --role hr")
@options.format((*FORMATS, ICS))
@options.output
@recorded
def tasks_command(format_: str, output: Path | None, recorder: Recorder) -> None:
    """Show what waits for you, since when, and when a waiting time ends.

    Complete files to read and to sign, signatures that wait for somebody else, who is to be told of a decision,
    statements of the person concerned that nobody in your role has worked on since, legal holds to look at again, what
    another person has to confirm, and erasures that are due. Without --role, of every role. With --format ics,
    reminders for a calendar: of each waiting time that has not ended, and of what ends a signature.
    """
    reading.show_read(recorder, ReadTasks(), format_, output)
