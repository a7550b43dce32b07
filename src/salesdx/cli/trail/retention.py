"""`salesdx trail retention`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from salesdx import load
from salesdx.cli import options
from salesdx.cli.recorder import recorded
from salesdx.cli.trail import reading
from salesdx.render import FORMATS
from salesdx.services.recorder import Recorder

if TYPE_CHECKING:
    from salesdx.trail.announced import ErasureStep


@click.command(epilog="Example: salesdx trail retention --trail ours.trail")
@click.option("--today", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="As if today were this day (UTC).")
@click.option("--yes", is_flag=True, help="Erase what is due. Without it, show what would go.")
@options.home
@options.format(FORMATS)
@options.output
@recorded
def retention(
    today: datetime | None, yes: bool, home: Path | None, format_: str, output: Path | None, recorder: Recorder
) -> None:
    """Show which cases have been kept as long as the policy says; with --yes, erase them, each as a whole.

    Two persons have to want it: with --yes the first one announces it, another one confirms it.

    The policy is `retention_days` of the newest rule base in the trail, or of --home. Content is kept for so many days
    after the day of a case's last record, and may go on the day after that. A case on which nobody stated what it is
    about is kept for the longest of the periods. A legal hold stops all of it.
    """
    from salesdx.ledger.moments import utc_now
    from salesdx.render.trail.erasure_pages import retention_report
    from salesdx.trail.erasure import sweep
    from salesdx.trail.retention import erase_due, kept_cases, policy_base

    now = utc_now().date()
    day = today.date() if today else now
    if yes and day > now:
        raise click.UsageError(f"--yes erases what is due now, and {day} has not come yet")
    trail = recorder.open(write=yes)
    with trail.read() as reader:
        base = load(home) if home is not None else policy_base(reader)
        cases = kept_cases(reader, base)
    done: dict[str, ErasureStep | None] | None = None
    if yes:
        done = {}
        for case in cases:
            if case.due(day) and not case.holds:
                with trail.append() as appender:
                    done[case.pseudonym] = erase_due(appender, base, case.pseudonym, day, recorder.by)
        if any(step.erased for step in done.values() if step):
            sweep(trail)
    policy = f"rule base {base.version} ({base.digest[7:19]})"
    data = [case.to_dict() | {"due": case.due(day), **_told((done or {}).get(case.pseudonym))} for case in cases]
    reading.show_page(retention_report(cases, day, policy, done), data, format_, output)


def _told(step: ErasureStep | None) -> dict[str, list[int] | None]:
    """What was done with a case: the records that announce its erasure, or those of the erasure."""
    seqs = list(step.seqs) if step else None
    return {"announced_by": None if step and step.erased else seqs, "erased_by": seqs if step and step.erased else None}
