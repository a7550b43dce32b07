"""Inclusion and consistency, from the leaves of a tree: RFC 6962 section 2.1. What checks them stands in `verifier`."""

from __future__ import annotations

from collections.abc import Callable

from salesdx.ledger.standalone.verifier import node_hash

Root = Callable[[int, int], bytes]
"""The root of the leaves from ``start`` up to, not including, ``stop``."""


def inclusion(index: int, size: int, root: Root) -> list[bytes]:
    """The hashes that lead from a leaf to the root of a tree of ``size`` leaves, from the bottom up.

    Raises ValueError for an index outside the tree.
    """
    if not 0 <= index < size:
        raise ValueError(f"entry {index} is not in a tree of {size}")
    hashes: list[bytes] = []
    start, stop = 0, size
    while stop - start > 1:
        middle = start + _split(stop - start)
        if index < middle:
            hashes.append(root(middle, stop))
            stop = middle
        else:
            hashes.append(root(start, middle))
            start = middle
    return hashes[::-1]


def consistency(size1: int, size2: int, root: Root) -> list[bytes]:
    """The hashes that show that a tree of ``size2`` leaves begins with one of ``size1``.

    Raises ValueError for an earlier tree that is the larger one.
    """
    if not 0 <= size1 <= size2:
        raise ValueError(f"a tree of {size2} does not begin with one of {size1}")
    hashes: list[bytes] = []
    start, stop = 0, size2
    if size1 == 0:
        return hashes
    while stop != size1:
        middle = start + _split(stop - start)
        if size1 <= middle:
            hashes.append(root(middle, stop))
            stop = middle
        else:
            hashes.append(root(start, middle))
            start = middle
    if start:
        hashes.append(root(start, stop))
    return hashes[::-1]


def _split(size: int) -> int:
    """The largest power of two below ``size``."""
    return 1 << ((size - 1).bit_length() - 1)


def roots_of(leaves: list[bytes]) -> Root:
    """Roots from leaf hashes in memory, 64 bytes a leaf: each node is hashed once, and then looked up."""
    levels = [leaves]
    while len(below := levels[-1]) > 1:
        levels.append([node_hash(below[i], below[i + 1]) for i in range(0, len(below) - 1, 2)])

    def root(start: int, stop: int) -> bytes:
        size = stop - start
        if size & (size - 1) == 0:  # a full subtree, which begins at a multiple of its size
            level = size.bit_length() - 1
            return levels[level][start >> level]
        middle = start + _split(size)
        return node_hash(root(start, middle), root(middle, stop))

    return root
