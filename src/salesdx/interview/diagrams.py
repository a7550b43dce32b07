"""Decision diagrams: a function of several answers as a reduced graph, in which a variable occurs only if it matters.

Multi-valued and reduced by hash-consing (Bryant 1986; Srinivasan and others 1990): a node asks one variable and has a
child for each of its cells; nodes whose children are all the same are left out, so the support of a function is exactly
the set of variables that can change it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from functools import reduce
from itertools import repeat
from typing import Any

MEMORY = 200_000
Node = int
"""A node is an index into the table; terminals and inner nodes alike."""


class Diagrams:
    """A table of nodes over one order of variables. ``cells[v]`` is the number of cells of variable ``v``."""

    def __init__(self, cells: Iterable[int] = ()) -> None:
        self.cells = list(cells)
        self.nodes: list[tuple[int, Any]] = []
        """(variable, children), or (-1, value) for a terminal."""
        self.table: dict[Hashable, Node] = {}
        self.cofactors: dict[tuple[Node, int, int], Node] = {}
        self.joined: dict[tuple[Node, Node, Node], Node] = {}
        self.supports: dict[Node, frozenset[int]] = {}

    def variable(self, cells: int) -> int:
        """A new variable, last in the order."""
        self.cells.append(cells)
        return len(self.cells) - 1

    def terminal(self, value: Hashable) -> Node:
        """The node of a constant."""
        return self._node((-1, value))

    def inner(self, variable: int, children: tuple[Node, ...]) -> Node:
        """The node that asks a variable; its only child where all are the same."""
        if children.count(children[0]) == len(children):
            return children[0]
        return self._node((variable, children))

    def _node(self, key: tuple[int, Any]) -> Node:
        found = self.table.get(key)
        if found is None:
            found = self.table[key] = len(self.nodes)
            self.nodes.append(key)
        return found

    def value(self, node: Node) -> Any:
        """The value of a terminal; None for an inner node."""
        variable, value = self.nodes[node]
        return value if variable < 0 else None

    def is_terminal(self, node: Node) -> bool:
        """Whether a node is a constant."""
        return self.nodes[node][0] < 0

    def apply(self, operation: Callable[..., Hashable], *nodes: Node) -> Node:
        """The function that combines the values of several functions."""
        if len(nodes) == 1:
            return self._apply_to_one(operation, *nodes)
        if len(nodes) == 2:
            return self._apply_to_two(operation, *nodes)
        done: dict[tuple[Node, ...], Node] = {}

        def combine(parts: tuple[Node, ...]) -> Node:
            found = done.get(parts)
            if found is not None:
                return found
            entries = [self.nodes[part] for part in parts]
            asked = [variable for variable, _ in entries if variable >= 0]
            if not asked:
                made = self.terminal(operation(*(value for _, value in entries)))
            else:
                first = min(asked)
                columns = [
                    entry[1] if entry[0] == first else (part,) * self.cells[first]
                    for entry, part in zip(entries, parts, strict=True)
                ]
                made = self.inner(first, tuple([combine(each) for each in zip(*columns, strict=True)]))
            done[parts] = made
            return made

        return combine(nodes)

    def _apply_to_one(self, operation: Callable[..., Hashable], node: Node) -> Node:
        """``apply`` for one function."""
        nodes = self.nodes
        done: dict[Node, Node] = {}

        def visit(at: Node) -> Node:
            variable, inner = nodes[at]
            if variable < 0:
                found = self.terminal(operation(inner))
            else:
                found = self.inner(variable, tuple([done[child] if child in done else visit(child) for child in inner]))
            done[at] = found
            return found

        return visit(node)

    def _apply_to_two(self, operation: Callable[..., Hashable], one: Node, other: Node) -> Node:
        """``apply``, which is called most for two functions, without its loops over them."""
        nodes = self.nodes
        done: dict[tuple[Node, Node], Node] = {}

        def combine(a: Node, b: Node) -> Node:
            first, left = nodes[a]
            second, right = nodes[b]
            if first < 0 and second < 0:
                found = self.terminal(operation(left, right))
            else:
                if first == second:
                    pairs = zip(left, right, strict=True)
                elif second < 0 or 0 <= first < second:
                    pairs = zip(left, repeat(b), strict=False)
                else:
                    first, pairs = second, zip(repeat(a), right, strict=False)
                children = [done[pair] if pair in done else combine(*pair) for pair in pairs]
                found = self.inner(first, tuple(children))
            done[a, b] = found
            return found

        return combine(one, other)

    def join(self, neutral: Node, deciding: Node, nodes: Iterable[Node]) -> Node:
        """The "and" of functions whose values are truths; or their "or", with the first two changed over.

        ``neutral`` (true, for "and") leaves the other value, ``deciding`` (false) settles it; what is left is unknown
        twice. What was joined is remembered.
        """
        entries, done = self.nodes, self.joined

        def combine(a: Node, b: Node) -> Node:
            if a in (b, deciding) or b == neutral:
                return a
            if a == neutral or b == deciding:
                return b
            key = (a, b, deciding) if a < b else (b, a, deciding)
            found = done.get(key)
            if found is None:
                first, left = entries[a]
                second, right = entries[b]
                if first == second:
                    children = tuple(map(combine, left, right))
                elif second < 0 or 0 <= first < second:
                    children = tuple([combine(child, b) for child in left])
                else:
                    first, children = second, tuple([combine(a, child) for child in right])
                found = done[key] = self.inner(first, children)
            return found

        if len(done) > MEMORY:
            done.clear()
        return reduce(combine, nodes)

    def restrict(
        self, node: Node, given: Mapping[int, int | tuple[int, ...]], done: dict[Node, Node] | None = None
    ) -> Node:
        """The function with some variables given a cell, or limited to some (the first one stands for the others).

        ``done`` remembers what was restricted before by what is ``given``.
        """
        made = {} if done is None else done
        nodes = self.nodes

        def visit(at: Node) -> Node:
            variable, children = nodes[at]
            cells = given.get(variable) if variable >= 0 else None
            if variable < 0:
                found = at
            elif isinstance(cells, int):
                child = children[cells]
                found = made[child] if child in made else visit(child)
            elif cells is None:
                parts = [made[child] if child in made else visit(child) for child in children]
                found = self.inner(variable, tuple(parts))
            else:
                asked = [children[cell] for cell in cells]
                parts = [made[child] if child in made else visit(child) for child in asked]
                filled = [parts[0]] * len(children)
                for cell, part in zip(cells, parts, strict=True):
                    filled[cell] = part
                found = self.inner(variable, tuple(filled))
            made[at] = found
            return found

        return made[node] if node in made else visit(node)

    def cofactor(self, node: Node, variable: int, cell: int) -> Node:
        """The function with one variable given a cell; remembered, since an interview asks for the same ones again."""
        key = (node, variable, cell)
        found = self.cofactors.get(key)
        if found is None:
            if len(self.cofactors) > MEMORY:
                self.cofactors.clear()
            found = self.cofactors[key] = self.restrict(node, {variable: cell})
        return found

    def support(self, node: Node) -> frozenset[int]:
        """The variables that can change the function's value."""
        if node not in self.supports:
            self.supports[node] = self._support(node)
        return self.supports[node]

    def _support(self, node: Node) -> frozenset[int]:
        found: set[int] = set()
        seen: set[Node] = set()
        queue = [node]
        while queue:
            at = queue.pop()
            if at in seen:
                continue
            seen.add(at)
            variable, children = self.nodes[at]
            if variable >= 0:
                found.add(variable)
                queue.extend(children)
        return frozenset(found)

    def values(self, node: Node) -> frozenset[Any]:
        """The values that the function can still take."""
        found: set[Any] = set()
        seen: set[Node] = set()
        queue = [node]
        while queue:
            at = queue.pop()
            if at in seen:
                continue
            seen.add(at)
            variable, children = self.nodes[at]
            if variable < 0:
                found.add(children)
            else:
                queue.extend(children)
        return frozenset(found)

    def size(self, node: Node) -> int:
        """How many nodes the function has."""
        seen: set[Node] = set()
        queue = [node]
        while queue:
            at = queue.pop()
            if at not in seen:
                seen.add(at)
                variable, children = self.nodes[at]
                if variable >= 0:
                    queue.extend(children)
        return len(seen)
