"""Numbers with names, which conditions and texts name; they are numbers in all that is made of these."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from salesdx.text.source import Place


@dataclass(frozen=True, slots=True)
class Limit:
    """A number with a name; ``home`` is the stage or group whose file defines it."""

    name: str
    home: str
    value: Decimal
    unit: str = ""
    source: tuple[str, ...] = ()
    place: Place = field(default=Place("", 1, 1, 1, 1), compare=False, repr=False)
