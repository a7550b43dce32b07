"""`salesdx facts terms`."""

from __future__ import annotations

from pathlib import Path

import click

from salesdx.cli import options
from salesdx.cli import output as out
from salesdx.cli.facts import options as drawing
from salesdx.render.terms_page import terms_data, terms_report, terms_rows
from salesdx.render.trail import TABLE_FORMATS, render_page
from salesdx.services.drawable import drawable_terms


@click.command(epilog="Example: salesdx facts terms ours.facts.yaml")
@drawing.mapping
@drawing.pseudonym_key
@options.format(TABLE_FORMATS)
@options.ids
@options.home
@options.output
def facts_terms(
    mapping: Path, pseudonym_key: Path | None, format_: str, ids: bool, home: Path | None, output: Path | None
) -> None:
    """List every fact that systems can give: whether this mapping draws it, and what is missing where it does not.

    First comes which missing column would open most facts.
    """
    out.keep_apart(output, mapping)
    base = options.rules_for_readers(home, ids)
    found = drawable_terms(drawing.systems_at(mapping, pseudonym_key), base)
    page, width = terms_report(base, found, mapping.name), out.terminal_width()
    out.write(
        render_page(page, terms_data(base, found), format_, width, out.colour(output), terms_rows(base, found)), output
    )
