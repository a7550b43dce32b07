"""`salesdx collect`."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

import click

from salesdx import load
from salesdx.case.file import read_case_text
from salesdx.cli import options
from salesdx.cli import output as out
from salesdx.cli.faults import show_issues
from salesdx.cli.recorder import recorded
from salesdx.render.asked_pages import collected_pages
from salesdx.services.page_requests import Look
from salesdx.services.questionnaires import collect_replies, collecting_of, save_replies
from salesdx.services.recorder import Recorder
from salesdx.text.issues import CaseError


@click.command(epilog="Example: salesdx collect mine.yaml production.yaml finance.json")
@click.argument("case", type=click.Path(dir_okay=False, path_type=Path))
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path))
@options.firm
@options.home
@recorded
def collect_command(
    case: Path, files: tuple[Path, ...], firm: Path | None, home: Path | None, recorder: Recorder
) -> None:
    """Put the answers of questionnaires into a CASE file, as statements of their respondents.

    A FILE is a questionnaire of `salesdx ask` that came back: the text file, the file that the page saved, or the
    workbook. If anything is wrong in one of them, all faults are shown and the case stays as it was. An answer replaces
    what the same respondent said before. What others say is kept; where they disagree, the result under each is shown.
    """
    base = load(home)
    if not case.exists():
        read_case_text(case)
    collected = partial(collect_replies, base, case, files, firm, recorder)
    try:
        found = save_replies(collected(), collected, recorder)
    except CaseError as error:
        show_issues(error.issues, "; the case is as it was")
        sys.exit(1)
    recorder.answers(base, found.memory, "questionnaire")
    after = found.after if recorder.remote is None else recorder.as_known(found.after)
    look = Look(width=out.terminal_width())
    shown = recorder.explanation(after, lambda: collecting_of(found), look, lambda: collected_pages(found, look))
    click.echo(shown, nl=False)
    click.echo(f"saved in {case}" if found.names else f"{case} is as it was")
