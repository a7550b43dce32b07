"""`salesdx trail erase`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from salesdx.cli import options
from salesdx.cli import output as out
from salesdx.cli.recorder import recorded
from salesdx.cli.trail import reading
from salesdx.render import FORMATS
from salesdx.render.json_text import to_json
from salesdx.render.trail import render_page
from salesdx.services.file_acts import EraseByStep
from salesdx.services.page_requests import Look
from salesdx.services.recorder import Recorder, needs_extra

if TYPE_CHECKING:
    from salesdx.trail.announced import ErasureStep, OnItsWay
    from salesdx.trail.erasure import Plan


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
    announces it, another one confirms it, and after the week either carries it out; that takes the service of a trail
    that knows its people. A legal hold stops it, also in that week. The name of who acted stands in the content of
    every record that they made: it can go (--actor) once no content carries it any more.
    """
    if subject is not None and case is not None:
        raise click.UsageError("name either a SUBJECT or a --case")
    if subject is None and case is None and not actors:
        raise click.UsageError("name a SUBJECT or a --case, or with --actor somebody who acted")
    with needs_extra():
        from salesdx.render.trail.erasure_pages import erasure_report
        from salesdx.trail.announced import on_its_way
        from salesdx.trail.erasure import plan_of

    def page(told: tuple[Plan, OnItsWay, ErasureStep]) -> str:
        return render_page(erasure_report(*told), None, look.format, look.width)

    look = Look("text" if format_ == "json" else format_, out.terminal_width())
    if yes:
        act = EraseByStep(reason, subject, case, actors)
        done = recorder.do(act, render=page, look=look)
        told = {"record": done.record, "erased": done.ended}
        out.write(to_json(told) if format_ == "json" else done.page, output)
        return
    with recorder.open(write=False).read() as reader:
        found = plan_of(reader, subject, case, actors)
        way = on_its_way(reader, found)
    told = found.to_dict() | {"on_its_way": way.to_dict()}
    reading.show_page(erasure_report(found, way), told, format_, output)
