"""`salesdx follow CASE list`."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from salesdx.case.file import read_case_file
from salesdx.cli import options
from salesdx.cli import output as out
from salesdx.cli.follow.step import record_outcomes
from salesdx.cli.recorder import recorded
from salesdx.render import FORMATS
from salesdx.render.followed_words import follow_data, follow_report
from salesdx.render.trail import render_page
from salesdx.services.recorder import Recorder


@click.command("list", epilog="Example: salesdx follow late-delivery.yaml list")
@click.argument("case")
@options.format(FORMATS)
@options.firm
@options.home
@options.output
@recorded
def list_actions(
    case: str, format_: str, firm: Path | None, home: Path | None, output: Path | None, recorder: Recorder
) -> None:
    """Show what was done about a CASE: each action with its owner, day and state, its sessions, and changes.

    With a trail, what became of an action is recorded before it is shown, once it is decided.
    """
    out.keep_apart(output, case)
    base, today = options.rules_for_readers(home, False), date.today()
    memory = read_case_file(case, base, firm)
    if recorder.where:
        record_outcomes(memory, recorder)
    page, data = follow_report(memory, today), follow_data(memory, today)
    out.write(render_page(page, data, format_, out.terminal_width(), out.colour(output)), output)
