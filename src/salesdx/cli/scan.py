"""`salesdx scan`."""

from __future__ import annotations

from pathlib import Path

import click

from salesdx.case.file import firm_beside
from salesdx.cli import options
from salesdx.cli import output as out
from salesdx.cli.facts import options as drawing
from salesdx.cli.recorder import recorded
from salesdx.render.scan_page import scan_report, scan_rows
from salesdx.render.scan_pictures import scan_html
from salesdx.render.trail import TABLE_FORMATS, render_page
from salesdx.services.case_folders import followed_cases
from salesdx.services.drawing_units import check_register
from salesdx.services.drawn_cases import PERSON
from salesdx.services.recorder import Recorder
from salesdx.services.scan import read_kinds, scan
from salesdx.services.scan_changes import changed_units, read_scan, scan_data

EXAMPLE = "Example: salesdx scan --from examples/furniture-maker/ours.facts.yaml --period 2026-Q3"
_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command(epilog=EXAMPLE)
@drawing.needed_systems
@drawing.needed_period
@click.option("--by", "told", default="territory", metavar="KIND,KIND", help="Kinds of units.  [default: territory]")
@click.option("--since", type=_FILE, metavar="FILE", help="An earlier scan as JSON: what changed since?")
@click.option(
    "--cases",
    "case_paths",
    multiple=True,
    type=click.Path(exists=True, path_type=Path),
    metavar="PATH",
    help="Cases of the firm, files or folders: which repairs run for a unit, and which are due?",
)
@click.option("--most", default=20, type=click.IntRange(1), help="Units of a kind that a page shows.  [default: 20]")
@drawing.pseudonym_key
@options.format(TABLE_FORMATS)
@options.firm
@options.home
@options.output
@recorded
def scan_command(
    systems: Path,
    period: str,
    told: str,
    since: Path | None,
    case_paths: tuple[Path, ...],
    most: int,
    pseudonym_key: Path | None,
    format_: str,
    firm: Path | None,
    home: Path | None,
    output: Path | None,
    recorder: Recorder,
) -> None:
    """Look at every unit of a firm: which are below goal, the likely cause of each, and who can say what is missing.

    Facts of all units are drawn from the firm's systems in one pass; each unit comes out as `diagnose --from` has it.
    JSON and CSV have all units. With --by person somebody of the register in the role HR looks at who sells beside
    whom, which is recorded; nobody is decided.
    """
    out.keep_apart(output, systems, since, *case_paths)
    base = options.rules_for_readers(home, False)
    kinds = read_kinds(told)
    earlier = read_scan(since) if since is not None else None
    if PERSON in kinds:
        check_register(recorder)
    warehouse = drawing.systems_at(systems, pseudonym_key)
    profile = firm or firm_beside(systems, base)
    cases = [memory for _, memory in followed_cases(base, case_paths, firm)]
    found = scan(warehouse, base, kinds, period, profile, recorder, cases)
    changes = None if earlier is None else tuple(changed_units(earlier, found))
    if format_ == "html":
        out.write(scan_html(found, most, changes), output)
        return
    data = scan_data(found)
    page, width = scan_report(found, most, changes), out.terminal_width()
    out.write(render_page(page, data, format_, width, out.colour(output), scan_rows(found)), output)
