"""Three truth values (Kleene, 1938) and their connectives.

A truth is ``True``, ``False`` or ``None``; ``None`` is unknown. Always compare with ``is``:
``if truth:`` would read unknown as false, which is the one mistake this product must not make.
"""

from collections.abc import Iterable

Truth = bool | None
TRUE: Truth = True
FALSE: Truth = False
UNKNOWN: Truth = None


def not_(a: Truth) -> Truth:
    """Negation: unknown stays unknown.

    >>> not_(TRUE), not_(UNKNOWN)
    (False, None)
    """
    return UNKNOWN if a is UNKNOWN else a is FALSE


def and_(parts: Iterable[Truth]) -> Truth:
    """False if any part is false, else unknown if any part is unknown, else true.

    >>> and_([TRUE, UNKNOWN]), and_([UNKNOWN, FALSE])
    (None, False)
    """
    result = TRUE
    for part in parts:
        if part is FALSE:
            return FALSE
        if part is UNKNOWN:
            result = UNKNOWN
    return result


def or_(parts: Iterable[Truth]) -> Truth:
    """True if any part is true, else unknown if any part is unknown, else false.

    >>> or_([FALSE, UNKNOWN]), or_([UNKNOWN, TRUE])
    (None, True)
    """
    return not_(and_(not_(part) for part in parts))
