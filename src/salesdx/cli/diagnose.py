"""`salesdx diagnose`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from salesdx import diagnose as run
from salesdx.base.model import RuleBase
from salesdx.case.file import read_case_file
from salesdx.case.memory import WorkingMemory
from salesdx.cli import options
from salesdx.cli import output as out
from salesdx.cli.facts import options as drawing
from salesdx.cli.recorder import recorded
from salesdx.cli.spool import Spool
from salesdx.engine.diagnosis import Diagnosis
from salesdx.render import FORMATS, SHORT, page_alone, page_around, part_of
from salesdx.render.report import heading
from salesdx.services.recorder import Recorder
from salesdx.text.issues import CaseError, Issue

EXAMPLE = "Example: salesdx diagnose examples/late-delivery.yaml"


@click.command(epilog=EXAMPLE)
@click.argument("cases", metavar="CASE...", nargs=-1)
@drawing.from_systems
@options.format(FORMATS)
@click.option("--full", is_flag=True, help="As text: everything, not one screen. Other formats always hold everything.")
@options.ids
@options.firm
@options.home
@options.engine
@options.output
@recorded
def diagnose_command(
    cases: tuple[str, ...],
    source: drawing.FromSystems,
    format_: str,
    full: bool,
    ids: bool,
    firm: Path | None,
    home: Path | None,
    engine: str,
    output: Path | None,
    recorder: Recorder,
) -> None:
    """Say why the goal was missed in each CASE, and what is right to do.

    A case file holds facts with who stated them; `-` reads standard input. If any case file has faults, all faults are
    shown and nothing is reported. With a trail, a diagnosis is recorded before it is shown, or not shown.

    With --from facts are drawn from the firm's systems into each CASE file first; without CASE a new one is named after
    --subject and --period. What is behind them is written beside it, and the report says where each comes from.
    """
    if not cases and source.systems is None:
        raise click.UsageError("name a case file, or draw one with --from MAPPING --subject KIND:NAME --period PERIOD")
    if source.systems is not None and "-" in cases:
        raise click.UsageError("facts are drawn into a case file, and `-` is none")
    if cases.count("-") > 1:
        raise click.UsageError("`-` can be given once: there is one standard input")
    out.keep_apart(output, *cases)
    base, width, colour = options.rules_for_readers(home, ids), out.terminal_width(), out.colour(output)
    if format_ == "text" and not full:
        format_ = SHORT
    firm = source.profile(firm, Path(cases[0]) if cases else None, base)
    if source.systems is not None:
        cases = tuple(str(source.draw(path, base, firm)[0]) for path in (map(Path, cases) if cases else (None,)))
    if recorder.remote is not None:
        from salesdx.services.page_requests import Look  # few talk to a service

        there = (run(base, recorder.with_earlier(memory), engine) for memory in read_cases(cases, base, firm))
        out.write_pieces([recorder.served_page(there, Look(format_, width, ids, colour))], output)
        return
    titles, recorded_pages = list[str](), list[tuple[Diagnosis, str]]()
    with Spool() as parts:
        for number, memory in enumerate(read_cases(cases, base, firm), 1):
            found = run(base, recorder.with_earlier(memory), engine)
            part = part_of(found, format_, width, colour, number, len(cases))
            titles.append(heading(found))
            parts.add(part)
            if recorder.where:
                recorded_pages.append((found, page_alone(titles[-1], part, format_)))
        if recorded_pages:
            recorder.diagnoses(recorded_pages, format_)
        out.write_pieces(page_around(titles, parts, format_), output)


def read_cases(paths: tuple[str, ...], base: RuleBase, firm: Path | None) -> Iterator[WorkingMemory]:
    """Cases, each as its file is read with the profile of the firm, up to the first with faults.

    Raises CaseError at the end, with the faults of all of them.
    """
    issues: list[Issue] = []
    for path in paths:
        try:
            memory = read_case_file(path, base, firm)
        except CaseError as error:
            issues += error.issues
            continue
        if not issues:
            yield memory
    if issues:
        raise CaseError(issues)
