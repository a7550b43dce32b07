"""`salesdx trail report`."""

from __future__ import annotations

from pathlib import Path

import click

from salesdx.cli import options
from salesdx.cli.recorder import recorded
from salesdx.cli.trail import reading
from salesdx.render.trail import TABLE_FORMATS
from salesdx.services.recorder import Recorder


@click.command(epilog="Example: salesdx trail report --trail ours.trail --since 2026-01-01")
@reading.since
@reading.until
@click.option(
    "--groups",
    type=click.Path(path_type=Path),
    help="File of groups (YAML or CSV: subject, group) for adverse impact; it is read here and stored nowhere.",
)
@options.format(TABLE_FORMATS)
@options.output
@recorded
def report_command(
    since: str, until: str, groups: Path | None, format_: str, output: Path | None, recorder: Recorder
) -> None:
    """Report overrides, acts faster than reading, outcomes by rule and by person, and adverse impact by group.

    Small groups are not shown, nor what would give them away. Every table says how it is computed.
    """
    with reading.opened(recorder) as book:
        from salesdx.render.trail.report_tables import hr_report, hr_rows
        from salesdx.trail.report.groups import read_groups
        from salesdx.trail.report.reporting import trail_report

        found = trail_report(book, since, until, read_groups(groups) if groups is not None else None)
    reading.show_page(hr_report(found, str(recorder.where)), found.to_dict(), format_, output, list(hr_rows(found)))
