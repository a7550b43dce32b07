"""Whether two reports together tell about few people: what an earlier one counted is compared with what this one would.

A report keeps in its record who stood in which shown figure, under tokens that only the holder of the trail's key can
make. Two reports differ by few people where some groups of the one, taken together, and some groups of the other differ
by fewer people than a small cell: then the difference of the figures tells about these few. Whether there are such
groups is a minimum cut of the graph in which two groups are tied by the people whom they share (Stoer and Wagner 1997).
"""

from __future__ import annotations

import hashlib
import hmac
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from salesdx.trail.report.crowd import PEOPLE, Crowd
from salesdx.trail.report.reached import STEPS
from salesdx.trail.report.withholding import columns_of

PURPOSE = "salesdx adverse impact 1"
"""What the secret behind the tokens is made for."""

Sets = tuple[frozenset[int], ...]
"""A table: each of its figures as the states of the people whom it counts."""
Edge = tuple[int, int]
OUTSIDE = 0
"""The node of those whom no figure of a table counts."""


@dataclass(frozen=True)
class Headcount:
    """Whom the figures of a report counted."""

    states: Mapping[str, int]
    """Person -> a number that all have who stand in the same figures."""
    tables: tuple[tuple[str, Sets], ...]
    """The step that is counted, and the table; its figures have nobody in common."""


def headcount(crowd: Crowd) -> Headcount:
    """Whom the figures count that a report shows, and those that follow from them: what is left of the whole."""
    lines = {who: (kind, crowd.steps.get(who, frozenset())) for who, kind in crowd.kind_of.items()}
    numbers = {
        line: n for n, line in enumerate(sorted(set(lines.values()), key=lambda line: (line[0], sorted(line[1]))))
    }
    tables = []
    for step in (PEOPLE, *STEPS):
        states = [(kind, n) for (kind, steps), n in numbers.items() if step == PEOPLE or step in steps]
        for table in dict.fromkeys(map(columns_of, crowd.groups)):
            found = [
                frozenset(n for kind, n in states if kind in crowd.groups[group])
                for group in crowd.groups
                if columns_of(group) == table and group in crowd.shown[step]
            ]
            if found and () in crowd.shown[step]:
                found.append(frozenset(n for _, n in states).difference(*found))
            tables.append((step, tuple(states for states in found if states)))
    return Headcount({who: numbers[line] for who, line in lines.items()}, tuple(tables))


# --- in the record ----------------------------------------------------------------------------------------------------


def sealed_headcount(found: Headcount, secret: bytes, salt: bytes) -> dict[str, Any]:
    """What was counted as a record holds it: no name, and no group by its name."""
    tokens = sorted((_token(secret, salt, who), state) for who, state in found.states.items())
    return {
        "salt": salt.hex(),
        "states": [[token, state] for token, state in tokens],
        "tables": [[step, [sorted(states) for states in sets]] for step, sets in found.tables],
    }


def opened_headcount(body: Mapping[str, Any], secret: bytes, now: Headcount) -> Headcount:
    """What an earlier report counted. People are named as they are now; who is gone keeps the token for a name."""
    names = {_token(secret, bytes.fromhex(body["salt"]), who): who for who in now.states}
    states = {names.get(token, f"\0{token}"): state for token, state in body["states"]}
    return Headcount(states, tuple((step, tuple(map(frozenset, sets))) for step, sets in body["tables"]))


def _token(secret: bytes, salt: bytes, who: str) -> str:
    return hmac.new(secret, salt + who.encode(), hashlib.sha256).hexdigest()[:32]


# --- two reports ------------------------------------------------------------------------------------------------------


def differ_by_few(before: Headcount, now: Headcount, least: int) -> bool:
    """Whether figures of two reports differ by at least one person and by fewer than ``least``.

    What the later one only repeats tells nothing new.
    """
    everybody = before.states.keys() | now.states.keys()
    pairs = Counter((before.states.get(who), now.states.get(who)) for who in everybody)
    for step in (PEOPLE, *STEPS):
        mine, theirs = ([_nodes(sets) for name, sets in one.tables if name == step] for one in (now, before))
        ties = {(a, b): _ties(theirs[a], mine[b], pairs) for a in range(len(theirs)) for b in range(len(mine))}
        same = {pair for pair, edges in ties.items() if _same(edges)}
        for (a, b), edges in ties.items():
            repeated = any(pair[0] == a or pair[1] == b for pair in same)
            if not repeated and _small_cut(edges, least):
                return True
    return False


def _nodes(sets: Sets) -> dict[int | None, int]:
    return {state: n for n, states in enumerate(sets, OUTSIDE + 1) for state in states}


def _ties(
    before: Mapping[int | None, int], now: Mapping[int | None, int], pairs: Mapping[tuple[int | None, int | None], int]
) -> Counter[Edge]:
    """Figure of the one and figure of the other -> how many people both count."""
    found: Counter[Edge] = Counter()
    for (was, is_now), people in pairs.items():
        found[before.get(was, OUTSIDE), now.get(is_now, OUTSIDE)] += people
    found.pop((OUTSIDE, OUTSIDE), None)
    return found


def _same(edges: Counter[Edge]) -> bool:
    """Whether both tables count the same people in the same figures."""
    ends = [*zip(*edges, strict=True)] or [(), ()]
    return all(OUTSIDE not in end and len(set(end)) == len(edges) for end in ends)


def _small_cut(edges: Counter[Edge], least: int) -> bool:
    """Whether groups of the one side and groups of the other differ by someone, and by fewer than ``least`` people."""
    import networkx as nx

    joined = nx.utils.UnionFind()
    names = {edge: tuple("outside" if n == OUTSIDE else (side, n) for side, n in enumerate(edge)) for edge in edges}
    for edge, people in edges.items():
        if people >= least:  # no small cut goes through it
            joined.union(*names[edge])
    graph = nx.Graph()
    for edge, people in edges.items():
        one, other = (joined[name] for name in names[edge])
        if one != other:
            known = graph.get_edge_data(one, other, {"weight": 0})["weight"]
            graph.add_edge(one, other, weight=known + people)
    return any(nx.stoer_wagner(graph.subgraph(part))[0] < least for part in nx.connected_components(graph))
