"""`salesdx trail export`."""

from __future__ import annotations

import io
from pathlib import Path

import click

from salesdx.cli import output as out
from salesdx.cli.recorder import recorded
from salesdx.services.recorder import Recorder, needs_extra


@click.command(epilog="Example: salesdx trail export north-2026-q3 --trail ours.trail -o north.zip")
@click.argument("case", required=False)
@click.option("--all", "everything", is_flag=True, help="The whole trail.")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), required=True, help="Zip to write.")
@click.option("--anchor", "anchors", multiple=True, metavar="FILE", help="A checkpoint of who will verify it.")
@click.option("--blind-too", is_flag=True, help="Even if it shows a blind signature of an earlier version.")
@click.option("--programs", is_flag=True, help="With the programs that made the diagnoses, about 1.7 MB each.")
@recorded
def export(
    case: str | None,
    everything: bool,
    output: Path,
    anchors: tuple[str, ...],
    blind_too: bool,
    programs: bool,
    recorder: Recorder,
) -> None:
    """Export a CASE, or with --all the whole trail, as one zip that can be verified without this program.

    The export is a record itself. The bundle of a case proves that the trail goes on from the checkpoints that are
    given with --anchor, so ask who will verify it for theirs.
    """
    if (case is None) != everything:
        raise click.UsageError("name a CASE, or give --all")
    with needs_extra():
        from salesdx.ledger.standalone.bundle import given_anchor
        from salesdx.ledger.standalone.findings import Unreadable
        from salesdx.render.trail.bundle_pages import bundle_reports
        from salesdx.trail.export import blind_records, find_case, record_export, write_bundle

    try:
        kept = [given_anchor(path) for path in anchors]
    except Unreadable as error:
        raise click.ClickException(str(error)) from None
    trail = recorder.open()
    with trail.read() as reader:
        pseudonym = None if case is None else find_case(reader, case)[0]
        if (blind := blind_records(reader, pseudonym)) and not blind_too:
            raise click.ClickException(
                f"record {blind[0]} is a signature that is blind until everybody has signed, and the bundle would "
                "show it; export later, or with --blind-too"
            )
        reports = bundle_reports(reader, pseudonym)
    made = record_export(trail, pseudonym, reports, recorder.by)
    zipped = io.BytesIO()
    with trail.read() as reader:
        write_bundle(reader, made, zipped, kept, programs)
    out.write(zipped.getvalue(), output)
    click.echo(f"record {made.seq} says that this was exported: {output}", err=True)
