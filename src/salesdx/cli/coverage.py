"""`salesdx coverage`."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date
from pathlib import Path
from urllib.parse import quote

import click

from salesdx import load
from salesdx.authoring.coverage import cover
from salesdx.authoring.expectations import run_case
from salesdx.authoring.worked_cases import profile_of, read_worked_case, shown_cases
from salesdx.base.layers import folders
from salesdx.base.loading import shipped_home
from salesdx.base.model import RuleBase
from salesdx.cli import options
from salesdx.cli import output as out
from salesdx.cli.watch import watchable
from salesdx.render.coverage.coverage_report import FORMATS, render_coverage
from salesdx.render.coverage.coverage_words import percent
from salesdx.render.playbook_page import experience_data, outcomes_report
from salesdx.render.trail import render_page
from salesdx.services.case_folders import followed_cases
from salesdx.services.experience import experiences
from salesdx.text.issues import CaseError, Issue
from salesdx.text.source import Place


@click.command(epilog="Example: salesdx coverage --format html --output coverage.html")
@click.argument("files", metavar="[FILE]...", nargs=-1)
@options.home
@options.format(FORMATS)
@options.output
@click.option(
    "--fail-under", type=click.FloatRange(0, 100), metavar="PERCENT", help="Exit with status 1 if less is covered."
)
@click.option("--outcomes", is_flag=True, help="What became of actions, in FILEs that are cases and no worked ones.")
@watchable
def coverage(
    files: tuple[str, ...],
    home: Path | None,
    format_: str,
    output: Path | None,
    fail_under: float | None,
    outcomes: bool,
) -> None:
    """Show what the worked cases exercise: rules, comparisons, boundaries and statuses, and what no case shows.

    A FILE is a worked case or a folder of them; without any, those of the rule base are run. --fail-under looks at the
    overall percentage: rules seen true, comparisons seen true and false, and statuses of stages, out of all of these.

    With --outcomes a FILE is a case about which something was done, or a folder of them: how often each intervention
    was taken on, worked or did not, as a whole and by the rule that recommended it, with the exact 95% interval.
    """
    base = load(home)
    if outcomes:
        _show_outcomes(base, files, format_, output)
        return
    cases, issues = [], list[Issue]()
    named = set(map(Path, files))
    for file, shown in shown_cases(files, home).items():
        try:
            firm = profile_of(file, bool(files), home, base)
            cases.append(read_worked_case(file, base, shown, file in named, firm))
        except CaseError as error:
            issues += error.issues
    if issues:
        raise CaseError(issues)
    found = cover(base, [run_case(base, case, "compiled") for case in cases])
    out.write(
        render_coverage(found, format_, _addresses(home, output), out.terminal_width(), out.colour(output)), output
    )
    if fail_under is not None and found.overall.percent < fail_under:
        raise click.ClickException(f"{percent(found.overall.percent)} is covered, less than {fail_under:g}%")


def _show_outcomes(base: RuleBase, files: tuple[str, ...], format_: str, output: Path | None) -> None:
    cases = [memory for _, memory in followed_cases(base, map(Path, files or (".",)), None)]
    found = experiences(cases, date.today())
    page = outcomes_report(base, found, len(cases))
    out.write(render_page(page, experience_data(found), format_, out.terminal_width(), out.colour(output)), output)


def _addresses(home: Path | None, output: Path | None) -> Callable[[Place], str]:
    """The link from a page to a place in the rule base: as the files lie beside each other, by line."""
    layers = folders(home or shipped_home(), str(home or ""), shipped_home)
    page = output.parent if output is not None else Path()

    def address(place: Place) -> str:
        for folder, shown in layers:
            inside = Path(place.path).relative_to(shown) if Path(place.path).is_relative_to(shown) else None
            if inside is not None and (folder / inside).is_file():
                try:
                    return f"{quote(os.path.relpath(folder / inside, page).replace(os.sep, '/'))}#L{place.line}"
                except ValueError:  # on another drive
                    return ""
        return ""

    return address
