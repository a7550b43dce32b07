"""A page laid out for paper: A4, its contents on the first sheet, each part on sheets of its own."""

from __future__ import annotations

from salesdx.render.blocks import Report
from salesdx.render.html import article, page, resource


def on_paper(report: Report, redline: bool = False) -> str:
    """A report as one HTML file for printing; ``redline`` adds what its marks mean."""
    return page(
        "printed.html", title=report.title, article=article(report), paper=resource("paper.css"), redline=redline
    )
