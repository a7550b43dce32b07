"""The verdict on a trail as a page, worked out in a process of its own. Reads the trail, and adds nothing.

Run by the service: `python -m salesdx.web.verify_apart ASKED MOMENT`, with `SALESDX_TRAIL`; ASKED is JSON.
"""

from __future__ import annotations

import json
import os
import sys

from salesdx.ledger.connect import connect
from salesdx.ledger.errors import TrailError
from salesdx.ledger.log import Trail
from salesdx.ledger.moments import moment
from salesdx.render.blocks import Paragraph, Report, Section
from salesdx.render.pages.case_words import moment_words
from salesdx.render.trail import render_page
from salesdx.render.trail.pages_again import page_as_made
from salesdx.services.verifying import AskedVerdict, served_verdict
from salesdx.text.english import capital


def verdict_shown(where: str, asked: AskedVerdict, time: str) -> str:
    """What is found, as a page. Raises TrailError."""
    with Trail(connect(where)).read() as reader:
        found = served_verdict(reader, asked, page_as_made)
    lines = tuple(Paragraph(capital(line)) for line in found.lines)
    about = (("Verdict", found.word), ("As of", moment_words(moment(time))))
    footer = (
        "The service read the records, so this is its word. Who trusts it in nothing verifies a bundle elsewhere.",
    )
    return render_page(Report("The trail", about, (Section("found", "What was found", lines),), footer), None, "html")


if __name__ == "__main__":
    told, time = sys.argv[1:]
    try:
        sys.stdout.buffer.write(
            verdict_shown(os.environ["SALESDX_TRAIL"], AskedVerdict(**json.loads(told)), time).encode()
        )
    except TrailError as error:
        sys.exit(f"error: {error}")
