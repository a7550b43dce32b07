"""Pages of HTML from templates: nothing else is needed to show one, no script, picture or font from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from salesdx.render.blocks import TOGETHER, Block, Report
from salesdx.render.ladder_svg import drawn
from salesdx.render.lines import clean, kept_lines
from salesdx.render.terminal import MARKS, TRUTHS

if TYPE_CHECKING:
    from jinja2 import Environment

POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
"""What a browser may load for a page: nothing. A second lock, should a text of a case file ever get through."""

DATE = re.compile(r"\d{4}-\d\d-\d\d")
CODE = re.compile(r"`([^`]+)`")


def to_html(reports: Sequence[Report]) -> str:
    """Reports as one page; several are listed at its top."""
    titles = [report.title for report in reports]
    return "".join(page_of(titles, (article(report, n, len(reports)) for n, report in enumerate(reports, 1))))


def page(template: str, **values: object) -> str:
    """A page of one of the templates."""
    return environment().get_template(template).render(**values)


def page_of(titles: Sequence[str], articles: Iterable[str]) -> Iterator[str]:
    """A page in parts: what comes before the articles, each article as it is taken, and the end."""
    title = f"{len(titles)} cases" if len(titles) > 1 else titles[0] if titles else "No case"
    page = environment().get_template("reports.html")
    yield from map(str, page.generate(title=title, titles=titles, articles=articles))


def article(report: Report, number: int = 1, of: int = 1) -> str:
    """A report as the article of a page that has ``of`` of them; its number makes its ids unique."""
    made = environment().get_template("report.html")
    return made.render(report=report, id=f"case-{number}", level=2 if of > 1 else 1)


@cache
def style() -> str:
    """The style sheet of all pages, which each carries inside."""
    return resource("style.css")


def resource(name: str) -> str:
    """A text that lies beside this module."""
    return files("salesdx.render").joinpath(name).read_text(encoding="utf-8")


@cache
def environment() -> Environment:
    """The templates. What a page shows is escaped, in one line, with hidden characters as a mark, unless it is markup
    already; what a template asks for and is not there is an error."""
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    made = Environment(
        loader=PackageLoader("salesdx.render"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "coded": _coded,
        "drawn": drawn,
        "exact": Markup.escape,
        "narrow": lambda text: Markup.escape(RULED.sub("───", text)),
        "kept": _kept,
        "kind": _kind,
        "spaced": _spaced,
    }
    made.tests["date"] = DATE.fullmatch
    made.globals |= {
        "policy": POLICY,
        "signs": {mark: sign for mark, (sign, _) in MARKS.items()},
        "style": style(),
        "truths": {truth: Markup(sign) for truth, (sign, _) in TRUTHS.items()},
    }
    return made


def _shown(value: Any) -> Any:
    """What an expression of a template gives, before it is escaped."""
    if not isinstance(value, str) or hasattr(value, "__html__"):
        return value
    return clean(value).replace(TOGETHER, " ")


def _coded(text: str) -> Any:
    """A message with what stands in backquotes set apart, as it was typed."""
    from markupsafe import Markup, escape

    return Markup(CODE.sub(r"<code>\1</code>", str(escape(_shown(text)))))


def _spaced(text: str) -> Any:
    """A part of a sentence, with the blanks at its ends, which part it from the next one."""
    from markupsafe import escape

    before, after = text[: len(text) - len(text.lstrip(" "))], text[len(text.rstrip(" ")) :]
    return escape(f"{before[:1]}{_shown(text)}{after[:1]}" if text.strip(" ") else text[:1])


RULED = re.compile("─{4,}")
"""A line across a text of 80 columns, which would stand in two on a narrow page."""


def _kept(text: str) -> Any:
    """A text with its lines and spaces as they are."""
    from markupsafe import escape

    return escape("\n".join(kept_lines(text)))


def _kind(block: Block) -> str:
    return type(block).__name__
