"""`salesdx show`."""

from __future__ import annotations

from pathlib import Path

import click

from salesdx.case.file import read_case_file
from salesdx.cli import options
from salesdx.cli import output as out
from salesdx.interview.overview import overview
from salesdx.render import FORMATS, render_facts


@click.command(epilog="Example: salesdx show examples/late-delivery.yaml --unused")
@click.argument("case")
@click.option("--unused", is_flag=True, help="Only facts that no longer matter: another answer would change nothing.")
@options.format(FORMATS)
@options.ids
@options.firm
@options.home
@options.output
def show_command(
    case: str, unused: bool, format_: str, ids: bool, firm: Path | None, home: Path | None, output: Path | None
) -> None:
    """List all facts of a CASE by stage: who said so, from which source, when, and what each decides.

    A fact decides what another answer to it could still change, all other facts staying as they are.
    """
    out.keep_apart(output, case)
    base = options.rules_for_readers(home, ids)
    memory = read_case_file(case, base, firm)
    facts = [fact for fact in overview(base, memory) if not (unused and fact.decides)]
    out.write(render_facts(base, memory, facts, unused, format_, out.terminal_width(), out.colour(output)), output)
