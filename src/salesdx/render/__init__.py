"""How things look: the only place that knows text, Markdown, HTML and JSON."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from salesdx.base.model import RuleBase
from salesdx.case.memory import WorkingMemory
from salesdx.engine.diagnosis import Diagnosis
from salesdx.interview.overview import Reviewed
from salesdx.render.blocks import Report
from salesdx.render.explained import answers_data, answers_report
from salesdx.render.facts import facts_data, facts_report
from salesdx.render.html import article, page_of, to_html
from salesdx.render.json_text import to_json
from salesdx.render.markdown import to_markdown
from salesdx.render.report import report
from salesdx.render.short import one_screen
from salesdx.render.terminal import to_text
from salesdx.services.explaining import Explained

_COLOURS = re.compile("\x1b\\[[0-9;]*m")

FORMATS = ("text", "markdown", "html", "json")
SHORT = "short"
"""A diagnosis as text for one screen."""


def render(diagnoses: Sequence[Diagnosis], format: str, width: int = 80, colour: bool = False) -> str:
    """Diagnoses in one of FORMATS, or SHORT. JSON is one object for one case and a list for several."""
    if format == "json":
        found = [diagnosis.to_dict() for diagnosis in diagnoses]
        return to_json(found[0] if len(found) == 1 else found)
    if format == SHORT:
        return "\n".join(one_screen(diagnosis, width, colour) for diagnosis in diagnoses)
    return shown([report(diagnosis) for diagnosis in diagnoses], format, width, colour)


def render_answers(
    diagnosis: Diagnosis, answers: Sequence[Explained], format: str, width: int = 80, colour: bool = False
) -> str:
    """Answers about one diagnosis in one of FORMATS."""
    if format == "json":
        return to_json(answers_data(diagnosis, answers))
    return shown([answers_report(diagnosis, answers)], format, width, colour)


def render_facts(
    base: RuleBase,
    memory: WorkingMemory,
    facts: Sequence[Reviewed],
    unused: bool,
    format: str,
    width: int = 80,
    colour: bool = False,
) -> str:
    """The facts of a case in one of FORMATS."""
    if format == "json":
        return to_json(facts_data(base, facts))
    return shown([facts_report(base, memory, facts, unused)], format, width, colour)


def shown(reports: Sequence[Report], format: str, width: int = 80, colour: bool = False) -> str:
    """Reports as text, Markdown or HTML."""
    if format == "html":
        return to_html(reports)
    if format == "markdown":
        return "\n".join(map(to_markdown, reports))
    return "\n".join(to_text(made, width, colour) for made in reports)
