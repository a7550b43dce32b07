"""`salesdx facts draw`."""

from __future__ import annotations

from pathlib import Path

import click

from salesdx import load
from salesdx.cli import options
from salesdx.cli import output as out
from salesdx.cli.facts import options as drawing
from salesdx.cli.recorder import recorded
from salesdx.render import FORMATS
from salesdx.render.systems_pages import drawn_data, drawn_report
from salesdx.render.trail import render_page
from salesdx.services.drawing_units import draw_all
from salesdx.services.recorder import Recorder
from salesdx.text.english import many

EXAMPLE = "Example: salesdx facts draw north.yaml --from ours.facts.yaml --subject territory:North --period 2026-Q3"


@click.command(epilog=EXAMPLE)
@click.argument("case", required=False, type=click.Path(dir_okay=False, path_type=Path))
@drawing.from_systems
@click.option("--all", "kind", metavar="KIND", help="One case for every unit of a kind, such as territory.")
@options.format(FORMATS)
@options.firm
@options.home
@click.option("-o", "--output", type=click.Path(path_type=Path), help="File to write; with --all the folder of cases.")
@recorded
def facts_draw(
    case: Path | None,
    source: drawing.FromSystems,
    kind: str | None,
    format_: str,
    firm: Path | None,
    home: Path | None,
    output: Path | None,
    recorder: Recorder,
) -> None:
    """Draw facts from the firm's systems into a CASE file, with what is behind them in CASE.evidence.json beside it.

    What people stated stays; what was drawn before is drawn anew. What cannot be drawn is not known, with the reason.
    Without CASE a new one is named after subject and period. With --all person somebody of the register in the role HR
    draws: --trail is then the service.
    """
    base = load(home)
    if source.systems is None:
        raise click.UsageError("name the mapping of the firm's systems: --from ours.facts.yaml")
    if kind is not None:
        if case is not None or source.subject is not None or source.period is None or output is None:
            raise click.UsageError("--all takes --period, and --output for the folder; no CASE and no --subject")
        written = draw_all(source.warehouse, base, kind, source.period, output, source.systems, recorder)
        click.echo(f"{many(len(written), 'case')} drawn into {output}")
        return
    out.keep_apart(output, case, source.systems)
    path, drawn = source.draw(case, base, source.profile(firm, case, base))
    out.keep_apart(output, path)
    page, width = drawn_report(drawn.memory), out.terminal_width()
    out.write(render_page(page, drawn_data(drawn.memory), format_, width, out.colour(output)), output)
