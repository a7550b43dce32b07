"""A graph as text for other programs: DOT for Graphviz, and Mermaid for Markdown pages.

Every character of a label that means something to the program is written as its number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from salesdx.authoring.graphs.drawing import Graph, Node
from salesdx.render.graph.graph_words import KINDS, Link, node_link, said, tag
from salesdx.render.lines import clean

STYLES = {"ask": "rounded", "think": "solid", "find": "bold", "do": "rounded"}
COLOURS = {"ask": "#0550ae", "think": "#57606a", "find": "#7a4d00", "do": "#1a6b32"}


# --- DOT --------------------------------------------------------------------------------------------------------------


def graph_dot(graph: Graph, link: Link) -> str:
    """The graph in the DOT language: nodes with URL and tooltip, to be laid out by any Graphviz."""
    return "\n".join(_dot(graph, link)) + "\n"


def _dot(graph: Graph, link: Link) -> Iterator[str]:
    ids = {node.id: f"n{number}" for number, node in enumerate(graph.nodes)}
    yield "digraph {"
    yield f"  rankdir={'TB' if graph.down else 'LR'};"
    yield f"  label={_quoted(clean(graph.title))};"
    yield f"  tooltip={_quoted(clean(graph.says))};"
    yield '  node [shape=box, fontname="sans-serif"];'
    for node in graph.nodes:
        look = KINDS[node.kind][1]
        address, told = node_link(node, link)
        attributes = {"label": "\\n".join(map(_escaped, _lines(node))), "color": COLOURS[look], "style": STYLES[look]}
        if address:
            attributes |= {"URL": _escaped(address), "tooltip": _escaped(told)}
        told = ", ".join(f'{key}="{value}"' for key, value in attributes.items())
        yield f"  {ids[node.id]} [{told}];"
    for edge in graph.edges:
        label = f" [label={_quoted(clean(edge.label))}]" if edge.label else ""
        yield f"  {ids[edge.start]} -> {ids[edge.end]}{label};"
    yield "}"


def _quoted(text: str) -> str:
    return f'"{_escaped(text)}"'


def _escaped(text: str) -> str:
    """A text inside the quotes of DOT, which knows backslashes and the entities of HTML."""
    return text.replace("&", "&amp;").replace("\\", "\\\\").replace('"', '\\"')


# --- Mermaid ----------------------------------------------------------------------------------------------------------


def graph_mermaid(graph: Graph, link: Link) -> str:
    """The graph as a Mermaid flowchart, with a line `click` for each node that has a place."""
    return "\n".join(_mermaid(graph, link)) + "\n"


def _mermaid(graph: Graph, link: Link) -> Iterator[str]:
    ids = {node.id: f"n{number}" for number, node in enumerate(graph.nodes)}
    yield f"flowchart {'TB' if graph.down else 'LR'}"
    yield f"  accTitle: {_plain(graph.title)}"
    yield f"  accDescr: {_plain(graph.says) or 'none'}"
    for node in graph.nodes:
        yield f'  {ids[node.id]}["{"<br/>".join(map(_numbered, _lines(node)))}"]:::{KINDS[node.kind][1]}'
    for edge in graph.edges:
        label = f'|"{_numbered(clean(edge.label))}"|' if edge.label else ""
        yield f"  {ids[edge.start]} -->{label} {ids[edge.end]}"
    for node in graph.nodes:
        address, told = node_link(node, link)
        if address:
            yield f'  click {ids[node.id]} href "{address}" "{_plain(told)}"'
    for look in dict.fromkeys(KINDS[node.kind][1] for node in graph.nodes):
        yield f"  classDef {look} stroke:{COLOURS[look]}"


def _numbered(text: str) -> str:
    """A text inside the quotes of Mermaid: all but letters, digits and a few signs as character numbers."""
    return "".join(
        char if char.isalnum() or char in " _.,-/" or (not char.isascii() and char.isprintable()) else f"#{ord(char)};"
        for char in text
    )


def _plain(text: str) -> str:
    """A line of words where Mermaid knows no character numbers, without the signs that mean something to it."""
    return " ".join(re.sub('[;#{}"`<>|]', " ", clean(text)).split())


def _lines(node: Node) -> list[str]:
    return [line for line in (tag(node), *said(node)) if line]
