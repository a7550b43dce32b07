"""`salesdx trail report`."""

from __future__ import annotations

from pathlib import Path

import click

from salesdx.cli import options
from salesdx.cli import output as out
from salesdx.cli.recorder import recorded
from salesdx.cli.trail import reading
from salesdx.render.trail import TABLE_FORMATS
from salesdx.services.page_requests import Look
from salesdx.services.recorder import Recorder, needs_extra
from salesdx.services.trail_acts import ReportByGroups


@click.command(epilog="Example: salesdx trail report --trail ours.trail --since 2026-01-01")
@reading.since
@reading.until
@click.option(
    "--groups",
    type=click.Path(path_type=Path),
    help="Report adverse impact: a CSV file of everybody who could have been looked at, with the column `subject` and "
    "one for each kind of group. The trail keeps the report, and not who is in which group.",
)
@click.option("--by", multiple=True, metavar="COLUMN", help="Count this column; repeat it.  [default: all but `unit`]")
@click.option(
    "--reference", multiple=True, metavar="COLUMN=GROUP", help="The group that others are compared with; repeat it."
)
@click.option("--leave-out-small", metavar="REASON", default="", help="No impact ratio for groups below 2%, and why.")
@click.option(
    "--earlier-key",
    "earlier_keys",
    multiple=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="A former private key of the trail, under which an earlier report was made.",
)
@click.option("--why", is_flag=True, help="Under each table, the numbers that each figure comes from.")
@options.format(TABLE_FORMATS)
@options.output
@recorded
def report_command(
    since: str,
    until: str,
    groups: Path | None,
    by: tuple[str, ...],
    reference: tuple[str, ...],
    leave_out_small: str,
    earlier_keys: tuple[Path, ...],
    why: bool,
    format_: str,
    output: Path | None,
    recorder: Recorder,
) -> None:
    """Report overrides, acts faster than reading, outcomes by rule and by person; or, with --groups, adverse impact.

    Small groups are not shown, nor what would give them away. Every table says how it is computed. A report on adverse
    impact is a record, and is refused where it differs from an earlier one by few people.
    """
    if groups is None:
        if by or reference or leave_out_small or earlier_keys or why:
            raise click.UsageError("--by, --reference, --leave-out-small, --earlier-key and --why go with --groups")
        with reading.opened(recorder) as book:
            from salesdx.render.trail.report_tables import hr_report, hr_rows
            from salesdx.trail.report.reporting import trail_report

            found = trail_report(book, since, until)
        reading.show_page(hr_report(found, str(recorder.where)), found.to_dict(), format_, output, list(hr_rows(found)))
        return
    wanted = (_named(reference), leave_out_small, since, until, why)
    out.write(_impact(recorder, groups, by, wanted, earlier_keys, format_), output)


def _named(reference: tuple[str, ...]) -> dict[str, str]:
    """Column -> group, each column once."""
    found: dict[str, str] = {}
    for given in reference:
        column, _, group = (part.strip() for part in given.partition("="))
        if not column or not group:
            raise click.UsageError(f"--reference `{given}`: name a column and a group of it, as in `sex=male`")
        if found.setdefault(column, group) != group:
            raise click.UsageError(f"--reference names two groups of `{column}`")
    return found


def _impact(
    recorder: Recorder,
    groups: Path,
    by: tuple[str, ...],
    wanted: tuple[dict[str, str], str, str, str, bool],
    earlier_keys: tuple[Path, ...],
    format: str,
) -> str:
    with needs_extra():
        from salesdx.ledger.keys import SigningKey, read_private_key
        from salesdx.render.trail.report_tables import impact_page
        from salesdx.trail.report.adverse import ImpactReport, report_impact
        from salesdx.trail.report.crowd import ImpactQuestion
        from salesdx.trail.report.workforce import workforce_in, workforce_text

    text = workforce_text(groups)
    workforce = workforce_in(text, str(groups)).counted(by)
    if recorder.remote is not None:
        named, small, since, until, why = wanted
        act = ReportByGroups(text, groups.name, by, named, small, since, until, why)
        return recorder.do(act, look=Look(format, out.terminal_width())).page
    trail = recorder.open()
    assert trail.key is not None
    keys = [SigningKey(read_private_key(path, environment=False), trail.key.name) for path in earlier_keys]

    def page(found: ImpactReport) -> str:
        return impact_page(found, format, out.terminal_width())

    return report_impact(trail, workforce, ImpactQuestion(*wanted), recorder.by, page, keys)[1]
