"""Characters that no text file has, that cannot be seen, or that a terminal obeys."""

from __future__ import annotations

import re
import unicodedata

NOT_PRINTABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]|\r(?!\n)"
)
"""Controls, line ends that not every editor shows as such, changes of writing direction, and halves of characters."""


def unprintable(char: str) -> tuple[str, str]:
    """Message and help for a character that no text file has."""
    message = f"the character U+{ord(char):04X} may not stand in a text file"
    if char == "\0":
        return message, "save the file as UTF-8 text"
    if char in "\r\x85\u2028\u2029":
        return message, "only some programs end a line with it; use an ordinary line break"
    if char in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069":
        return message, "delete it: it shows a text in another order than it is read"
    return message, "delete it"


def visible(text: str) -> str:
    """A text on one line, with the characters that cannot be seen, or that a terminal obeys, as escapes.

    >>> visible("a\\x1b[31m\\u200d")
    'a\\\\x1b[31m\\\\u200d'
    """
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() or char == "\t" else char.encode("unicode_escape").decode() for char in text
    )


def columns(char: str) -> int:
    """How many columns of a terminal a character takes as ``visible`` shows it."""
    if not char.isprintable():
        return len(visible(char))
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
