"""`salesdx trail replay`."""

from __future__ import annotations

from pathlib import Path

import click

from salesdx import load
from salesdx.cli import options
from salesdx.cli.recorder import recorded
from salesdx.cli.trail import reading
from salesdx.render import FORMATS
from salesdx.services.recorder import Recorder


@click.command(epilog="Example: salesdx trail replay 5 --trail ours.trail --today")
@click.argument("number", type=int)
@click.option("--today", is_flag=True, help="Also say what the rules of today, or of --home, give on the same facts.")
@options.format(FORMATS)
@options.home
@options.output
@recorded
def trail_replay_command(
    number: int, today: bool, format_: str, home: Path | None, output: Path | None, recorder: Recorder
) -> None:
    """Run the diagnosis of record NUMBER again, on the facts and the rules of its day, by the reference engine.

    Identical means byte for byte; if it is not, the exit status is 1.
    """
    base = load(home) if today or home else None
    with reading.opened(recorder) as book:
        from salesdx.render.trail.replay_page import Replay, page_again, replay_report
        from salesdx.trail.replay import today as run_today
        from salesdx.trail.two_records import again

        record = book.diagnosis(number)
        found = again(book, record)
        assert record.body is not None
        page = page_again(found.diagnosis, record.body) == record.body["shown"] if found.same_program else None
        made = Replay(record, found, page)
        if base is not None:
            change = book.change_to(record.rule_base or "", base)
            made = Replay(record, found, page, run_today(found, base), change)
    reading.show_page(replay_report(made), made.to_dict(), format_, output)
    if not made.identical:
        raise SystemExit(1)
