"""`salesdx collect`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from salesdx import load
from salesdx.base.model import RuleBase
from salesdx.case.file import case_from_text, read_case_text
from salesdx.case.memory import WorkingMemory
from salesdx.case.writing import write_fact
from salesdx.cli import options
from salesdx.cli import output as out
from salesdx.cli.faults import show_issues
from salesdx.cli.locking import only_one
from salesdx.cli.recorder import Recorder, recorded
from salesdx.questionnaire.collecting import Collected, answered_twice
from salesdx.questionnaire.collecting import collect as join
from salesdx.questionnaire.replies import read_reply
from salesdx.render.collected import render_collected
from salesdx.text.issues import CaseError, Issue, sorted_issues


@click.command(epilog="Example: salesdx collect mine.yaml production.yaml finance.json")
@click.argument("case", type=click.Path(dir_okay=False, path_type=Path))
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path))
@options.home
@recorded
def collect_command(case: Path, files: tuple[Path, ...], home: Path | None, recorder: Recorder) -> None:
    """Put the answers of questionnaires into a CASE file, as statements of their respondents.

    A FILE is a questionnaire of `salesdx ask` that came back: the text file, the file that the page saved, or the
    workbook. If anything is wrong in one of them, all faults are shown and the case stays as it was. An answer replaces
    what the same respondent said before. What others say is kept; where they disagree, the result under each is shown.
    """
    base = load(home)
    if not case.exists():  # before a lock is left beside it
        read_case_text(case)
    with only_one(case):
        found, text = _collected(base, case, files)
        recorder.answers(base, found.before.memory, "case file")
        if found.names:
            out.write(_written(base, case, text, found), case)
        shown = render_collected(found, out.terminal_width())
        recorder.answers(base, found.memory, "questionnaire")
        recorder.explanation(found.after, "what the questionnaires change", shown)
    click.echo(shown, nl=False)
    click.echo(f"saved in {case}" if found.names else f"{case} is as it was")


def _collected(base: RuleBase, case: Path, files: tuple[Path, ...]) -> tuple[Collected, str]:
    """All answers together, and the text of the case file; with faults the command ends."""
    issues: list[Issue] = []
    memory: WorkingMemory | None = None
    text = ""
    try:
        text, shown = read_case_text(case)
        memory = case_from_text(text, shown, base)
    except CaseError as error:
        issues += error.issues
    replies = []
    for path in dict.fromkeys(files):
        reply, faults = read_reply(path, base, memory)
        issues += faults
        if reply:
            replies.append(reply)
    issues += answered_twice(replies)
    if memory is not None and not issues:
        found, more = join(memory, replies)
        issues += more
        if not issues:
            return found, text
    show_issues(sorted_issues(issues), "; the case is as it was")
    sys.exit(1)


def _written(base: RuleBase, case: Path, text: str, found: Collected) -> str:
    """The text of the case file with the new statements, one fact after the other."""
    memory = case_from_text(text, os.fspath(case), base)
    for name in found.names:
        memory = memory.with_statements(name, found.memory.statements[name])
        text = write_fact(text, os.fspath(case), base, memory, name)
    return text
