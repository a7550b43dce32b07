"""An order in which each name comes after what it reads, and the circles that allow none."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from heapq import heappop, heappush
from typing import Any


def in_order(reads: Mapping[str, Collection[str]]) -> tuple[str, ...]:
    """Names, each after what it reads, otherwise in their order; those on a circle or behind one are left out."""
    position = {name: i for i, name in enumerate(reads)}
    by_position = tuple(reads)
    readers: dict[str, list[str]] = {}
    for name, others in reads.items():
        for other in others:
            readers.setdefault(other, []).append(name)
    open_ = {name: len(others) for name, others in reads.items()}
    ready = [i for i, name in enumerate(by_position) if not open_[name]]  # in order, so a heap
    order = []
    while ready:
        name = by_position[heappop(ready)]
        order.append(name)
        for reader in readers.get(name, ()):
            open_[reader] -= 1
            if not open_[reader]:
                heappush(ready, position[reader])
    return tuple(order)


def shortest_cycles(reads: Mapping[str, Collection[str]]) -> list[list[str]]:
    """The shortest circle of each group of names that read each other, from its first name on."""
    import networkx as nx  # only for faults: it costs more to import than to load a rule base

    position = {name: i for i, name in enumerate(reads)}
    graph = nx.DiGraph()
    graph.add_nodes_from(reads)
    graph.add_edges_from((name, other) for name, others in reads.items() for other in others)
    parts = (part for part in nx.strongly_connected_components(graph) if len(part) > 1)
    loops = [min(part, key=position.__getitem__) for part in parts]
    loops += [name for name in graph if graph.has_edge(name, name)]
    return [_shortest_cycle(graph, first) for first in loops]


def _shortest_cycle(graph: Any, first: str) -> list[str]:
    """A shortest way from a node of a graph, which is on a circle, back to itself."""
    import networkx as nx

    if graph.has_edge(first, first):
        return [first, first]
    came = {}
    for parent, node in nx.bfs_edges(graph, first):
        came[node] = parent
        if graph.has_edge(node, first):
            way = [first, node]
            while way[-1] != first:
                way.append(came[way[-1]])
            return way[::-1]
    return [first]
