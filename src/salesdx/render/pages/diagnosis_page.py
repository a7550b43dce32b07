"""A recorded diagnosis as a page: what it comes to and the first step to take, then the report as it was recorded."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from salesdx.base.model import RuleBase
from salesdx.engine.diagnosis import status_words
from salesdx.render.pages.case_words import Option, Send
from salesdx.render.pages.gap_bridge import GapBridge, gap_bridge
from salesdx.render.pages.shell import AppPage, Shell
from salesdx.render.wording import person

if TYPE_CHECKING:
    from markupsafe import Markup

BEGIN, END = "<main>\n", "\n</main>"
"""What stands around the article in a page that `html` has made."""


HEADING = re.compile(r"(</?h)([1-5])\b")
"""A heading of the article, which stands a level lower on a page that has one of its own."""


@dataclass(frozen=True)
class FirstStep:
    """The first step to take: what, how, and where it can be taken at once; empty where it cannot."""

    what: str
    how: str
    address: str = ""
    go_on: str = ""


@dataclass(frozen=True)
class Otherwise:
    """That somebody decided otherwise than a diagnosis recommends: by whom and when, of what, why, and what instead."""

    who: str
    of: str
    reason: str
    instead: str


@dataclass(frozen=True)
class OverrideForm:
    """Where somebody says that they decide otherwise, of what they can say it, and what was typed."""

    send: Send
    of: tuple[Option, ...]
    reason: str
    instead: str
    longest: int


@dataclass(frozen=True)
class DiagnosisPage(AppPage):
    """A diagnosis. ``article`` is the report as it was recorded, ``otherwise`` what was decided against it,
    ``override`` where that is said; None for who may not."""

    template: ClassVar[str] = "diagnosis.html"
    says: str
    first: FirstStep | None
    article: Markup
    answers: str
    why: str
    record: int
    bridge: GapBridge | None
    otherwise: tuple[Otherwise, ...]
    override: OverrideForm | None


WHOLE = "the whole of it"


def diagnosis_page(
    base: RuleBase,
    shell: Shell,
    title: str,
    result: Mapping[str, Any],
    shown: str,
    case: str,
    record: int,
    role: str,
    otherwise: tuple[Otherwise, ...] = (),
    override: OverrideForm | None = None,
) -> DiagnosisPage:
    """The page of a record that a page of ours has made: ``result`` is its result, ``shown`` the page as recorded,
    ``case`` the address of its case, ``role`` that of who reads it."""
    first, article = _first(base, result, case, role), article_in(shown)
    answers, bridge = f"{case}/answers", gap_bridge(result)
    why = f"{case}/diagnoses/{record}/explanations"
    return DiagnosisPage(shell, title, _says(result), first, article, answers, why, record, bridge, otherwise, override)


def recommended_titles(result: Mapping[str, Any]) -> dict[str, str]:
    """What a result recommends: identifier -> title."""
    return {found["intervention"]: found["title"] for found in result["recommendations"]}


def article_in(page: str) -> Markup:
    """The article of a page that `html` has made, for one that has a heading of its own."""
    from markupsafe import Markup

    return Markup(HEADING.sub(lambda tag: f"{tag[1]}{int(tag[2]) + 1}", page.partition(BEGIN)[2].rpartition(END)[0]))


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


def _first(base: RuleBase, result: Mapping[str, Any], case: str, role: str) -> FirstStep | None:
    """The first step to take and by whom; where nothing is recommended, whom to ask what, the reader before others."""
    for found in result["recommendations"]:
        return FirstStep(f"{found['title']} ({found['owner']})", found["do"])
    asked = [need for cause in result["likely"] for need in cause["needs"]] + result["next_questions"]
    open_ = [one for one in asked if one["respondent"] and not one["declined"]]
    for one in sorted(open_, key=lambda one: one["respondent"] != role):
        if one["respondent"] == role:
            return FirstStep("answer one question", f"“{one['label']}”", f"{case}/questions/{one['term']}", "Answer it")
        who = person(base, one["respondent"])
        return FirstStep(f"ask {who}", f"“{one['label']}”", f"{case}/requests?to={one['respondent']}", f"Send to {who}")
    return None
