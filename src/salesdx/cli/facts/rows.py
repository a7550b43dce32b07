"""`salesdx facts rows`."""

from __future__ import annotations

from pathlib import Path

import click

from salesdx.case.file import read_case_file
from salesdx.cli import options
from salesdx.cli import output as out
from salesdx.cli.facts import options as drawing
from salesdx.cli.recorder import recorded
from salesdx.render.systems_pages import rows_data, rows_report
from salesdx.render.trail import TABLE_FORMATS, render_page
from salesdx.services.drawing_units import check_register
from salesdx.services.drawn_cases import entry_behind, mapping_of, shown_rows
from salesdx.services.drawn_people import rows_by_name
from salesdx.services.recorder import Recorder


@click.command(epilog="Example: salesdx facts rows north.yaml 'Orders complete and on time' --csv")
@click.argument("case", type=click.Path(dir_okay=False, path_type=Path))
@click.argument("fact", metavar="FACT")
@drawing.other_systems
@drawing.pseudonym_key
@options.format(TABLE_FORMATS)
@click.option("--csv", "csv", is_flag=True, help="The same as --format csv.")
@click.option("--names", is_flag=True, help="Names in the place of pseudonyms; for human resources, and recorded.")
@options.ids
@options.home
@options.output
@recorded
def facts_rows(
    case: Path,
    fact: str,
    systems: Path | None,
    pseudonym_key: Path | None,
    format_: str,
    csv: bool,
    names: bool,
    ids: bool,
    home: Path | None,
    output: Path | None,
    recorder: Recorder,
) -> None:
    """Show the rows behind a drawn FACT of a CASE, by its label or its name: the same relation that gave the figure.

    Persons and customers stand there by pseudonyms. Their names are shown to somebody of the register in the role HR:
    --trail is then the service, which records it before.
    """
    out.keep_apart(output, case)
    base = options.rules_for_readers(home, ids)
    term = base.meant(fact)
    if term not in base.terms:
        raise click.UsageError(f"there is no fact `{fact}`; `salesdx show {case}` lists those of the case")
    if names:
        check_register(recorder)
    memory = read_case_file(case, base)
    entry = entry_behind(case, memory, term)
    warehouse = drawing.systems_at(mapping_of(case, systems), pseudonym_key)
    found = shown_rows(warehouse, entry)
    rows = rows_by_name(warehouse, found.rows, memory, term, recorder) if names else found.rows
    format_ = "csv" if csv else format_
    page, data = rows_report(base, entry, found.columns, rows), rows_data(entry, found.columns, rows)
    table = (found.columns, *rows)
    out.write(render_page(page, data, format_, out.terminal_width(), out.colour(output), table), output)
