"""`salesdx facts check`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from salesdx.cli import options
from salesdx.cli import output as out
from salesdx.cli.facts import options as drawing
from salesdx.cli.faults import show_issues
from salesdx.render import FORMATS
from salesdx.render.json_text import to_json
from salesdx.render.mapping_page import check_data, check_report
from salesdx.render.trail import render_page
from salesdx.services.mapping_check import checked_mapping
from salesdx.text.issues import IssuesError


@click.command(epilog="Example: salesdx facts check examples/furniture-maker/ours.facts.yaml")
@drawing.mapping
@drawing.pseudonym_key
@options.format(FORMATS)
@options.output
def facts_check(mapping: Path, pseudonym_key: Path | None, format_: str, output: Path | None) -> None:
    """Look for faults in a MAPPING and in what it reads, all at once and each with its place.

    Without faults: what is mapped, how many rows, from which day to which, months without rows, and what is not mapped.
    """
    out.keep_apart(output, mapping)
    try:
        found = checked_mapping(drawing.systems_at(mapping, pseudonym_key))
    except IssuesError as error:
        if format_ == "json":
            out.write(to_json({"faults": [issue.to_dict() for issue in error.issues]}), output)
        else:
            show_issues(error.issues)
        sys.exit(1)
    page, width = check_report(found, mapping.name), out.terminal_width()
    out.write(render_page(page, {"faults": [], **check_data(found)}, format_, width, out.colour(output)), output)
