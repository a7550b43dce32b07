"""`salesdx trail adopt` and `salesdx trail adopted`."""

from __future__ import annotations

from pathlib import Path

import click

from salesdx import load
from salesdx.cli import options
from salesdx.cli import output as out
from salesdx.cli.recorder import recorded
from salesdx.cli.remote import service_of
from salesdx.render.trail import PAGES, render_page
from salesdx.services.adopting import ConfirmRules, ProposeRules
from salesdx.services.recorder import Recorder, needs_extra


@click.command(epilog="Example: salesdx trail adopt --home ours --trail https://trail.firm.example")
@click.option("--confirm", "record", type=click.IntRange(0), metavar="RECORD", help="Confirm what another proposed.")
@click.option("--show", is_flag=True, help="Only show the rules beside those in force; nothing is signed.")
@options.home
@recorded
def adopt_command(record: int | None, show: bool, home: Path | None, recorder: Recorder) -> None:
    """Propose that the rules in --home, by which the service diagnoses, come into force; or confirm it for another.

    Shown, and signed with your key, is what differs by meaning from the rules adopted last, which doors to a person it
    opens, and what somebody accepts in them. Who may adopt says the policy in force; of the first rules their own. It
    takes two different persons. What rules conclude that nobody has adopted is a trial.
    """
    remote = service_of(recorder)
    if record is None:
        base = load(home)
        page = str(remote.get("/rules/beside", SLOW)["page"])
        click.echo(page, nl=False)
        if show:
            return
        done = remote.perform(ProposeRules(base.digest, page))
        click.echo(f"proposed as {done.record}; another person confirms: `salesdx trail adopt --confirm {done.record}`")
        return
    found = {one["record"]: one for one in remote.get("/rules/waiting")}
    if record not in found:
        raise click.ClickException(f"record {record} is no proposal that waits; `salesdx trail adopted` lists them")
    click.echo(found[record]["page"], nl=False)
    if show:
        return
    done = remote.perform(ConfirmRules(record, found[record]["rules"]))
    if done.ended:
        click.echo(f"confirmed by record {done.record}: these rules are in force")
        return
    rest = {one["record"]: one["waits_for"] for one in remote.get("/rules/waiting")}
    click.echo(f"confirmed by record {done.record}; they wait for {rest.get(record, 'nobody')}")


SLOW = 600
"""Seconds that a proof may take."""


@click.command(epilog="Example: salesdx trail adopted --trail https://trail.firm.example")
@options.format(PAGES)
@options.output
@recorded
def adopted_command(format_: str, output: Path | None, recorder: Recorder) -> None:
    """Show which rules were in force from when on, who adopted them, and which wait to be adopted."""
    width = out.terminal_width()
    if recorder.remote is not None:
        out.write(service_of(recorder).get(f"/rules/adopted?format={format_}&width={width}")["page"], output)
        return
    with needs_extra():
        from salesdx.render.trail.adoption_page import adoptions_report
        from salesdx.trail.book import Book

    with recorder.open(write=False).read() as reader:
        page = adoptions_report(Book(reader))
    out.write(render_page(page, None, format_, width), output)
