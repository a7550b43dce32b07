"""Why it is so, why a step is not the cause, what would change it, and what if: asked, and shown as it was recorded."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from salesdx.render.pages.case_words import Option, Send
from salesdx.render.pages.shell import AppPage
from salesdx.text.english import capital

if TYPE_CHECKING:
    from markupsafe import Markup

LONG, FOLDED = 12, 3
"""Lines of a derivation from which on it is long, and the level below which such a one is folded."""
LISTS = re.compile(r'<ul class="tree">|<ul>|</ul>')
WHY, WHY_NOT, CHANGES, WHAT_IF = "why", "why_not", "what_would_change", "what_if"
STATUS_WORDS = {"not_applicable": "does not apply", "not_run": "not looked at"}
"""Status of a step -> its words, where it has others than its name."""


@dataclass(frozen=True)
class IfLine:
    """A fact that is taken for another, and the value that is typed for it."""

    number: int
    facts: tuple[Option, ...]
    value: str


@dataclass(frozen=True)
class AskWhyPage(AppPage):
    """What can be asked of a diagnosis. ``current``: the answers are still those that it rests on."""

    template: ClassVar[str] = "ask_why.html"
    current: bool
    send: Send
    why: tuple[Option, ...]
    why_not: tuple[Option, ...]
    changes: tuple[Option, ...]
    lines: tuple[IfLine, ...]
    answers: str
    do: str


@dataclass(frozen=True)
class ExplainedPage(AppPage):
    """An explanation as it was recorded."""

    template: ClassVar[str] = "explained.html"
    article: Markup
    record: int
    more: str


def askable(result: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """What can be asked of a result: question -> name -> what it is called."""
    stages = {one["id"]: f"{one['title']}: {_status(one['status'])}" for one in result["stages"]}
    advice = {one["intervention"]: f"Recommended: {one['title']}" for one in result["recommendations"]}
    others = {one["id"] for one in result["stages"] if one["status"] != "confirmed"}
    return {
        WHY: stages | advice,
        WHY_NOT: {id: called for id, called in stages.items() if id in others},
        CHANGES: stages,
    }


def _status(status: str) -> str:
    return STATUS_WORDS.get(status, capital(status.replace("_", " ")).lower())


def folded_article(article: Markup) -> Markup:
    """An explanation whose long derivations can be unfolded below their first lines."""
    if article.count("<li>") <= LONG:
        return article
    level = 0

    def fold(tag: re.Match[str]) -> str:
        nonlocal level
        if tag[0] == "</ul>":
            level = max(level - 1, 0)
            return f"</ul>{'</details>' * (level == FOLDED - 1)}"
        level = 1 if "tree" in tag[0] else level + (level > 0)
        return f"{'<details><summary>What this rests on</summary>' * (level == FOLDED)}{tag[0]}"

    return type(article)(LISTS.sub(fold, article))
