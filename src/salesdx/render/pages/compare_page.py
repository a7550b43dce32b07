"""Changed rules beside those that run: the text of one file, and what its change means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from salesdx.base.model import RuleBase
from salesdx.render.pages.case_words import Option
from salesdx.render.pages.diagnosis_page import article_in
from salesdx.render.pages.linked import RULES
from salesdx.render.pages.rule_parts import rules_foot
from salesdx.render.pages.shell import AppPage, Shell

if TYPE_CHECKING:
    from markupsafe import Markup

COMPARE = f"{RULES}/compare"


@dataclass(frozen=True)
class ComparePage(AppPage):
    """``files`` are those that can be changed; ``article`` is what differs, None before anything was compared."""

    template: ClassVar[str] = "compare.html"
    address: str
    files: tuple[Option, ...]
    text: str
    article: Markup | None
    checks: str
    foot: str


def changeable_files(base: RuleBase) -> dict[str, str]:
    """File of a layer -> what stands in it."""
    homes = base.home.values()
    rules = {f"rules/{home.id}.yaml": f"Rules of “{home.title}”" for home in homes}
    return rules | {f"knowledge/{home.id}.yaml": f"Questions, limits, measures of “{home.title}”" for home in homes}


def compare_page(base: RuleBase, shell: Shell, name: str, text: str, page: str = "", checks: str = "") -> ComparePage:
    """``name`` and ``text`` are of the changed file, ``page`` is what differs and ``checks`` what the checks say."""
    files = tuple(Option(file, told, file == name) for file, told in changeable_files(base).items())
    made = article_in(page) if page else None
    return ComparePage(shell, "Compare changed rules", COMPARE, files, text, made, checks, rules_foot(base))
