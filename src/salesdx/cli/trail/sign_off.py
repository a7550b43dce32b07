"""`salesdx trail sign-off`."""

from __future__ import annotations

from pathlib import Path

import click

from salesdx import load
from salesdx.cli import options
from salesdx.cli import output as out
from salesdx.cli.recorder import recorded
from salesdx.render.trail import PAGES, render_page
from salesdx.services.recorder import Recorder, needs_extra


@click.command("sign-off", epilog="Example: salesdx trail sign-off 118 --trail ours.trail --as 'Anna Weber' --role hr")
@click.argument("record", type=click.IntRange(0), metavar="N")
@click.option("--approve", "decision", flag_value="approve", help="The step may be considered.")
@click.option("--refuse", "decision", flag_value="refuse", help="It may not; this closes the record for good.")
@click.option("--status", "decision", flag_value="status", help="Only show how the sign-off stands.")
@click.option("--reason", metavar="TEXT", help="Why, in your own words; needed to approve and to refuse.")
@options.home
@options.format(PAGES)
@options.output
@recorded
def sign_off(
    record: int,
    decision: str | None,
    reason: str | None,
    home: Path | None,
    format_: str,
    output: Path | None,
    recorder: Recorder,
) -> None:
    """Read the case against the complete file of record N; then, after a time to think, approve or refuse it.

    Each role that the policy names signs once, each by another person, the last one by somebody outside the case.
    Nobody sees what others decided before all have signed. The rules in force are those of --home.
    """
    trail = recorder.open(write=decision != "status")
    with needs_extra():
        from salesdx.render.trail.against_page import against_report
        from salesdx.render.trail.signatures import status_report
        from salesdx.trail.case_against import Against
        from salesdx.trail.replay import replayed
        from salesdx.trail.sign_off_story import status
        from salesdx.trail.signing_off import complete_file, show_case_against, sign_file

    rules = load(home).digest
    if decision in ("approve", "refuse") and reason is None:
        raise click.UsageError(f"say why with --reason TEXT to {decision}")
    if decision is None and reason is not None:
        raise click.UsageError("say what you decide, with --approve or --refuse")
    if decision is None:

        def page(found: Against) -> str:
            return render_page(against_report(found), None, format_, out.terminal_width())

        out.write(show_case_against(trail, record, recorder.by, page, rules), output)
        return
    if reason is not None and decision != "status":
        sign_file(trail, record, recorder.by, decision == "approve", reason, rules)
    with trail.read() as reader:
        stands = status(reader, record, rules)
        found = replayed(reader, record)
    page_ = status_report(stands, found.memory.case, complete_file(found))
    out.write(render_page(page_, None, format_, out.terminal_width()), output)
