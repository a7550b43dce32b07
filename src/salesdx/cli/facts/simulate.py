"""`salesdx facts simulate`."""

from __future__ import annotations

from pathlib import Path

import click

from salesdx.services.simulating import CAUSE_NAMES, TRAP_NAMES, simulate_exports
from salesdx.text.english import listed, many


@click.command(epilog="Example: salesdx facts simulate --cause price --seed 7 --output our-test-firm")
@click.option("--cause", type=click.Choice(CAUSE_NAMES), default="nothing", show_default=True, help="What is wrong.")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="The same seed gives the same rows.")
@click.option("--sellers", type=click.IntRange(6, 1000), default=12, show_default=True, help="How many people sell.")
@click.option("--trap", "traps", multiple=True, type=click.Choice(TRAP_NAMES), help="What looks like a cause.")
@click.option("--strength", type=click.FloatRange(0, 1), help="How strong, from 0 to 1.  [default: drawn by the seed]")
@click.option("-o", "--output", type=click.Path(file_okay=False, path_type=Path), required=True, help="The folder.")
def facts_simulate(
    cause: str, seed: int, sellers: int, traps: tuple[str, ...], strength: float | None, output: Path
) -> None:
    """Write the exports of a firm that there is not, with a known cause of its missed goal, to try things on.

    Orders, lines, deals, tickets, goals and people: rows as systems would give them, and nothing of what the rules ask.
    The mapping of the example, examples/furniture-maker/ours.facts.yaml, reads any of them: copy it into the folder.
    """
    made = simulate_exports(cause, seed, sellers, traps, strength, output)
    told = f"; traps: {listed(list(traps))}" if traps else ""
    click.echo(f"{many(len(made), 'file')} in {output}: a firm with {cause.replace('_', ' ')}, seed {seed}{told}")
