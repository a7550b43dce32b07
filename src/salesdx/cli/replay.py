"""`salesdx replay`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from salesdx import load
from salesdx.cli import options
from salesdx.cli import output as out
from salesdx.cli.recorder import recorded
from salesdx.render import shown
from salesdx.render.changes import replay_data, rerun_report
from salesdx.render.json_text import to_json
from salesdx.services.recorder import Recorder


@click.command(epilog="Example: salesdx replay --trail ours.trail")
@click.option("--last", is_flag=True, help="The last diagnosis of each case alone.")
@options.format(("text", "markdown", "html", "json"))
@options.home
@options.output
@recorded
def replay_command(last: bool, format_: str, home: Path | None, output: Path | None, recorder: Recorder) -> None:
    """Run every recorded diagnosis of a trail on other rules: what would come out, and for whom it would change.

    The facts are those of the records, the rules those of --home, by default the shipped ones. Nothing is recorded.
    """
    base = load(home)
    trail = recorder.open(write=False)
    from salesdx.authoring.rerun import diagnosis_count, rerun

    with trail.read() as reader:
        bar = click.progressbar(
            rerun(reader, base, last), length=diagnosis_count(reader), label="records", file=sys.stderr, hidden=_quiet()
        )
        with bar as found:
            reruns = sorted(found, key=lambda one: one.seq)
    if format_ == "json":
        out.write(to_json(replay_data(base, reruns)), output)
    else:
        out.write(
            shown([rerun_report(base, reruns, trail.shown)], format_, out.terminal_width(), out.colour(output)), output
        )


def _quiet() -> bool:
    """A progress bar is for a terminal."""
    return not sys.stderr.isatty()
