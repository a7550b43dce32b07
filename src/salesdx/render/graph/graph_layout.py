"""Where boxes and arrows of a graph lie: layers by longest path, few crossings, arrows only between boxes.

After Sugiyama, Tagawa and Toda (1981): an arrow over several layers gets a lane in each layer between, so it never runs
through a box. Everything is laid out along a main axis (the layers) and a cross axis; ``down`` says which is which.
"""

from __future__ import annotations

from bisect import bisect, insort
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Key = str | tuple[str, int]
"""A node, or the lane of a node's arrows in a layer: (node, layer)."""
Point = tuple[float, float]

GAP, LANE, MARGIN = 16.0, 10.0, 24.0
"""Between boxes of a layer, the room of a lane, and around everything."""
CHANNEL, SPREAD, SWEEPS = 56.0, 0.7, 16
"""Between layers; the share of a side at which arrows arrive; how often the order is improved."""
LEAST = 640.0
"""The least width of a drawing."""
HEAVY = 50.0
"""How much more straight the longest path is drawn."""


@dataclass(frozen=True)
class Box:
    """Where a node stands: its upper left corner and its size, in pixels."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Route:
    """An arrow: a curve through points, three more for each part of it (two controls and an end); a place for words."""

    start: Point
    curves: tuple[tuple[Point, Point, Point], ...]
    middle: Point


@dataclass(frozen=True)
class Layout:
    """Where everything of a graph stands, and the size of the whole, in pixels."""

    boxes: Mapping[str, Box]
    routes: Mapping[tuple[str, str], Route]
    width: float
    height: float


def lay_out(
    sizes: Mapping[str, tuple[float, float]],
    edges: Mapping[tuple[str, str], float],
    down: bool = False,
    room: float = 0.0,
) -> Layout:
    """Boxes of these sizes (width, height) for the nodes of an acyclic graph, in the order in which ties are broken.

    ``edges`` are the arrows with the width of their words; ``room`` is more space between layers.
    """
    joined = {node for edge in edges for node in edge}
    nodes = [node for node in sizes if node in joined]
    layers, spine = _layers(nodes, list(edges))
    rows, hops = _rows(layers, nodes, list(edges))
    _order(rows, hops)
    along, across = (1, 0) if down else (0, 1)
    extent = {key: sizes[key][across] if isinstance(key, str) else LANE for row in rows for key in row}
    centre = _centres(rows, hops, extent, spine)
    depth = [max((sizes[key][along] for key in row if isinstance(key, str)), default=0.0) for row in rows]
    first = [MARGIN]
    for number, thick in enumerate(depth[:-1]):
        words = [width for (start, _), width in edges.items() if layers[start] <= number] if not down else []
        first.append(first[-1] + thick + CHANNEL + room + max(words, default=0.0))
    boxes = {}
    for number, row in enumerate(rows):
        for key in row:
            if isinstance(key, str):
                low, size = centre[key] - extent[key] / 2, sizes[key][along] if down else depth[number]
                at, by = (first[number], low), (size, extent[key])
                boxes[key] = Box(*(at[::-1] if down else at), *(by[::-1] if down else by))
    routes = _routes(rows, hops, layers, list(edges), centre, extent, first, depth, boxes, down)
    far = max((box.x + box.width for box in boxes.values()), default=0.0)
    low = max((box.y + box.height for box in boxes.values()), default=0.0)
    ends = [point for route in routes.values() for curve in route.curves for point in curve]
    far, low = max([far, *(x for x, _ in ends)]), max([low, *(y for _, y in ends)])
    boxes |= _below([node for node in sizes if node not in joined], sizes, max(far, LEAST), low)
    far = max([far, *(box.x + box.width for box in boxes.values())])
    low = max([low, *(box.y + box.height for box in boxes.values())])
    return Layout(boxes, routes, far + MARGIN, low + MARGIN)


def _below(alone: Sequence[str], sizes: Mapping[str, tuple[float, float]], room: float, low: float) -> dict[str, Box]:
    """Boxes without any arrow, in lines below the others."""
    boxes, x, y, tall = {}, MARGIN, low + (MARGIN if not low else 2 * MARGIN), 0.0
    for node in alone:
        width, height = sizes[node]
        if x > MARGIN and x + width > room:
            x, y, tall = MARGIN, y + tall + GAP, 0.0
        boxes[node] = Box(x, y, width, height)
        x, tall = x + width + GAP, max(tall, height)
    return boxes


# --- layers -----------------------------------------------------------------------------------------------------------


def _layers(nodes: Sequence[str], edges: Sequence[tuple[str, str]]) -> tuple[dict[str, int], set[Key]]:
    """The layer of each node: as far on as its longest path; where a path begins, just before what comes next.

    And the nodes of the longest path of all.
    """
    import networkx as nx

    graph = nx.DiGraph()
    graph.add_nodes_from(nodes)
    graph.add_edges_from(edges)
    found = {node: layer for layer, row in enumerate(nx.topological_generations(graph)) for node in row}
    for node in nodes:
        if graph.in_degree(node) == 0:
            found[node] = min(found[after] for after in graph.successors(node)) - 1
    return found, set(nx.dag_longest_path(graph))


def _rows(
    layers: Mapping[str, int], nodes: Sequence[str], edges: Sequence[tuple[str, str]]
) -> tuple[list[list[Key]], list[list[tuple[Key, Key]]]]:
    """The nodes and lanes of each layer, as a walk from the first nodes meets them, and the hops to the next layer."""
    count = max(layers.values(), default=0) + 1
    rows: list[dict[Key, None]] = [{} for _ in range(count)]
    hops: list[dict[tuple[Key, Key], None]] = [{} for _ in range(count)]
    after: dict[str, list[str]] = {}
    for start, end in edges:
        after.setdefault(start, []).append(end)
    ends = {end for _, end in edges}
    walk = [*(n for n in nodes if n not in ends), *nodes][::-1]
    while walk:
        node = walk.pop()
        if node in rows[layers[node]]:
            continue
        rows[layers[node]][node] = None
        for end in after.get(node, ()):
            at: Key = node
            for layer in range(layers[node] + 1, layers[end] + 1):
                there: Key = end if layer == layers[end] else (node, layer)
                if there != end:
                    rows[layer].setdefault(there)
                hops[layer - 1].setdefault((at, there))
                at = there
        walk += after.get(node, [])[::-1]
    return [list(row) for row in rows], [list(hop) for hop in hops]


# --- order ------------------------------------------------------------------------------------------------------------


def _order(rows: list[list[Key]], hops: list[list[tuple[Key, Key]]]) -> None:
    """Order each layer by the middle of its neighbours, back and forth; the order with the fewest crossings stays."""
    best, fewest = [list(row) for row in rows], _all_crossings(rows, hops)
    for sweep in range(SWEEPS):
        forward = sweep % 2 == 0
        for number in range(1, len(rows)) if forward else range(len(rows) - 2, -1, -1):
            beside, between = (number - 1, hops[number - 1]) if forward else (number + 1, hops[number])
            at = {key: place for place, key in enumerate(rows[beside])}
            near: dict[Key, list[int]] = {}
            for start, end in between:
                one, other = (end, start) if forward else (start, end)
                near.setdefault(one, []).append(at[other])
            own = {key: float(place) for place, key in enumerate(rows[number])}
            rows[number].sort(key=lambda key: sum(near[key]) / len(near[key]) if key in near else own[key])
        if (found := _all_crossings(rows, hops)) < fewest:
            best, fewest = [list(row) for row in rows], found
    rows[:] = best


def _all_crossings(rows: list[list[Key]], hops: list[list[tuple[Key, Key]]]) -> int:
    total = 0
    for number in range(len(rows) - 1):
        left, right = ({key: place for place, key in enumerate(row)} for row in rows[number : number + 2])
        seen: list[int] = []
        for _, end in sorted((left[start], right[end]) for start, end in hops[number]):
            total += len(seen) - bisect(seen, end)
            insort(seen, end)
    return total


# --- places -----------------------------------------------------------------------------------------------------------


def _centres(
    rows: list[list[Key]], hops: list[list[tuple[Key, Key]]], extent: Mapping[Key, float], spine: set[Key]
) -> dict[Key, float]:
    """The middle of each box and lane on the cross axis: near its neighbours, in order and apart."""
    weight = {key: HEAVY if key in spine else 1.0 for row in rows for key in row}
    before: dict[Key, list[Key]] = {}
    after: dict[Key, list[Key]] = {}
    for between in hops:
        for start, end in between:
            after.setdefault(start, []).append(end)
            before.setdefault(end, []).append(start)
    found: dict[Key, float] = {}
    for row in rows:
        found.update(zip(row, _apart(row, dict.fromkeys(row, 0.0), extent, weight), strict=True))
    for sweep in range(SWEEPS):
        forward, last = sweep % 2 == 0, sweep >= SWEEPS - 4
        for row in rows if forward else rows[::-1]:
            wanted = {}
            for key in row:
                near = (before if forward else after).get(key, [])
                near = [*before.get(key, []), *after.get(key, [])] if last or not near else near
                pull = {other: weight[other] if key in spine else 1.0 for other in near}
                total = sum(pull.values())
                wanted[key] = sum(found[other] * pull[other] for other in near) / total if near else found[key]
            found.update(zip(row, _apart(row, wanted, extent, weight), strict=True))
    low = min((centre - extent[key] / 2 for key, centre in found.items()), default=0.0)
    return {key: centre - low + MARGIN for key, centre in found.items()}


def _apart(
    row: Sequence[Key], wanted: Mapping[Key, float], extent: Mapping[Key, float], weight: Mapping[Key, float]
) -> list[float]:
    """Places in this order and apart, with the smallest sum of squares to those wanted (pool adjacent violators)."""
    offsets, at, pools = [], 0.0, list[tuple[float, float, int]]()
    for number, key in enumerate(row):
        if number:
            at += (extent[row[number - 1]] + extent[key]) / 2 + GAP
        offsets.append(at)
        pools.append((wanted[key] - at, weight[key], 1))
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            (one, n, several), (other, m, more) = pools[-2:]
            pools[-2:] = [((one * n + other * m) / (n + m), n + m, several + more)]
    moved = [value for value, _, count in pools for _ in range(count)]
    return [value + offset for value, offset in zip(moved, offsets, strict=True)]


# --- arrows -----------------------------------------------------------------------------------------------------------


def _routes(
    rows: list[list[Key]],
    hops: list[list[tuple[Key, Key]]],
    layers: Mapping[str, int],
    edges: Sequence[tuple[str, str]],
    centre: Mapping[Key, float],
    extent: Mapping[Key, float],
    first: Sequence[float],
    depth: Sequence[float],
    boxes: Mapping[str, Box],
    down: bool,
) -> dict[tuple[str, str], Route]:
    leaving, arriving = _ports(hops, centre, extent)

    def turned(along: float, across: float) -> Point:
        return (across, along) if down else (along, across)

    routes = {}
    for start, end in edges:
        box = boxes[start]
        at, number = (box.y + box.height if down else box.x + box.width), layers[start]
        here: Key = start
        curves: list[tuple[Point, Point, Point]] = []
        begin = turned(at, leaving[start, _next(start, end, layers, number + 1)])
        while number < layers[end]:
            there = _next(start, end, layers, number + 1)
            leave, arrive = leaving[here, there], arriving[here, there]
            edge, far = first[number] + depth[number], first[number + 1]
            if edge > at:
                curves.append(_straight(turned(at, leave), turned(edge, leave)))
            half = (edge + far) / 2
            curves.append((turned(half, leave), turned(half, arrive), turned(far, arrive)))
            middle = turned(half, (leave + arrive) / 2)
            number, here, at = number + 1, there, far
        routes[start, end] = Route(begin, tuple(curves), middle)
    return routes


def _next(start: str, end: str, layers: Mapping[str, int], layer: int) -> Key:
    return end if layer == layers[end] else (start, layer)


def _straight(start: Point, end: Point) -> tuple[Point, Point, Point]:
    return start, end, end


def _ports(
    hops: list[list[tuple[Key, Key]]], centre: Mapping[Key, float], extent: Mapping[Key, float]
) -> tuple[dict[tuple[Key, Key], float], dict[tuple[Key, Key], float]]:
    """Where on its side each hop leaves and arrives: spread out, in the order of what is at the other end."""
    every = [hop for between in hops for hop in between]
    found = []
    for own, other in ((0, 1), (1, 0)):
        sides: dict[Key, list[tuple[Key, Key]]] = {}
        for hop in every:
            sides.setdefault(hop[own], []).append(hop)
        ports = {}
        for key, along in sides.items():
            along.sort(key=lambda hop: centre[hop[other]])
            room = extent[key] * SPREAD if isinstance(key, str) else 0.0
            step = min(room / len(along), 14.0)
            for number, hop in enumerate(along):
                ports[hop] = centre[key] + step * (number - (len(along) - 1) / 2)
        found.append(ports)
    return found[0], found[1]
