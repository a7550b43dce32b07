"""`salesdx playbook`."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from salesdx.cli import options
from salesdx.cli import output as out
from salesdx.render import FORMATS
from salesdx.render.playbook_page import playbook_data, playbook_report
from salesdx.render.trail import render_page
from salesdx.services.case_folders import cases_of_folders
from salesdx.services.playbook import playbook_of


@click.command(epilog="Example: salesdx playbook examples --format markdown")
@click.argument("cases", metavar="[CASE]...", nargs=-1, type=click.Path(path_type=Path))
@options.format(FORMATS)
@options.firm
@options.home
@options.output
def playbook_command(
    cases: tuple[Path, ...], format_: str, firm: Path | None, home: Path | None, output: Path | None
) -> None:
    """Write the page for the whole staff: what sells, which techniques win, what was tried and whether it helped.

    A CASE is a file, or a folder of which every case is taken; without one, this folder. It orders nothing, and names
    nobody but whom was praised and agreed to be named.
    """
    base, today = options.rules_for_readers(home, False), date.today()
    read = [memory for _, memory in cases_of_folders(base, cases or (Path(),), firm)]
    found = playbook_of(base, read, today)
    page = render_page(playbook_report(found), playbook_data(found), format_, out.terminal_width(), out.colour(output))
    out.write(page, output)
