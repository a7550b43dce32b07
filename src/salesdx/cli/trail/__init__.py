"""`salesdx trail`: the decision trail. One module a command."""

from __future__ import annotations

import click

from salesdx.cli.commands import group

COMMANDS = {
    "init": ("salesdx.cli.trail.init:init", "Make a trail and its key."),
    "upgrade": ("salesdx.cli.trail.upgrade:upgrade", "Bring the tables of a trail to this version."),
    "keys": ("salesdx.cli.trail.keys:keys", "Show the public keys of a trail, or change its key."),
    "erase": ("salesdx.cli.trail.erase:erase", "Erase what the records of a subject hold."),
    "retention": ("salesdx.cli.trail.retention:retention", "Erase cases that have been kept long enough."),
    "hold": ("salesdx.cli.trail.hold:hold", "Keep a case or a subject from being erased."),
    "verify": ("salesdx.cli.trail.verify:verify", "Prove that nothing was changed, in a trail or a bundle."),
    "export": ("salesdx.cli.trail.export:export", "Write a case, or everything, as a bundle that proves itself."),
    "checkpoint": ("salesdx.cli.trail.checkpoint:checkpoint", "Show the signed size and root, to keep elsewhere."),
    "witness": ("salesdx.cli.trail.witness:witness", "On another machine: see that the trail only grows."),
}
"""Command -> the module and function that run it, and its line in `salesdx trail --help`."""


@click.group(cls=group(COMMANDS), epilog="Example: salesdx trail list --trail ours.trail")
def trail() -> None:
    """What was asked, answered, concluded, shown and signed, so that it can be proven years later."""
