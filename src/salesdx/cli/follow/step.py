"""What the commands share that write an entry of a case file: the case, who speaks, the day, and the trail."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import click

from salesdx import load
from salesdx.base.reading import date_fault
from salesdx.case.file import read_case_text
from salesdx.case.memory import WorkingMemory
from salesdx.cli.options import Command
from salesdx.ledger.errors import TrailError
from salesdx.render.follow_steps import step_line
from salesdx.services.files import read_user_file
from salesdx.services.following import CaseStep, CaseText, OwnVoice, case_text, voice_of
from salesdx.services.recorder import MissingExtra, Recorder, needs_extra


def _day(ctx: click.Context, param: click.Parameter, value: str | None) -> date | None:
    if value is None:
        return None
    if fault := date_fault(value):
        raise click.BadParameter(f"{fault}; write it as 2026-12-01")
    return date.fromisoformat(value)


def day(name: str, given: str, help: str, required: bool = False) -> Callable[[Command], Command]:
    """An option that takes a date, given to a command as ``given``."""
    return click.option(name, given, metavar="DATE", callback=_day, required=required, help=help)


case_argument = click.argument("case", type=click.Path(dir_okay=False, path_type=Path))


def take_step(
    case: Path, firm: Path | None, home: Path | None, recorder: Recorder, make: Callable[[CaseText, OwnVoice], CaseStep]
) -> None:
    """Do one thing about a case file, in the name of who acts: recorded, saved, and said in one line.

    Raises CaseError, TrailError and FileError; then the file is as it was.
    """
    base = load(home)
    if not case.exists():
        read_case_text(case)
    file = read_user_file(case)
    person = recorder.remote.person if recorder.remote is not None else None
    name, role = person or (recorder.name, recorder.role)
    if role == "unstated":
        raise click.UsageError("say in which role you speak: --role, such as sales_manager or hr")
    now = case_text(base, file, firm, date.today())
    step = make(now, voice_of(base, role, name))
    after = file.written(step.after.text)
    try:
        record = _recorded(step, recorder)
    except (TrailError, MissingExtra, click.ClickException):
        after.taken_back(file)
        raise
    click.echo(step_line(step))
    click.echo(f"saved in {case}" + f", recorded as {record}" * (record >= 0), err=True)


def record_outcomes(memory: WorkingMemory, recorder: Recorder) -> None:
    """Record what became of the actions of a case. Raises TrailError."""
    with needs_extra():
        from salesdx.services.follow_acts import RecordOutcomes
        from salesdx.trail.recording import recorded_case

    recorder.do(RecordOutcomes(recorded_case(memory), memory.base.digest), memory.base)


def _recorded(step: CaseStep, recorder: Recorder) -> int:
    """The number of its record; -1 where no trail is named."""
    if not recorder.where:
        return -1
    with needs_extra():
        from salesdx.services.follow_acts import act_for
        from salesdx.trail.recording import recorded_case

    memory = step.after.memory
    return recorder.do(act_for(step, recorded_case(memory), memory.base.digest), memory.base).record
