"""`salesdx trail hold`."""

from __future__ import annotations

from pathlib import Path

import click

from salesdx.cli import options
from salesdx.cli.commands import group
from salesdx.cli.recorder import recorded
from salesdx.cli.trail import reading
from salesdx.render import FORMATS
from salesdx.services.file_acts import PutHold, ReleaseHold
from salesdx.services.recorder import Recorder

COMMANDS = {
    "add": ("salesdx.cli.trail.hold:add", "Put a case or a subject on hold."),
    "release": ("salesdx.cli.trail.hold:release_command", "End a hold."),
    "list": ("salesdx.cli.trail.hold:list_holds", "List what is held, by whom and why."),
}


@click.group(cls=group(COMMANDS), epilog="Example: salesdx trail hold list --trail ours.trail")
def hold_commands() -> None:
    """Legal holds: nothing of a case or subject is erased as long as one is open."""


@click.command(
    epilog="Example: salesdx trail hold add --case held-back --reason 'lawsuit 7 C 12/26' --trail ours.trail"
)
@click.option("--case", metavar="CASE", help="The case to hold.")
@click.option("--subject", metavar="REF", help="The subject to hold, with all of its cases.")
@click.option("--reason", required=True, metavar="TEXT", help="Why, such as the number of a lawsuit.")
@recorded
def add(case: str | None, subject: str | None, reason: str, recorder: Recorder) -> None:
    """Put a case or a subject on hold: `erase` and `retention` leave it alone until the hold is released."""
    if (case is None) == (subject is None):
        raise click.UsageError("name either --case or --subject")
    kind, name = ("case", case) if case is not None else ("subject", subject or "")
    seq = recorder.do(PutHold("case" if case is not None else "subject", name or "", reason)).record
    click.echo(f"the {kind} `{name}` is held by record {seq}; `salesdx trail hold release {seq}` ends it")


@click.command(epilog="Example: salesdx trail hold release 40 --reason 'settled' --trail ours.trail")
@click.argument("number", type=click.IntRange(0))
@click.option("--reason", required=True, metavar="TEXT", help="Why the hold can end.")
@recorded
def release_command(number: int, reason: str, recorder: Recorder) -> None:
    """Ask for the end of the hold that record NUMBER put there; it ends when another person has asked for it too."""
    done = recorder.do(ReleaseHold(number, reason))
    seq = done.record
    if done.ended:
        click.echo(f"the hold of record {number} is released by record {seq}")
    else:
        click.echo(
            f"record {seq} asks for the end of the hold of record {number}; it ends when another person does too"
        )


@click.command("list", epilog="Example: salesdx trail hold list --trail ours.trail")
@click.option("--all", "all_", is_flag=True, help="Also those that were released.")
@options.format(FORMATS)
@options.output
@recorded
def list_holds(all_: bool, format_: str, output: Path | None, recorder: Recorder) -> None:
    """List the holds that are open."""
    from salesdx.render.trail.erasure_pages import holds_report
    from salesdx.trail.holds import legal_holds

    with recorder.open(write=False).read() as reader:
        found = [hold for hold in legal_holds(reader) if all_ or hold.released is None]
    reading.show_page(holds_report(found), [hold.to_dict() for hold in found], format_, output)
