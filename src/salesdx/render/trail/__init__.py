"""How the decision trail looks to those who read it: lists, records, stories, replays, comparisons, the report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from salesdx.render import FORMATS
from salesdx.render.blocks import Report
from salesdx.render.html import to_html
from salesdx.render.json_text import to_json
from salesdx.render.markdown import to_markdown
from salesdx.render.terminal import to_text
from salesdx.render.trail.csv import to_csv

PAGES = FORMATS[:3]
"""Of what is for people alone."""
TABLE_FORMATS = ("text", "csv", "json", "html", "markdown")
"""Of what is a table: lists and the report."""


def render_page(
    page: Report,
    data: Any,
    format: str,
    width: int = 80,
    colour: bool = False,
    rows: Sequence[Sequence[object]] = (),
) -> str:
    """One page in one of the formats; ``data`` is what JSON holds, ``rows`` what CSV holds, its header first."""
    match format:
        case "json":
            return to_json(data)
        case "csv":
            return to_csv(rows)
        case "html":
            return to_html([page])
        case "markdown":
            return to_markdown(page)
    return to_text(page, width, colour)
