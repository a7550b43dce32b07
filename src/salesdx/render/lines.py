"""Lines of a given width: what a text takes, where it is broken, and what may never reach a terminal."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from salesdx.render.blocks import TOGETHER

HIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufffe\uffff]")
"""Characters that a terminal or a reader's eye would obey: controls, hidden ones, changes of writing direction."""


def clean(text: str) -> str:
    """Text from a file as one line, with hidden characters shown as a mark.

    >>> clean("a\\x1b[31m\\nb")
    'a\\ufffd[31m b'
    """
    return HIDDEN.sub("\ufffd", re.sub("[ \t\r\n]+", " ", text).strip(" "))


def changed_words(old: str, new: str) -> list[tuple[str, str]]:
    """The words of two texts in their order, each run with `ins`, `del` or nothing for what both have.

    >>> changed_words("at least 85 of them", "at least 90 of them")
    [('', 'at least'), ('del', '85'), ('ins', '90'), ('', 'of them')]
    """
    from difflib import SequenceMatcher  # few pages compare

    before, after = clean(old).split(), clean(new).split()
    found = []
    for kind, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        runs = [("", after[c:d])] if kind == "equal" else [("del", before[a:b]), ("ins", after[c:d])]
        found += [(tag, " ".join(words)) for tag, words in runs if words]
    return found


def kept_lines(text: str) -> list[str]:
    """The lines of a text as they are, with hidden characters shown as a mark.

    >>> kept_lines("a  b\\n\\x1b[2J")
    ['a  b', '\ufffd[2J']
    """
    return [HIDDEN.sub("\ufffd", line.expandtabs()) for line in text.removesuffix("\n").split("\n")]


def fitted(widths: Sequence[int], room: int) -> list[int]:
    """Widths of columns, two apart, that fit into a room. A name in the first keeps its width up to 45% of the room.

    >>> fitted([10, 60, 40], 60)
    [10, 23, 23]
    """
    found = [max(1, width) for width in widths]
    kept = min(found[0], room * 45 // 100)
    while sum(found) + 2 * (len(found) - 1) > room and max(found) > 1:
        wide = [n for n, width in enumerate(found) if width > (kept if n == 0 else 12)] or range(len(found))
        found[max(wide, key=lambda n: (found[n], n))] -= 1
    return found


def size(text: str) -> int:
    """Columns that a text takes: wide characters two, combining ones none."""
    return len(text) if text.isascii() else sum(map(_columns, text))


@lru_cache(maxsize=4096)
def _columns(char: str) -> int:
    return 0 if unicodedata.combining(char) else 1 + (unicodedata.east_asian_width(char) in "WF")


def wrap(text: str, first: int, rest: int, glue: str = " ") -> list[str]:
    """Lines of at most ``first`` and then ``rest`` columns; words longer than a line are cut.

    >>> wrap("one two three", 7, 7)
    ['one two', 'three']
    """
    if size(text) <= first:
        return [text.replace(TOGETHER, " ")]
    lines, line, room = [], "", first
    words = text.split(" ")
    while words:
        word = words.pop(0)
        if TOGETHER in word and size(word) > rest:
            words = [*word.split(TOGETHER), *words]
        elif size(word) <= room - (size(line) + 1 if line else 0):
            line = f"{line} {word}" if line else word
        elif line:
            lines.append(line)
            line, room, words = "", rest, [word, *words]
        else:
            cut = max(n for n in range(1, len(word) + 1) if n == 1 or size(word[:n]) <= room)
            lines.append(word[:cut])
            room, words = rest, [part for part in (word[cut:],) if part] + words
    return [part.replace(TOGETHER, " ") for part in ([*lines, line] if line else lines)]
