"""`salesdx trail replay`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from salesdx import load
from salesdx.cli import options
from salesdx.cli.recorder import recorded
from salesdx.cli.trail import reading
from salesdx.render import FORMATS
from salesdx.services.recorder import Recorder


@click.command(epilog="Example: salesdx trail replay 5 --trail ours.trail --today")
@reading.diagnosis("named")
@click.option("--today", is_flag=True, help="Also say what the rules of today, or of --home, give on the same facts.")
@click.option(
    "--program",
    "programs",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="WHEEL",
    help="A wheel of the program that made it, or of what that needs; repeat it.",
)
@options.format(FORMATS)
@options.home
@options.output
@recorded
def trail_replay_command(
    named: str,
    today: bool,
    programs: tuple[Path, ...],
    format_: str,
    home: Path | None,
    output: Path | None,
    recorder: Recorder,
) -> None:
    """Run a diagnosis again, on the facts and the rules of its day, by the reference engine.

    It is named by its RECORD, or by its CASE, whose newest diagnosis is taken. If another program made it, that one
    runs, from the wheels that the trail keeps or that --program gives, in a process of its own. Identical means byte
    for byte; if it is not, the exit status is 1.
    """
    base = load(home) if today or home else None
    with reading.opened(recorder) as book:
        from salesdx.render.trail.replay_page import Replay, page_again, replay_report
        from salesdx.trail.other_program import run_by_its_program
        from salesdx.trail.replay import today as run_today
        from salesdx.trail.rerun_one import recorded_memory
        from salesdx.trail.two_records import again
        from salesdx.trail.wheels import program_digest

        record = book.diagnosis(reading.number_of(book, named))
        assert record.body is not None
        if programs or (record.engine or {}).get("digest") != program_digest():
            ran = run_by_its_program(book, record, programs)
            made = Replay(record, ran, None, ran)
        else:
            found = again(book, record)
            made = Replay(record, found, page_again(found.diagnosis, record.body) == record.body["shown"])
        if base is not None:
            facts = recorded_memory(record.body, book.base(record.rule_base or ""))
            change = book.change_to(record.rule_base or "", base)
            made = replace(made, today=run_today(facts, made.found.wanted, base), change=change)
    reading.show_page(replay_report(made), made.to_dict(), format_, output)
    if not made.identical:
        raise SystemExit(1)
