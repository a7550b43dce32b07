"""`salesdx trail export`."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import TYPE_CHECKING

import click

from salesdx.cli import output as out
from salesdx.cli.recorder import recorded
from salesdx.services.recorder import Recorder, needs_extra
from salesdx.services.trail_acts import ExportBundle

if TYPE_CHECKING:
    pass

RECEIVERS = ("person", "court", "works-council")


@click.command(epilog="Example: salesdx trail export north-2026-q3 --trail ours.trail -o north.zip")
@click.argument("case", required=False)
@click.option("--all", "everything", is_flag=True, help="The whole trail.")
@click.option("--person", metavar="SUBJECT", help="Everything on one person, over all of their cases, for a receiver.")
@click.option("--for", "receiver", type=click.Choice(RECEIVERS), help="Who gets the copy of a person's records.")
@click.option("--with", "whole", multiple=True, type=click.IntRange(0), metavar="RECORD", help="Give this one whole.")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), required=True, help="Zip to write.")
@click.option("--anchor", "anchors", multiple=True, metavar="FILE", help="A checkpoint of who will verify it.")
@click.option("--blind-too", is_flag=True, help="Even if it shows a blind signature of an earlier version.")
@click.option("--programs", is_flag=True, help="With the programs that made the diagnoses, about 1.7 MB each.")
@recorded
def export(
    case: str | None,
    everything: bool,
    person: str | None,
    receiver: str | None,
    whole: tuple[int, ...],
    output: Path,
    anchors: tuple[str, ...],
    blind_too: bool,
    programs: bool,
    recorder: Recorder,
) -> None:
    """Export a CASE, with --all the whole trail, or with --person everything on one person, as one zip.

    It can be verified without this program. The export is a record itself. The bundle of a case or a person proves that
    the trail goes on from the checkpoints that are given with --anchor, so ask who will verify it for theirs.

    The copy on a person is --for the person, a court, or the works council. What its receiver may not see is blacked
    out in the report, each time with a number, and withheld from the proof, which says so. A file that was attached is
    withheld from all but a court; --with gives such a record whole, once somebody has looked through it.
    """
    if (case is not None) + everything + (person is not None) != 1:
        raise click.UsageError("name a CASE, or give --all or --person SUBJECT")
    if (person is None) != (receiver is None) or (whole and person is None) or (blind_too and person is not None):
        raise click.UsageError("--person and --for go together, --with only with them, and --blind-too without them")
    with needs_extra():
        from salesdx.ledger.standalone.bundle import given_anchor
        from salesdx.ledger.standalone.findings import Unreadable
        from salesdx.render.trail.bundle_pages import bundle_reports
        from salesdx.render.trail.copy_pages import copy_reports

    try:
        for path in anchors:
            given_anchor(path)  # what is none is told before anything is recorded
        notes = [Path(path).read_text(encoding="utf-8") for path in anchors]
    except Unreadable as error:
        raise click.ClickException(str(error)) from None
    act = ExportBundle(case, person, receiver or "", whole, tuple(notes), blind_too, programs)
    done = recorder.do(act, render=lambda shown: bundle_reports(*shown) if person is None else copy_reports(shown))
    out.write(base64.b64decode(done.file), output)
    click.echo(f"record {done.record} says that this was exported: {output}", err=True)
    if done.page:
        click.echo(done.page, err=True)
