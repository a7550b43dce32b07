"""Who works on a case, and how that is changed by its owner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from salesdx.render.pages.case_words import Option, Send
from salesdx.render.pages.shell import AppPage


@dataclass(frozen=True)
class SeatLine:
    """Somebody who sits at a case; where their seat is taken back and the case handed to them, None for who may not."""

    name: str
    owns: bool
    me: bool
    end: Send | None
    owner: Send | None


@dataclass(frozen=True)
class SeatsPage(AppPage):
    """``give`` is where a seat is given to one of those who are ``free``; None where it cannot be. ``owner``: the
    reader owns the case."""

    template: ClassVar[str] = "seats.html"
    seats: tuple[SeatLine, ...]
    give: Send | None
    free: tuple[Option, ...]
    owner: bool
