"""What every drawing of a graph says of a node, and how wide words are."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from salesdx.authoring.graphs.drawing import Graph, Node
from salesdx.render.lines import clean
from salesdx.render.terminal import TRUTHS
from salesdx.text.source import Place

Link = Callable[[Place], str]
"""The address of a place in a file."""

KINDS = {
    "term": ("asked", "ask"),
    "fact": ("fact", "ask"),
    "computed": ("computed", "ask"),
    "rule": ("rule", "think"),
    "condition": ("condition", "think"),
    "comparison": ("comparison", "think"),
    "count": ("count", "think"),
    "all": ("", "think"),
    "any": ("", "think"),
    "not": ("", "think"),
    "finding": ("finding", "find"),
    "strength": ("strength", "find"),
    "mode": ("mode", "find"),
    "stage": ("stage", "find"),
    "group": ("group", "think"),
    "status": ("status", "find"),
    "outcome": ("outcome", "do"),
    "intervention": ("what to do", "do"),
}
"""Kind -> its word for the reader, and its class of looks."""


TOLD = {"true": "met", "false": "not met"}
"""The truth of a step whose words already tell how things are, such as `2 of 9 rules are true`."""
TITLED = ("rule",)
"""The kinds whose words are a title, which is true or false itself."""
LEGEND = {"true": "true, met", "false": "false, not met", "unknown": "unknown"}


def tag(node: Node) -> str:
    """What stands above a node's words: its truth as a mark and a word, and what it is."""
    truth = TRUTHS[node.truth][0] + (node.truth if node.kind in TITLED else TOLD.get(node.truth, node.truth))
    return " · ".join(part for part in (truth, KINDS[node.kind][0]) if part)


def said(node: Node) -> list[str]:
    """The lines of a node: its words, then its notes; hidden characters shown as a mark."""
    return [clean(node.label), *(clean(line) for line in node.note.split("\n") if line)]


def node_link(node: Node, link: Link) -> tuple[str, str]:
    """The address of a node's place, and how a reader names it; empty where it has none."""
    if node.place is None:
        return "", ""
    return link(node.place), clean(f"{node.place.path}:{node.place.line}")


def classes(graph: Graph) -> dict[str, list[str]]:
    """Class of looks -> the words of the kinds in a graph that look so."""
    found: dict[str, list[str]] = {}
    for node in graph.nodes:
        word, look = KINDS[node.kind]
        if word and word not in found.setdefault(look, []):
            found[look].append(word)
    return {look: words for look, words in found.items() if words}


# --- width ------------------------------------------------------------------------------------------------------------

NARROW, MIDDLING, WIDE = frozenset("iljI.,:;'|!"), frozenset('ftr()[]-/\\" ·'), frozenset("mwMWOQ@%&✓✗—…")
BOLD = 1.12


def text_width(text: str, size: float, bold: bool = False) -> float:
    """How wide a text is at most, in the wide sans-serif types that a browser may choose (Verdana, DejaVu Sans).

    >>> text_width("wwww", 10) > text_width("iiii", 10)
    True
    """
    total = 0.0
    for char in text:
        if unicodedata.combining(char):
            continue
        if char in NARROW:
            total += 0.38
        elif char in MIDDLING:
            total += 0.46
        elif char in WIDE or unicodedata.east_asian_width(char) in "WF":
            total += 1.02
        elif char.isupper() or not char.isascii() or char in "+<>=~#":
            total += 0.84
        else:
            total += 0.645
    return total * size * (BOLD if bold else 1.0)


def wrapped(text: str, room: float, size: float, bold: bool = False) -> list[str]:
    """A text as lines of at most this width, broken at spaces and behind `_` and `/`, else where it must be."""
    lines, line = [], ""
    for piece in re.findall(r"[^\s_/]*[_/]|[^\s_/]+|\s+", text):
        if text_width((line + piece).rstrip(), size, bold) <= room:
            line += piece
            continue
        if line.strip():
            lines.append(line.rstrip())
        line = piece.lstrip()
        while text_width(line, size, bold) > room and len(line) > 1:
            cut = next(n for n in range(len(line), 0, -1) if n == 1 or text_width(line[:n], size, bold) <= room)
            lines.append(line[:cut])
            line = line[cut:]
    return [*lines, line.rstrip()] if line.strip() else lines
