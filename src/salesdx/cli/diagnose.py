"""`salesdx diagnose`."""

from __future__ import annotations

from pathlib import Path

import click

from salesdx import diagnose as run
from salesdx import load
from salesdx.base.model import RuleBase
from salesdx.case.file import read_case_file
from salesdx.case.memory import WorkingMemory
from salesdx.cli import options
from salesdx.cli import output as out
from salesdx.cli.recorder import Recorder, recorded
from salesdx.render import FORMATS, SHORT, render
from salesdx.text.issues import CaseError, Issue

EXAMPLE = "Example: salesdx diagnose examples/late-delivery.yaml"


@click.command(epilog=EXAMPLE)
@click.argument("cases", metavar="CASE...", nargs=-1, required=True)
@options.format(FORMATS)
@click.option("--full", is_flag=True, help="As text: everything, not one screen. Other formats always hold everything.")
@options.home
@options.engine
@options.output
@recorded
def diagnose_command(
    cases: tuple[str, ...],
    format_: str,
    full: bool,
    home: Path | None,
    engine: str,
    output: Path | None,
    recorder: Recorder,
) -> None:
    """Say why the goal was missed in each CASE, and what is right to do.

    A case file holds facts with who stated them; `-` reads standard input. If any case file has faults, all faults are
    shown and nothing is reported. With a trail, a diagnosis is recorded before it is shown, or not shown.
    """
    if cases.count("-") > 1:
        raise click.UsageError("`-` can be given once: there is one standard input")
    base = load(home)
    memories = read_cases(cases, base)
    found = [run(base, memory, engine) for memory in memories]
    if format_ == "text" and not full:
        format_ = SHORT
    recorder.diagnoses(found, format_, out.terminal_width())
    out.write(render(found, format_, out.terminal_width(), out.colour(output)), output)


def read_cases(paths: tuple[str, ...], base: RuleBase) -> list[WorkingMemory]:
    """All case files. Raises CaseError with the faults of all of them."""
    memories: list[WorkingMemory] = []
    issues: list[Issue] = []
    for path in paths:
        try:
            memories.append(read_case_file(path, base))
        except CaseError as error:
            issues += error.issues
    if issues:
        raise CaseError(issues)
    return memories
