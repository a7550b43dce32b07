"""Where something stands, as editors count: lines from 0, and characters in units of an encoding."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import lru_cache

from lsprotocol.types import Position, Range

ENCODINGS = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}
"""What an editor may count in: the codec, and bytes of a unit."""
LINE_END = re.compile(r"\r\n|\r|\n")


class Ruler:
    """A text as an editor counts it: index of a character <-> position."""

    def __init__(self, text: str, encoding: str = "utf-16") -> None:
        self.text = text
        self.codec, self.unit = ENCODINGS[encoding]
        self.starts = [0, *(found.end() for found in LINE_END.finditer(text))]

    def position(self, index: int) -> Position:
        """The position of a character; of one behind the text, the end of the text."""
        index = max(0, min(index, len(self.text)))
        line = bisect_right(self.starts, index) - 1
        return Position(line, self._width(self.text[self.starts[line] : index]))

    def range(self, start: int, end: int) -> Range:
        """The range of ``text[start:end]``."""
        return Range(self.position(start), self.position(end))

    def index(self, position: Position) -> int:
        """The character at a position; what lies behind the end of a line or of the text is that end."""
        if position.line >= len(self.starts):
            return len(self.text)
        start = self.starts[position.line]
        end = self.starts[position.line + 1] if position.line + 1 < len(self.starts) else len(self.text)
        line = self.text[start:end].rstrip("\r\n")
        if line.isascii():
            return start + min(position.character, len(line))
        count = units = 0
        while count < len(line) and units + (width := self._width(line[count])) <= position.character:
            units, count = units + width, count + 1
        return start + count

    def _width(self, text: str) -> int:
        return len(text) if text.isascii() else len(text.encode(self.codec, "surrogatepass")) // self.unit


@lru_cache(maxsize=64)
def ruler(text: str, encoding: str) -> Ruler:
    """The ruler of a text, kept since one text is asked for many places."""
    return Ruler(text, encoding)
