"""What is handed in for a case by its name, by who need not see it: a statement, or a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from salesdx.render.pages.shell import AppPage


@dataclass(frozen=True)
class ViewPage(AppPage):
    """A statement about a case. ``own``: its writer is the person concerned."""

    template: ClassVar[str] = "view.html"
    own: bool
    key: str
    longest: int
    case: str
    text: str


@dataclass(frozen=True)
class HandInPage(AppPage):
    """A file for a case. ``longest``: characters of the reason."""

    template: ClassVar[str] = "hand_in.html"
    key: str
    longest: int
    case: str
    reason: str
