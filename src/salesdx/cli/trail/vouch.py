"""`salesdx trail vouch`."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from typing import Any

import click

from salesdx.cli import output as out
from salesdx.cli.recorder import recorded
from salesdx.render.prompts import Page
from salesdx.services.case_acts import Vouch
from salesdx.services.recorder import Recorder, needs_extra
from salesdx.text.english import listed, many


@click.command(epilog="Example: salesdx trail vouch 2026-Q3-north --trail https://trail.firm.example")
@click.argument("case", required=False)
@click.argument("terms", nargs=-1, metavar="[FACT]...")
@click.option("--yes", is_flag=True, help="Do not ask; all that is shown are your own words.")
@recorded
def vouch_command(case: str | None, terms: tuple[str, ...], yes: bool, recorder: Recorder) -> None:
    """Say of what stands on record in your name that it is your own word.

    Somebody wrote into a case file, or sent with a questionnaire, what you are said to know. In a trail that knows its
    people that speaks against nobody before you vouch for it. Without a CASE, shows what waits for you; with one, shows
    what you are said to have said in it, and asks whether you did. A FACT takes only that one.
    """
    if recorder.remote is None:
        raise click.ClickException(
            "nobody can vouch for their words where names are typed; a trail that knows its people has a service, and "
            "--trail takes its address, https://..."
        )
    waiting = [one for one in recorder.remote.attributed() if case in (None, one["case"])]
    if strange := [term for term in terms if term not in {name for one in waiting for name in _names(one)}]:
        raise click.ClickException(f"nothing on {listed([f'“{term}”' for term in strange])} waits for you there")
    waiting = [one for one in waiting if not terms or set(terms) & set(_names(one))]
    _show(waiting)
    if case is None or not waiting:
        return
    if yes or click.confirm("Did you say all of this?", default=False):
        words = tuple({"record": one["record"], "term": one["term"], **one["statement"]} for one in waiting)
        done = recorder.remote.perform(Vouch(case, words))
        click.echo(f"you vouch for {many(len(waiting), 'statement')}; record {done.record} is the last of them")
    else:
        click.echo("nothing is recorded; what is wrong is withdrawn or corrected in the case file")


def _names(one: Mapping[str, Any]) -> tuple[str, str]:
    return one["term"], one["called"]


def _show(waiting: list[dict[str, Any]]) -> None:
    with needs_extra():
        from salesdx.render.trail.words import statement_words

    page = Page(out.terminal_width(), out.colour(None))
    if not waiting:
        click.echo("nothing stands on record in your name that you have not vouched for")
    for (case, subject, days), found in groupby(waiting, key=lambda one: (one["case"], one["subject"], one["period"])):
        about = f" about `{subject}`" if subject else ""
        period = f", {days['from']} to {days['to']}" if days else ""
        click.echo(f"In the case `{case}`{about}{period}, in your name:")
        for one in found:
            for line in page.wrapped(f"  “{one['called']}”: {statement_words([one['statement']])}"):
                click.echo(line)
