"""`salesdx trail export`."""

from __future__ import annotations

import io
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

import click

from salesdx.cli import output as out
from salesdx.cli.recorder import recorded
from salesdx.services.recorder import Recorder, needs_extra

if TYPE_CHECKING:
    from salesdx.ledger.log import Trail
    from salesdx.trail.export import Export

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
        from salesdx.trail.export import write_bundle

    try:
        kept = [given_anchor(path) for path in anchors]
    except Unreadable as error:
        raise click.ClickException(str(error)) from None
    trail = recorder.open()
    if person is not None and receiver is not None:
        made = _copy(trail, person, receiver, whole, recorder)
    else:
        made = _extent(trail, case, blind_too, recorder)
    zipped = io.BytesIO()
    with trail.read() as reader:
        write_bundle(reader, made, zipped, kept, programs)
    out.write(zipped.getvalue(), output)
    click.echo(f"record {made.seq} says that this was exported: {output}", err=True)
    if person is not None:
        click.echo(f"{len(made.withheld)} contents are withheld; look through the report before you give it", err=True)


def _extent(trail: Trail, case: str | None, blind_too: bool, recorder: Recorder) -> Export:
    """Record the export of a case or of everything. Raises TrailError."""
    from salesdx.render.trail.bundle_pages import bundle_reports
    from salesdx.trail.export import blind_records, find_case, record_export

    with trail.read() as reader:
        pseudonym = None if case is None else find_case(reader, case)[0]
        if (blind := blind_records(reader, pseudonym)) and not blind_too:
            raise click.ClickException(
                f"record {blind[0]} is a signature that is blind until everybody has signed, and the bundle would "
                "show it; export later, or with --blind-too"
            )
        reports = bundle_reports(reader, pseudonym)
    return record_export(trail, pseudonym, reports, recorder.by)


def _copy(trail: Trail, person: str, receiver: str, whole: Collection[int], recorder: Recorder) -> Export:
    """Record the copy of everything on a person for a receiver. Raises TrailError."""
    from salesdx.render.trail.copy_pages import copy_reports
    from salesdx.trail.book import Book
    from salesdx.trail.export import record_copy
    from salesdx.trail.person_copy import person_copy

    with trail.read() as reader:
        copy = person_copy(Book(reader), person, receiver, whole)
    return record_copy(trail, copy, copy_reports(copy), recorder.by)
