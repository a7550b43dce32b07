"""`salesdx new review`, and the beginning of `salesdx interview --follows`."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from salesdx.base.model import RuleBase
from salesdx.case.bounds import AnswerError
from salesdx.case.file import named_after, read_case_file
from salesdx.case.memory import WorkingMemory
from salesdx.case.writing import new_case
from salesdx.cli import options
from salesdx.cli.recorder import recorded
from salesdx.followup.judging_time import next_period
from salesdx.interview.opening import period_words, read_period
from salesdx.ledger.errors import TrailError
from salesdx.services.files import UserFile
from salesdx.services.next_review import next_review
from salesdx.services.recorder import Recorder, needs_extra
from salesdx.text.english import many


@click.command(epilog="Example: salesdx new review --help")
@click.option("--follows", "before", required=True, metavar="CASE", help="The case of the review before.")
@click.option("--file", "path", required=True, type=click.Path(dir_okay=False, path_type=Path), help="Its case file.")
@click.option("--period", default="", metavar="PERIOD", help="Such as 2026-Q4.  [default: the one after]")
@options.firm
@options.home
@recorded
def review_begun(
    before: str, path: Path, period: str, firm: Path | None, home: Path | None, recorder: Recorder
) -> None:
    """Begin the next review of a subject: a case file that follows another one.

    It has the actions of the one before, their sessions and changes, and the facts that are still current. What a
    running action is judged by is asked anew, and so is what was said of the period before.
    """
    memory = begin_review_file(options.rules_for_readers(home, False), before, path, period, firm, recorder)
    kept = len(memory.statements) - len(memory.fixed)
    assert memory.period is not None
    click.echo(f"{path} written: {period_words(memory.period)}, with {many(kept, 'fact')} that still hold")


def begin_review_file(
    base: RuleBase, before: str, path: Path, period: str, firm: Path | None, recorder: Recorder
) -> WorkingMemory:
    """Write the file of a review that follows another one, and record that it does. Raises CaseError, TrailError and
    FileError; then there is no file."""
    today, old = date.today(), read_case_file(before, base, firm)
    if old.period is None:
        raise click.ClickException(f"`{before}` says no period, so nobody knows which is the next one")
    try:
        wanted = read_period(period, today) if period else next_period(old.period)
    except AnswerError as error:
        raise click.UsageError(f"--period: {error}") from None
    memory = next_review(old, named_after(str(path)), wanted, today)
    made = UserFile(path, None)
    after = made.written(new_case(memory))
    try:
        _record(memory, recorder)
    except (TrailError, click.ClickException):
        after.taken_back(made)
        raise
    return memory


def _record(memory: WorkingMemory, recorder: Recorder) -> None:
    if not recorder.where:
        return
    with needs_extra():
        from salesdx.services.follow_acts import FollowReview
        from salesdx.trail.recording import recorded_case

    recorder.do(FollowReview(recorded_case(memory), memory.base.digest), memory.base)
