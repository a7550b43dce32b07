"""A page made again as its record says that it was made: the case against, a diagnosis, an explanation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from salesdx.engine.diagnosis import Diagnosis
from salesdx.render.asked_pages import asked_pages
from salesdx.render.trail.against_page import against_page
from salesdx.services.page_requests import Look, ShownAnswer, ShownCases, asked_from
from salesdx.trail.case_against import Against


def page_as_made(shown: Against | Diagnosis, made: Mapping[str, Any]) -> str:
    """What was recorded of a page, byte for byte; ``made`` is the part of its record that says how it was made."""
    if isinstance(shown, Against):
        return against_page(shown, made["format"], made["width"])
    look = Look(made["format"], made["width"], made["ids"])
    if "asked" in made:
        return asked_pages(ShownAnswer(shown, asked_from(made["asked"]), look)).alone[0]
    return asked_pages(ShownCases((shown,), look, made["number"], made["of"])).alone[0]
