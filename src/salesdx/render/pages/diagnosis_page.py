"""A recorded diagnosis as a page: what it comes to and the first step to take, then the report as it was recorded."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from salesdx.base.model import RuleBase
from salesdx.engine.diagnosis import status_words
from salesdx.render.pages.shell import AppPage, Shell
from salesdx.render.wording import person

if TYPE_CHECKING:
    from markupsafe import Markup

BEGIN, END = "<main>\n", "\n</main>"
"""What stands around the article in a page that `html` has made."""


HEADING = re.compile(r"(</?h)([1-5])\b")
"""A heading of the article, which stands a level lower on a page that has one of its own."""


@dataclass(frozen=True)
class DiagnosisPage(AppPage):
    """A diagnosis. ``article`` is the report as it was recorded."""

    template: ClassVar[str] = "diagnosis.html"
    says: str
    first: tuple[str, str] | None
    """The first step to take: what, and how or by whom."""
    article: Markup
    answers: str
    record: int


def diagnosis_page(
    base: RuleBase, shell: Shell, title: str, result: Mapping[str, Any], shown: str, answers: str, record: int
) -> DiagnosisPage:
    """The page of a record that a page of ours has made: ``result`` is its result, ``shown`` the page as recorded."""
    from markupsafe import Markup

    article = HEADING.sub(lambda tag: f"{tag[1]}{int(tag[2]) + 1}", shown.partition(BEGIN)[2].rpartition(END)[0])
    return DiagnosisPage(shell, title, _says(result), _first(base, result), Markup(article), answers, record)


def _says(result: Mapping[str, Any]) -> str:
    """What it comes to, in a line."""
    titles = {stage["id"]: stage["title"] for stage in result["stages"]}
    if result["concluded"] is not None:
        return f"The cause to act on: {titles.get(result['concluded'], result['concluded'])}"
    if likely := result.get("likely"):
        return f"Not concluded yet. Most likely: {likely[0]['title']}"
    first = next((stage for stage in result["stages"] if stage["missing"]), None)
    open_ = f": “{first['title']}” is {status_words(first['status'])}" if first else ""
    return f"Nothing is concluded yet{open_}"


def _first(base: RuleBase, result: Mapping[str, Any]) -> tuple[str, str] | None:
    """The first step to take and by whom; where nothing is recommended, whom to ask what."""
    for found in result["recommendations"]:
        return f"{found['title']} ({found['owner']})", found["do"]
    for cause in result["likely"]:
        for need in cause["needs"]:
            if need["respondent"] and not need["declined"]:
                return f"ask {person(base, need['respondent'])}", f"“{need['label']}”"
    for question in result["next_questions"]:
        return f"ask {person(base, question['respondent'])}", question["question"]
    return None
