"""`salesdx trail retention`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from salesdx import load
from salesdx.base.model import RuleBase
from salesdx.cli import options
from salesdx.cli import output as out
from salesdx.cli.recorder import recorded
from salesdx.cli.trail import reading
from salesdx.render import FORMATS
from salesdx.render.json_text import to_json
from salesdx.render.trail import render_page
from salesdx.services.acts import Done
from salesdx.services.file_acts import EraseDue
from salesdx.services.page_requests import Look
from salesdx.services.recorder import Recorder, needs_extra


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
    with needs_extra():
        from salesdx.ledger.moments import utc_now
        from salesdx.render.trail.erasure_pages import retention_report
        from salesdx.trail.retention import DueCases, due_cases, policy_base

    now = utc_now().date()
    day = today.date() if today else now
    if yes and day != now:
        raise click.UsageError(f"--yes erases what is due today, and {day} is another day")
    base: RuleBase | None = load(home) if home is not None else None
    look = Look("text" if format_ == "json" else format_, out.terminal_width())

    def page(found: DueCases) -> str:
        return render_page(retention_report(found), None, look.format, look.width)

    if yes and recorder.remote is not None:
        _write_done(recorder.do(EraseDue(), look=look), format_, output)
        return
    with recorder.open(write=False).read() as reader:
        base = base or policy_base(reader)
        found = due_cases(reader, base, day)
    if yes:
        _write_done(recorder.do(EraseDue(), base, page, look), format_, output)
    else:
        reading.show_page(retention_report(found), found.to_dict(), format_, output)


def _write_done(done: Done, format_: str, output: Path | None) -> None:
    told = {"record": done.record, "erased": done.ended}
    out.write(to_json(told) if format_ == "json" else done.page, output)
