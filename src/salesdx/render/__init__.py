"""How things look: the only place that knows text, Markdown, HTML and JSON."""

from __future__ import annotations

from collections.abc import Sequence

from salesdx.diagnosis import Diagnosis
from salesdx.render.data import to_json
from salesdx.render.html import to_html
from salesdx.render.markdown import to_markdown
from salesdx.render.report import report
from salesdx.render.text import to_text

FORMATS = ("text", "markdown", "html", "json")


def render(diagnoses: Sequence[Diagnosis], format: str, width: int = 80, colour: bool = False) -> str:
    """Diagnoses in one of FORMATS. JSON is one object for one case and a list for several."""
    if format == "json":
        found = [diagnosis.to_dict() for diagnosis in diagnoses]
        return to_json(found[0] if len(found) == 1 else found)
    reports = [report(diagnosis) for diagnosis in diagnoses]
    if format == "html":
        return to_html(reports)
    if format == "markdown":
        return "\n".join(map(to_markdown, reports))
    return "\n".join(to_text(made, width, colour) for made in reports)
