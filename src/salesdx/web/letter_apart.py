"""A letter as a page, worked out in a process of its own; the service records it. Reads the trail, and adds nothing.

Run by the service: `python -m salesdx.web.letter_apart RECORD READER MOMENT`, with `SALESDX_TRAIL`.
"""

from __future__ import annotations

import os
import sys

from salesdx.ledger.connect import connect
from salesdx.ledger.errors import TrailError
from salesdx.ledger.log import Trail
from salesdx.ledger.moments import moment
from salesdx.render.trail import render_page
from salesdx.render.trail.letter_pages import letter_report
from salesdx.trail.letters import MadeLetter


def letter_shown(where: str, record: int, to: str, time: str) -> str:
    """The letter about a diagnosis to one of its readers, dated by the service's ``time``. Raises TrailError."""
    trail = Trail(connect(where), None)
    made = MadeLetter.of(
        trail, record, to, lambda letter: render_page(letter_report(letter), None, "html"), "html", lambda: moment(time)
    )
    return made.shown


if __name__ == "__main__":
    record, to, time = sys.argv[1:]
    try:
        sys.stdout.buffer.write(letter_shown(os.environ["SALESDX_TRAIL"], int(record), to, time).encode())
    except TrailError as error:
        sys.exit(f"error: {error}")
