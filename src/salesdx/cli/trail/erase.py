"""`salesdx trail erase`."""

from __future__ import annotations

from pathlib import Path

import click

from salesdx.cli import options
from salesdx.cli.recorder import recorded
from salesdx.cli.trail import reading
from salesdx.render import FORMATS
from salesdx.services.recorder import Recorder


@click.command(epilog="Example: salesdx trail erase E-1042 --trail ours.trail")
@click.argument("subject", required=False)
@click.option("--case", metavar="CASE", help="Erase one case, whoever is named in it, instead of a subject.")
@click.option("--actor", "actors", multiple=True, metavar="NAME", help="A name of who acted that is to go too.")
@click.option("--reason", default="not stated", metavar="TEXT", help="Why; kept for good, so it names nobody.")
@click.option("--yes", is_flag=True, help="Erase. Without it, show what would go.")
@options.format(FORMATS)
@options.output
@recorded
def erase_command(
    subject: str | None,
    case: str | None,
    actors: tuple[str, ...],
    reason: str,
    yes: bool,
    format_: str,
    output: Path | None,
    recorder: Recorder,
) -> None:
    """Show what erasing a SUBJECT takes and what stays; with --yes, erase it.

    The content of every record of the subject and of its cases goes, with the names behind the pseudonyms. The headers
    stay, name nobody, and still verify. Two persons have to want it, and a week has to pass: with --yes the first one
    announces it, another one confirms it, and after the week either carries it out. A legal hold stops it, also in
    that week. The name of who acted stands in the content of every
    record that they made: it can go (--actor) once no content carries it any more.
    """
    from salesdx.ledger.storage import LogReader
    from salesdx.render.trail.erasure_pages import erasure_report
    from salesdx.trail.announced import erase_by_steps, on_its_way
    from salesdx.trail.erasure import Plan, check_nameless, plan_actors, plan_case, plan_subject, sweep

    def plan(reader: LogReader) -> Plan:
        if case is not None:
            return plan_case(reader, case, actors)
        return plan_subject(reader, subject, actors) if subject is not None else plan_actors(reader, actors)

    if subject is not None and case is not None:
        raise click.UsageError("name either a SUBJECT or a --case")
    if subject is None and case is None and not actors:
        raise click.UsageError("name a SUBJECT or a --case, or with --actor somebody who acted")
    trail = recorder.open(write=yes)
    done = None
    if yes:
        with trail.append() as appender:
            found = plan(appender.reader)
            check_nameless(found, reason, recorder.by)
            done = erase_by_steps(appender, found, reason, recorder.by)
        if done.erased:
            sweep(trail)
    with trail.read() as reader:
        found = found if done else plan(reader)
        way = on_its_way(reader, found)
    erased = list(done.seqs) if done and done.erased else None
    told = found.to_dict() | {"erased_by": erased, "on_its_way": way.to_dict()}
    reading.show_page(erasure_report(found, way, done), told, format_, output)
