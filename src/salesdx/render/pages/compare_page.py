"""Changed rules beside those that run: the text of one file, and what its change means."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from salesdx.base.model import RuleBase
from salesdx.render.pages.case_words import Option
from salesdx.render.pages.diagnosis_page import article_in
from salesdx.render.pages.linked import RULES
from salesdx.render.pages.rule_parts import rules_foot
from salesdx.render.pages.shell import AppPage, Shell
from salesdx.services.turned_cases import TurnedCases
from salesdx.text.english import many

if TYPE_CHECKING:
    from markupsafe import Markup

COMPARE = f"{RULES}/compare"
COMPARE_ZIP = f"{COMPARE}/base"


@dataclass(frozen=True)
class OpenReviews:
    """What is told of the open reviews; in how many a step has another status; and address and name of those that turn,
    for who may see them."""

    told: tuple[str, ...] = ()
    steps: tuple[tuple[str, int], ...] = ()
    cases: tuple[tuple[str, str], ...] = ()


NOT_LOOKED = OpenReviews()


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
    zip_address: str
    open_reviews: OpenReviews


def changeable_files(base: RuleBase) -> dict[str, str]:
    """File of a layer -> what stands in it."""
    homes = base.home.values()
    rules = {f"rules/{home.id}.yaml": f"Rules of “{home.title}”" for home in homes}
    return rules | {f"knowledge/{home.id}.yaml": f"Questions, limits, measures of “{home.title}”" for home in homes}


def compare_page(
    base: RuleBase,
    shell: Shell,
    name: str,
    text: str,
    page: str = "",
    checks: str = "",
    turned: OpenReviews = NOT_LOOKED,
) -> ComparePage:
    """``name`` and ``text`` are of the changed file, ``page`` is what differs, ``checks`` what the checks say, and
    ``turned`` how the open reviews come out."""
    files = tuple(Option(file, told, file == name) for file, told in changeable_files(base).items())
    made = article_in(page) if page else None
    title, foot = "Compare changed rules", rules_foot(base)
    return ComparePage(shell, title, COMPARE, files, text, made, checks, foot, COMPARE_ZIP, turned)


def open_reviews(base: RuleBase, found: TurnedCases, cases: tuple[tuple[str, str], ...]) -> OpenReviews:
    """How the open reviews come out, and those of them that the reader sees."""
    return OpenReviews(tuple(_turned(found)), tuple(_steps(base, found)), cases)


def _turned(found: TurnedCases) -> Iterator[str]:
    if not found.looked:
        yield "No review is open here."
        return
    yield f"Of {many(found.looked, 'open review')}, {len(found.cases) or 'none'} would come out otherwise."
    if found.unread:
        yield f"{len(found.unread)} could not be read by the changed rules any more."


def _steps(base: RuleBase, found: TurnedCases) -> Iterator[tuple[str, int]]:
    counts = found.by_step
    for id, stage in base.home.items():
        if id in counts:
            yield stage.title, counts.pop(id)
    if counts:
        yield "steps that do not run here", sum(counts.values())
