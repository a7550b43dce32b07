"""`salesdx facts`: facts of a case from a firm's systems. One module a command."""

from __future__ import annotations

import click

from salesdx.cli.commands import group

COMMANDS = {
    "check": ("salesdx.cli.facts.check:facts_check", "Look for faults in a mapping and in what it reads."),
    "terms": ("salesdx.cli.facts.terms:facts_terms", "List what can be drawn, and what is missing for the rest."),
    "draw": ("salesdx.cli.facts.draw:facts_draw", "Draw facts into a case, or into one case for every unit."),
    "rows": ("salesdx.cli.facts.rows:facts_rows", "Show the rows behind a drawn fact."),
    "verify": ("salesdx.cli.facts.verify:facts_verify", "Draw again, and say what comes out otherwise."),
    "people": ("salesdx.cli.facts.people:facts_people", "List people who sell beside each other, for looking."),
    "sheet": ("salesdx.cli.facts.sheet:facts_sheet", "Write a workbook for what no system holds."),
    "key": ("salesdx.cli.facts.key:facts_key", "Make the key of the pseudonyms of persons and customers."),
    "simulate": ("salesdx.cli.facts.simulate:facts_simulate", "Write the exports of a firm with a known cause."),
}
"""Command -> the module and function that run it, and its line in `salesdx facts --help`."""


@click.group(cls=group(COMMANDS), epilog="Example: salesdx facts check examples/furniture-maker/ours.facts.yaml")
def facts_group() -> None:
    """Facts from the exports and tables of a firm's systems, by a mapping: which column means what.

    What the rows support is drawn, each figure with where it comes from; what they do not is not known, with the
    reason.
    """
