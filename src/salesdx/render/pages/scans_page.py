"""The pages of all units of the firm at once: what the last scan says, and the schedule by which it is made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from salesdx.render.pages.case_words import Option
from salesdx.render.pages.shell import AppPage

if TYPE_CHECKING:
    from markupsafe import Markup


@dataclass(frozen=True)
class ScanPage(AppPage):
    """The last scan that could be made; ``told`` says of when it is and when the next one comes, ``fault`` why a later
    one could not be made."""

    template: ClassVar[str] = "all_units.html"
    told: str
    fault: str
    article: Markup


@dataclass(frozen=True)
class ScanSchedulePage(AppPage):
    """How often all units are scanned, over what, and which kinds of them."""

    template: ClassVar[str] = "scan_schedule.html"
    told: str
    every: tuple[Option, ...]
    months: tuple[Option, ...]
    kinds: str
