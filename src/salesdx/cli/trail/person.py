"""`salesdx trail person`."""

from __future__ import annotations

from pathlib import Path

import click

from salesdx.cli import options
from salesdx.cli.recorder import recorded
from salesdx.cli.trail import reading
from salesdx.render import FORMATS
from salesdx.services.recorder import Recorder


@click.command("person", epilog="Example: salesdx trail person E-1042 --trail ours.trail")
@click.argument("subject")
@options.format(FORMATS)
@options.output
@recorded
def person_command(subject: str, format_: str, output: Path | None, recorder: Recorder) -> None:
    """Tell everything that is on record about a SUBJECT in order, over all of its cases.

    What was recorded in a case before it was known whom it is about is there too; records of the same cases that name
    somebody else are counted and not shown. A SUBJECT may also be a pseudonym.
    """
    with reading.opened(recorder) as book:
        from salesdx.render.trail.person_page import person_report
        from salesdx.trail.person_file import person_file

        found = person_file(book, subject)
    reading.show_page(person_report(found), found.to_dict(), format_, output)
