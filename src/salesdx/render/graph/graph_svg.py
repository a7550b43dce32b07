"""A graph as an SVG that needs nothing else: no script, no font or picture from elsewhere; light and dark."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape
from importlib.resources import files

from salesdx.authoring.graphs.drawing import Graph, Node
from salesdx.render.graph.graph_layout import LEAST, MARGIN, Box, Layout, Route, lay_out
from salesdx.render.graph.graph_words import KINDS, LEGEND, Link, classes, node_link, said, tag, text_width, wrapped
from salesdx.render.lines import clean
from salesdx.render.terminal import TRUTHS

PAD, BAND = 10.0, 5.0
"""Around the words of a box, and the coloured edge of a box."""
NAME, NOTE, KIND = (13.0, 17.0), (12.0, 16.0), (11.0, 16.0)
"""Size of the letters and height of a line."""
ROOM, ROOM_DOWN = 250.0, 400.0
"""Width of words in a box, in a graph that is read to the right and downwards."""
TITLE, HEAD = 26.0, 8.0
"""Height of the title, and of the head of an arrow."""


@dataclass(frozen=True)
class SvgLine:
    """The lines of a box, each with its class and the height of its line."""

    lines: tuple[tuple[str, str, float], ...]
    width: float
    height: float


def graph_svg(graph: Graph, link: Link) -> str:
    """The drawing, with a title and a description for those who do not see it."""
    room = ROOM_DOWN if graph.down else ROOM
    words = {node.id: _words(node, room) for node in graph.nodes}
    labels = {(edge.start, edge.end): text_width(clean(edge.label), NOTE[0]) for edge in graph.edges}
    sizes = {id: (found.width, found.height) for id, found in words.items()}
    layout = lay_out(sizes, labels, graph.down)
    wide = max(layout.width, LEAST)
    head, top = _head(graph, wide)
    drawn = [
        *_arrows(graph, layout),
        *(_box(node, words[node.id], layout.boxes[node.id], link) for node in graph.nodes),
        *_labels(graph, layout),
    ]
    style = files("salesdx.render.graph").joinpath("graph.css").read_text(encoding="utf-8")
    told = f"{clean(graph.says)} {len(graph.nodes)} boxes, {len(graph.edges)} arrows; an arrow means: {graph.arrow}."
    size = f"{_n(wide)} {_n(layout.height + top)}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size}" width="{_n(wide)}" '
        f'height="{_n(layout.height + top)}" role="group" aria-labelledby="title told">\n'
        f'<title id="title">{escape(clean(graph.title))}</title>\n<desc id="told">{escape(told.strip())}</desc>\n'
        f"<style>\n{style}</style>\n{_MARKER}"
        f'<rect class="page" width="100%" height="100%"/>\n{head}'
        f'<g transform="translate(0 {_n(top)})">\n{"".join(drawn)}</g>\n</svg>\n'
    )


_MARKER = (
    f'<defs><marker id="head" viewBox="0 0 10 10" refX="10" refY="5" markerWidth="{HEAD}" markerHeight="{HEAD}" '
    'markerUnits="userSpaceOnUse" orient="auto"><path class="head" d="M0 0L10 5L0 10Z"/></marker></defs>\n'
)


# --- boxes ------------------------------------------------------------------------------------------------------------


def _words(node: Node, room: float) -> SvgLine:
    label, *notes = said(node)
    lines = [(tag(node), "kind", *KIND)] if tag(node) else []
    lines += [(line, "name", *NAME) for line in wrapped(label, room, NAME[0], True)]
    lines += [(line, "note", *NOTE) for note in notes for line in wrapped(note, room, NOTE[0])]
    wide = max((text_width(line, size, kind != "note") for line, kind, size, _ in lines), default=0.0)
    height = sum(tall for *_, tall in lines)
    return SvgLine(
        tuple((line, kind, tall) for line, kind, _, tall in lines), wide + 2 * PAD + BAND, height + 2 * PAD - 4
    )


def _box(node: Node, words: SvgLine, box: Box, link: Link) -> str:
    y, texts = box.y + PAD - 6, []
    for line, kind, tall in words.lines:
        y += tall
        texts.append(f'<text class="{kind}" x="{_n(box.x + BAND + PAD)}" y="{_n(y)}">{escape(line)}</text>\n')
    size = f'x="{_n(box.x)}" y="{_n(box.y)}" width="{_n(box.width)}" height="{_n(box.height)}"'
    round_ = ' rx="8"' if KINDS[node.kind][1] in ("ask", "do") else ""
    band = f'<rect class="band" x="{_n(box.x)}" y="{_n(box.y + 4)}" width="{BAND}" height="{_n(box.height - 8)}"/>\n'
    address, told = node_link(node, link)
    drawn = f'<rect class="box" {size}{round_}/>\n{band}{"".join(texts)}'
    if address:
        drawn = f'<a href="{escape(address)}"><title>{escape(told)}</title>\n{drawn}</a>\n'
    return f'<g class="{node.truth or KINDS[node.kind][1]}" data-id="{escape(clean(node.id))}">\n{drawn}</g>\n'


# --- arrows -----------------------------------------------------------------------------------------------------------


def _arrows(graph: Graph, layout: Layout) -> Iterator[str]:
    for edge in graph.edges:
        yield f'<path class="arrow" d="{_path(layout.routes[edge.start, edge.end])}" marker-end="url(#head)"/>\n'


def _path(route: Route) -> str:
    parts = [f"M{_point(*route.start)}"]
    parts += (f"C{_point(*one)} {_point(*two)} {_point(*end)}" for one, two, end in route.curves)
    return "".join(parts)


def _labels(graph: Graph, layout: Layout) -> Iterator[str]:
    """The words on arrows, moved apart where they would lie on each other."""
    taken: list[Box] = []
    found = [(layout.routes[edge.start, edge.end].middle, clean(edge.label)) for edge in graph.edges if edge.label]
    for (x, y), text in sorted(found, key=lambda entry: (entry[0][1], entry[0][0])):
        wide = text_width(text, NOTE[0])
        while any(_meets(Box(x - wide / 2, y, wide, NOTE[1]), other) for other in taken):
            y += 2
        taken.append(Box(x - wide / 2, y, wide, NOTE[1]))
        yield f'<text class="words" x="{_n(x)}" y="{_n(y + 4)}" text-anchor="middle">{escape(text)}</text>\n'


def _meets(one: Box, other: Box) -> bool:
    return (
        one.x < other.x + other.width
        and other.x < one.x + one.width
        and one.y < other.y + other.height
        and other.y < one.y + one.height
    )


# --- around -----------------------------------------------------------------------------------------------------------


def _head(graph: Graph, wide: float) -> tuple[str, float]:
    """Title, what is told, and the legend; with their height."""
    room, y, parts = wide - 2 * MARGIN, MARGIN + 14, []
    for line in wrapped(clean(graph.title), room, 20.0, True):
        parts.append(f'<text class="title" x="{MARGIN}" y="{_n(y)}">{escape(line)}</text>\n')
        y += TITLE
    for line in wrapped(clean(graph.says), min(room, 900.0), NAME[0]):
        parts.append(f'<text class="says" x="{MARGIN}" y="{_n(y)}">{escape(line)}</text>\n')
        y += NAME[1]
    x, y = MARGIN, y + 6
    for look, text in _legend(graph):
        need = 26 + text_width(text, NAME[0])
        if x > MARGIN and x + need > wide - MARGIN:
            x, y = MARGIN, y + 20
        parts.append(_key(look, x, y) + f'<text class="legend" x="{_n(x + 26)}" y="{_n(y)}">{escape(text)}</text>\n')
        x += need + 18
    return "".join(parts), y + 4


def _legend(graph: Graph) -> Iterable[tuple[str, str]]:
    """The look of each entry of the legend, and its words."""
    truths = dict.fromkeys(node.truth for node in graph.nodes if node.truth)
    for look, words in classes(graph).items():
        yield look, ", ".join(words)
    for truth in truths:
        yield truth, TRUTHS[truth][0] + LEGEND[truth]
    if graph.edges:
        yield "", graph.arrow


def _key(look: str, x: float, y: float) -> str:
    if not look:
        return f'<path class="arrow" d="M{_n(x)} {_n(y - 4)}h20" marker-end="url(#head)"/>\n'
    round_ = ' rx="4"' if look in ("ask", "do") else ""
    return (
        f'<g class="{look}"><rect class="box" x="{_n(x)}" y="{_n(y - 11)}" width="20" height="13"{round_}/>'
        f'<rect class="band" x="{_n(x)}" y="{_n(y - 9)}" width="4" height="9"/></g>\n'
    )


def _point(x: float, y: float) -> str:
    return f"{_n(x)} {_n(y)}"


def _n(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")
