"""Coverage as one page: the conditions with what the cases show of each comparison, told by marks and words as well."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from html import escape
from importlib.resources import files

from salesdx.authoring.coverage import Coverage
from salesdx.authoring.coverage.comparisons_seen import RULE, ComparisonSeen, Condition, ConditionSeen
from salesdx.engine.diagnosis import status_words as spoken
from salesdx.render.coverage.coverage_words import (
    BY_STAGE,
    COUNTING,
    SAYS,
    condition_name,
    counts,
    gaps,
    percent,
    place_words,
    total,
    unseen,
)
from salesdx.render.html import POLICY, style, words
from salesdx.text.english import capital
from salesdx.text.source import Place

Address = Callable[[Place], str]
STATES = {(): "both", ("true",): "one", ("false",): "one"}
KEY = (
    ("both", "seen true and false"),
    ("one", "one of the two was never seen"),
    ("none", "neither was seen"),
)


def coverage_html(found: Coverage, address: Address) -> str:
    """The page. ``address`` gives the link to a place in a file, or nothing where there is none."""
    base = found.base
    sections = "\n".join(_section(found, home, address) for home in base.home)
    missing = "\n".join(_missing(found)) or "<li>Nothing.</li>"
    key = "".join(f'<li><span class="part {state}">a comparison</span> {says}</li>' for state, says in KEY)
    counting = "\n".join(f"<p>{words(line)}</p>" for line in COUNTING)
    odd = f"<p>Not as expected: {words(', '.join(found.odd))}. <code>salesdx test</code> tells more.</p>" * bool(
        found.odd
    )
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{escape(POLICY)}">
<meta name="referrer" content="no-referrer">
<title>Coverage of the worked cases</title>
<style>
{style()}{_style()}</style>
</head>
<body>
<main>
<header>
<h1>Coverage of the worked cases</h1>
<dl class="about"><div><dt>Worked cases:</dt><dd>{len(found.cases)}</dd></div>
<div><dt>Rule base:</dt><dd>{words(base.version)} ({base.digest[7:19]})</dd></div></dl>
</header>
<section aria-labelledby="all">
<h2 id="all">How much the cases show: {percent(found.overall.percent)}</h2>
<p>{words(total(found))}</p>
{odd}{_measures(found)}
</section>
<section aria-labelledby="stages">
<h2 id="stages">Stage by stage</h2>
{_stages(found)}
</section>
<section aria-labelledby="missing">
<h2 id="missing">What no case shows</h2>
<ul>
{missing}
</ul>
</section>
<section aria-labelledby="key">
<h2 id="key">How to read what follows</h2>
<ul class="key">{key}</ul>
<p>The numbers behind a comparison say in how many cases it was true (✓), false (✗) and unknown (?).</p>
</section>
{sections}
<section aria-labelledby="counting">
<h2 id="counting">How this is counted</h2>
{counting}
</section>
</main>
</body>
</html>
"""


def _style() -> str:
    return files("salesdx.render.coverage").joinpath("coverage.css").read_text(encoding="utf-8")


def _measures(found: Coverage) -> str:
    rows = [(capital(SAYS[m.name]), f"{m.seen} of {m.of}", percent(m.percent)) for m in found.measures().values()]
    return _table(("What", "Seen", "Percent"), [tuple(map(words, row)) for row in rows])


def _stages(found: Coverage) -> str:
    rows = []
    for home, stage in found.base.home.items():
        measures = found.measures(home)
        cells = [f"{measures[name].seen} of {measures[name].of}" if measures[name].of else "" for name in BY_STAGE]
        rows.append((f'<a href="#stage-{home}">{words(stage.title)}</a>', *cells))
    return _table(("Stage", *(name.capitalize() for name in BY_STAGE)), rows)


def _table(header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """A table of ready cells, with its roles named, since on a narrow page its rows are stacked."""
    head = "".join(f'<th role="columnheader">{words(cell)}</th>' for cell in header)
    body = "\n".join(
        f'<tr role="row"><th role="rowheader">{row[0]}</th>'
        + "".join(
            f'<td role="cell" data-label="{words(name)}">{cell}</td>'
            for name, cell in zip(header[1:], row[1:], strict=True)
        )
        + "</tr>"
        for row in rows
    )
    return (
        f'<table role="table">\n<thead role="rowgroup"><tr role="row">{head}</tr></thead>\n'
        f'<tbody role="rowgroup">\n{body}\n</tbody>\n</table>'
    )


def _missing(found: Coverage) -> Iterator[str]:
    for n, condition in enumerate(found.conditions):
        link = f'<a href="#c{n}">{words(condition_name(condition))}</a>'
        if condition.kind == RULE and not condition.seen.true:
            yield f"<li>{link}: the rule was never true</li>"
        for part in condition.comparisons:
            if part.seen.missing:
                yield f"<li>{link}: <code>{words(part.text)}</code> {gaps(part.seen)}</li>"
    for home, told in unseen(found):
        yield f"<li>{_link(found, home)}{words(told)}</li>"


def _link(found: Coverage, home: str) -> str:
    """A stage or group, with a link to what the page says of it; nothing for the whole."""
    return f'<a href="#stage-{home}">{words(found.base.home[home].title)}</a>: ' if home else ""


def _section(found: Coverage, home: str, address: Address) -> str:
    """One stage or group: its conditions, statuses and boundaries."""
    conditions = "\n".join(
        _condition(condition, f"c{n}", address)
        for n, condition in enumerate(found.conditions)
        if condition.home == home
    )
    statuses = [(words(spoken(s.name)), _cases(len(s.cases))) for s in found.statuses if s.home == home]
    boundaries = [
        (
            words(b.term),
            "<br>".join(f"{words(side.says)}: {_cases(len(side.cases))}" for side in b.sides),
            words(", ".join(b.read_by)),
        )
        for b in found.boundaries
        if b.home == home
    ]
    parts = [
        f'<section aria-labelledby="stage-{home}">',
        f'<h2 id="stage-{home}">{words(found.base.home[home].title)}</h2>',
        conditions,
    ]
    if statuses:
        parts.append(f"<h3>Statuses</h3>\n{_table(('Status', 'Seen in'), statuses)}")
    if boundaries:
        parts.append(f"<h3>Boundaries</h3>\n{_table(('Term', 'Cases next to it', 'Read by'), boundaries)}")
    return "\n".join([*(part for part in parts if part), "</section>"])


def _cases(number: int) -> str:
    return f"{number} case" + "s" * (number != 1) if number else '<span class="gap">no case</span>'


def _condition(condition: Condition, id: str, address: Address) -> str:
    """A condition with a mark behind each comparison."""
    shown, at = [], 0
    for part in condition.comparisons:
        shown += [_between(condition.text[at : part.start]), _part(part)]
        at = part.end
    shown.append(_between(condition.text[at:]))
    rule = condition.kind == RULE
    title = f"{condition.name}: {condition.title}" if rule and condition.title else capital(condition_name(condition))
    gap = '<span class="gap">never true</span>; ' * (rule and not condition.seen.true)
    link, told = address(condition.place), words(place_words(condition.place))
    place = f'<a href="{escape(link)}">{told}</a>' if link else told
    return (
        f'<div class="condition" id="{id}">\n<h3>{words(title)}</h3>\n<p class="text">{"".join(shown)}</p>\n'
        f'<p>{gap}<span class="note">{counts(condition.seen)}</span> · {place}</p>\n</div>'
    )


def _part(part: ComparisonSeen) -> str:
    state = STATES.get(part.seen.missing, "none")
    gap = f' <span class="gap">{gaps(part.seen).removeprefix("was ")}</span>' if part.seen.missing else ""
    return f'<span class="part {state}">{words(part.text)}</span>{_marks(part.seen)}{gap}'


def _marks(seen: ConditionSeen) -> str:
    marks = f"✓{len(seen.true)} ✗{len(seen.false)} ?{len(seen.unknown)}"
    return (
        f' <span class="marks"><span aria-hidden="true">{marks}</span><span class="told">({counts(seen)})</span></span>'
    )


def _between(text: str) -> str:
    """Text between comparisons: escaped, with a space where any stood at its ends."""
    if not text.strip():
        return " " * bool(text)
    return " " * text[0].isspace() + words(text) + " " * text[-1].isspace()
