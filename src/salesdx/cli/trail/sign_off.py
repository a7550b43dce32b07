"""`salesdx trail sign-off`."""

from __future__ import annotations

from pathlib import Path

import click

from salesdx import load
from salesdx.cli import options
from salesdx.cli import output as out
from salesdx.cli.recorder import recorded
from salesdx.cli.trail import reading
from salesdx.render.trail import PAGES
from salesdx.services.file_acts import ReadAgainst, Sign
from salesdx.services.page_requests import Look
from salesdx.services.reads import ReadSigning
from salesdx.services.recorder import Recorder


@click.command("sign-off", epilog="Example: salesdx trail sign-off 118 --trail https://trail.firm.example")
@reading.diagnosis("named")
@click.option("--approve", "decision", flag_value="approve", help="The step may be considered.")
@click.option("--refuse", "decision", flag_value="refuse", help="It may not; this closes the record for good.")
@click.option("--status", "decision", flag_value="status", help="Only show how the sign-off stands.")
@click.option("--reason", metavar="TEXT", help="Why, in your own words; needed to approve and to refuse.")
@options.home
@options.format(PAGES)
@options.output
@recorded
def sign_off(
    named: str,
    decision: str | None,
    reason: str | None,
    home: Path | None,
    format_: str,
    output: Path | None,
    recorder: Recorder,
) -> None:
    """Read the case against the complete file of a diagnosis; then, after a time to think, approve or refuse it.

    It is named by its RECORD, or by its CASE, whose newest diagnosis is taken. Each role that the policy names signs
    once, each by another person, with a key of their own; the last one by somebody outside the case. Nobody sees what
    others decided before all have signed. It takes the service of a trail that knows its people.
    """
    if decision in ("approve", "refuse") and reason is None:
        raise click.UsageError(f"say why with --reason TEXT to {decision}")
    if decision is None and reason is not None:
        raise click.UsageError("say what you decide, with --approve or --refuse")
    record, look = reading.number_named(recorder, named), Look(format_, out.terminal_width())
    if decision is None:
        out.write(recorder.do(ReadAgainst(record, look.format, look.width), look=look).page, output)
        return
    if reason is not None and decision != "status":
        recorder.do(Sign(record, decision == "approve", reason))
    rules = load(home).digest if recorder.remote is None else ""
    reading.show_read(recorder, ReadSigning(record), format_, output, rules)
