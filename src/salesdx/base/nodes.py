"""The nodes of files, kept while their texts stay."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from salesdx.text.source import Fault, Node, parse_yaml

Parsed = tuple[Node | None, tuple[Fault, ...]]


def parsed(text: str, shown: str) -> Parsed:
    """The nodes of a file's text, and all faults found.

    The last ones are kept: the same files are read again under another layer, by `--watch`, and in an editor, where one
    of many changes with each key.
    """
    return _parser(shown)(text)


@lru_cache(maxsize=512)
def _parser(shown: str) -> Callable[[str], Parsed]:
    """What parses one file; two texts, since two versions of it are compared."""

    @lru_cache(maxsize=2)
    def parse(text: str) -> Parsed:
        node, faults = parse_yaml(text, shown)
        return node, tuple(faults)

    return parse
