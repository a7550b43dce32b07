"""`salesdx trail attach` and `salesdx trail attachment`."""

from __future__ import annotations

import base64
from pathlib import Path

import click

from salesdx.cli import output as out
from salesdx.cli.recorder import recorded
from salesdx.cli.trail import reading
from salesdx.services.case_acts import AttachFile
from salesdx.services.files import read_whole_file
from salesdx.services.reads import GetAttachment
from salesdx.services.recorder import Recorder, needs_extra


@click.command(epilog="Example: salesdx trail attach held-back warning.pdf --reason 'first warning' --trail ours.trail")
@click.argument("case")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--reason", required=True, metavar="TEXT", help="What it is, and why it belongs to the case.")
@recorded
def attach_command(case: str, file: Path, reason: str, recorder: Recorder) -> None:
    """Keep a FILE with a CASE: a PDF, PNG or JPEG of at most 10 MB, which is told by its content.

    Its digest stands in a record of the case, and the file beside it. It goes with that record when the case is erased.
    """
    with needs_extra():
        from salesdx.ledger.storage import MAX_ATTACHMENT

    data = base64.b64encode(read_whole_file(file, MAX_ATTACHMENT)).decode()
    seq = recorder.do(AttachFile(case, file.name, data, reason)).record
    click.echo(f"record {seq} keeps `{file.name}`; `salesdx trail attachment {seq} --output FILE` gives it back")


@click.command(epilog="Example: salesdx trail attachment 40 --output warning.pdf --trail ours.trail")
@click.argument("record", type=click.IntRange(0))
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), required=True, help="File to write.")
@recorded
def attachment_command(record: int, output: Path, recorder: Recorder) -> None:
    """Write the file that RECORD keeps, if it is the one that was attached."""
    found = reading.page_read(recorder, GetAttachment(record), "text")
    out.write(found.file, output)
    click.echo(f"`{found.name}`, {found.kind}: {output}", err=True)
