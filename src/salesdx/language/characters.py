"""Letters that look like others."""

from __future__ import annotations

import unicodedata


def strange_letter(word: str) -> str:
    """The first character of a word that looks like another or cannot be seen; empty if all are plain.

    >>> strange_letter("pri\\u0441e")
    'the character `с` is U+0441 CYRILLIC SMALL LETTER ES'
    """
    if word.isascii() and word.isprintable():
        return ""
    char = next((char for char in word if not " " <= char <= "~"), None)
    return f"the character `{char}` is U+{ord(char):04X} {unicodedata.name(char, '')}".rstrip() if char else ""
