"""`salesdx facts verify`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from salesdx.case.file import read_case_file
from salesdx.cli import options
from salesdx.cli import output as out
from salesdx.cli.facts import options as drawing
from salesdx.render import FORMATS
from salesdx.render.systems_pages import verified_data, verified_report
from salesdx.render.trail import render_page
from salesdx.services.drawn_cases import drawn_otherwise, entries_of, mapping_of, unproved


@click.command(epilog="Example: salesdx facts verify north.yaml --from ours.facts.yaml")
@click.argument("case", type=click.Path(dir_okay=False, path_type=Path))
@drawing.other_systems
@drawing.pseudonym_key
@options.format(FORMATS)
@options.ids
@options.home
@options.output
def facts_verify(
    case: Path,
    systems: Path | None,
    pseudonym_key: Path | None,
    format_: str,
    ids: bool,
    home: Path | None,
    output: Path | None,
) -> None:
    """Draw the facts of a CASE again: the same rows and values, or what differs. Exit status 1 where anything does.

    A fact whose entry in the evidence file was changed or taken away is named, too.
    """
    out.keep_apart(output, case)
    base = options.rules_for_readers(home, ids)
    memory = read_case_file(case, base)
    lost, entries = list(unproved(memory)), entries_of(case)
    mapping = mapping_of(case, systems)
    warehouse = drawing.systems_at(mapping, pseudonym_key)
    differing = drawn_otherwise(warehouse, base, entries)
    page = verified_report(base, memory.case, str(mapping), len(entries), differing, lost)
    data = verified_data(len(entries), differing, lost)
    out.write(render_page(page, data, format_, out.terminal_width(), out.colour(output)), output)
    if differing or lost:
        sys.exit(1)
