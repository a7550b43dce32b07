"""`salesdx facts people`."""

from __future__ import annotations

from pathlib import Path

import click

from salesdx.cli import options
from salesdx.cli import output as out
from salesdx.cli.facts import options as drawing
from salesdx.cli.recorder import recorded
from salesdx.render.people_page import people_data, people_report, people_rows
from salesdx.render.trail import TABLE_FORMATS, render_page
from salesdx.services.drawing_units import check_register, people_beside
from salesdx.services.recorder import Recorder

EXAMPLE = "Example: salesdx facts people ours.facts.yaml --period 2026-Q3 --trail https://trail.example"


@click.command(epilog=EXAMPLE)
@drawing.mapping
@drawing.needed_period
@drawing.pseudonym_key
@options.format(TABLE_FORMATS)
@options.output
@recorded
def facts_people(
    mapping: Path, period: str, pseudonym_key: Path | None, format_: str, output: Path | None, recorder: Recorder
) -> None:
    """List the people who sell, by pseudonym, with what carries the gap of each: deals, win rate, list value or price.

    It is for looking, not for judging. Somebody of the register in the role HR looks, and that is recorded: --trail is
    the service.
    """
    out.keep_apart(output, mapping)
    check_register(recorder)
    warehouse = drawing.systems_at(mapping, pseudonym_key)
    found = people_beside(warehouse, period, recorder)
    page, width = people_report(found, warehouse.settings.currency), out.terminal_width()
    out.write(render_page(page, people_data(found), format_, width, out.colour(output), people_rows(found)), output)
