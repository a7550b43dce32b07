"""`salesdx trail person`."""

from __future__ import annotations

from pathlib import Path

import click

from salesdx.cli import options
from salesdx.cli.recorder import recorded
from salesdx.cli.trail import reading
from salesdx.render import FORMATS
from salesdx.services.reads import TellPerson, TellReads
from salesdx.services.recorder import Recorder


@click.command("person", epilog="Example: salesdx trail person E-1042 --trail ours.trail")
@click.argument("subject")
@click.option("--reads", is_flag=True, help="Who read what on the person at the service, when, and in which role.")
@options.format(FORMATS)
@options.output
@recorded
def person_command(subject: str, reads: bool, format_: str, output: Path | None, recorder: Recorder) -> None:
    """Tell everything that is on record about a SUBJECT in order, over all of its cases.

    What was recorded in a case before it was known whom it is about is there too; records of the same cases that name
    somebody else are counted and not shown. A SUBJECT may also be a pseudonym. With --reads it tells who was shown any
    of that by the service of the trail: to the person themselves by roles.
    """
    reading.show_read(recorder, TellReads(subject) if reads else TellPerson(subject), format_, output)
