"""`salesdx trail statement`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from salesdx.case.file import read_case_text
from salesdx.cli import options
from salesdx.cli import output as out
from salesdx.cli.recorder import recorded
from salesdx.render.trail import PAGES, render_page
from salesdx.services.case_acts import StateView
from salesdx.services.page_requests import Look
from salesdx.services.recorder import Recorder, needs_extra


@click.command(epilog="Example: salesdx trail statement 2026-Q3-north --text 'I was ill in May' --trail ours.trail")
@click.argument("case")
@click.option("--text", metavar="TEXT", help="What the person says, in their own words.")
@click.option("--file", type=click.Path(path_type=Path), help="A text file with it; `-` reads standard input.")
@click.option("--contest", multiple=True, metavar="TERM=VALUE", help="A fact, and what the person says that it is.")
@options.format(PAGES)
@options.output
@recorded
def statement(
    case: str,
    text: str | None,
    file: Path | None,
    contest: tuple[str, ...],
    format_: str,
    output: Path | None,
    recorder: Recorder,
) -> None:
    """Record how the person concerned sees a CASE, beside the facts, with the facts that they contest.

    No fact changes. The diagnosis is shown under the firm's facts and under theirs. A VALUE is written as in a case
    file; `not_known` says that nobody can know it. The role is `employee` where no other is named.
    """
    if (text is None) == (file is None):
        raise click.UsageError("give the statement with --text TEXT or with --file FILE")
    changes: dict[str, str] = {}
    for told in contest:
        term, equals, value = (part.strip() for part in told.partition("="))
        if not (term and equals and value):
            raise click.UsageError(f"`{told[:100]}` is no TERM=VALUE")
        if changes.setdefault(term, value) != value:
            raise click.UsageError(f"`{term[:100]}` is contested twice, with two values")
    with needs_extra():
        from salesdx.render.trail.voices import statement_report
        from salesdx.trail.rights import EMPLOYEE, Stated

    def page(stated: Stated) -> str:
        return render_page(statement_report(stated), None, format_, out.terminal_width())

    words = text if text is not None else read_case_text(str(file))[0]
    if recorder.role == "unstated":
        recorder = replace(recorder, role=EMPLOYEE)
    done = recorder.do(StateView(case, words, changes), render=page, look=Look(format_, out.terminal_width()))
    out.write(done.page, output)
    click.echo(f"recorded as {done.record}", err=True)
