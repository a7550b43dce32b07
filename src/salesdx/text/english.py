"""English that several rooms write: lists, numbers with their noun, capitals."""

from __future__ import annotations

from collections.abc import Sequence


def listed(parts: Sequence[str], last: str = "and") -> str:
    """A list as a sentence has it.

    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    return f" {last} ".join([part for part in (", ".join(parts[:-1]), *parts[-1:]) if part])


def many(number: int, what: str) -> str:
    """A number with its noun.

    >>> many(1, "fault"), many(2, "fault")
    ('1 fault', '2 faults')
    """
    return f"{number} {what}" + "s" * (number != 1)


def capital(text: str) -> str:
    """The text with a capital first letter.

    >>> capital("held by 2")
    'Held by 2'
    """
    return text[:1].upper() + text[1:]
