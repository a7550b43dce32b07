"""How things look: the only place that knows text, Markdown, HTML and JSON."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from salesdx.base.model import RuleBase
from salesdx.case.memory import WorkingMemory
from salesdx.engine.diagnosis import Diagnosis
from salesdx.render.blocks import Report
from salesdx.render.json_text import to_json
from salesdx.render.report import heading, report
from salesdx.render.short import one_screen
from salesdx.render.terminal import to_text

if TYPE_CHECKING:  # here and below: a form of page is imported where it is made, so that a short one is quick
    from salesdx.interview.overview import OverviewLine
    from salesdx.services.explaining import Explained

FORMATS = ("text", "markdown", "html", "json")
SHORT = "short"
"""A diagnosis as text for one screen."""
_COLOURS = re.compile("\x1b\\[[0-9;]*m")
"""What paints a text in a terminal; no text of a case holds it."""


def render(diagnoses: Sequence[Diagnosis], format: str, width: int = 80, colour: bool = False) -> str:
    """Diagnoses as a page in one of FORMATS, or SHORT."""
    of = len(diagnoses)
    parts = (part_of(found, format, width, colour, number, of) for number, found in enumerate(diagnoses, 1))
    return "".join(page_around([heading(found) for found in diagnoses], parts, format))


def part_of(
    diagnosis: Diagnosis, format: str, width: int = 80, colour: bool = False, number: int = 1, of: int = 1
) -> str:
    """What one case adds to a page: the case with this number among so many."""
    match format:
        case "json":
            return to_json(diagnosis.to_dict())
        case "html":
            from salesdx.render.html import article

            return article(report(diagnosis), number, of)
        case "short":
            return one_screen(diagnosis, width, colour)
    return shown([report(diagnosis)], format, width, colour)


def page_around(titles: Sequence[str], parts: Iterable[str], format: str) -> Iterator[str]:
    """A page in pieces, each part as it is taken, so that a page of many cases is never whole in memory.

    JSON is one object for one case and a list for several.
    """
    match format:
        case "html":
            from salesdx.render.html import page_of

            yield from page_of(titles, parts)
        case "json" if len(titles) != 1:
            for n, part in enumerate(parts):  # each as it is recorded, so not indented
                yield (",\n" if n else "[\n") + part.removesuffix("\n")
            yield "\n]\n" if titles else "[]\n"
        case "json":
            yield from parts
        case _:
            yield from (f"\n{part}" if n else part for n, part in enumerate(parts))


def page_alone(title: str, part: str, format: str) -> str:
    """The page of one case alone, without colours: what is recorded of a page that may show several."""
    return "".join(page_around([title], [uncoloured(part)], format))


def uncoloured(text: str) -> str:
    """A text for a terminal without its colours, as it is recorded."""
    return _COLOURS.sub("", text)


def render_answers(
    diagnosis: Diagnosis, answers: Sequence[Explained], format: str, width: int = 80, colour: bool = False
) -> str:
    """Answers about one diagnosis in one of FORMATS."""
    from salesdx.render.explained import answers_data, answers_report

    if format == "json":
        return to_json(answers_data(diagnosis, answers))
    return shown([answers_report(diagnosis, answers)], format, width, colour)


def render_facts(
    base: RuleBase,
    memory: WorkingMemory,
    facts: Sequence[OverviewLine],
    unused: bool,
    format: str,
    width: int = 80,
    colour: bool = False,
) -> str:
    """The facts of a case in one of FORMATS."""
    from salesdx.render.facts import facts_data, facts_report

    if format == "json":
        return to_json(facts_data(base, facts))
    return shown([facts_report(base, memory, facts, unused)], format, width, colour)


def shown(reports: Sequence[Report], format: str, width: int = 80, colour: bool = False) -> str:
    """Reports as text, Markdown or HTML."""
    if format == "html":
        from salesdx.render.html import to_html

        return to_html(reports)
    if format == "markdown":
        from salesdx.render.markdown import to_markdown

        return "\n".join(map(to_markdown, reports))
    return "\n".join(to_text(made, width, colour) for made in reports)
