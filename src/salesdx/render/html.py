"""Reports as one page of HTML that needs nothing else: no script, no picture, no font from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from html import escape
from importlib.resources import files

from salesdx.render.blocks import (
    TOGETHER,
    Block,
    Entries,
    Entry,
    EntryLine,
    Heading,
    LadderBlock,
    Paragraph,
    Report,
    Step,
    Table,
    Tree,
    Verbatim,
)
from salesdx.render.ladder_svg import ladder_svg
from salesdx.render.lines import clean, kept_lines
from salesdx.render.terminal import MARKS, TRUTHS

POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
"""What a browser may load for this page: nothing. A second lock, should a text of a case file ever get through."""

DATE = re.compile(r"\d{4}-\d\d-\d\d")


def to_html(reports: Sequence[Report]) -> str:
    """Reports as one page; several are listed at its top."""
    titles = [report.title for report in reports]
    return "".join(page_of(titles, (article(report, n, len(reports)) for n, report in enumerate(reports, 1))))


def page_of(titles: Sequence[str], articles: Iterable[str]) -> Iterator[str]:
    """A page in parts: what comes before the articles, each article as it is taken, and the end."""
    several = len(titles) > 1
    title = f"{len(titles)} cases" if several else titles[0] if titles else "No case"
    listed = "".join(f'<li><a href="#case-{n}">{words(each)}</a></li>' for n, each in enumerate(titles, 1))
    head = f'<h1>{words(title)}</h1>\n<nav aria-label="Cases"><ul>{listed}</ul></nav>\n' if several else ""
    yield f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{escape(POLICY)}">
<meta name="referrer" content="no-referrer">
<title>{words(title)}</title>
<style>
{style()}</style>
</head>
<body>
<main>
{head}"""
    yield "\n".join(articles)
    yield """
</main>
</body>
</html>
"""


def article(report: Report, number: int = 1, of: int = 1) -> str:
    """A report as the article of a page that has ``of`` of them; its number makes its ids unique."""
    return _report(report, f"case-{number}", 2 if of > 1 else 1)


@cache
def style() -> str:
    """The style sheet, which every page carries inside."""
    return files("salesdx.render").joinpath("report.css").read_text(encoding="utf-8")


def words(text: str) -> str:
    """Text from a file as HTML shows it: escaped, in one line, hidden characters as a mark.

    >>> words('<b title="x">')
    '&lt;b title=&quot;x&quot;&gt;'
    """
    return escape(clean(text).replace(TOGETHER, " "))


def _report(report: Report, id: str, level: int) -> str:
    about = "".join(f"<div><dt>{words(label)}:</dt><dd>{words(text)}</dd></div>" for label, text in report.about)
    sections = []
    for section in report.sections:
        name = f"{id}-{section.id}"
        blocks = "\n".join(_block(block, name, level + 2) for block in section.blocks)
        heading = f'<h{level + 1} id="{name}">{words(section.title)}</h{level + 1}>'
        named = f"{name} {id}-title" if level > 1 else name  # among several cases a name tells whose section it is
        sections.append(f'<section aria-labelledby="{named}">\n{heading}\n{blocks}\n</section>')
    known = f' id="{id}-title"' if level > 1 else ""
    title = f"<h{level}{known}>{words(report.title)}</h{level}>"
    footer = "<br>\n".join(map(words, report.footer))
    nav = _contents(report, id) if report.contents else ""
    return (
        f'<article id="{id}">\n<header>\n{title}\n<dl class="about">{about}</dl>\n'
        f"</header>\n{nav}{chr(10).join(sections)}\n<footer>{footer}</footer>\n</article>"
    )


def _contents(report: Report, id: str) -> str:
    links = "".join(f'<li><a href="#{id}-{s.id}">{words(s.title)}</a></li>' for s in report.sections)
    return f'<nav aria-label="Contents"><ul>{links}</ul></nav>\n'


def _block(block: Block, name: str, level: int) -> str:
    match block:
        case Heading(text):
            return f"<h{level}>{words(text)}</h{level}>"
        case Paragraph(text, strong):
            return f'<p class="strong">{words(text)}</p>' if strong else f"<p>{words(text)}</p>"
        case Table():
            return _table(block)
        case LadderBlock():
            return _ladder(block, name)
        case Tree(root):
            return f'<ul class="tree">{_step(root)}</ul>'
        case Entries(items, numbered):
            kind = "ol" if numbered else "ul"
            made = "\n".join(f"<li>{_entry(item, level if numbered else 0)}</li>" for item in items)
            return f'<{kind} class="entries">\n{made}\n</{kind}>'
        case Verbatim(text):
            lines = "\n".join(map(escape, kept_lines(text)))
            return f'<pre tabindex="0">{lines}</pre>'


def _ladder(ladder: LadderBlock, name: str) -> str:
    rungs = []
    for rung in ladder.rungs:
        sign = f'<span aria-hidden="true">{MARKS[rung.mark][0]}</span>'
        state = f'<span class="state {rung.mark}">{sign} {words(rung.status)}</span>'
        lines = "".join(f"<p>{words(line)}</p>" for line in rung.lines)
        rungs.append(f'<li value="{rung.number}"><strong>{words(rung.title)}</strong> {state}{lines}</li>')
    listed = "\n".join(rungs)
    return f'<div class="climb">\n{ladder_svg(ladder, name)}\n<ol class="rungs">\n{listed}\n</ol>\n</div>'


def _step(step: Step) -> str:
    sign = f'<span class="truth {step.truth}">{TRUTHS[step.truth][0]}</span>' if step.truth else ""
    notes = f' <span class="note">({words("; ".join(step.notes))})</span>' if step.notes else ""
    inner = "\n".join(map(_step, step.steps))
    return f"<li>{sign}{words(step.text)}{notes}" + (f"\n<ul>{inner}</ul>" if inner else "") + "</li>"


def _entry(entry: Entry, level: int = 0) -> str:
    """An item; with a heading of its own where a level is given."""
    note = f' <span class="note">({words(entry.note)})</span>' if entry.note else ""
    tag = f"h{level}" if level else "p"
    tree = f'<ul class="tree">{_step(entry.tree)}</ul>' if entry.tree else ""
    parts = [f'<{tag} class="title">{words(entry.title)}{note}</{tag}>', tree, _lines(entry.lines)]
    if entry.table:
        parts.append(_table(entry.table))
    if entry.proof:
        inner = "\n".join(f"<li>{_entry(part)}</li>" for part in entry.proof)
        parts.append(f'<details><summary>The proof</summary>\n<ul class="entries">\n{inner}\n</ul></details>')
    if entry.parts:
        inner = "\n".join(f"<li>{_entry(part)}</li>" for part in entry.parts)
        parts.append(f'<ul class="entries">\n{inner}\n</ul>')
    return "\n".join(part for part in parts if part)


def _lines(lines: Sequence[EntryLine]) -> str:
    if not any(line.label for line in lines):
        return "".join(f"<p>{_line(line)}</p>" for line in lines)
    made = "".join(f"{f'<dt>{words(line.label)}</dt>' if line.label else ''}<dd>{_line(line)}</dd>" for line in lines)
    return f'<dl class="lines">{made}</dl>'


def _line(line: EntryLine) -> str:
    return f"<code>{words(line.text)}</code>" if line.code else words(line.text)


def _table(table: Table) -> str:
    """A table with its roles named, since on a narrow page its rows are stacked."""
    head = "".join(f'<th role="columnheader">{words(cell)}</th>' for cell in table.header)
    labels = [f' data-label="{words(cell)}"' if table.labelled else "" for cell in table.header]
    body = "\n".join(
        f'<tr role="row"><th role="rowheader">{words(row[0])}</th>'
        + "".join(
            f'<td role="cell"{" class=date" * bool(DATE.fullmatch(cell))}{label}>{words(cell)}</td>'
            for cell, label in zip(row[1:], labels[1:], strict=True)
        )
        + "</tr>"
        for row in table.rows
    )
    return (
        f'<table role="table">\n<thead role="rowgroup"><tr role="row">{head}</tr></thead>\n'
        f'<tbody role="rowgroup">\n{body}\n</tbody>\n</table>'
    )
